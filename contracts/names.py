"""Names: a registry of names that point to addresses, for a yearly fee.

A name has 3 to 32 of the characters a to z, 0 to 9 and the hyphen (inside only). To register one,
first commit to a seal of it, and reveal it after a minute and within a day: whoever sees the
reveal in the pool is too late. A name is registered for whole years, at most ten ahead. Anybody
may pay for a renewal. After the end a name resolves no more, but for 30 days only its owner can
get it back, by a renewal that anybody pays; then it is free.

Roles: a name's owner points it somewhere, hands it over or drops it; the administrator sets the
fee for what is bought later, takes the fees, and may hand the office to one who accepts it. The
administrator has no power over names.

What can go wrong: `names.form` (not such a name), `names.seal` (no 32 bytes; one that waits
already; none that fits, or too young or too old), `names.years` (below 1, or past ten years
ahead), `names.price` (the value is not the fee exactly), `names.taken`, `names.unknown` (never
registered, or over), `names.owner`, `names.nobody` (handed to the zero address), `names.role`
(not the administrator), `names.fee` (below 0), `names.nothing` (no fees to take),
`names.recipient` (a contract that takes no money).
"""

from stdlib import abi, context, events, hash, storage, treasury

MINUTE = 60 * 1000
DAY = 24 * 60 * MINUTE
YEAR = 365 * DAY
MOST_YEARS = 10
GRACE = 30 * DAY
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"
NOBODY = address(bytes(34))
KEYLESS = b"\0\0"

administrator = storage.cell(address)
next_administrator = storage.cell(address)
yearly_fee = storage.cell(int)
seals = storage.map(bytes, int)  # when it was committed (ms)
records = storage.map(str, tuple[address, address, int])  # owner, target, end (ms)

Registered = events.event(name=str, owner=address, end=int)
Renewed = events.event(name=str, end=int)
Pointed = events.event(name=str, target=address)
HandedOver = events.event(name=str, old=address, new=address)
Dropped = events.event(name=str, owner=address)
FeeChanged = events.event(fee=int)
FeesTaken = events.event(to=address, amount=int)
AdministratorChanged = events.event(old=address, new=address)


def init(fee: int):
    """Deploy with a yearly fee in nANM; the deployer is the administrator."""
    administrator.set(context.sender)
    _set_fee(fee)


@view
def fee_per_year() -> int:
    """What one year of a name costs, nANM."""
    return yearly_fee.get()


@view
def seal_of(name: str, owner: address, salt: bytes) -> bytes:
    """What to commit to. It names the owner, so that a copied reveal registers for nobody else.

    Compute it yourself, or ask a node of your own: whoever is asked learns the name.
    """
    return hash.sha3_256(abi.encode(context.this, name, owner, salt))


@view
def resolve(name: str) -> address:
    """Where a name points to."""
    return _alive(name)[1]


@view
def owner_of(name: str) -> address:
    """Who owns a name."""
    return _alive(name)[0]


@view
def end_of(name: str) -> int:
    """When a name ends or has ended, ms; 0 when it was never registered."""
    return records[name][2]


def commit(seal: bytes):
    """Commit to a name without showing it. One that waits is not set back by doing it again."""
    assert len(seal) == 32, "names.seal"
    assert context.time > seals[seal] + DAY, "names.seal"
    seals[seal] = context.time


@payable
def register(name: str, years: int, salt: bytes) -> int:
    """Reveal and register, for the exact fee; returns the end (ms)."""
    _check_form(name)
    assert context.time > records[name][2] + GRACE or name not in records, "names.taken"
    seal = seal_of(name, context.sender, salt)
    age = context.time - seals[seal]
    assert MINUTE <= age <= DAY, "names.seal"
    del seals[seal]
    end = _paid_end(context.time, years)
    records[name] = (context.sender, context.sender, end)
    Registered.emit(name=name, owner=context.sender, end=end)
    return end


@payable
def renew(name: str, years: int) -> int:
    """Pay for more years of a name that lives or is in its grace; returns the end (ms)."""
    owner, target, end = records[name]
    assert context.time <= end + GRACE and name in records, "names.unknown"
    end = _paid_end(end, years)
    records[name] = (owner, target, end)
    Renewed.emit(name=name, end=end)
    return end


def point(name: str, target: address):
    """The owner points a name somewhere."""
    owner, _target, end = _alive(name)
    assert context.sender == owner, "names.owner"
    records[name] = (owner, target, end)
    Pointed.emit(name=name, target=target)


def hand_over(name: str, new: address):
    """The owner gives a name away. It points to the new owner then, not to the old target."""
    owner, _target, end = _alive(name)
    assert context.sender == owner, "names.owner"
    assert new != NOBODY, "names.nobody"
    records[name] = (new, new, end)
    HandedOver.emit(name=name, old=owner, new=new)


def drop(name: str):
    """The owner gives a name up; it is free at once, and nothing is paid back."""
    owner, _target, _end = _alive(name)
    assert context.sender == owner, "names.owner"
    del records[name]
    Dropped.emit(name=name, owner=owner)


def set_fee(fee: int):
    """Set the yearly fee for what is bought from now on; the administrator only."""
    _check_administrator()
    _set_fee(fee)


def take_fees(to: address) -> int:
    """Pay all fees out; returns how much that was.

    The administrator says to where; anybody may have them paid to the administrator.
    """
    assert context.sender == administrator.get() or to == administrator.get(), "names.role"
    amount = treasury.balance()
    assert amount > 0, "names.nothing"
    _pay(to, amount)
    FeesTaken.emit(to=to, amount=amount)
    return amount


def offer_administration(new: address):
    """Offer the office; it changes when the other accepts, so a mistyped address costs nothing."""
    _check_administrator()
    next_administrator.set(new)


def accept_administration():
    """Take the office that was offered to the caller."""
    assert context.sender == next_administrator.get(), "names.role"
    AdministratorChanged.emit(old=administrator.get(), new=context.sender)
    administrator.set(context.sender)
    next_administrator.set(NOBODY)


def _alive(name: str) -> tuple[address, address, int]:
    """Owner, target and end of a name that is not over."""
    assert context.time <= records[name][2], "names.unknown"
    return records[name]


def _paid_end(start: int, years: int) -> int:
    """The end of so many years from `start`, when exactly their fee came along."""
    assert years >= 1, "names.years"
    end = start + years * YEAR
    assert end <= context.time + MOST_YEARS * YEAR, "names.years"
    assert context.value == years * yearly_fee.get(), "names.price"
    return end


def _check_form(name: str):
    """Few characters, so that no two names look alike more than these few do."""
    assert 3 <= len(name) <= 32, "names.form"
    assert not name.startswith("-") and not name.endswith("-"), "names.form"
    for letter in name:
        assert letter in LETTERS, "names.form"


def _check_administrator():
    """Only the administrator passes."""
    assert context.sender == administrator.get(), "names.role"


def _set_fee(fee: int):
    """Keep the fee."""
    assert fee >= 0, "names.fee"
    yearly_fee.set(fee)
    FeeChanged.emit(fee=fee)


def _pay(to: address, amount: int):
    """Pay a key directly, a contract through its payable function `receive`."""
    if bytes(to)[:2] != KEYLESS:
        treasury.transfer(to, amount)
    else:
        done, _answer = abi.call(to, "receive", value=amount)
        assert done, "names.recipient"
