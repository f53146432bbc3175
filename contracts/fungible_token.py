"""Token: fungible units with allowances, and approvals that are signed instead of sent
(permits).

Roles: a holder moves and burns its own units and allows others to move some of them; the minter,
if there is one, makes new units and may hand this right on or give it up for good. There is no
owner, no pause and no list of the banned.

What can go wrong: `token.amount` (below 0), `token.balance` (more than is there),
`token.allowance` (more than allowed, or another allowance than the caller expected),
`token.recipient` (nobody, or this contract: units there would be lost), `token.minter`,
`token.metadata`, `token.deadline` (the permit is too old), `token.permit` (its signature is not
of this owner over this message: also when it was used before).

A function that fails reverts; none answers `False`. A caller that looks at the first item of what
`abi.call` gives has looked at everything.
"""

from stdlib import abi, context, crypto, events, storage

NOBODY = address(bytes(34))
PERMIT = "animica-token-permit-1"

title = storage.cell(str)
ticker = storage.cell(str)
places = storage.cell(int)
supply = storage.cell(int)
mint_right = storage.cell(address)
balances = storage.map(address, int)
allowances = storage.map(address, address, int)
permit_numbers = storage.map(address, int)

Transfer = events.event(source=address, to=address, amount=int)
Approval = events.event(owner=address, spender=address, amount=int)
MinterChanged = events.event(old=address, new=address)


def init(
    name_text: str, symbol_text: str, decimal_places: int, amount: int, minter_address: address
):
    """Give `amount` units to the deployer; the zero address as minter fixes the supply for good."""
    assert 1 <= len(name_text) <= 64, "token.metadata"
    assert 1 <= len(symbol_text) <= 12, "token.metadata"
    assert 0 <= decimal_places <= 36, "token.metadata"
    title.set(name_text)
    ticker.set(symbol_text)
    places.set(decimal_places)
    mint_right.set(minter_address)
    _mint(context.sender, amount)


@view
def name() -> str:
    """The token's name."""
    return title.get()


@view
def symbol() -> str:
    """The token's short name."""
    return ticker.get()


@view
def decimals() -> int:
    """Digits behind the point when amounts are shown; amounts themselves are whole units."""
    return places.get()


@view
def total_supply() -> int:
    """All units: the sum of all balances."""
    return supply.get()


@view
def minter() -> address:
    """Who may mint; the zero address when nobody may."""
    return mint_right.get()


@view
def balance_of(owner: address) -> int:
    """Units of an account."""
    return balances[owner]


@view
def allowance(owner: address, spender: address) -> int:
    """Units of `owner` that `spender` may still move."""
    return allowances[owner, spender]


@view
def permit_number(owner: address) -> int:
    """The number that the owner's next permit has to carry."""
    return permit_numbers[owner]


@view
def permit_message(
    owner: address, spender: address, amount: int, number: int, deadline: int
) -> bytes:
    """What the owner signs, under the context `animica/contract/v1`.

    It names chain and contract, so that a permit is worthless on every other.
    """
    return abi.encode(PERMIT, context.chain, context.this, owner, spender, amount, number, deadline)


def transfer(to: address, amount: int):
    """Move units of the caller."""
    _move(context.sender, to, amount)


def transfer_from(owner: address, to: address, amount: int):
    """Move units of `owner` that the caller was allowed to move."""
    left = allowances[owner, context.sender] - amount
    assert left >= 0, "token.allowance"
    allowances[owner, context.sender] = left
    _move(owner, to, amount)


def approve(spender: address, amount: int, expected: int = -1):
    """Set what `spender` may move of the caller's units.

    With `expected`, only if that is the allowance now: otherwise a spender who is quick could use
    the old allowance, and then the new one on top.
    """
    assert expected == -1 or allowances[context.sender, spender] == expected, "token.allowance"
    _approve(context.sender, spender, amount)


def permit(
    owner: address,
    spender: address,
    amount: int,
    deadline: int,
    public_key: bytes,
    signature: bytes,
):
    """Set an allowance that the owner signed; anybody may bring it, until `deadline` (ms)."""
    assert context.time <= deadline, "token.deadline"
    number = permit_numbers[owner]
    message = permit_message(owner, spender, amount, number, deadline)
    assert crypto.verify(owner, message, public_key, signature), "token.permit"
    permit_numbers[owner] = number + 1
    _approve(owner, spender, amount)


def cancel_permits():
    """Make all permits worthless that the caller has signed and nobody has brought yet."""
    permit_numbers[context.sender] += 1


def burn(amount: int):
    """Destroy units of the caller."""
    assert amount >= 0, "token.amount"
    left = balances[context.sender] - amount
    assert left >= 0, "token.balance"
    balances[context.sender] = left
    supply.set(supply.get() - amount)
    Transfer.emit(source=context.sender, to=NOBODY, amount=amount)


def mint(to: address, amount: int):
    """Make new units; the minter only."""
    assert context.sender == mint_right.get(), "token.minter"
    _mint(to, amount)


def set_minter(new: address):
    """Hand the right to mint on; to the zero address gives it up for good. The minter only."""
    assert context.sender == mint_right.get(), "token.minter"
    MinterChanged.emit(old=mint_right.get(), new=new)
    mint_right.set(new)


def _mint(to: address, amount: int):
    """New units; the sum of all balances cannot overflow before the supply does."""
    assert amount >= 0, "token.amount"
    _check_recipient(to)
    supply.set(supply.get() + amount)
    balances[to] += amount
    Transfer.emit(source=NOBODY, to=to, amount=amount)


def _move(source: address, to: address, amount: int):
    """Move units; the second balance is read after the first write, so a move to oneself fits."""
    assert amount >= 0, "token.amount"
    _check_recipient(to)
    left = balances[source] - amount
    assert left >= 0, "token.balance"
    balances[source] = left
    balances[to] += amount
    Transfer.emit(source=source, to=to, amount=amount)


def _approve(owner: address, spender: address, amount: int):
    """Set an allowance."""
    assert amount >= 0, "token.amount"
    allowances[owner, spender] = amount
    Approval.emit(owner=owner, spender=spender, amount=amount)


def _check_recipient(to: address):
    """Units of nobody and of the token itself could never be moved again."""
    assert to != NOBODY and to != context.this, "token.recipient"
