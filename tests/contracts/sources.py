"""Contracts that only tests deploy: a box for money, and tokens and callees that misbehave."""

from __future__ import annotations

BOX = """
from stdlib import abi, treasury

@payable
def deposit():
    pass

def withdraw(where: address, to: address):
    done, _answer = abi.call(where, "withdraw", to)
    assert done, "box.refused"

def bid(where: address, number: int, amount: int):
    done, _answer = abi.call(where, "bid", number, value=amount)
    assert done, "box.refused"
"""
"""Takes money by ``deposit``; can bid in an auction and withdraw a credit, to anywhere."""

CLOSED_BOX = """
from stdlib import abi

@payable
def bid(where: address, number: int):
    done, _answer = abi.call(where, "bid", number, value=1_000_000_000)
    assert done, "box.refused"

def withdraw(where: address, to: address):
    done, answer = abi.call(where, "withdraw", to)
    assert done, answer.decode()
"""
"""Has money and takes none: there is no ``deposit``."""

COIN = """
from stdlib import context, storage

balances = storage.map(address, int)
cut = storage.cell(int)
frozen = storage.cell(bool)

def init(share: int):
    cut.set(share)
    balances[context.sender] = 1_000_000_000

def freeze(on: bool):
    frozen.set(on)

@view
def balance_of(owner: address) -> int:
    return balances[owner]

def transfer(to: address, amount: int):
    assert not frozen.get(), "coin.frozen"
    balances[context.sender] -= amount
    balances[to] += amount - amount * cut.get() // 100

def transfer_from(owner: address, to: address, amount: int):
    balances[owner] -= amount
    balances[to] += amount - amount * cut.get() // 100
"""
"""A token that keeps ``share`` percent of each transfer, and may stop paying out."""

REENTERING = """
from stdlib import abi, context, storage

target = storage.cell(address)
number = storage.cell(int)
answer = storage.cell(bytes)

def aim(to: address, at: int):
    target.set(to)
    number.set(at)

@view
def last_answer() -> bytes:
    return answer.get()

@payable
def deposit():
    _strike("withdraw")

def touch():
    _strike("execute")

def _strike(function: str):
    if function == "withdraw":
        _done, said = abi.call(target.get(), "withdraw", context.this)
    else:
        _done, said = abi.call(target.get(), "execute", number.get())
    answer.set(said)
"""
"""Calls back whoever pays or calls it, and keeps the answer."""

RECORDER = """
from stdlib import abi, context, storage

last = storage.cell(bytes)
caller = storage.cell(address)
paid = storage.cell(int)

@view
def heard() -> tuple[address, int, bytes]:
    return caller.get(), paid.get(), last.get()

def _hear(data: bytes):
    last.set(data)
    caller.set(context.sender)
    paid.set(context.value)

@payable
def nothing():
    _hear(b"nothing")

@payable
def one_int(a: int):
    _hear(abi.encode(a))

@payable
def one_bool(a: bool):
    _hear(abi.encode(a))

@payable
def one_str(a: str):
    _hear(abi.encode(a))

@payable
def one_bytes(a: bytes):
    _hear(abi.encode(a))

@payable
def one_address(a: address):
    _hear(abi.encode(a))

@payable
def pay(a: address, b: int):
    _hear(abi.encode(a, b))

@payable
def move(a: address, b: address, c: int):
    _hear(abi.encode(a, b, c))

@payable
def two(a: int, b: int):
    _hear(abi.encode(a, b))

@payable
def trade(a: address, b: int, c: int, d: int):
    _hear(abi.encode(a, b, c, d))

@payable
def broken():
    assert False, "recorder.broken"

def long() -> bytes:
    return bytes(4_000)
"""
"""Remembers who called it with what and how much; one function for each shape of arguments."""

SHAPES = {
    "": ("nothing", ()),
    "int": ("one_int", ("int",)),
    "bool": ("one_bool", ("bool",)),
    "str": ("one_str", ("str",)),
    "bytes": ("one_bytes", ("bytes",)),
    "address": ("one_address", ("address",)),
    "address,int": ("pay", ("address", "int")),
    "address,address,int": ("move", ("address", "address", "int")),
    "int,int": ("two", ("int", "int")),
    "address,int,int,int": ("trade", ("address", "int", "int", "int")),
}
"""Shape → the recorder's function and its types."""

SAMPLES = {"int": -7, "bool": True, "str": "grüße", "bytes": b"\x00\xff", "address": b"\x10\x03" * 17}
