"""Timelock: what its owner does becomes visible first and happens later.

The owner queues a payment or a call; after the delay, and within 14 days from then, the owner
executes it. The guardian can cancel what is queued and nothing else; so can the owner. Other
contracts name this one as their owner, administrator or minter; everybody then has the delay to
see what is coming and to leave.

Calls carry their arguments as `abi.encode` makes them, and a shape that says their types: one of
`""`, `"int"`, `"bool"`, `"str"`, `"bytes"`, `"address"`, `"address,int"`, `"address,address,int"`,
`"int,int"`, `"address,int,int,int"`. A payment has no function. The timelock changes itself only
through its own queue: `to` is the timelock, the function `set_delay`, `set_owner` or
`set_guardian`, the shape `""`, the arguments one int or address.

Roles: owner (queue, execute, cancel), guardian (cancel), anybody (`deposit`).

What can go wrong: `timelock.role`, `timelock.delay` (below a minute or above 60 days),
`timelock.nobody` (the zero address as owner), `timelock.call` (a payment to a contract or of
nothing, an unknown shape, a value below 0, a name over 64 characters, arguments over 4,096
bytes, another function of the timelock), `timelock.unknown` (nothing queued under this number),
`timelock.early`, `timelock.late`, `timelock.failed: ...` (the call failed, and why; it stays
queued).
"""

from stdlib import abi, context, events, storage, treasury

MINUTE = 60 * 1000
DAY = 24 * 60 * MINUTE
MOST_DELAY = 60 * DAY
WINDOW = 14 * DAY
NOBODY = address(bytes(34))
KEYLESS = b"\0\0"

owner = storage.cell(address)
guardian = storage.cell(address)
delay = storage.cell(int)
last_operation = storage.cell(int)
# to, function, shape, arguments, value (nANM), earliest time (ms)
operations = storage.map(int, tuple[address, str, str, bytes, int, int])

Deposited = events.event(source=address, amount=int)
Queued = events.event(number=int, to=address, function=str, amount=int, earliest=int)
Executed = events.event(number=int, result=bytes)
Cancelled = events.event(number=int, by=address)
OwnerChanged = events.event(old=address, new=address)
GuardianChanged = events.event(old=address, new=address)
DelayChanged = events.event(delay=int)


def init(first_owner: address, first_guardian: address, first_delay: int):
    """Deploy; the delay in ms. The zero address as guardian means that there is none."""
    _set_owner(first_owner)
    _set_guardian(first_guardian)
    _set_delay(first_delay)


@payable
def deposit():
    """Pay in; anybody may."""
    Deposited.emit(source=context.sender, amount=context.value)


@view
def roles() -> tuple[address, address]:
    """Owner and guardian."""
    return owner.get(), guardian.get()


@view
def current_delay() -> int:
    """The delay of what is queued from now on, ms."""
    return delay.get()


@view
def operation(number: int) -> tuple[address, str, str, bytes, int, int]:
    """To, function, shape, arguments, value and earliest time of what is queued."""
    assert number in operations, "timelock.unknown"
    return operations[number]


def queue(to: address, function: str, shape: str, arguments: bytes, amount: int) -> int:
    """Queue a call, or with `function` empty a payment; the owner only. Returns its number."""
    assert context.sender == owner.get(), "timelock.role"
    _check_call(to, function, shape, arguments, amount)
    number = last_operation.get() + 1
    last_operation.set(number)
    earliest = context.time + delay.get()
    operations[number] = (to, function, shape, arguments, amount, earliest)
    Queued.emit(number, to, function, amount, earliest)
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
    to, function, shape, arguments, amount, earliest = operation(number)
    assert context.time >= earliest, "timelock.early"
    assert context.time <= earliest + WINDOW, "timelock.late"
    # Gone before anything runs: whatever happens below, it cannot be executed again.
    del operations[number]
    result = b""
    if to == context.this:
        _change_self(function, arguments)
    elif function == "":
        treasury.transfer(to, amount)
    else:
        done, result = _perform(to, function, shape, arguments, amount)
        assert done, "timelock.failed: " + result.decode()
    # Cut: an event has limits, and no answer may keep a call from being made.
    Executed.emit(number=number, result=result[:256])


def _check_call(to: address, function: str, shape: str, arguments: bytes, amount: int):
    """Refuse at once what could never be executed."""
    assert amount >= 0 and len(function) <= 64 and len(arguments) <= 4_096, "timelock.call"
    if to == context.this:
        assert amount == 0 and shape == "", "timelock.call"
        assert function in ["set_delay", "set_owner", "set_guardian"], "timelock.call"
    elif function == "":
        assert bytes(to)[:2] != KEYLESS and amount > 0, "timelock.call"
    else:
        assert _is_shape(shape), "timelock.call"


def _change_self(function: str, arguments: bytes):
    """A call of itself would be refused as re-entry, so the timelock does these by hand."""
    if function == "set_delay":
        _set_delay(abi.decode(arguments, int))
    elif function == "set_owner":
        _set_owner(abi.decode(arguments, address))
    else:
        _set_guardian(abi.decode(arguments, address))


def _set_owner(new: address):
    """Without an owner nothing here could ever move again."""
    assert new != NOBODY and new != context.this, "timelock.nobody"
    OwnerChanged.emit(old=owner.get(), new=new)
    owner.set(new)


def _set_guardian(new: address):
    """Keep the guardian."""
    GuardianChanged.emit(old=guardian.get(), new=new)
    guardian.set(new)


def _set_delay(new: int):
    """Keep the delay; what is queued keeps its own."""
    assert MINUTE <= new <= MOST_DELAY, "timelock.delay"
    delay.set(new)
    DelayChanged.emit(delay=new)


def _is_shape(shape: str) -> bool:
    """Is it a shape that `_perform` knows?"""
    if shape in ["address,int", "address,address,int", "int,int", "address,int,int,int"]:
        return True
    return shape in ["", "int", "bool", "str", "bytes", "address"]


def _perform(
    to: address, function: str, shape: str, arguments: bytes, amount: int
) -> tuple[bool, bytes]:
    """Call with arguments whose types the shape names."""
    if shape == "":
        return abi.call(to, function, value=amount)
    if shape == "int":
        return abi.call(to, function, abi.decode(arguments, int), value=amount)
    if shape == "bool":
        return abi.call(to, function, abi.decode(arguments, bool), value=amount)
    if shape == "str":
        return abi.call(to, function, abi.decode(arguments, str), value=amount)
    if shape == "bytes":
        return abi.call(to, function, abi.decode(arguments, bytes), value=amount)
    if shape == "address":
        return abi.call(to, function, abi.decode(arguments, address), value=amount)
    if shape == "address,int":
        who, a = abi.decode(arguments, address, int)
        return abi.call(to, function, who, a, value=amount)
    if shape == "address,address,int":
        who, whom, a = abi.decode(arguments, address, address, int)
        return abi.call(to, function, who, whom, a, value=amount)
    if shape == "int,int":
        a, b = abi.decode(arguments, int, int)
        return abi.call(to, function, a, b, value=amount)
    assert shape == "address,int,int,int", "timelock.call"
    who, a, b, c = abi.decode(arguments, address, int, int, int)
    return abi.call(to, function, who, a, b, c, value=amount)
