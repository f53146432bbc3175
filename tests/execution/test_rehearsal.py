"""Deploying and calling on an empty state in memory."""

from __future__ import annotations

from core import receipt
from core.errors import TxRefused
from core.hashing import sha3
from execution.abi import codec
from execution.lang.types import INT
from execution.rehearsal import BALANCE, INTERVAL_MS, PROGRAMS, START_MS, Rehearsal, Sent
from execution.vm.codes import CODES
from pq import addresses
from tests import token_contract as token

ALICE, BOB = (b"\x10\x03" + bytes([n]) * 32 for n in (1, 2))
TOKEN = addresses.of_contract(ALICE, 0)
MOST = 40_000_000


def deployed(gas: int = MOST) -> Rehearsal:
    stage = Rehearsal(gas)
    body = {"code": token.SOURCE, "args": token.init_args(100), "value": 0}
    ran = stage.run(Sent("deploy", body, ALICE, gas))
    assert ran.succeeded and ran.receipt.ret == TOKEN
    return stage


def call(stage: Rehearsal, function: str, *args, sender=ALICE, value: int = 0, gas: int = MOST):
    body = {"to": TOKEN, "data": token.calldata(function, *args), "value": value}
    return stage.run(Sent("call", body, sender, gas))


def test_calls_see_what_earlier_ones_wrote():
    stage = deployed()
    assert call(stage, "transfer", BOB, 30).succeeded
    found = call(stage, "balance_of", BOB, sender=BOB)
    assert codec.decode(found.receipt.ret, INT) == 30


def test_a_failure_names_its_line_and_keeps_nothing():
    stage = deployed()
    ran = call(stage, "transfer", BOB, 0)
    line = token.SOURCE.decode().splitlines()[ran.line - 1]
    assert ran.receipt.ret == b"amount must be positive" and "assert amount > 0" in line
    assert not ran.succeeded and ran.refused is None
    assert call(stage, "transfer", BOB, 100).succeeded


def test_all_together_use_no_more_than_the_gas_given():
    stage = deployed(8_000_000)
    left = stage.gas_left
    ran = call(stage, "spin", 10**9)
    assert ran.receipt.status == receipt.OUT_OF_GAS and ran.receipt.gas_used == left
    assert stage.gas_left == 0
    refused = call(stage, "transfer", BOB, 1)
    assert refused.receipt is None and isinstance(refused.refused, TxRefused)


def test_senders_own_the_same_and_no_more():
    stage = deployed()
    assert call(stage, "fund", value=BALANCE, sender=BOB).succeeded
    poor = call(stage, "fund", value=1, sender=BOB)
    assert poor.refused is not None and poor.refused.code == "tx.insufficient_funds"


def test_each_has_a_block_of_its_own():
    stage = deployed()
    first, second = (call(stage, "clock").receipt.ret for _ in range(2))
    times = [codec.decode(ret, _PAIR) for ret in (first, second)]
    assert times == [(2, START_MS + INTERVAL_MS), (3, START_MS + 2 * INTERVAL_MS)]


def test_programs_stay_out_of_the_node_s_own():
    CODES.clear()
    PROGRAMS.clear()  # an empty one counts too
    deployed()
    assert len(CODES) == 0
    assert PROGRAMS.of(sha3(token.SOURCE), token.SOURCE) is not None


_PAIR = codec.Type("tuple", (INT, INT))
