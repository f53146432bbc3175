"""Auction: lots of any token, sold for ANM to the highest bidder (English).

A seller opens an auction and the lot moves in (allow this contract to move it first). Each bid
pays in full and exceeds the one before by at least 5 %; the money of the one before is credited
to its bidder at once, to be withdrawn. A bid in the last ten minutes moves the end to ten minutes
later. After the end anybody may settle: the lot goes to the winner, the money to the seller's
credit. Until the first bid the seller may cancel; without a bid the lot goes back at the end.

If the lot cannot be delivered (its token refuses), settling fails and changes nothing. After
seven days the winner may then take the money back; the lot is the seller's again.

What can go wrong: `auction.lot` (empty, or less came in than was said), `auction.reserve` (below
1), `auction.time` (no end between an hour and 90 days ahead), `auction.closed` (no such auction,
or not any more), `auction.running` (not over yet), `auction.over`, `auction.bid` (too low),
`auction.role`, `auction.bids` (there is one; there is none), `auction.patience` (the seven days
are not over), `auction.token` (the token refuses), `auction.nothing` (no credit),
`auction.recipient` (a contract that takes no money).
"""

from stdlib import abi, context, events, storage, treasury

MINUTE = 60 * 1000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
LONGEST = 90 * DAY
LAST_MINUTES = 10 * MINUTE
PATIENCE = 7 * DAY
RAISE = 20  # a bid is at least a 20th above the one before
NOBODY = address(bytes(34))
KEYLESS = b"\0\0"

# seller, token, amount of the lot, reserve (nANM), end (ms), best bidder, best bid (nANM)
auctions = storage.map(int, tuple[address, address, int, int, int, address, int])
last_auction = storage.cell(int)
credits = storage.map(address, int)

Opened = events.event(number=int, seller=address, token=address, amount=int, reserve=int, end=int)
Bid = events.event(number=int, bidder=address, amount=int, end=int)
Settled = events.event(number=int, winner=address, amount=int)
Unsold = events.event(number=int, seller=address)
Undelivered = events.event(number=int, winner=address, amount=int)
Withdrawn = events.event(owner=address, to=address, amount=int)


def open_auction(token: address, amount: int, reserve: int, end: int) -> int:
    """Move a lot in and start; returns the auction's number."""
    assert amount > 0, "auction.lot"
    assert reserve > 0, "auction.reserve"
    assert context.time + HOUR <= end <= context.time + LONGEST, "auction.time"
    number = last_auction.get() + 1
    last_auction.set(number)
    auctions[number] = (context.sender, token, amount, reserve, end, NOBODY, 0)
    before = _units(token)
    moved, _answer = abi.call(token, "transfer_from", context.sender, context.this, amount)
    assert moved, "auction.token"
    # Several lots of one token lie here together: one that came in short would eat of the others.
    assert _units(token) - before >= amount, "auction.lot"
    Opened.emit(number, context.sender, token, amount, reserve, end)
    return number


@view
def auction(number: int) -> tuple[address, address, int, int, int, address, int]:
    """Seller, token, amount of the lot, reserve, end, best bidder and best bid."""
    assert number in auctions, "auction.closed"
    return auctions[number]


@view
def least_bid(number: int) -> int:
    """The smallest bid that would be taken now, nANM."""
    _seller, _token, _amount, reserve, _end, _bidder, best = auction(number)
    return best + max(best // RAISE, 1) if best > 0 else reserve


@view
def credit_of(owner: address) -> int:
    """What an account may withdraw, nANM."""
    return credits[owner]


@payable
def bid(number: int):
    """Bid the value that is sent along."""
    seller, token, amount, reserve, end, bidder, best = auction(number)
    assert context.time < end, "auction.over"
    assert context.value >= least_bid(number), "auction.bid"
    end = max(end, context.time + LAST_MINUTES)
    auctions[number] = (seller, token, amount, reserve, end, context.sender, context.value)
    # Credited, never sent: a bidder who cannot be paid must not keep others from bidding.
    if best > 0:
        credits[bidder] += best
    Bid.emit(number=number, bidder=context.sender, amount=context.value, end=end)


def cancel(number: int):
    """The seller takes the lot back before anybody has bid."""
    seller, token, amount, _reserve, _end, _bidder, best = auction(number)
    assert context.sender == seller, "auction.role"
    assert best == 0, "auction.bids"
    del auctions[number]
    _deliver(token, seller, amount)
    Unsold.emit(number=number, seller=seller)


def settle(number: int):
    """Close an auction that is over: lot to the winner, money to the seller's credit."""
    seller, token, amount, _reserve, end, bidder, best = auction(number)
    assert context.time >= end, "auction.running"
    del auctions[number]
    if best == 0:
        _deliver(token, seller, amount)
        Unsold.emit(number=number, seller=seller)
    else:
        credits[seller] += best
        _deliver(token, bidder, amount)
        Settled.emit(number=number, winner=bidder, amount=best)


def walk_away(number: int):
    """The winner takes the money back when nobody could settle for seven days.

    The lot stays, with the seller as its only bidder, at 0: `settle` gives it back when it can.
    """
    seller, token, amount, reserve, end, bidder, best = auction(number)
    assert context.sender == bidder, "auction.role"
    assert context.time >= end + PATIENCE, "auction.patience"
    auctions[number] = (seller, token, amount, reserve, end, NOBODY, 0)
    credits[bidder] += best
    Undelivered.emit(number=number, winner=bidder, amount=best)


def withdraw(to: address) -> int:
    """Pay the caller's credit out to any address; returns how much that was."""
    return _withdraw(context.sender, to)


def pay_out(owner: address) -> int:
    """Pay a credit to its owner; anybody may ask for it.

    A contract needs this: while it calls, nobody can call it, so `withdraw` cannot pay to it.
    """
    return _withdraw(owner, owner)


def _units(token: address) -> int:
    """This contract's units of a token."""
    known, answer = abi.call(token, "balance_of", context.this)
    assert known, "auction.token"
    return abi.decode(answer, int)


def _deliver(token: address, to: address, amount: int):
    """Move a lot out, or fail as a whole: too little gas cannot separate lot and money."""
    moved, _answer = abi.call(token, "transfer", to, amount)
    assert moved, "auction.token"


def _withdraw(owner: address, to: address) -> int:
    """Pay a credit out; it is gone before the recipient's code can run."""
    amount = credits[owner]
    assert amount > 0, "auction.nothing"
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
        assert done, "auction.recipient"
