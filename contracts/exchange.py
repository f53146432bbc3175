"""Exchange: swaps between two tokens at a price that their reserves make (constant product).

Roles: nobody is special. Whoever adds both tokens gets shares of the pool; whoever swaps pays 0.3
%, which stays in the pool and so belongs to the shares. What a call may cost at most is said in
the call: least results, most payments, and a deadline in ms. Allow this contract to move your
tokens first.

Every division rounds in favour of the pool. The reserves are what came through these functions:
units that are sent here without one are not counted and are lost to their sender, for what was
counted would let a stranger move the price of shares. The first 1,000 shares belong to nobody.

What can go wrong: `exchange.pair` (one token twice; a token that is not of this pair),
`exchange.deadline`, `exchange.amount` (below 1, or above 2^112 - 1 in all), `exchange.shares`
(more than are there; too few come out), `exchange.slippage` (less would come out than the least,
or nothing), `exchange.empty` (there is no liquidity yet), `exchange.payment` (less came in than
was asked for), `exchange.token` (a token refuses).
"""

from stdlib import abi, context, events, storage

LOCKED = 1_000
MOST = 2**112 - 1  # products of three such numbers are never built, of two fit
KEPT = 997  # of 1,000 that come in: the rest is the fee
BASE = 1_000

token_a = storage.cell(address)
token_b = storage.cell(address)
reserve_a = storage.cell(int)
reserve_b = storage.cell(int)
total_shares = storage.cell(int)
shares = storage.map(address, int)

Added = events.event(owner=address, amount_a=int, amount_b=int, share=int)
Removed = events.event(owner=address, amount_a=int, amount_b=int, share=int)
Swapped = events.event(trader=address, token_in=address, amount_in=int, amount_out=int)
ShareMoved = events.event(source=address, to=address, share=int)


def init(first: address, second: address):
    """Deploy for a pair of tokens."""
    assert first != second, "exchange.pair"
    token_a.set(first)
    token_b.set(second)


@view
def tokens() -> tuple[address, address]:
    """The pair."""
    return token_a.get(), token_b.get()


@view
def reserves() -> tuple[int, int]:
    """What the pool holds of each token."""
    return reserve_a.get(), reserve_b.get()


@view
def share_supply() -> int:
    """All shares, the locked ones included."""
    return total_shares.get()


@view
def share_of(owner: address) -> int:
    """Shares of an account."""
    return shares[owner]


@view
def quote(token_in: address, amount_in: int) -> int:
    """What a swap would give now."""
    held_in, held_out = _reserves_from(token_in)
    return _amount_out(amount_in, held_in, held_out)


def add(most_a: int, most_b: int, least_shares: int, deadline: int) -> int:
    """Pay into the pool, in the ratio it has and at most so much of each; returns the shares."""
    _check_deadline(deadline)
    assert 0 < most_a <= MOST and 0 < most_b <= MOST, "exchange.amount"
    held_a, held_b, total = reserve_a.get(), reserve_b.get(), total_shares.get()
    if total == 0:
        amount_a, amount_b = most_a, most_b
        share = _square_root(amount_a * amount_b) - LOCKED
        total = LOCKED
    else:
        share = min(most_a * total // held_a, most_b * total // held_b)
        amount_a = _divide_up(share * held_a, total)
        amount_b = _divide_up(share * held_b, total)
    assert share > 0 and share >= least_shares, "exchange.shares"
    total_shares.set(total + share)
    shares[context.sender] += share
    _store_reserves(held_a + amount_a, held_b + amount_b)
    _pull(token_a.get(), amount_a, held_a + amount_a)
    _pull(token_b.get(), amount_b, held_b + amount_b)
    Added.emit(owner=context.sender, amount_a=amount_a, amount_b=amount_b, share=share)
    return share


def remove(share: int, least_a: int, least_b: int, deadline: int) -> tuple[int, int]:
    """Give shares back for their part of both reserves; returns the amounts."""
    _check_deadline(deadline)
    left = shares[context.sender] - share
    assert share > 0 and left >= 0, "exchange.shares"
    held_a, held_b, total = reserve_a.get(), reserve_b.get(), total_shares.get()
    amount_a = held_a * share // total
    amount_b = held_b * share // total
    assert amount_a > 0 and amount_b > 0, "exchange.slippage"
    assert amount_a >= least_a and amount_b >= least_b, "exchange.slippage"
    shares[context.sender] = left
    total_shares.set(total - share)
    _store_reserves(held_a - amount_a, held_b - amount_b)
    _push(token_a.get(), amount_a)
    _push(token_b.get(), amount_b)
    Removed.emit(owner=context.sender, amount_a=amount_a, amount_b=amount_b, share=share)
    return amount_a, amount_b


def swap(token_in: address, amount_in: int, least_out: int, deadline: int) -> int:
    """Pay one token, get the other; returns how much."""
    _check_deadline(deadline)
    held_in, held_out = _reserves_from(token_in)
    amount_out = _amount_out(amount_in, held_in, held_out)
    assert amount_out > 0 and amount_out >= least_out, "exchange.slippage"
    if token_in == token_a.get():
        _store_reserves(held_in + amount_in, held_out - amount_out)
        token_out = token_b.get()
    else:
        _store_reserves(held_out - amount_out, held_in + amount_in)
        token_out = token_a.get()
    _pull(token_in, amount_in, held_in + amount_in)
    _push(token_out, amount_out)
    Swapped.emit(context.sender, token_in, amount_in, amount_out)
    return amount_out


def transfer_shares(to: address, share: int):
    """Give shares to another account."""
    left = shares[context.sender] - share
    assert share >= 0 and left >= 0, "exchange.shares"
    shares[context.sender] = left
    shares[to] += share
    ShareMoved.emit(source=context.sender, to=to, share=share)


def _check_deadline(deadline: int):
    """A call that waited too long is worth less than the caller thought."""
    assert context.time <= deadline, "exchange.deadline"


def _reserves_from(token_in: address) -> tuple[int, int]:
    """The reserves, that of the token which comes in first."""
    if token_in == token_a.get():
        return reserve_a.get(), reserve_b.get()
    assert token_in == token_b.get(), "exchange.pair"
    return reserve_b.get(), reserve_a.get()


def _amount_out(amount_in: int, held_in: int, held_out: int) -> int:
    """What keeps the product of the reserves, rounded down, after the fee; less than `held_out`."""
    assert held_in > 0, "exchange.empty"  # both are, or none
    assert 0 < amount_in <= MOST, "exchange.amount"
    paid = amount_in * KEPT
    return held_out * paid // (held_in * BASE + paid)


def _store_reserves(a: int, b: int):
    """Keep the reserves, small enough for all products to fit for ever."""
    assert a <= MOST and b <= MOST, "exchange.amount"
    reserve_a.set(a)
    reserve_b.set(b)


def _pull(token: address, amount: int, reserve: int):
    """Take a payment in, and see that at least the new reserve is really there."""
    moved, _answer = abi.call(token, "transfer_from", context.sender, context.this, amount)
    assert moved, "exchange.token"
    known, balance = abi.call(token, "balance_of", context.this)
    assert known, "exchange.token"
    assert abi.decode(balance, int) >= reserve, "exchange.payment"


def _push(token: address, amount: int):
    """Pay out."""
    moved, _answer = abi.call(token, "transfer", context.sender, amount)
    assert moved, "exchange.token"


def _divide_up(a: int, b: int) -> int:
    """The quotient, rounded up."""
    return -(-a // b)


def _square_root(n: int) -> int:
    """The largest integer whose square is at most n, by Newton from above."""
    root = 1 << (n.bit_length() + 1) // 2
    better = (root + n // root) // 2
    while better < root:
        root = better
        better = (root + n // root) // 2
    return root
