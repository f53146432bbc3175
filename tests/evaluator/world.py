"""The world around calls: contracts, balances, slots, what is warm, and how a call runs.

Source: docs/spec/contracts.md, "Running".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core import cbor
from core.hashing import Tag, sha3, tagged
from tests.evaluator import abi, costs
from tests.evaluator.compile import compile_source, deeply
from tests.evaluator.expressions import invoke
from tests.evaluator.frame import Frame, OutOfGas, Reverted, cut
from tests.evaluator.kinds import NONE, density, weight
from tests.evaluator.modules import Function, Module, count_tokens

MAX_DEPTH = 64
MAX_RESULT = 4_096
CONTRACT = Tag(b"animica/contract/v1\x00")
REFUND_PART = 5


@dataclass
class Block:
    height: int = 7
    time: int = 1_700_000_000_000
    chain: int = 1337


@dataclass
class Transaction:
    """Who signed, and what its access list announces."""

    origin: bytes
    txid: bytes = bytes(32)
    access: dict[bytes, list[bytes]] = field(default_factory=dict)


@dataclass
class Outcome:
    """What a call came to. ``status``: 0 success, 1 reverted, 2 out of gas."""

    status: int
    ret: bytes
    used: int

    @property
    def ok(self) -> bool:
        return self.status == 0


Verify = Callable[[bytes, bytes, bytes, bytes], bool]
"""Is it the signature (last) of the signer (first) over the message, by the key?"""


def nobody_signed(signer: bytes, message: bytes, key: bytes, signature: bytes) -> bool:
    return False


def contract_address(creator: bytes, nonce: int) -> bytes:
    return bytes(2) + tagged(CONTRACT, creator + nonce.to_bytes(8, "big"))


class World:
    """State, and the transaction that is running over it."""

    def __init__(self, block: Block | None = None) -> None:
        self.block = block or Block()
        self.contracts: dict[bytes, Module] = {}
        self.balances: dict[bytes, int] = {}
        self.slots: dict[tuple[bytes, bytes], bytes] = {}
        self.verify: Verify = nobody_signed
        self.begin(Transaction(bytes(34)))

    # -------------------------------------------------------------- a transaction

    def begin(self, tx: Transaction, to: bytes | None = None) -> None:
        """Nothing is warm but the access list, the sender and the called contract."""
        self.tx = tx
        self.events: list[tuple[bytes, list[bytes], bytes]] = []
        self.refund = 0
        self.running: list[bytes] = []
        self.used_slots: set[tuple[bytes, bytes]] = set()
        self.changed_slots: set[tuple[bytes, bytes]] = set()
        self.used_accounts = {tx.origin, *tx.access} | ({to} if to else set())
        self.loaded: set[bytes] = set()

    @deeply
    def call(self, tx: Transaction, to: bytes, data: bytes, gas: int, value: int = 0) -> Outcome:
        """A transaction's call with ``gas`` beyond its intrinsic part."""
        self.begin(tx, to)
        return self.enter(to, data, sender=tx.origin, value=value, gas=gas, static=False, depth=1)

    @deeply
    def deploy(
        self, tx: Transaction, nonce: int, source: bytes, args: bytes, gas: int, value: int = 0
    ) -> Outcome:
        """A deployment of an acceptable source; ``ret`` is the new contract's address."""
        to = contract_address(tx.origin, nonce)
        self.begin(tx, to)
        module = compile_source(source)
        saved = self._save()
        self.contracts[to] = module
        init = module.functions.get("init")

        def body(m: Frame) -> bytes:
            m.charge(costs.TOKEN * count_tokens(source))
            self.move(tx.origin, to, value)
            if init is None:
                if value:
                    raise Reverted("vm.not_payable")
                if args != b"\x80":
                    raise Reverted("vm.argument")
                return to
            self._pay_to_run(m, args)
            forms = _array(args)
            if value and not init.payable:
                raise Reverted("vm.not_payable")
            invoke(m, init, init.defaults | _arguments(m, init, forms))
            m.charge(weight(None, NONE) * 8)
            return to

        frame = Frame(module, self, gas, to, tx.origin, value)
        outcome = self._guarded(frame, gas, body, saved)
        if not outcome.ok:
            self.contracts.pop(to)
        return outcome

    def given_back(self, used: int) -> int:
        """What a successful transaction that used ``used`` in all gets back."""
        return min(self.refund, used // REFUND_PART)

    # -------------------------------------------------------------- calls

    def enter(self, to: bytes, data: bytes, **how: Any) -> Outcome:
        """Run a contract, by transaction or from another; failures undo what it did."""
        refused = self._refusal(to, how["depth"])
        if refused:
            return Outcome(1, cut(refused), 0)
        module = self.contracts[to]
        frame = Frame(
            module, self, how["gas"], to, how["sender"], how["value"], how["static"], how["depth"]
        )

        def body(m: Frame) -> bytes:
            self.move(m.sender, to, m.value)
            return self._run(m, data)

        return self._guarded(frame, how["gas"], body, self._save())

    def _refusal(self, to: bytes, depth: int) -> str:
        """Why a call fails before it costs anything of its own."""
        if to in self.running:
            return "vm.reentry"
        if depth > MAX_DEPTH:
            return "vm.depth"
        return "" if to in self.contracts else "vm.no_contract"

    def _guarded(self, m: Frame, gas: int, body: Callable[[Frame], bytes], saved: Any) -> Outcome:
        self.running.append(m.this)
        try:
            ret = body(m)
            return Outcome(0, ret, gas - m.gas)
        except Reverted as failure:
            self._restore(saved)
            return Outcome(1, cut(failure.reason), gas - m.gas)
        except OutOfGas:
            self._restore(saved)
            return Outcome(2, b"", gas)
        finally:
            self.running.pop()

    def _run(self, m: Frame, data: bytes) -> bytes:
        self._pay_to_run(m, data)
        form = _array(data)
        if not form or not isinstance(form[0], str):
            raise Reverted("vm.argument")
        target = m.module.functions.get(form[0])
        if target is None or not target.public:
            raise Reverted("vm.no_function")
        if m.value and not target.payable:
            raise Reverted("vm.not_payable")
        value = invoke(m, target, target.defaults | _arguments(m, target, form[1:]))
        m.charge(weight(value, target.result) * 8)
        ret = b"" if target.result == NONE else abi.encode(value, target.result)
        if len(ret) > MAX_RESULT:
            raise Reverted("vm.size")
        return ret

    def _pay_to_run(self, m: Frame, data: bytes) -> None:
        source = 0 if m.this in self.loaded else costs.SOURCE_BYTE * len(m.module.source)
        self.loaded.add(m.this)
        m.charge(costs.RUN_BASE + source + costs.CALLDATA_BYTE * len(data))

    # -------------------------------------------------------------- state

    def _save(self) -> tuple[Any, ...]:
        return dict(self.balances), dict(self.slots), list(self.events), self.refund

    def _restore(self, saved: tuple[Any, ...]) -> None:
        balances, slots, events, self.refund = saved
        self.balances, self.slots, self.events = dict(balances), dict(slots), list(events)

    def balance(self, account: bytes) -> int:
        return self.balances.get(account, 0)

    def move(self, sender: bytes, to: bytes, amount: int) -> None:
        """Pay; the caller has looked at the balance."""
        if amount:
            self.balances[sender] = self.balance(sender) - amount
            self.balances[to] = self.balance(to) + amount

    def slot(self, owner: bytes, slot: bytes) -> bytes:
        """The stored form, ``b""`` where there is none."""
        return self.slots.get((owner, sha3(slot)), b"")

    def set_slot(self, owner: bytes, slot: bytes, form: bytes) -> None:
        """Write a stored form, ``b""`` deletes."""
        if form:
            self.slots[owner, sha3(slot)] = form
        else:
            self.slots.pop((owner, sha3(slot)), None)

    def use_slot(self, m: Frame, slot: bytes) -> None:
        """Pay for a use of a slot; from then on it counts as used."""
        key = (m.this, sha3(slot))
        known = key in self.used_slots or key[1] in self.tx.access.get(m.this, ())
        m.charge(costs.SLOT_AGAIN if known else costs.SLOT_FIRST)
        self.used_slots.add(key)

    def change_slot(self, m: Frame, slot: bytes, before: bytes, growth: int) -> None:
        """Pay for a change of a slot's stored form; from then on it counts as changed."""
        key = (m.this, sha3(slot))
        again = key in self.changed_slots
        old = costs.OLD_BYTE * max(len(before) - costs.OLD_FREE, 0)
        first = costs.SLOT_CHANGE_AGAIN if again else costs.SLOT_CHANGE_FIRST + old
        m.charge(first + growth)
        self.changed_slots.add(key)

    def use_account(self, m: Frame, account: bytes) -> None:
        """Pay for a use of an account; from then on it counts as used."""
        m.charge(costs.ACCOUNT_AGAIN if account in self.used_accounts else costs.ACCOUNT_FIRST)
        self.used_accounts.add(account)


def _array(data: bytes) -> list[Any]:
    try:
        form = abi.parse(data)
    except abi.Malformed:
        raise Reverted("vm.argument") from None
    if not isinstance(form, list):
        raise Reverted("vm.argument")
    return form


def _arguments(m: Frame, target: Function, forms: list[Any]) -> dict[str, Any]:
    """Parameters by name from what calldata holds."""
    if len(forms) > len(target.params):
        raise Reverted("vm.argument")
    given = dict(zip(target.params, forms, strict=False))
    sizes = [len(cbor.encode(form)) for form in forms]
    pairs = zip(map(density, target.params.values()), sizes, strict=False)
    m.charge(sum(costs.ARGUMENT_BYTE[kind] * size for kind, size in pairs))
    values = {}
    for name, kind in target.params.items():
        if name not in given:
            if name not in target.defaults:
                raise Reverted(f"vm.argument: {name}")
            continue
        try:
            values[name] = abi.typed(given[name], kind)
        except abi.Malformed:
            raise Reverted(f"vm.argument: {name}") from None
    return values
