"""The one row that names the stored chain, its head and its money."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chain.errors import ChainEmpty, TotalsBroken
from chain.store import sql
from chain.values import Totals
from core.failpoints import reach
from core.network import SUPPLY_LIMIT

LAYOUT = 1
"""Version of the meaning of rows; a change of it needs a migration of the data."""

_COLUMNS = "chain_id, genesis_hash, head_hash, genesis_supply, minted, burnt, layout"


@dataclass(frozen=True)
class Meta:
    """The row. Amounts in nANM since genesis."""

    chain_id: int
    genesis_hash: bytes
    head_hash: bytes
    genesis_supply: int
    minted: int
    burnt: int
    layout: int = LAYOUT

    @property
    def supply(self) -> int:
        """What exists after the head."""
        return self.genesis_supply + self.minted - self.burnt

    @property
    def totals(self) -> Totals:
        """The same, for readers."""
        return Totals(self.genesis_supply, self.minted, self.burnt, self.supply)

    def moved(self, head_hash: bytes, *, minted: int, burnt: int) -> Meta:
        """The row with another head and totals, checked. Raises TotalsBroken."""
        moved = replace(self, head_hash=head_hash, minted=minted, burnt=burnt)
        moved.check()
        return moved

    def check(self) -> None:
        """Every total is an amount and the supply fits. Raises TotalsBroken."""
        sound = self.minted >= 0 and self.burnt >= 0 and 0 <= self.supply < SUPPLY_LIMIT
        if not sound:
            raise TotalsBroken(
                f"supply would be {self.supply} nANM",
                genesis=self.genesis_supply,
                minted=self.minted,
                burnt=self.burnt,
            )


def head_hash() -> bytes | None:
    """The hash of the head, None on an empty database."""
    row = sql.one("SELECT head_hash FROM chain_meta WHERE id = 1")
    return None if row is None else bytes(row[0])


def stored(*, lock: bool = False) -> Meta | None:
    """The row, None on an empty database. ``lock`` keeps other writers out until commit."""
    query = f"SELECT {_COLUMNS} FROM chain_meta WHERE id = 1"
    row = sql.one(f"{query} FOR UPDATE" if lock and sql.is_postgres() else query)
    if row is None:
        return None
    chain_id, genesis, head, supply, minted, burnt, layout = row
    return Meta(chain_id, bytes(genesis), bytes(head), supply, minted, burnt, layout)


def required(*, lock: bool = False) -> Meta:
    """The row; raises ChainEmpty when there is none."""
    found = stored(lock=lock)
    if found is None:
        raise ChainEmpty("no chain is stored in this database")
    return found


def create(meta: Meta) -> None:
    """Write the first row."""
    meta.check()
    sql.run(
        f"INSERT INTO chain_meta (id, {_COLUMNS}) VALUES (1, %s, %s, %s, %s, %s, %s, %s)",
        (
            *(meta.chain_id, meta.genesis_hash, meta.head_hash),
            *(meta.genesis_supply, meta.minted, meta.burnt, meta.layout),
        ),
    )
    reach("meta.created")


def write(meta: Meta) -> None:
    """Move the head and the totals."""
    sql.run(
        "UPDATE chain_meta SET head_hash = %s, minted = %s, burnt = %s WHERE id = 1",
        (meta.head_hash, meta.minted, meta.burnt),
    )
    reach("meta.moved")
