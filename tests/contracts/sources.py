"""Contracts that only tests deploy: a box for money, and tokens and callees that misbehave."""

from __future__ import annotations

BOX = """
from stdlib import abi, treasury

@payable
def receive():
    pass

def withdraw(where: address, to: address):
    done, _answer = abi.call(where, "withdraw", to)
    assert done, "box.refused"

def bid(where: address, number: int, amount: int):
    done, _answer = abi.call(where, "bid", number, value=amount)
    assert done, "box.refused"
"""
"""Takes money by ``receive``; can bid in an auction and withdraw a credit, to anywhere."""

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
"""Has money and takes none: there is no ``receive``."""

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

DEAF = """
def transfer(to: address, amount: int):
    pass

def transfer_from(owner: address, to: address, amount: int):
    pass
"""
"""A token that does not say what anybody has."""

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
def receive():
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
from stdlib import context, storage

caller = storage.cell(address)
paid = storage.cell(int)
heard = storage.cell(tuple[str, int, bool])

@view
def last() -> tuple[address, int, str, int, bool]:
    text, number, flag = heard.get()
    return caller.get(), paid.get(), text, number, flag

@payable
def hear(text: str, number: int, flag: bool) -> bytes:
    caller.set(context.sender)
    paid.set(context.value)
    heard.set((text, number, flag))
    return bytes(4_000)

@payable
def tick():
    caller.set(context.sender)
    paid.set(context.value)

def broken():
    assert False, "recorder.broken"
"""
"""Remembers who called it, with what and how much; its answer is long."""
