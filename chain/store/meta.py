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

_COLUMNS = (
    "chain_id, genesis_hash, head_hash, genesis_supply, base_height, base_supply, "
    "minted, burnt, layout"
)


@dataclass(frozen=True)
class Meta:
    """The row. Amounts in nANM; minted and burnt since the block at ``base_height``."""

    chain_id: int
    genesis_hash: bytes
    head_hash: bytes
    genesis_supply: int
    base_height: int
    base_supply: int
    minted: int
    burnt: int
    layout: int = LAYOUT

    @property
    def supply(self) -> int:
        """What exists after the head."""
        return self.base_supply + self.minted - self.burnt

    @property
    def totals(self) -> Totals:
        """The same, for readers."""
        return Totals(
            genesis=self.genesis_supply,
            minted=self.minted,
            burnt=self.burnt,
            supply=self.supply,
            base_height=self.base_height,
            base_supply=self.base_supply,
        )

    def moved(self, head_hash: bytes, *, minted: int, burnt: int) -> Meta:
        """The row with another head and totals, checked. Raises TotalsBroken."""
        moved = replace(self, head_hash=head_hash, minted=minted, burnt=burnt)
        moved.check()
        return moved

    def check(self) -> None:
        """Every total is an amount and the supply fits. Raises TotalsBroken."""
        sound = self.minted >= 0 and self.burnt >= 0 and 0 <= self.supply < SUPPLY_LIMIT
        sound &= self.base_height > 0 or self.base_supply == self.genesis_supply
        if not sound:
            raise TotalsBroken(
                f"supply would be {self.supply} nANM",
                base=self.base_supply,
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
    chain_id, genesis, head, *numbers = row
    return Meta(chain_id, bytes(genesis), bytes(head), *numbers)


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
        f"INSERT INTO chain_meta (id, {_COLUMNS}) VALUES (1{', %s' * 9})",
        (
            *(meta.chain_id, meta.genesis_hash, meta.head_hash, meta.genesis_supply),
            *(meta.base_height, meta.base_supply, meta.minted, meta.burnt, meta.layout),
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


def rebase(head_hash: bytes, height: int, supply: int) -> None:
    """Begin anew from a snapshot's block: its supply is counted, nothing below it is here."""
    moved = replace(
        required(), head_hash=head_hash, base_height=height, base_supply=supply, minted=0, burnt=0
    )
    moved.check()
    sql.run(
        "UPDATE chain_meta SET head_hash = %s, base_height = %s, base_supply = %s, minted = 0, "
        "burnt = 0, witnesses_from = %s, bodies_from = %s, state_from = %s WHERE id = 1",
        (head_hash, height, supply, height + 1, height + 1, height),
    )
    reach("meta.rebased")
