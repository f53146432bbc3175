"""Data directories with chains in them, and the ledger commands run on them as processes.

The chain is made by ``ChainBuilder`` and brought in by a file of blocks that is written here from
docs/operations/ledger.md, without the code of the tools.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha3_256
from pathlib import Path

from animica_site import networks
from pq import addresses
from tests.site.nodes import ANIMICA, ROOT, environment
from tests.support import BALANCE, ChainBuilder, Made, fast_network, key, transfer

HEIGHT = 30


@cache
def builder() -> ChainBuilder:
    return ChainBuilder(fast_network())


@cache
def chain() -> tuple[Made, ...]:
    """Genesis and thirty blocks, a transfer in each."""
    made = builder().genesis
    line = [made]
    for nonce in range(HEIGHT):
        tx = transfer(key(1), key(20 + nonce).address, 5, nonce=nonce, keep=nonce == 0)
        made = builder().make(made, [tx])
        line.append(made)
    return tuple(line)


def network_table() -> dict:
    table = networks.load_table("fast")
    table["local"]["max_reorg_blocks"] = 10  # so that a short chain may be pruned
    table["genesis"]["allocations"] = [
        {"address": addresses.to_text(key(number).address), "balance": BALANCE}
        for number in range(10)
    ]
    return table


def block_file(
    blocks: Sequence[bytes], *, first: int = 1, genesis: bytes | None = None, version: int = 1
) -> bytes:
    """A file of blocks as the document describes it."""
    out = b"ANIMBLKS" + version.to_bytes(4) + (31337).to_bytes(8)
    out += (chain()[0].hash if genesis is None else genesis) + first.to_bytes(8)
    for raw in blocks:
        out += len(raw).to_bytes(4) + raw
    out += bytes(4) + len(blocks).to_bytes(8)
    return out + sha3_256(out).digest()


@dataclass
class Ledger:
    """A data directory, with a PostgreSQL database of its own where the suite runs on one."""

    folder: Path
    database_url: str | None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def env(self) -> dict[str, str]:
        extra = {"DATABASE_URL": self.database_url} if self.database_url else {}
        return environment(**extra)

    def command(self, name: str, *arguments: str | Path) -> list[str]:
        network = self.folder / "fast.json"
        network.write_text(json.dumps(network_table()))
        place = ["--network", str(network), "--data-dir", str(self.data)]
        return [*ANIMICA, name, *map(str, arguments), *place]

    def run(self, name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(name, *arguments),
            cwd=ROOT,
            env=self.env(),
            capture_output=True,
            text=True,
            timeout=90,
            stdin=subprocess.DEVNULL,
        )

    def ok(self, name: str, *arguments: str | Path) -> str:
        """Standard output of a command that must succeed."""
        done = self.run(name, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, name: str, *arguments: str | Path) -> str:
        """The error code of a command that must be refused, with a next step."""
        done = self.run(name, *arguments)
        assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        error, hint = done.stderr.strip().splitlines()[-2:]
        assert hint.startswith("Hint:  ")
        assert error.startswith("Error: ")
        return error[error.rindex("[") + 1 : -1]

    def fill(self, blocks: Sequence[Made] | None = None) -> None:
        """Import a chain, else all of ``chain()``."""
        file = self.folder / "fill.blocks"
        line = chain()[1:] if blocks is None else blocks
        file.write_bytes(block_file([made.raw for made in line]))
        self.ok("import", file)

    def sql(self, statement: str) -> list[tuple]:
        """Run a statement on the database behind the node's back."""
        if self.database_url:
            import psycopg

            with psycopg.connect(self.database_url) as connection:
                cursor = connection.execute(statement)
                return cursor.fetchall() if cursor.description else []
        import sqlite3

        with sqlite3.connect(self.data / "node.sqlite3") as connection:
            found = connection.execute(statement).fetchall()
        connection.close()
        return found

    def height(self) -> int:
        query = "SELECT height FROM chain_block JOIN chain_meta ON head_hash = hash"
        return int(self.sql(query)[0][0])


def make_ledger(folder: Path, name: str) -> Ledger:
    """An empty one."""
    folder.mkdir(parents=True, exist_ok=True)
    url = os.environ.get("DATABASE_URL")
    if url is None or not url.startswith("postgres"):
        return Ledger(folder, None)
    own = f"{url}_{name}"
    _empty_postgres(own)
    return Ledger(folder, own)


def _empty_postgres(url: str) -> None:
    import psycopg
    from psycopg import sql

    server, name = url.rsplit("/", 1)
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        identifier = sql.Identifier(name)
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
