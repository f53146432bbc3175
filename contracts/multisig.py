"""Multisig: a wallet of several members; m of n approve what it pays and calls.

A member proposes a payment or a call of another contract, and thereby approves it. When enough
members have approved, any member executes it, before it expires; a member may take an approval
back until then. A call that fails undoes the execution, and the proposal stays open.

A call is proposed as its calldata: `abi.encode(function, argument, ...)`, without arguments
`abi.encode([function])`. Empty calldata is a payment to a key. The wallet cannot call itself, so
a proposal to itself is one thing only: `abi.encode("set_members", members, needed)`. It ends all
proposals that were open.

Roles: members are equal. Nobody else can do more than pay in (`receive`).

What can go wrong: `multisig.members` (none, over 20, one twice, the zero address, the wallet
itself; none needed, or more than there are), `multisig.role` (no member), `multisig.call` (a
payment to a contract or of nothing, a value below 0, calldata over 8,192 bytes, a call of the
wallet other than `set_members`), `multisig.expiry`, `multisig.unknown` (no such open proposal, or
of earlier members), `multisig.digest` (another proposal than was meant), `multisig.approved`
(already, or not at all), `multisig.approvals` (too few), `multisig.failed: ...` (the call failed,
and why).
"""

from stdlib import abi, context, events, hash, storage, treasury

DAY = 24 * 60 * 60 * 1000
LONGEST = 90 * DAY
MOST_MEMBERS = 20
MOST_DATA = 8_192
NOBODY = address(bytes(34))
KEYLESS = b"\0\0"

members = storage.cell(list[address])
needed = storage.cell(int)
# How often the members changed; proposals of an earlier number are void.
generation = storage.cell(int)
last_proposal = storage.cell(int)
# to, calldata, value (nANM), expiry (ms), generation, approvals
proposals = storage.map(int, tuple[address, bytes, int, int, int, int])
approved = storage.map(int, address, bool)

Received = events.event(source=address, amount=int)
Proposed = events.event(number=int, by=address, to=address, amount=int, digest=bytes)
Approved = events.event(number=int, by=address, approvals=int)
TakenBack = events.event(number=int, by=address, approvals=int)
Executed = events.event(number=int, by=address, result=bytes)
MembersChanged = events.event(generation=int, members=list[address], needed=int)


def init(first_members: list[address], first_needed: int):
    """Deploy with the members and how many have to approve."""
    _set_members(first_members, first_needed)


@payable
def receive():
    """Pay in; anybody may."""
    Received.emit(source=context.sender, amount=context.value)


@view
def member_list() -> list[address]:
    """The members."""
    return members.get()


@view
def approvals_needed() -> int:
    """How many members have to approve."""
    return needed.get()


@view
def proposal(number: int) -> tuple[address, bytes, int, int, int, int]:
    """To, calldata, value, expiry, generation and approvals of an open proposal."""
    found = proposals[number]
    # One that is not there has generation 0, which the wallet never has.
    assert found[4] == generation.get(), "multisig.unknown"
    return found


@view
def digest(number: int) -> bytes:
    """The hash of what a proposal does: of `abi.encode(to, calldata, value, expiry)`."""
    to, data, amount, expiry, _generation, _approvals = proposal(number)
    return hash.sha3_256(abi.encode(to, data, amount, expiry))


@view
def has_approved(number: int, member: address) -> bool:
    """Has this member approved, and not taken it back?"""
    return approved[number, member]


def propose(to: address, data: bytes, amount: int, expiry: int) -> int:
    """Propose a call, or with `data` empty a payment; `expiry` in ms. Returns the number."""
    _check_member()
    assert context.time < expiry <= context.time + LONGEST, "multisig.expiry"
    _check_call(to, data, amount)
    number = last_proposal.get() + 1
    last_proposal.set(number)
    proposals[number] = (to, data, amount, expiry, generation.get(), 1)
    approved[number, context.sender] = True
    Proposed.emit(number, context.sender, to, amount, digest(number))
    Approved.emit(number=number, by=context.sender, approvals=1)
    return number


def approve(number: int, expected_digest: bytes):
    """Approve an open proposal, once; the digest says which, whatever its number has become.

    When a block is replaced by another, two proposals can change their numbers.
    """
    _check_member()
    assert digest(number) == expected_digest, "multisig.digest"
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
    to, data, amount, expiry, _generation, approvals = proposal(number)
    assert context.time <= expiry, "multisig.expiry"
    assert approvals >= needed.get(), "multisig.approvals"
    # Gone before anything runs: whatever happens below, it cannot be executed again.
    del proposals[number]
    result = b""
    if to == context.this:
        _function, new_members, new_needed = abi.decode(data, str, list[address], int)
        _set_members(new_members, new_needed)
    elif not data:
        treasury.transfer(to, amount)
    else:
        done, result = abi.forward(to, data, value=amount)
        assert done, "multisig.failed: " + result.decode()
    # Cut: an event and a result have limits, and no answer may keep a call from being made.
    Executed.emit(number=number, by=context.sender, result=result[:256])


def _count(number: int, change: int) -> int:
    """Change the approvals of an open proposal that has not expired; returns them."""
    to, data, amount, expiry, born, approvals = proposal(number)
    assert context.time <= expiry, "multisig.expiry"
    approvals += change
    proposals[number] = (to, data, amount, expiry, born, approvals)
    return approvals


def _check_member():
    """Only members pass; whoever signed the transaction behind the caller does not matter."""
    assert context.sender in members.get(), "multisig.role"


def _check_call(to: address, data: bytes, amount: int):
    """Refuse at once what could never be executed."""
    assert amount >= 0 and len(data) <= MOST_DATA, "multisig.call"
    if to == context.this:
        function, _members, _needed = abi.decode(data, str, list[address], int)
        assert function == "set_members" and amount == 0, "multisig.call"
    elif not data:
        assert bytes(to)[:2] != KEYLESS and amount > 0, "multisig.call"


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
