"""``make campaign-crash``: kill the node at random moments; every restart must be whole.

A clean twin imports a prepared list of blocks, reorganisations included, and notes a digest of
every ledger row after each block. Then a child imports the same list and is killed with SIGKILL,
again and again, while it starts and while it imports. After each kill the database must equal the
twin's after the last block that the child reported, or after the next one: nothing lost, nothing
in between. A run in which no kill fell into an import, or none into a start, fails.

    python -m tests.campaigns.crash [--kills N] [--database-url URL] [--seed N]
"""

from __future__ import annotations

import argparse
import os
import pickle
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from hashlib import sha3_256
from pathlib import Path
from typing import IO

BLOCKS = 120
START_SHARE = 0.25
LONGEST_IMPORT_S = 0.25
LONGEST_START_S = 1.5


# ------------------------------------------------------------------ child processes


def prepare(folder: Path, seed: int) -> None:
    """Write the list of raw blocks: transfers, and branches that overtake up to six blocks."""
    _setup(folder)
    from tests import support

    rng = random.Random(seed)
    network = _network()
    builder = support.ChainBuilder(network)
    tip, raws = builder.genesis, []
    while len(raws) < BLOCKS:
        if rng.random() < 0.12 and tip.height > 8:
            depth = rng.randint(1, 6)
            base = tip
            for _ in range(depth):
                assert base.parent is not None
                base = base.parent
            branch = []
            for _ in range(depth + 1):
                base = _random_block(builder, base, rng)
                branch.append(base)
            raws.extend(made.raw for made in branch)
            tip = base
        else:
            tip = _random_block(builder, tip, rng)
            raws.append(tip.raw)
    (folder / "blocks.pickle").write_bytes(pickle.dumps(raws))


def _random_block(builder, parent, rng):  # type: ignore[no-untyped-def]
    from tests import support

    txs, nonces = [], Counter[int]()
    for _ in range(rng.randint(0, 5)):
        number, to = rng.randrange(8), rng.randrange(40)
        sender = support.key(number)
        nonce = parent.account(sender.address).nonce + nonces[number]
        nonces[number] += 1
        keep = rng.random() < 0.5
        txs.append(
            support.transfer(
                sender,
                support.key(to).address,
                rng.randrange(1000),
                nonce=nonce,
                gas=300_000,
                max_fee=10_000,
                keep=keep,
            )
        )
    coinbase = support.key(rng.randrange(40)).address
    return builder.make(parent, txs, coinbase=coinbase, extra=rng.randbytes(8))


def twin(folder: Path) -> None:
    """Import everything undisturbed and note the digest after each block."""
    importer = _open(folder)
    digests = [_digest()]
    for raw in _blocks(folder):
        importer.import_block(raw, source="campaign")
        digests.append(_digest())
    (folder / "digests.pickle").write_bytes(pickle.dumps(digests))


def child(folder: Path, first: int) -> None:
    """Live, and say so at once when that fails: ending takes longer than the knife."""
    try:
        _live(folder, first)
    except BaseException as error:
        print(f"failed {error!r}", flush=True)
        raise


def _live(folder: Path, first: int) -> None:
    """Start, say what was found, import from ``first`` on and say so after each block."""
    print("up", flush=True)
    importer = _open(folder)
    from chain import service as chain

    chain.verify_state()
    print(f"found {_digest()}", flush=True)
    for index, raw in enumerate(_blocks(folder)[first:], start=first):
        importer.import_block(raw, source="campaign")
        print(f"done {index}", flush=True)
    print("end", flush=True)


def _setup(folder: Path) -> None:
    os.environ["ANIMICA_DATA_DIR"] = str(folder / "node")
    os.environ["DJANGO_SETTINGS_MODULE"] = "animica_site.settings"
    import django

    django.setup()


def _network():  # type: ignore[no-untyped-def]
    from tests import support

    return support.fast_network()


def _open(folder: Path):  # type: ignore[no-untyped-def]
    _setup(folder)
    from django.core.management import call_command

    from tests import support

    call_command("migrate", verbosity=0, interactive=False)
    return support.new_importer(_network())


def _blocks(folder: Path) -> list[bytes]:
    blocks: list[bytes] = pickle.loads((folder / "blocks.pickle").read_bytes())
    return blocks


def _digest() -> str:
    from tests import support

    dumped = support.dump_database(best_chain_only=True)
    return sha3_256(repr(sorted(dumped.items())).encode()).hexdigest()


# ------------------------------------------------------------------ the parent


@dataclass
class Campaign:
    """A database under the knife and how far the child has come in the list."""

    folder: Path
    database_url: str | None
    rng: random.Random
    reported: int = 0
    whole: int = 0

    def run(self, kills: int) -> Counter[str]:
        """Kill ``kills`` children; returns in which phase each was hit."""
        phases: Counter[str] = Counter()
        digests = pickle.loads((self.folder / "digests.pickle").read_bytes())
        self.reset()
        while sum(phases.values()) < kills:
            phase = self._one_life(digests)
            if phase == "end":
                self.whole += 1
                self.reset()
            else:
                phases[phase] += 1
                _progress(phases, kills)
        return phases

    def _one_life(self, digests: list[str]) -> str:
        """Start a child, kill it; the phase it was in, or "end" if it finished first."""
        process = self.spawn("child", str(self.reported))
        assert process.stdout is not None
        in_start = self.rng.random() < START_SHARE
        limit = self.rng.uniform(0, LONGEST_START_S if in_start else LONGEST_IMPORT_S)
        try:
            phase = self._watch(process.stdout, process, digests, in_start, limit)
            status = process.wait()
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        # The knife may still fall on a child that has just said "end".
        if status != -signal.SIGKILL and not (phase == "end" and status == 0):
            raise SystemExit(f"a child ended by itself in its {phase}, with status {status}")
        return phase

    def _watch(
        self,
        lines: IO[str],
        process: subprocess.Popen[str],
        digests: list[str],
        in_start: bool,
        limit: float,
    ) -> str:
        phase = "start"
        for line in lines:
            word, _, value = line.strip().partition(" ")
            if word == "up" and in_start:
                _kill_after(process, limit)
            elif word == "found":
                self._check(value, digests)
                phase = "import"
                if not in_start:
                    _kill_after(process, limit)
            elif word == "done":
                self.reported = int(value) + 1
            elif word == "failed":
                raise SystemExit(f"a child failed by itself in its {phase}: {value}")
            elif word == "end":
                phase = "end"
        return phase

    def _check(self, found: str, digests: list[str]) -> None:
        allowed = digests[self.reported : self.reported + 2]
        if found not in allowed:
            where = digests.index(found) if found in digests else "nowhere in the twin's life"
            raise SystemExit(f"{self.reported} blocks were reported, the database is at {where}")

    def spawn(self, role: str, *arguments: str) -> subprocess.Popen[str]:
        environment = {**os.environ}
        environment.pop("DATABASE_URL", None)
        if self.database_url:
            environment["DATABASE_URL"] = self.database_url
        command = [sys.executable, "-m", "tests.campaigns.crash", "--role", role]
        command += ["--folder", str(self.folder), *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)

    def reset(self) -> None:
        """An empty database."""
        self.reported = 0
        if self.database_url:
            _empty_postgres(self.database_url)
        else:
            for path in (self.folder / "node").glob("node.sqlite3*"):
                path.unlink()


def _kill_after(process: subprocess.Popen[str], seconds: float) -> None:
    import threading

    def kill() -> None:
        time.sleep(seconds)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()


def _empty_postgres(url: str) -> None:
    import psycopg
    from psycopg import sql

    server, name = url.rsplit("/", 1)
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        identifier = sql.Identifier(name)
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(identifier))


def _progress(phases: Counter[str], kills: int) -> None:
    done = sum(phases.values())
    if sys.stderr.isatty() or done % 20 == 0 or done == kills:
        parts = ", ".join(f"{phase} {count}" for phase, count in sorted(phases.items()))
        print(f"{done}/{kills} kills ({parts})", file=sys.stderr, flush=True)


def campaign(kills: int, database_url: str | None, seed: int) -> None:
    """Prepare, run the twin, then the kills; exits with a sentence when something is wrong."""
    with tempfile.TemporaryDirectory(prefix="animica-crash-") as temporary:
        subject = Campaign(Path(temporary), database_url, random.Random(seed))
        subject.reset()
        for role, arguments in (("prepare", ["--seed", str(seed)]), ("twin", [])):
            process = subject.spawn(role, *arguments)
            if process.wait() != 0:
                raise SystemExit(f"{role} failed")
        phases = subject.run(kills)
    for phase in ("start", "import"):
        if not phases[phase]:
            raise SystemExit(f"no kill fell into the {phase}: the campaign proved nothing")
    print(f"{kills} kills survived: {dict(phases)}, {subject.whole} lives came to the end")


def main() -> None:
    """Parse the arguments and take the role they name."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--database-url", default=os.environ.get("DATABASE_URL"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--role", choices=("prepare", "twin", "child"))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("first", type=int, nargs="?", default=0)
    chosen = parser.parse_args()
    if chosen.role == "prepare":
        prepare(chosen.folder, chosen.seed)
    elif chosen.role == "twin":
        twin(chosen.folder)
    elif chosen.role == "child":
        child(chosen.folder, chosen.first)
    else:
        campaign(chosen.kills, chosen.database_url, chosen.seed)


if __name__ == "__main__":
    main()
