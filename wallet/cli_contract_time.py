"""``animica contract time``, ``wait``: the chain's time, which is what contracts go by.

Source: docs/guides/contracts-cli.md.
"""

from __future__ import annotations

import re
import time as clock

import click

from wallet.cli_options import Screen, connect, json_option, node_options
from wallet.client import Head, NodeClient
from wallet.errors import ChainStandsStill

_UNITS_MS = {"": 1_000, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"([0-9]{1,9})([smhd]?)")
_POLL_S = 0.25
_PATIENCE_S = 120.0


def milliseconds(_: click.Context, __: click.Parameter, text: str) -> int:
    """Ms of ``30`` or ``30s``, ``10m``, ``2h``, ``7d``; a usage error for anything else."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no duration: write 30s, 10m, 2h or 7d")
    return int(found[1]) * _UNITS_MS[found[2]]


@click.command("time", short_help="Print the chain's time, now or later.")
@click.argument("later", callback=milliseconds, default="0")
@node_options
@json_option
def chain_time(later: int, url: str, chain: int | None, as_json: bool) -> None:
    """Print the chain's time in ms, or what it will be LATER: 30s, 10m, 2h or 7d from now.

    It is the time of the newest block. Contracts take deadlines in this form.
    """
    screen = Screen(as_json)
    with connect(url, chain) as node:
        head = node.head()
    if not as_json:
        click.echo(str(head.time + later))
    screen.result({"time": head.time + later, "height": head.height})


@click.command("wait", short_help="Wait until the chain is so much further.")
@click.argument("duration", callback=milliseconds, default="0")
@click.option("--until", type=click.IntRange(0), help="Chain time to wait for, ms, in addition.")
@node_options
@json_option
def wait(duration: int, until: int | None, url: str, chain: int | None, as_json: bool) -> None:
    """Wait until the chain is DURATION further: 30s, 10m, 2h or 7d.

    With --until, until the newest block has that time, and DURATION longer.
    """
    screen = Screen(as_json)
    with connect(url, chain) as node:
        start = node.head()
        target = (start.time if until is None else until) + duration
        with screen.working("Waiting for the chain…"):
            head = _reached(node, start, target)
    screen.line(f"Block    {head.height}, time {head.time}")
    screen.result({"time": head.time, "height": head.height})


COMMANDS: tuple[click.Command, ...] = (chain_time, wait)


def _reached(node: NodeClient, head: Head, target: int) -> Head:
    """The first head seen at or after ``target`` (ms). Raises ``ChainStandsStill``.

    Blocks follow the clock, so what is missing is slept, and a while more is granted.
    """
    deadline = clock.monotonic() + max(0, target - head.time) / 1000 + _PATIENCE_S
    while head.time < target:
        if clock.monotonic() >= deadline:
            raise ChainStandsStill(
                f"block {head.height} is still {target - head.time:,} ms short of it",
                height=head.height,
                time=head.time,
            )
        clock.sleep(_POLL_S)
        head = node.head()
    return head
