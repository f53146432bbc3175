"""Contracts in the ledger: code, slots, events, who made them, the state of a height."""

from __future__ import annotations

import pytest

from chain import contracts, queries, service
from chain.errors import LedgerDamaged, StateNotYet
from chain.models import Tx
from consensus.rules.seal import block_work
from core import cbor
from core.hashing import sha3
from execution.abi import codec
from execution.accounts import Account
from execution.lang.types import INT
from tests import token_contract as token
from tests.explorer.conftest import ALICE, BOB, World, world

__all__ = ["world"]
TOKEN = token.address_of(BOB, 0)
LATER = token.address_of(BOB, 3)
TOTAL = cbor.encode(["total"])


@pytest.fixture
def chain(world: World) -> World:
    """Blocks: deployment, transfer, a deployment that fails, another one."""
    world.mine([token.deploy(BOB, 0)])
    world.mine([token.call(BOB, 1, TOKEN, "transfer", ALICE.address, 30)])
    world.mine([token.deploy(BOB, 2, code=b"x = 1 / 2\n")])
    world.mine([token.deploy(BOB, 3, supply=5), token.call(BOB, 4, TOKEN, "spin", 1)])
    return world


def test_code_is_read_with_its_interface(chain):
    found = contracts.code(TOKEN)
    assert found.source == token.SOURCE and found.code_hash == sha3(token.SOURCE)
    assert [one.name for one in found.face.functions if one.public][0] == "balance_of"
    assert all(one.body == () and one.locals == () for one in found.face.functions)
    assert contracts.code(ALICE.address) is None
    assert contracts.code(TOKEN, height=0) is None
    assert contracts.code(LATER, height=3) is None and contracts.code(LATER).source == token.SOURCE
    with pytest.raises(StateNotYet):
        contracts.code(TOKEN, height=9)


def test_interfaces_are_kept_up_to_a_number(chain, monkeypatch):
    monkeypatch.setattr(contracts, "FACES_MOST", 2)
    for number in range(4):
        source = b"def f%d() -> int:\n    return 1\n" % number
        contracts.face_of(sha3(source), source)
    assert len(contracts._faces._kept) == 2
    assert contracts.code(TOKEN).face.functions[0].name == "init"


def test_interfaces_of_many_cost_two_look_ups(chain, django_assert_max_num_queries):
    asked = [TOKEN, LATER, ALICE.address, BOB.address]
    contracts._faces._kept.clear()
    with django_assert_max_num_queries(2):
        found = contracts.faces(asked)
    assert set(found) == {TOKEN, LATER}
    with django_assert_max_num_queries(1):
        assert contracts.faces(asked) == found
    with django_assert_max_num_queries(0):
        assert contracts.faces([]) == {}


def test_the_maker_of_a_contract_is_its_deployment(chain):
    line = contracts.maker(TOKEN)
    assert (line.sender, line.height, line.kind) == (BOB.address, 1, "deploy")
    assert contracts.maker(LATER).txid == queries.txids(4)[0]
    assert contracts.maker(token.address_of(BOB, 2)) is None, "a failed deployment makes nothing"
    assert contracts.maker(ALICE.address) is None
    rows = {line.txid: line.recipient for line in queries.txs_by_address(BOB.address).items}
    assert rows[queries.txids(3)[0]] is None and rows[queries.txids(1)[0]] == TOKEN


def test_a_reason_is_no_address(chain):
    reason = "x" * 34
    source = b'def init(supply: int):\n    assert supply < 0, "%s"\n' % reason.encode()
    failed = token.deploy(BOB, 5, code=source)
    chain.mine([failed])
    assert queries.receipt(failed.txid).ret == reason.encode()
    assert queries.outcome(failed.txid).recipient is None
    assert audit() == 6


def audit() -> int:
    """How many transactions an audit of the whole chain has compared."""
    with service.snapshot():
        return list(service.audit_blocks(first=0, work_of=block_work))[-1].txs


def test_the_audit_knows_whom_a_deployment_is_for(chain):
    assert audit() == 5
    Tx.objects.filter(recipient=TOKEN, kind="deploy").update(recipient=None)
    with pytest.raises(LedgerDamaged):
        audit()


def test_slots_now_and_at_a_height(chain):
    slot = cbor.encode(["balances", ALICE.address])
    assert contracts.slot(TOKEN, slot) == codec.encode(30, INT)
    assert contracts.slot(TOKEN, slot, height=1) is None
    found = contracts.slots(TOKEN, [slot, TOTAL, cbor.encode(["none"])])
    assert found == {slot: codec.encode(30, INT), TOTAL: codec.encode(1_000, INT)}
    assert contracts.slots(LATER, [TOTAL]) == {TOTAL: codec.encode(5, INT)}


def test_the_newest_events_come_first(chain):
    chain.mine([token.call(BOB, 5, TOKEN, "transfer", ALICE.address, 1)])
    chain.mine([token.call(BOB, 6, TOKEN, "transfer", ALICE.address, 2)])
    lines = contracts.newest_events(TOKEN, 2)
    assert [line.height for line in lines] == [6, 5]
    assert lines[0].txid == queries.txids(6)[0]
    assert contracts.newest_events(LATER, 5) == []


def test_the_state_at_a_height_is_that_of_its_block(chain):
    record = ("account", BOB.address)
    for height, nonce in ((0, 0), (1, 1), (3, 3), (4, 5), (None, 5)):
        with contracts.state_at(height) as state:
            found = state.reader.get_many([record, ("account", b"\x00" * 34)])
            assert set(found) == {record} and Account.of_record(found[record]).nonce == nonce
            assert state.header.height == (4 if height is None else height)
