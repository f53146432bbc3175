"""Contracts as source text, for tests that run the whole way from a transaction."""

from __future__ import annotations

from typing import Any

from core.tx import Access, SignedTx, UnsignedTx, Witness
from execution.abi import codec
from execution.lang.types import ADDRESS, BOOL, BYTES, INT, STR
from pq import addresses

BANK = b'''"""Keeps what each account pays in."""
from stdlib import abi, context, events, storage, treasury

Paid = events.event(who=address, amount=int)
owner = storage.cell(address)
turns = storage.cell(int)
held = storage.map(address, int)


@payable
def init(start: int = 3):
    owner.set(context.sender)
    turns.set(start)


@payable
def pay():
    held[context.sender] += context.value
    Paid.emit(context.sender, context.value)


def take(amount: int):
    assert held[context.sender] >= amount, "too little"
    held[context.sender] -= amount
    treasury.transfer(context.sender, amount)


def clear():
    del held[context.sender]


def turn(by: int = 1) -> int:
    turns.set(turns.get() + by)
    return turns.get()


@view
def turned() -> int:
    return turns.get()


@view
def seen() -> tuple[address, address, int, int, int]:
    return context.sender, context.origin, context.height, context.time, context.chain


def spin():
    while True:
        pass


def fail():
    turns.set(99)
    Paid.emit(context.sender, 1)
    assert False, "never"
'''

CALLER = b'''"""Calls another contract."""
from stdlib import abi, context, events, storage

Tried = events.event(ok=bool)
tries = storage.cell(int)


@payable
def pass_on(to: address, function: str, amount: int) -> bool:
    tries.set(tries.get() + 1)
    ok, _reason = abi.call(to, function, value=amount)
    Tried.emit(ok)
    return ok


@view
def look(to: address) -> bytes:
    ok, answer = abi.call(to, "turned")
    assert ok, answer.decode()
    return answer


def meddle(to: address) -> bytes:
    return _meddle(to)


def _meddle(to: address) -> bytes:
    ok, answer = abi.call(to, "turn")
    return answer
'''
_TYPES = {int: INT, bool: BOOL, str: STR}


def encoded(*values: Any) -> bytes:
    """The ABI array of ints, bools, texts, bytes and addresses (34 bytes)."""
    return codec.encode_all(values, [_type(value) for value in values])


def _type(value: Any) -> Any:
    if type(value) is bytes:
        return ADDRESS if len(value) == 34 else BYTES
    return _TYPES[type(value)]


def body_of(kind: str, to: bytes, args: tuple[Any, ...], value: int) -> dict[str, Any]:
    """The body of a deployment (``to`` is the source) or a call (the first argument names it)."""
    if kind == "deploy":
        return {"code": to, "args": encoded(*args), "value": value}
    return {"to": to, "data": encoded(*args), "value": value}


def unsigned(
    kind: str,
    sender: bytes,
    to: bytes,
    *args: Any,
    nonce: int,
    value: int = 0,
    gas: int = 20_000_000,
    max_fee: int = 100,
    max_tip: int = 1,
    chain: int = 31337,
    access: Access | None = None,
) -> UnsignedTx:
    """An unsigned deployment or call."""
    body = body_of(kind, to, args, value)
    return UnsignedTx(chain, kind, sender, nonce, gas, max_fee, max_tip, body, access=access)


def without_signature(tx: UnsignedTx) -> SignedTx:
    """For code that checks none."""
    return SignedTx(tx, Witness(addresses.alg_of(tx.sender), b"s"))
