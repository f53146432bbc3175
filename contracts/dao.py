"""DAO: holders of a token vote, with the units they lock, on payments and calls.

Holders stake units of the token (allow this contract to move them first). Who has staked enough
may propose; the vote begins at once and lasts the voting time. A vote counts all that the voter
has staked then, once for each proposal, and locks the stake until that vote ends, so the same
units cannot vote twice from two accounts; proposing locks it too. A proposal passes with more yes
than no, when the yes alone reach the quorum. Anybody may execute what has passed, within 14 days.

A call is proposed as its calldata: `abi.encode(function, argument, ...)`, without arguments
`abi.encode([function])`. Empty calldata is a payment to a key. The DAO cannot call itself, so a
proposal to itself is one thing only: `abi.encode("set_rules", quorum, threshold, voting_time)`.

The staked token itself can never be called by a proposal: a majority would pay the stakes of the
minority out to itself. Keep a treasury of that token elsewhere, with a timelock that the DAO
owns.

Roles: holders, by their stakes; anybody (`receive`, `execute`). There is no administrator.

What can go wrong: `dao.amount` (below 1), `dao.stake` (too little; less came in than was said),
`dao.locked` (until a vote ends), `dao.token` (the token refuses), `dao.rules` (a quorum or
threshold below 1, a voting time under an hour or over 60 days), `dao.call` (as in the multisig; a
call of the token), `dao.text` (over 1,024 bytes), `dao.unknown` (no such open proposal),
`dao.over`, `dao.running`, `dao.late`, `dao.voted`, `dao.rejected` (fewer yes than needed),
`dao.failed: ...` (the call failed, and why; it may be tried again).
"""

from stdlib import abi, context, events, hash, storage, treasury

HOUR = 60 * 60 * 1000
DAY = 24 * HOUR
MOST_VOTING = 60 * DAY
WINDOW = 14 * DAY
MOST_DATA = 8_192
KEYLESS = b"\0\0"

token = storage.cell(address)
rules = storage.cell(tuple[int, int, int])  # quorum and threshold (units), voting time (ms)
stakes = storage.map(address, int)
all_stakes = storage.cell(int)
locked_until = storage.map(address, int)
last_proposal = storage.cell(int)
# to, calldata, value (nANM), end (ms), quorum (units)
proposals = storage.map(int, tuple[address, bytes, int, int, int])
yes_units = storage.map(int, int)
no_units = storage.map(int, int)
voted = storage.map(int, address, bool)

Received = events.event(source=address, amount=int)
Staked = events.event(owner=address, amount=int)
Unstaked = events.event(owner=address, amount=int)
Proposed = events.event(
    number=int, by=address, to=address, data_hash=bytes, amount=int, end=int, text=str
)
Voted = events.event(number=int, by=address, support=bool, units=int)
Executed = events.event(number=int, by=address, result=bytes)
RulesChanged = events.event(quorum=int, threshold=int, voting_time=int)


def init(vote_token: address, quorum: int, threshold: int, voting_time: int):
    """Deploy for a token; quorum and threshold in its units, the voting time in ms."""
    token.set(vote_token)
    _set_rules(quorum, threshold, voting_time)


@payable
def receive():
    """Pay ANM in; anybody may."""
    Received.emit(source=context.sender, amount=context.value)


@view
def current_rules() -> tuple[int, int, int]:
    """Quorum, threshold and voting time."""
    return rules.get()


@view
def stake_of(owner: address) -> tuple[int, int]:
    """Units that an account has staked, and until when (ms) they are locked."""
    return stakes[owner], locked_until[owner]


@view
def proposal(number: int) -> tuple[address, bytes, int, int, int]:
    """To, calldata, value, end of the vote and quorum of an open proposal."""
    assert number in proposals, "dao.unknown"
    return proposals[number]


@view
def votes(number: int) -> tuple[int, int]:
    """Units for and against a proposal."""
    return yes_units[number], no_units[number]


def stake(amount: int):
    """Move units of the caller in."""
    assert amount > 0, "dao.amount"
    stakes[context.sender] += amount
    all_stakes.set(all_stakes.get() + amount)
    moved, _answer = abi.call(token.get(), "transfer_from", context.sender, context.this, amount)
    assert moved, "dao.token"
    known, balance = abi.call(token.get(), "balance_of", context.this)
    assert known, "dao.token"
    # A token that takes a cut would leave the last to unstake with nothing.
    assert abi.decode(balance, int) >= all_stakes.get(), "dao.stake"
    Staked.emit(owner=context.sender, amount=amount)


def unstake(amount: int):
    """Move units back to the caller, when none of the caller's votes is still running."""
    assert amount > 0, "dao.amount"
    assert context.time >= locked_until[context.sender], "dao.locked"
    left = stakes[context.sender] - amount
    assert left >= 0, "dao.stake"
    stakes[context.sender] = left
    all_stakes.set(all_stakes.get() - amount)
    moved, _answer = abi.call(token.get(), "transfer", context.sender, amount)
    assert moved, "dao.token"
    Unstaked.emit(owner=context.sender, amount=amount)


def propose(to: address, data: bytes, amount: int, text: str) -> int:
    """Propose a call, or with `data` empty a payment; returns the proposal's number."""
    quorum, threshold, voting_time = rules.get()
    assert stakes[context.sender] >= threshold, "dao.stake"
    assert len(text.encode()) <= 1_024, "dao.text"
    _check_call(to, data, amount)
    number = last_proposal.get() + 1
    last_proposal.set(number)
    end = context.time + voting_time
    # The quorum of today: a later change of rules does not touch votes that run.
    proposals[number] = (to, data, amount, end, quorum)
    # Locked as a voter's stake is: units borrowed for a moment must not make proposals.
    locked_until[context.sender] = max(locked_until[context.sender], end)
    Proposed.emit(number, context.sender, to, hash.sha3_256(data), amount, end, text)
    return number


def vote(number: int, support: bool):
    """Vote with all that the caller has staked, once, until the vote ends."""
    end = proposal(number)[3]
    assert context.time < end, "dao.over"
    assert not voted[number, context.sender], "dao.voted"
    units = stakes[context.sender]
    assert units > 0, "dao.stake"
    voted[number, context.sender] = True
    locked_until[context.sender] = max(locked_until[context.sender], end)
    if support:
        yes_units[number] += units
    else:
        no_units[number] += units
    Voted.emit(number=number, by=context.sender, support=support, units=units)


def execute(number: int):
    """Carry out what has passed, once; anybody may."""
    to, data, amount, end, quorum = proposal(number)
    assert context.time >= end, "dao.running"
    assert context.time <= end + WINDOW, "dao.late"
    assert yes_units[number] > no_units[number], "dao.rejected"
    assert yes_units[number] >= quorum, "dao.rejected"
    # Gone before anything runs: whatever happens below, it cannot be executed again.
    del proposals[number]
    result = b""
    if to == context.this:
        _function, new_quorum, threshold, voting_time = abi.decode(data, str, int, int, int)
        _set_rules(new_quorum, threshold, voting_time)
    elif not data:
        treasury.transfer(to, amount)
    else:
        done, result = abi.forward(to, data, value=amount)
        assert done, "dao.failed: " + result.decode()
    # Cut: an event has limits, and no answer may keep a call from being made.
    Executed.emit(number=number, by=context.sender, result=result[:256])


def _check_call(to: address, data: bytes, amount: int):
    """Refuse at once what could never, or must never, be executed."""
    assert amount >= 0 and len(data) <= MOST_DATA, "dao.call"
    assert to != token.get(), "dao.call"
    if to == context.this:
        function, _quorum, _threshold, _voting_time = abi.decode(data, str, int, int, int)
        assert function == "set_rules" and amount == 0, "dao.call"
    elif not data:
        assert bytes(to)[:2] != KEYLESS and amount > 0, "dao.call"


def _set_rules(quorum: int, threshold: int, voting_time: int):
    """Keep the rules within what leaves the DAO able to act."""
    assert quorum >= 1 and threshold >= 1, "dao.rules"
    assert HOUR <= voting_time <= MOST_VOTING, "dao.rules"
    rules.set((quorum, threshold, voting_time))
    RulesChanged.emit(quorum=quorum, threshold=threshold, voting_time=voting_time)
