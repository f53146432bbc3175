"""Multisig: a wallet of several members; m of n approve what it pays and calls.

A member proposes a payment or a call of another contract, and thereby approves it. When enough
members have approved, any member executes it, before it expires; a member may take an approval
back until then. A call that fails undoes the execution, and the proposal stays open.

Calls carry their arguments as `abi.encode` makes them, and a shape that says their types: one of
`""`, `"int"`, `"bool"`, `"str"`, `"bytes"`, `"address"`, `"address,int"`, `"address,address,int"`,
`"int,int"`, `"address,int,int,int"`. A payment is a proposal without a function. A proposal to the
wallet itself names the function `set_members` and carries `abi.encode(members, needed)`; it is the
only way to change members, and it ends all proposals that were open.

Roles: members are equal. Nobody else can do more than pay in (`deposit`).

What can go wrong: `multisig.members` (none, over 20, one twice, the zero address, the wallet
itself; none needed, or more than there are), `multisig.role` (no member), `multisig.call` (a
payment to a contract or of nothing, an unknown shape, a value below 0, a name over 64 characters,
arguments over 4,096 bytes, a call of the wallet other than `set_members`), `multisig.expiry`,
`multisig.unknown` (no such open proposal, or of earlier members), `multisig.approved` (already,
or not at all), `multisig.approvals` (too few), `multisig.failed: ...` (the call failed, and why).
"""

from stdlib import abi, context, events, storage, treasury

DAY = 24 * 60 * 60 * 1000
LONGEST = 90 * DAY
MOST_MEMBERS = 20
NOBODY = address(bytes(34))
KEYLESS = b"\0\0"

members = storage.cell(list[address])
needed = storage.cell(int)
# How often the members changed; proposals of an earlier number are void.
generation = storage.cell(int)
last_proposal = storage.cell(int)
# to, function, shape, arguments, value (nANM), expiry (ms), generation, approvals
proposals = storage.map(int, tuple[address, str, str, bytes, int, int, int, int])
approved = storage.map(int, address, bool)

Deposited = events.event(source=address, amount=int)
Proposed = events.event(number=int, by=address, to=address, function=str, amount=int)
Approved = events.event(number=int, by=address, approvals=int)
TakenBack = events.event(number=int, by=address, approvals=int)
Executed = events.event(number=int, by=address, result=bytes)
MembersChanged = events.event(generation=int, members=list[address], needed=int)


def init(first_members: list[address], first_needed: int):
    """Deploy with the members and how many have to approve."""
    _set_members(first_members, first_needed)


@payable
def deposit():
    """Pay in; anybody may."""
    Deposited.emit(source=context.sender, amount=context.value)


@view
def member_list() -> list[address]:
    """The members."""
    return members.get()


@view
def approvals_needed() -> int:
    """How many members have to approve."""
    return needed.get()


@view
def proposal(number: int) -> tuple[address, str, str, bytes, int, int, int, int]:
    """To, function, shape, arguments, value, expiry, generation, approvals of an open proposal."""
    assert number in proposals, "multisig.unknown"
    found = proposals[number]
    assert found[6] == generation.get(), "multisig.unknown"
    return found


@view
def has_approved(number: int, member: address) -> bool:
    """Has this member approved, and not taken it back?"""
    return approved[number, member]


def propose(
    to: address, function: str, shape: str, arguments: bytes, amount: int, expiry: int
) -> int:
    """Propose a call, or with `function` empty a payment; `expiry` in ms. Returns the number."""
    _check_member()
    assert context.time < expiry <= context.time + LONGEST, "multisig.expiry"
    _check_call(to, function, shape, arguments, amount)
    number = last_proposal.get() + 1
    last_proposal.set(number)
    proposals[number] = (to, function, shape, arguments, amount, expiry, generation.get(), 1)
    approved[number, context.sender] = True
    Proposed.emit(number, context.sender, to, function, amount)
    Approved.emit(number=number, by=context.sender, approvals=1)
    return number


def approve(number: int):
    """Approve an open proposal, once."""
    _check_member()
    assert not approved[number, context.sender], "multisig.approved"
    approved[number, context.sender] = True
    Approved.emit(number=number, by=context.sender, approvals=_count(number, 1))


def take_back(number: int):
    """Take the caller's approval of an open proposal back."""
    _check_member()
    assert approved[number, context.sender], "multisig.approved"
    approved[number, context.sender] = False
    TakenBack.emit(number=number, by=context.sender, approvals=_count(number, -1))


def execute(number: int):
    """Carry an approved proposal out, once."""
    _check_member()
    to, function, shape, arguments, amount, expiry, _generation, approvals = proposal(number)
    assert context.time <= expiry, "multisig.expiry"
    assert approvals >= needed.get(), "multisig.approvals"
    # Gone before anything runs: whatever happens below, it cannot be executed again.
    del proposals[number]
    result = b""
    if to == context.this:
        new_members, new_needed = abi.decode(arguments, list[address], int)
        _set_members(new_members, new_needed)
    elif function == "":
        treasury.transfer(to, amount)
    else:
        done, result = _perform(to, function, shape, arguments, amount)
        assert done, "multisig.failed: " + result.decode()
    # Cut: an event and a result have limits, and no answer may keep a call from being made.
    Executed.emit(number=number, by=context.sender, result=result[:256])


def _count(number: int, change: int) -> int:
    """Change the approvals of an open proposal that has not expired; returns them."""
    to, function, shape, arguments, amount, expiry, born, approvals = proposal(number)
    assert context.time <= expiry, "multisig.expiry"
    approvals += change
    proposals[number] = (to, function, shape, arguments, amount, expiry, born, approvals)
    return approvals


def _check_member():
    """Only members pass; whoever signed the transaction behind the caller does not matter."""
    assert context.sender in members.get(), "multisig.role"


def _check_call(to: address, function: str, shape: str, arguments: bytes, amount: int):
    """Refuse at once what could never be executed."""
    assert amount >= 0 and len(function) <= 64 and len(arguments) <= 4_096, "multisig.call"
    if to == context.this:
        assert function == "set_members" and amount == 0, "multisig.call"
        abi.decode(arguments, list[address], int)
    elif function == "":
        assert bytes(to)[:2] != KEYLESS and amount > 0, "multisig.call"
    else:
        assert _is_shape(shape), "multisig.call"


def _set_members(new_members: list[address], new_needed: int):
    """Replace the members; proposals of the old ones are void."""
    assert 1 <= len(new_members) <= MOST_MEMBERS, "multisig.members"
    assert 1 <= new_needed <= len(new_members), "multisig.members"
    for member in new_members:
        assert member != NOBODY and member != context.this, "multisig.members"
        assert new_members.count(member) == 1, "multisig.members"
    members.set(new_members)
    needed.set(new_needed)
    generation.set(generation.get() + 1)
    MembersChanged.emit(generation.get(), new_members, new_needed)


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
    assert shape == "address,int,int,int", "multisig.call"
    who, a, b, c = abi.decode(arguments, address, int, int, int)
    return abi.call(to, function, who, a, b, c, value=amount)
