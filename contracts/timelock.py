"""Timelock: what its owner does becomes visible first and happens later.

The owner queues a payment or a call; after the delay, and within 14 days from then, the owner
executes it. The guardian can cancel what is queued and nothing else; so can the owner. Other
contracts name this one as their owner, administrator or minter; everybody then has the delay to
see what is coming and to leave.

A call is queued as its calldata: `abi.encode(function, argument, ...)`, without arguments
`abi.encode([function])`. Empty calldata is a payment to a key. The timelock cannot call itself,
so what is queued to itself is one thing only: `abi.encode("configure", owner, guardian, delay)`.

Roles: owner (queue, execute, cancel), guardian (cancel), anybody (`receive`).

What can go wrong: `timelock.role`, `timelock.delay` (below a minute or above 60 days),
`timelock.nobody` (the zero address as owner), `timelock.call` (a payment to a contract or of
nothing, a value below 0, calldata over 8,192 bytes, a call of the timelock other than
`configure`), `timelock.unknown` (nothing queued under this number), `timelock.early`,
`timelock.late`, `timelock.failed: ...` (the call failed, and why; it stays queued).
"""

from stdlib import abi, context, events, hash, storage, treasury

MINUTE = 60 * 1000
DAY = 24 * 60 * MINUTE
MOST_DELAY = 60 * DAY
WINDOW = 14 * DAY
MOST_DATA = 8_192
NOBODY = address(bytes(34))
KEYLESS = b"\0\0"

owner = storage.cell(address)
guardian = storage.cell(address)
delay = storage.cell(int)
last_operation = storage.cell(int)
# to, calldata, value (nANM), earliest time (ms)
operations = storage.map(int, tuple[address, bytes, int, int])

Received = events.event(source=address, amount=int)
Queued = events.event(number=int, to=address, data_hash=bytes, amount=int, earliest=int)
Executed = events.event(number=int, result=bytes)
Cancelled = events.event(number=int, by=address)
Configured = events.event(owner=address, guardian=address, delay=int)


def init(first_owner: address, first_guardian: address, first_delay: int):
    """Deploy; the delay in ms. The zero address as guardian means that there is none."""
    _configure(first_owner, first_guardian, first_delay)


@payable
def receive():
    """Pay in; anybody may."""
    Received.emit(source=context.sender, amount=context.value)


@view
def roles() -> tuple[address, address]:
    """Owner and guardian."""
    return owner.get(), guardian.get()


@view
def current_delay() -> int:
    """The delay of what is queued from now on, ms."""
    return delay.get()


@view
def operation(number: int) -> tuple[address, bytes, int, int]:
    """To, calldata, value and earliest time of what is queued."""
    assert number in operations, "timelock.unknown"
    return operations[number]


def queue(to: address, data: bytes, amount: int) -> int:
    """Queue a call, or with `data` empty a payment; the owner only. Returns its number."""
    assert context.sender == owner.get(), "timelock.role"
    _check_call(to, data, amount)
    number = last_operation.get() + 1
    last_operation.set(number)
    earliest = context.time + delay.get()
    operations[number] = (to, data, amount, earliest)
    Queued.emit(number, to, hash.sha3_256(data), amount, earliest)
    return number


def cancel(number: int):
    """Drop what is queued; owner and guardian."""
    assert context.sender == owner.get() or context.sender == guardian.get(), "timelock.role"
    assert number in operations, "timelock.unknown"
    del operations[number]
    Cancelled.emit(number=number, by=context.sender)


def execute(number: int):
    """Carry out what is due, once; the owner only."""
    assert context.sender == owner.get(), "timelock.role"
    to, data, amount, earliest = operation(number)
    assert context.time >= earliest, "timelock.early"
    assert context.time <= earliest + WINDOW, "timelock.late"
    # Gone before anything runs: whatever happens below, it cannot be executed again.
    del operations[number]
    result = b""
    if to == context.this:
        _function, new_owner, new_guardian, new_delay = abi.decode(data, str, address, address, int)
        _configure(new_owner, new_guardian, new_delay)
    elif not data:
        treasury.transfer(to, amount)
    else:
        done, result = abi.forward(to, data, value=amount)
        assert done, "timelock.failed: " + result.decode()
    # Cut: an event has limits, and no answer may keep a call from being made.
    Executed.emit(number=number, result=result[:256])


def _check_call(to: address, data: bytes, amount: int):
    """Refuse at once what could never be executed."""
    assert amount >= 0 and len(data) <= MOST_DATA, "timelock.call"
    if to == context.this:
        function, _owner, _guardian, _delay = abi.decode(data, str, address, address, int)
        assert function == "configure" and amount == 0, "timelock.call"
    elif not data:
        assert bytes(to)[:2] != KEYLESS and amount > 0, "timelock.call"


def _configure(new_owner: address, new_guardian: address, new_delay: int):
    """Keep roles and delay. What is queued keeps its time, and only the new owner executes it."""
    # Without an owner nothing here could ever move again.
    assert new_owner != NOBODY and new_owner != context.this, "timelock.nobody"
    assert MINUTE <= new_delay <= MOST_DELAY, "timelock.delay"
    owner.set(new_owner)
    guardian.set(new_guardian)
    delay.set(new_delay)
    Configured.emit(owner=new_owner, guardian=new_guardian, delay=new_delay)
