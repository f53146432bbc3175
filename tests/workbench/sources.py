"""Small contracts for tests of the tools."""

from __future__ import annotations

TOKEN = '''"""A token with the least that tests need."""

from stdlib import context, events, storage

supply = storage.cell(int)
balances = storage.map(address, int)
allowed = storage.map(address, address, int)

Moved = events.event(source=address, target=address, amount=int)


def init(amount: int):
    """All of it goes to who deploys."""
    supply.set(amount)
    balances[context.sender] = amount


@view
def balance_of(who: address) -> int:
    """How much somebody has."""
    return balances[who]


def transfer(to: address, amount: int, note: str = "") -> bool:
    """Give some of one's own."""
    assert amount > 0, "nothing to move"
    assert balances[context.sender] >= amount, "too little"
    balances[context.sender] -= amount
    balances[to] += amount
    Moved.emit(context.sender, to, amount)
    return True


def approve(who: address, amount: int):
    """Let somebody move."""
    allowed[context.sender, who] = amount
'''

BANK = '''"""Calls a token, takes and pays money."""

from stdlib import abi, context, events, storage, treasury

token = storage.cell(address)

Paid = events.event(who=address, amount=int)


def init(which: address):
    """Which token it moves."""
    token.set(which)


@payable
def put():
    """Pay in."""
    Paid.emit(context.sender, context.value)


def take(amount: int):
    """Pay out."""
    treasury.transfer(context.sender, amount)


def forward(to: address, amount: int) -> bool:
    """Move tokens of its own; the token's failure is no failure of ours."""
    ok, answer = abi.call(token.get(), "transfer", to, amount)
    return ok


def insist(to: address, amount: int):
    """The same, and fail with it."""
    ok, answer = abi.call(token.get(), "transfer", to, amount)
    assert ok, "the token refused"


@view
def times() -> tuple[int, int]:
    """Height and time."""
    return context.height, context.time


def burn_gas():
    """Never ends."""
    while True:
        pass
'''
