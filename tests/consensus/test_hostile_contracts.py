"""The nastiest contracts there are, in blocks: nothing stops an import, and all is as it was built.

The contracts are those of ``tests/execution/vm/escapes`` that stand alone. They are deployed and
called with as much gas as makes them costly; between them somebody moves money.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chain import queries, service
from core.receipt import OK, OUT_OF_GAS, REVERTED
from core.tx import SignedTx, UnsignedTx
from execution.vm.codes import CODES
from execution.vm.machine import FAULTS
from pq import addresses
from tests.execution.vm.escapes import ESCAPES, Escape
from tests.execution.vm.escapes.table import Gives, Of, OutOfGas, Refused, Reverts
from tests.execution.vm.escapes.world import form
from tests.support import (
    ChainBuilder,
    Made,
    fast_network,
    import_all,
    key,
    new_importer,
    sign,
    transfer,
)

pytestmark = pytest.mark.django_db

NETWORK = fast_network()
BUILDER = ChainBuilder(NETWORK)
ALICE, BOB, MAKER = key(1), key(2), key(3)
EACH = 1_500_000
"""Gas of a call: an endless loop uses all of it."""
A_BLOCK = 24
_STATUS = {Gives: OK, Reverts: REVERTED, OutOfGas: OUT_OF_GAS}


def _plain(value: Any) -> bool:
    """Does it name no address of the table's world?"""
    return not isinstance(value, Of) and (not isinstance(value, list) or all(map(_plain, value)))


def alone(row: Escape) -> bool:
    """Needs no other contract and no money, and is called once."""
    if row.others or row.funds or row.arguments or len(row.steps) != 1:
        return False
    plain = all(map(_plain, row.steps[0].arguments))
    return plain and not isinstance(row.outcome, Refused) and len(row.source) < 1_000


def nasty() -> list[Escape]:
    """What grows, loops and searches, and what floods dicts; of the rest each fourth."""
    rows = [row for row in ESCAPES if alone(row)]
    first = [row for row in rows if row.group in ("work", "keys", "money")]
    return first + [row for row in rows if row not in first][::4]


def act(kind: str, nonce: int, body: dict[str, Any], gas: int) -> SignedTx:
    unsigned = UnsignedTx(
        chain=NETWORK.chain,
        kind=kind,
        sender=ALICE.address,
        nonce=nonce,
        gas=gas,
        max_fee=100_000,
        max_tip=1,
        body=body,
    )
    return sign(unsigned, ALICE)


def blocks(rows: list[Escape]) -> Iterator[list[tuple[SignedTx, Escape | None]]]:
    """Deployments and calls by Alice, block by block."""
    for at in range(0, len(rows), A_BLOCK):
        here = rows[at : at + A_BLOCK]
        first = 2 * at
        deployed, called = [], []
        for i, row in enumerate(here):
            code = row.source if isinstance(row.source, bytes) else row.source.encode()
            body = {"code": code, "args": form([]), "value": 0}
            deployed.append((act("deploy", first + i, body, 3_000_000), None))
            step, to = row.steps[0], addresses.of_contract(ALICE.address, first + i)
            data = step.raw
            if data is None:
                data = form([step.function, *step.arguments])
            body = {"to": to, "data": data, "value": step.value}
            called.append((act("call", first + len(here) + i, body, EACH), row))
        yield deployed
        yield called


def with_a_transfer(parent: Made, txs: list[SignedTx]) -> Made:
    """The block, with money that moves behind all of them."""
    nonce = parent.account(BOB.address).nonce
    paid = transfer(BOB, MAKER.address, 5, nonce=nonce, max_fee=100_000)
    return BUILDER.make(parent, [*txs, paid], interval_ms=60_000)


def test_nothing_stops_a_block():
    rows, faults = nasty(), FAULTS.count
    assert len(rows) > 60
    line, wanted = [BUILDER.make(BUILDER.genesis, [], interval_ms=60_000)], {}
    for txs in blocks(rows):
        line.append(with_a_transfer(line[-1], [tx for tx, _ in txs]))
        wanted.update({tx.txid: row for tx, row in txs if row is not None})
    CODES.clear()
    importer = new_importer(NETWORK)
    import_all(importer, line)
    assert service.head().hash == line[-1].hash
    service.verify_state()
    assert FAULTS.count == faults
    ended = {row.name: queries.receipt(txid).status for txid, row in wanted.items()}
    assert {OK, REVERTED, OUT_OF_GAS} == set(ended.values())
    for row in wanted.values():
        # With less gas than the row asks for, work may end early; nothing else may happen.
        assert ended[row.name] in (_STATUS[type(row.outcome)], OUT_OF_GAS), row.name
    assert line[-1].account(BOB.address).nonce == len(line) - 1
