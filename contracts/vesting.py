"""Vesting: ANM that becomes somebody's over time, linearly, with a cliff.

A giver pays a grant in. From `start` to `end` it vests linearly; before `cliff` nothing can be
taken, at the cliff all that has vested since the start. The holder takes what has vested, when
and to where it likes, and may hand the grant to another address (a new key, say); anybody may
have it paid to the holder itself. A grant that was made revocable the giver may stop: what has
vested stays the holder's, the rest is credited to the giver, to be withdrawn.

What can go wrong: `vesting.money` (an empty grant), `vesting.holder` (nobody, or this contract),
`vesting.times` (not start <= cliff <= end with start < end, or more than 50 years from now),
`vesting.unknown` (no such grant, or it is used up), `vesting.role`, `vesting.final` (not
revocable), `vesting.nothing` (nothing to take, to revoke or to withdraw now), `vesting.recipient`
(a contract that takes no money).
"""

from stdlib import abi, context, events, storage, treasury

LONGEST = 50 * 365 * 24 * 60 * 60 * 1000
NOBODY = address(bytes(34))
KEYLESS = b"\0\0"

# giver (the zero address: not revocable), holder, amount and taken (nANM), start, cliff, end (ms)
grants = storage.map(int, tuple[address, address, int, int, int, int, int])
last_grant = storage.cell(int)
credits = storage.map(address, int)

Granted = events.event(number=int, giver=address, holder=address, amount=int)
Taken = events.event(number=int, holder=address, to=address, amount=int)
Revoked = events.event(number=int, giver=address, amount=int)
Withdrawn = events.event(owner=address, to=address, amount=int)
HandedOver = events.event(number=int, old=address, new=address)


@payable
def grant(holder: address, start: int, cliff: int, end: int, revocable: bool) -> int:
    """Pay a grant in; times in ms. Returns its number."""
    assert context.value > 0, "vesting.money"
    assert holder != NOBODY and holder != context.this, "vesting.holder"
    assert start <= cliff <= end and start < end, "vesting.times"
    assert context.time - LONGEST <= start and end <= context.time + LONGEST, "vesting.times"
    giver = context.sender if revocable else NOBODY
    number = last_grant.get() + 1
    last_grant.set(number)
    grants[number] = (giver, holder, context.value, 0, start, cliff, end)
    Granted.emit(number=number, giver=context.sender, holder=holder, amount=context.value)
    return number


@view
def grant_of(number: int) -> tuple[address, address, int, int, int, int, int]:
    """Giver (zero: not revocable), holder, amount, taken, start, cliff and end of a grant."""
    assert number in grants, "vesting.unknown"
    return grants[number]


@view
def vested(number: int) -> int:
    """How much of a grant has vested by now, what was taken included, nANM."""
    _giver, _holder, amount, _taken, start, cliff, end = grant_of(number)
    if context.time < cliff:
        return 0
    if context.time >= end:
        return amount
    return amount * (context.time - start) // (end - start)


@view
def takeable(number: int) -> int:
    """How much the holder may take now, nANM."""
    return vested(number) - grant_of(number)[3]


def take(number: int, to: address) -> int:
    """The holder takes all that has vested; returns how much that was.

    Anybody may have it paid to the holder. A contract that holds needs this: while it calls,
    nobody can call it, so it cannot be paid by what it calls.
    """
    giver, holder, amount, taken, start, cliff, end = grant_of(number)
    assert context.sender == holder or to == holder, "vesting.role"
    due = vested(number) - taken
    assert due > 0, "vesting.nothing"
    _store(number, giver, holder, amount, taken + due, start, cliff, end)
    _pay(to, due)
    Taken.emit(number=number, holder=holder, to=to, amount=due)
    return due


def revoke(number: int) -> int:
    """The giver stops a revocable grant; returns what had not vested and is credited back."""
    giver, holder, amount, taken, start, cliff, _end = grant_of(number)
    assert giver != NOBODY, "vesting.final"
    assert context.sender == giver, "vesting.role"
    kept = vested(number)
    assert kept < amount, "vesting.nothing"
    # What has vested is the holder's from this moment on; before the cliff that is nothing.
    _store(number, NOBODY, holder, kept, taken, start, cliff, context.time)
    credits[giver] += amount - kept
    Revoked.emit(number=number, giver=giver, amount=amount - kept)
    return amount - kept


@view
def credit_of(owner: address) -> int:
    """What an account may withdraw, nANM."""
    return credits[owner]


def withdraw(to: address) -> int:
    """Pay the caller's credit out to any address; returns how much that was."""
    return _withdraw(context.sender, to)


def pay_out(owner: address) -> int:
    """Pay a credit to its owner; anybody may ask for it.

    A contract needs this: while it calls, nobody can call it, so `withdraw` cannot pay to it.
    """
    return _withdraw(owner, owner)


def hand_over(number: int, new: address):
    """The holder gives the grant to another address."""
    giver, holder, amount, taken, start, cliff, end = grant_of(number)
    assert context.sender == holder, "vesting.role"
    assert new != NOBODY and new != context.this, "vesting.holder"
    _store(number, giver, new, amount, taken, start, cliff, end)
    HandedOver.emit(number=number, old=holder, new=new)


def _store(
    number: int,
    giver: address,
    holder: address,
    amount: int,
    taken: int,
    start: int,
    cliff: int,
    end: int,
):
    """Keep a grant, or forget one of which nothing is left to take."""
    if taken == amount:
        del grants[number]
    else:
        grants[number] = (giver, holder, amount, taken, start, cliff, end)


def _withdraw(owner: address, to: address) -> int:
    """Pay a credit out; it is gone before the recipient's code can run."""
    amount = credits[owner]
    assert amount > 0, "vesting.nothing"
    credits[owner] = 0
    _pay(to, amount)
    Withdrawn.emit(owner=owner, to=to, amount=amount)
    return amount


def _pay(to: address, amount: int):
    """Pay a key directly, a contract through its payable function `receive`."""
    if bytes(to)[:2] != KEYLESS:
        treasury.transfer(to, amount)
    else:
        done, _answer = abi.call(to, "receive", value=amount)
        assert done, "vesting.recipient"
