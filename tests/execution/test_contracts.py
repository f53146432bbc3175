"""Deployments and calls as transactions: what they pay, what they leave behind, how they fail."""

from __future__ import annotations

import io
import tokenize
from dataclasses import replace
from hashlib import sha3_256
from threading import Thread
from typing import Any

import cbor2
import pytest

from consensus.rules.transition import KINDS
from core.errors import Refused
from core.receipt import OK, OUT_OF_GAS, REVERTED, Receipt
from core.tx import SignedTx
from execution.abi import codec
from execution.accounts import Account
from execution.call import read
from execution.errors import InsufficientFunds
from execution.gas import intrinsic_gas
from execution.kinds import Setting
from execution.lang.types import ADDRESS, INT, tuple_of
from execution.transaction import apply_tx, touches
from execution.validity import Prices
from execution.view import View
from pq import addresses
from tests.execution.vm.sources import BANK, CALLER, encoded, unsigned, without_signature
from tests.support import DictState

ALICE, BOB = b"\x10\x03" + b"a" * 32, b"\x10\x03" + b"b" * 32
RICH = 10**15
SETTING = Setting(height=5, time=5_000, chain=31337)
BASE, GAS_LEFT = 10, 10**9
PRICE = BASE + 1


class Ledger:
    """Transactions of one sender, one after the other."""

    def __init__(self) -> None:
        state = {("account", who): Account(0, RICH).encode() or b"" for who in (ALICE, BOB)}
        self.reader = DictState(state)
        self.view = View(self.reader)

    def tx(self, kind: str, to: bytes, *args: Any, sender: bytes = ALICE, **more: Any) -> SignedTx:
        nonce = self.view.account(sender).nonce
        return without_signature(unsigned(kind, sender, to, *args, nonce=nonce, **more))

    def apply(self, tx: SignedTx) -> Receipt:
        body = KINDS[tx.unsigned.kind](tx.unsigned.body)
        prices = Prices(BASE, 1, GAS_LEFT)
        before = self.total()
        applied = apply_tx(self.view, tx, body, prices, SETTING)
        paid = applied.base_fee_paid + applied.tip_paid
        assert paid == applied.receipt.gas_used * PRICE
        assert self.total() == before - paid
        return applied.receipt

    def send(self, kind: str, to: bytes, *args: Any, **more: Any) -> Receipt:
        return self.apply(self.tx(kind, to, *args, **more))

    def deploy(self, source: bytes, *args: Any, **more: Any) -> bytes:
        receipt = self.send("deploy", source, *args, **more)
        assert receipt.status == OK, receipt.ret
        return receipt.ret

    def call(self, to: bytes, *args: Any, **more: Any) -> Receipt:
        return self.send("call", to, *args, **more)

    def total(self) -> int:
        changes, _ = self.view.changes()
        now = {**self.reader.records, **changes}
        return sum(Account.of_record(v).balance for (m, _), v in now.items() if m == "account")

    def balance(self, who: bytes) -> int:
        return self.view.account(who).balance

    def records(self) -> dict:
        return self.view.changes()[0]


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def intrinsic(tx: SignedTx) -> int:
    return intrinsic_gas(tx.unsigned, tx.witness.alg, 0)


# --- deploy ---------------------------------------------------------------------------------


def test_a_deployment_leaves_code_account_and_what_init_wrote(ledger):
    receipt = ledger.send("deploy", BANK, 41, value=7)
    at = addresses.of_contract(ALICE, 0)
    assert (receipt.status, receipt.ret, receipt.logs) == (OK, at, ())
    source_hash = sha3_256(BANK).digest()
    assert ledger.view.account(at) == Account(0, 7, source_hash)
    records = ledger.records()
    assert records["code", source_hash] == cbor2.dumps(BANK)
    slot = sha3_256(cbor2.dumps(["turns"])).digest()
    assert records["storage", at + slot] == cbor2.dumps((41).to_bytes(32, "big"))
    assert len(records) == 5


def tokens_of(source):
    """What Python's own tokenizer finds, comments and empty lines left out; 0 where it fails."""
    dropped = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING}
    try:
        found = list(tokenize.tokenize(io.BytesIO(source).readline))
    except tokenize.TokenError:
        return 0
    if any(token.type == tokenize.ERRORTOKEN for token in found):
        return 0
    return sum(token.type not in dropped for token in found)


def test_what_a_deployment_costs(ledger):
    tx = ledger.tx("deploy", BANK)
    body = len(cbor2.dumps(tx.unsigned.to_map(), canonical=True))
    needed = intrinsic(tx)
    assert needed == 6_000 + 10 * (body + 3_400) + 32_000 + 150 * len(BANK)
    cell = 4_000 + 3_000 + 50 * 64
    owner = cell + 8 * 4 + 50 * (2 + 34)
    turns = cell + 8 * 4 + 50 * 34
    statements = (180 + 22 + 2) + (180 + 1 + 2)
    running = 1_000 + 4 * len(BANK) + 32 * 1 + 32
    checking = 1_500 * tokens_of(BANK)
    assert ledger.apply(tx).gas_used == needed + checking + running + statements + owner + turns


def test_the_same_source_again_is_another_contract(ledger):
    first, second = ledger.deploy(BANK, 1), ledger.deploy(BANK, 2)
    assert first != second
    ledger.call(first, "turn")
    assert [ledger.call(at, "turned").ret[-1] for at in (first, second)] == [2, 2]
    assert sum(module == "code" for module, _ in ledger.records()) == 1


def test_a_contract_without_init(ledger):
    at = ledger.deploy(CALLER)
    assert ledger.view.account(at).code == sha3_256(CALLER).digest()
    tx = ledger.tx("deploy", CALLER)
    assert ledger.apply(tx).gas_used == intrinsic(tx) + 1_500 * tokens_of(CALLER)
    for more, reason in (({"value": 1}, b"vm.not_payable"), ({}, b"vm.argument")):
        tx = ledger.tx("deploy", CALLER, *(() if more else (1,)), **more)
        receipt = ledger.apply(tx)
        assert (receipt.status, receipt.ret) == (REVERTED, reason)
        assert receipt.gas_used == intrinsic(tx) + 1_500 * tokens_of(CALLER)


@pytest.mark.parametrize(
    ("source", "args", "reason"),
    [
        (b"def f(:\n", (), b"vm.source"),
        (b"", (0,), b"vm.argument"),
        (BANK, (b"",), b"vm.argument: start"),
        (BANK, (1, 2), b"vm.argument"),
        (BANK + b"\n\ndef oops():\n    return nothing\n", (), b"vm.source"),
        (b"A = 1 // 0\n", (), b"vm.source"),
        (b"A = 1\nB = '\n", (), b"vm.source"),
        (b"def init():\n    assert False, 'no'\n", (), b"no"),
    ],
)
def test_a_deployment_that_fails_leaves_nothing_but_nonce_and_fee(ledger, source, args, reason):
    tx = ledger.tx("deploy", source, *args)
    receipt = ledger.apply(tx)
    assert (receipt.status, receipt.ret, receipt.logs) == (REVERTED, reason, ())
    if reason == b"vm.source":
        assert receipt.gas_used == intrinsic(tx) + 1_500 * tokens_of(source)
    assert receipt.gas_used >= intrinsic(tx) + 1_500 * tokens_of(source)
    left = Account(1, RICH - receipt.gas_used * PRICE)
    assert ledger.records() == {("account", ALICE): left.encode()}


def test_arguments_that_are_no_array_and_value_to_init(ledger):
    tx = ledger.tx("deploy", BANK)
    tx = replace(tx, unsigned=replace(tx.unsigned, body={**tx.unsigned.body, "args": b"\x01"}))
    assert ledger.apply(tx).ret == b"vm.argument"
    plain = BANK.replace(b"@payable\ndef init", b"def init")
    assert ledger.send("deploy", plain, value=1).ret == b"vm.not_payable"


# --- call -----------------------------------------------------------------------------------


def test_a_call_pays_in_and_tells_so(ledger):
    bank = ledger.deploy(BANK)
    receipt = ledger.call(bank, "pay", value=500)
    (log,) = receipt.logs
    amount = (500).to_bytes(32, "big")
    assert (receipt.status, receipt.ret, log.address) == (OK, b"", bank)
    assert log.topics == tuple(
        sha3_256(x).digest() for x in (b"Paid", cbor2.dumps(ALICE), cbor2.dumps(amount))
    )
    assert cbor2.loads(log.data) == [ALICE, amount]
    assert ledger.balance(bank) == 500
    before = ledger.balance(ALICE)
    receipt = ledger.call(bank, "take", 200)
    assert receipt.status == OK
    assert ledger.balance(ALICE) == before + 200 - receipt.gas_used * PRICE
    assert ledger.call(bank, "take", 301).ret == b"too little"


def test_the_intrinsic_part_of_a_call(ledger):
    tx = ledger.tx("call", addresses.of_contract(ALICE, 9), "pay")
    body = len(cbor2.dumps(tx.unsigned.to_map(), canonical=True))
    assert ledger.apply(tx).gas_used == 6_000 + 10 * (body + 3_400) + 3_000


@pytest.mark.parametrize(("kind", "to"), [("deploy", BANK), ("call", bytes(34))])
def test_the_sender_must_hold_the_value_besides_the_gas(ledger, kind, to):
    gas, max_fee = 2_000_000, 100
    most = RICH - gas * max_fee
    with pytest.raises(InsufficientFunds):
        ledger.send(kind, to, value=most + 1, gas=gas, max_fee=max_fee)
    assert ledger.send(kind, to, value=most, gas=gas, max_fee=max_fee).gas_used > 0


def test_a_failed_call_keeps_fee_and_nonce_only(ledger):
    bank = ledger.deploy(BANK)
    ledger.call(bank, "turn")
    before = ledger.records()
    receipt = ledger.call(bank, "fail")
    assert (receipt.status, receipt.ret, receipt.logs) == (REVERTED, b"never", ())
    after = ledger.records()
    sender = ("account", ALICE)
    assert {k: v for k, v in after.items() if k != sender} == {
        k: v for k, v in before.items() if k != sender
    }
    was, now = Account.decode(before[sender]), Account.decode(after[sender])
    assert (now.nonce, now.balance) == (was.nonce + 1, was.balance - receipt.gas_used * PRICE)


def test_out_of_gas_uses_all_of_it(ledger):
    bank = ledger.deploy(BANK)
    receipt = ledger.call(bank, "spin", gas=300_000)
    assert (receipt.status, receipt.gas_used, receipt.ret) == (OUT_OF_GAS, 300_000, b"")
    tx = ledger.tx("call", bank, "turn", gas=60_000)
    exact = ledger.apply(tx).gas_used
    short = ledger.tx("call", bank, "turn", gas=exact - 1)
    assert ledger.apply(short).status == OUT_OF_GAS
    assert ledger.apply(ledger.tx("call", bank, "turn", gas=exact)).status == OK


def test_value_to_nothing_comes_back(ledger):
    nowhere = addresses.of_contract(ALICE, 99)
    tx = ledger.tx("call", nowhere, "pay", value=5)
    receipt = ledger.apply(tx)
    assert (receipt.status, receipt.ret) == (REVERTED, b"vm.no_contract")
    assert (receipt.gas_used, ledger.balance(nowhere)) == (intrinsic(tx), 0)
    assert ledger.call(addresses.of_system("treasury"), "pay").ret == b"vm.no_contract"


def test_refunds_give_back_a_fifth_at_most(ledger):
    bank = ledger.deploy(BANK)
    paid = ledger.call(bank, "pay", value=1).gas_used
    tx = ledger.tx("call", bank, "clear")
    used = intrinsic(tx) + 1_000 + 4 * len(BANK) + 32 * 7 + 32
    used += (180 + 22 + 2) + 200 + 200 + 8 * 4 + 4_000 + 3_000
    refund = 25 * (64 + 34)
    assert refund < used // 5
    assert ledger.apply(tx).gas_used == used - refund
    assert paid > used


def test_the_cap_of_refunds(ledger):
    source = b"""from stdlib import storage


def fill(n: int):
    for i in range(n):
        storage.set(i.to_bytes(8, "big"), bytes(1000))


def free(n: int):
    for i in range(n):
        storage.delete(i.to_bytes(8, "big"))
"""
    at = ledger.deploy(source)
    assert ledger.call(at, "fill", 10).status == OK
    mark = ledger.view.checkpoint()
    data = encoded("free", 10)
    seen = read(ledger.view, SETTING, sender=ALICE, to=at, data=data, gas=10**6)
    ledger.view.rollback(mark)
    assert seen.refund == 25 * 10 * (64 + 1_003)
    tx = ledger.tx("call", at, "free", 10)
    used = intrinsic(tx) + seen.gas
    assert seen.refund > used // 5
    assert ledger.apply(tx).gas_used == used - used // 5


def test_a_transaction_knows_its_place(ledger):
    bank = ledger.deploy(BANK)
    seen = codec.decode(
        ledger.call(bank, "seen", sender=BOB).ret, tuple_of(ADDRESS, ADDRESS, INT, INT, INT)
    )
    assert seen == (BOB, BOB, 5, 5_000, 31337)


def test_calls_between_contracts(ledger):
    bank, caller = ledger.deploy(BANK), ledger.deploy(CALLER)
    receipt = ledger.call(caller, "pass_on", bank, "pay", 40, value=50)
    assert receipt.status == OK
    assert [log.address for log in receipt.logs] == [bank, caller]
    assert (ledger.balance(bank), ledger.balance(caller)) == (40, 10)
    receipt = ledger.call(caller, "pass_on", bank, "fail", 0)
    assert (receipt.status, receipt.ret) == (OK, b"\xf4")
    assert [log.address for log in receipt.logs] == [caller]
    assert ledger.call(caller, "look", bank).ret == cbor2.dumps(ledger.call(bank, "turned").ret)
    assert cbor2.loads(ledger.call(caller, "meddle", bank).ret) == cbor2.dumps(
        (4).to_bytes(32, "big")
    )
    assert ledger.call(caller, "pass_on", caller, "look", 0).ret == b"\xf4"


LINK = (
    b"""from stdlib import abi, storage

after = storage.cell(address)


def init(to: address):
    after.set(to)


def f() -> int:
    return _f1()

"""
    + b"".join(
        b"""
def _f%d() -> int:
    return 0 + (0 + (0 + _f%d()))

"""
        % (n, n + 1)
        for n in range(1, 31)
    )
    + b"""
def _f31() -> int:
    if after.get() == address(bytes(34)):
        return 1
    ok, answer = abi.call(after.get(), "f")
    assert ok, answer.decode()
    return 1 + abi.decode(answer, int)
"""
)


@pytest.mark.parametrize(("depth", "status"), [(64, OK), (65, REVERTED)])
def test_the_deepest_nesting_there_is_runs_in_a_thread(ledger, depth, status):
    at = bytes(34)
    for _ in range(depth):
        at = ledger.deploy(LINK, at)
    seen = []
    thread = Thread(target=lambda: seen.append(ledger.call(at, "f", gas=10**8)))
    thread.start()
    thread.join()
    assert seen[0].status == status
    assert seen[0].ret == (codec.encode(64, INT) if status == OK else b"vm.depth")


def test_a_view_function_called_from_inside_makes_its_calls_static(ledger):
    source = b"""from stdlib import abi


@view
def ask(to: address) -> bytes:
    ok, answer = abi.call(to, "turn")
    return answer


def both(to: address) -> tuple[bytes, bool]:
    first = ask(to)
    ok, answer = abi.call(to, "turn")
    return first, ok
"""
    bank, asker = ledger.deploy(BANK), ledger.deploy(source)
    assert cbor2.loads(ledger.call(asker, "both", bank).ret) == [b"vm.static", True]


def test_announcing_makes_the_first_use_cheaper(ledger):
    bank, caller = ledger.deploy(BANK), ledger.deploy(CALLER)
    slot = sha3_256(cbor2.dumps(["turns"])).digest()

    def used(access):
        tx = ledger.tx("call", caller, "look", bank, access=access)
        return ledger.apply(tx).gas_used - intrinsic(tx)

    assert used(None) - used(((bank, ()),)) == 3_900
    assert used(None) - used(((bank, (slot,)),)) == 2 * 3_900
    assert used(None) - used(((caller, (slot,)),)) == 0


def test_what_a_call_reads_is_known_before(ledger):
    bank = ledger.deploy(BANK)
    key = bytes(32)
    tx = ledger.tx("call", bank, "turned", access=((bank, (key,)),))
    known = touches(tx, KINDS["call"](tx.unsigned.body))
    assert ("account", bank) in known
    assert ("storage", bank + key) in known


def test_a_read_changes_nothing_and_costs_as_much(ledger):
    bank = ledger.deploy(BANK)
    mark = ledger.view.checkpoint()
    before = ledger.records()

    def ask(function, **more):
        more = {"sender": BOB, "to": bank, "gas": 10**6, **more}
        return read(ledger.view, SETTING, data=encoded(function), **more)

    tx = ledger.tx("call", bank, "turned")
    seen = ask("turned")
    assert (seen.status, seen.ret) == (OK, cbor2.dumps((3).to_bytes(32, "big")))
    assert ask("turn", static=True).ret == b"vm.static"
    assert ask("pay", value=RICH + 1).ret == b"vm.balance"
    ledger.view.rollback(mark)
    assert ledger.records() == before
    assert ledger.apply(tx).gas_used - intrinsic(tx) == seen.gas


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("deploy", {"code": bytes(24_577)}, "field.range"),
        ("deploy", {"args": bytes(65_537)}, "field.range"),
        ("deploy", {"code": "text"}, "field.type"),
        ("deploy", {"value": 2**64}, "field.range"),
        ("deploy", {"to": bytes(34)}, "field.unknown"),
        ("call", {"data": bytes(65_537)}, "field.range"),
        ("call", {"to": bytes(33)}, "field.range"),
        ("call", {"to": ALICE}, "tx.recipient"),
        ("call", {"more": 1}, "field.unknown"),
    ],
)
def test_bodies_that_are_refused(kind, body, code):
    whole = {"value": 0, **({"code": b"", "args": b""} if kind == "deploy" else {})}
    whole |= {"to": bytes(34), "data": b""} if kind == "call" else {}
    KINDS[kind](whole)
    with pytest.raises(Refused) as refusal:
        KINDS[kind]({**whole, **body})
    assert refusal.value.code == code


@pytest.mark.parametrize("kind", ["deploy", "call"])
def test_every_field_is_needed(kind):
    whole = {"value": 0, **({"code": b"", "args": b""} if kind == "deploy" else {})}
    whole |= {"to": bytes(34), "data": b""} if kind == "call" else {}
    for field in whole:
        with pytest.raises(Refused) as refusal:
            KINDS[kind]({k: v for k, v in whole.items() if k != field})
        assert refusal.value.code == "field.missing"
