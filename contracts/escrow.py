"""Escrow: a buyer's money waits until buyer, seller or an arbiter says whose it is.

A deal: the buyer opens it with the money in it. The buyer may release it to the seller, the
seller may give it back. Until the deadline either may dispute; then the arbiter alone decides,
and may split. After the deadline, undisputed, the seller may collect: a buyer who is silent does
not hold the money, and one who received nothing has to dispute in time. An arbiter who stays
silent for 30 days loses the say, and either side may have the money halved.

Money is credited, and its owner withdraws it; so no recipient can stop a deal from closing.

What can go wrong: `escrow.money` (a deal about nothing), `escrow.parties` (roles that coincide,
or nobody who could ever act), `escrow.deadline` (past, or over a year away; a dispute after it; a
collection before it), `escrow.closed` (no such open deal), `escrow.role` (the caller may not do
this), `escrow.disputed` (the arbiter's turn), `escrow.undisputed`, `escrow.share` (below 0 or
above the deal), `escrow.patience` (the arbiter still has time), `escrow.nothing` (no credit),
`escrow.recipient` (a contract that takes no money).
"""

from stdlib import abi, context, events, storage, treasury

DAY = 24 * 60 * 60 * 1000
LONGEST = 365 * DAY
PATIENCE = 30 * DAY
NOBODY = address(bytes(34))
KEYLESS = b"\0\0"

# buyer, seller, arbiter, amount (nANM), deadline (ms), time of the dispute (ms; 0: none)
deals = storage.map(int, tuple[address, address, address, int, int, int])
last_deal = storage.cell(int)
credits = storage.map(address, int)

Opened = events.event(
    deal=int, buyer=address, seller=address, arbiter=address, amount=int, deadline=int
)
Disputed = events.event(deal=int, by=address)
Closed = events.event(deal=int, by=address, to_buyer=int, to_seller=int)
Withdrawn = events.event(owner=address, to=address, amount=int)


@payable
def open_deal(seller: address, arbiter: address, deadline: int) -> int:
    """Pay into a new deal, as its buyer; returns its number."""
    buyer = context.sender
    assert context.value > 0, "escrow.money"
    assert buyer != seller and buyer != arbiter and seller != arbiter, "escrow.parties"
    for party in [seller, arbiter]:
        assert party != NOBODY and party != context.this, "escrow.parties"
    assert context.time < deadline <= context.time + LONGEST, "escrow.deadline"
    number = last_deal.get() + 1
    last_deal.set(number)
    deals[number] = (buyer, seller, arbiter, context.value, deadline, 0)
    Opened.emit(number, buyer, seller, arbiter, context.value, deadline)
    return number


@view
def deal(number: int) -> tuple[address, address, address, int, int, int]:
    """Buyer, seller, arbiter, amount, deadline and time of dispute of an open deal."""
    assert number in deals, "escrow.closed"
    return deals[number]


@view
def credit_of(owner: address) -> int:
    """What an account may withdraw, nANM."""
    return credits[owner]


def release(number: int):
    """The buyer gives the money to the seller, also during a dispute."""
    buyer, _seller, _arbiter, amount, _deadline, _disputed = deal(number)
    assert context.sender == buyer, "escrow.role"
    _close(number, amount)


def give_back(number: int):
    """The seller gives the money back to the buyer, also during a dispute."""
    _buyer, seller, _arbiter, _amount, _deadline, _disputed = deal(number)
    assert context.sender == seller, "escrow.role"
    _close(number, 0)


def dispute(number: int):
    """Buyer or seller calls the arbiter, until the deadline."""
    buyer, seller, arbiter, amount, deadline, disputed = deal(number)
    assert context.sender == buyer or context.sender == seller, "escrow.role"
    assert disputed == 0, "escrow.disputed"
    assert context.time <= deadline, "escrow.deadline"
    deals[number] = (buyer, seller, arbiter, amount, deadline, context.time)
    Disputed.emit(deal=number, by=context.sender)


def decide(number: int, to_seller: int):
    """The arbiter gives the seller so much and the buyer the rest; in a dispute only."""
    _buyer, _seller, arbiter, amount, _deadline, disputed = deal(number)
    assert context.sender == arbiter, "escrow.role"
    assert disputed != 0, "escrow.undisputed"
    assert 0 <= to_seller <= amount, "escrow.share"
    _close(number, to_seller)


def collect(number: int):
    """The seller takes the money after the deadline when nobody disputed."""
    _buyer, seller, _arbiter, amount, deadline, disputed = deal(number)
    assert context.sender == seller, "escrow.role"
    assert disputed == 0, "escrow.disputed"
    assert context.time > deadline, "escrow.deadline"
    _close(number, amount)


def halve(number: int):
    """Buyer or seller ends a dispute that the arbiter left alone; an odd nANM is the buyer's."""
    buyer, seller, _arbiter, amount, _deadline, disputed = deal(number)
    assert context.sender == buyer or context.sender == seller, "escrow.role"
    assert disputed != 0, "escrow.undisputed"
    assert context.time > disputed + PATIENCE, "escrow.patience"
    _close(number, amount // 2)


def withdraw(to: address) -> int:
    """Pay the caller's credit out to any address; returns how much that was."""
    return _withdraw(context.sender, to)


def pay_out(owner: address) -> int:
    """Pay a credit to its owner; anybody may ask for it.

    A contract needs this: while it calls, nobody can call it, so `withdraw` cannot pay to it.
    """
    return _withdraw(owner, owner)


def _close(number: int, to_seller: int):
    """Credit both sides and forget the deal, so that nothing can close it again."""
    buyer, seller, _arbiter, amount, _deadline, _disputed = deals[number]
    del deals[number]
    credits[seller] += to_seller
    credits[buyer] += amount - to_seller
    Closed.emit(deal=number, by=context.sender, to_buyer=amount - to_seller, to_seller=to_seller)


def _withdraw(owner: address, to: address) -> int:
    """Pay a credit out; it is gone before the recipient's code can run."""
    amount = credits[owner]
    assert amount > 0, "escrow.nothing"
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
        assert done, "escrow.recipient"
