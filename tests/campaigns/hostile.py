"""``make campaign-hostile``: a node that mines, an honest follower, and one attack after the other.

No attack may make the node grow, take its cores or keep blocks from the follower beyond the bounds
of ``tests.p2p.hostile.siege``; after each both nodes agree and the follower is still connected.

    python -m tests.campaigns.hostile [--seconds S] [--guests N] [--only NAME …]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def attacks(guests: int) -> dict[str, Callable[..., Any]]:
    """All attacks by name, with so many attackers each."""
    from p2p.rules.limits import HANDSHAKES_MOST, INBOUND_MOST
    from tests.p2p.hostile import attacks as all_of

    found = {name: all_of.flood(make, guests, reads=True) for name, make in all_of.FLOODS.items()}
    return found | {
        "never_reading": all_of.never_reading(guests),
        "half_messages": all_of.half_messages(guests),
        "stalling": all_of.stalling(HANDSHAKES_MOST - 4),
        "crowding": all_of.crowding(INBOUND_MOST + 4),
    }


def campaign(seconds: float, guests: int, only: list[str], folder: Path) -> list[str]:
    """The attacks that broke a bound."""
    from tests.p2p.hostile.siege import siege

    broken = []
    with siege(folder) as besieged:
        for name, attack in attacks(guests).items():
            if only and name not in only:
                continue
            toll = besieged.under(attack, seconds)
            try:
                besieged.recovers()
                besieged.check(toll)
                word = "held"
            except AssertionError as error:
                broken.append(name)
                word = f"BROKEN: {error}"
            print(
                f"{name:14} {toll.cores:.2f} cores, {toll.grown >> 20:4} MiB more, "
                f"{toll.blocks:3} blocks, {toll.gap_s:.1f} s without one: {word}",
                flush=True,
            )
    return broken


def main() -> int:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--guests", type=int, default=16)
    parser.add_argument("--only", nargs="*", default=[])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="animica-hostile-") as name:
        os.environ["ANIMICA_DATA_DIR"] = name
        os.environ["DJANGO_SETTINGS_MODULE"] = "animica_site.settings"
        import django

        django.setup()
        broken = campaign(chosen.seconds, chosen.guests, chosen.only, Path(name))
    if broken:
        print(f"bounds were broken by: {', '.join(broken)}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
