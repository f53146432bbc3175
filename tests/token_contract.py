"""A small token contract, deployed and called on a chain of blocks for tests of what shows it."""

from __future__ import annotations

from typing import Any

from core import tags
from core.tx import SignedTx, UnsignedTx, Witness
from execution.abi import codec
from execution.lang.types import ADDRESS, INT, STR, Type
from pq import addresses
from pq.signing import PrivateKey

SOURCE = b'''"""A token with a fixed supply."""

from stdlib import abi, context, events, storage

Transfer = events.event(sender=address, to=address, amount=int)

balances = storage.map(address, int)
total = storage.cell(int)
NAME = "Token"


def init(supply: int):
    balances[context.sender] = supply
    total.set(supply)


@view
def balance_of(owner: address) -> int:
    """What an account owns."""
    return balances[owner]


@view
def described(limit: int = 3) -> tuple[str, int]:
    return NAME, total.get() // limit


def transfer(to: address, amount: int) -> bool:
    assert amount > 0, "amount must be positive"
    abi.require(balances[context.sender] >= amount, "too little")
    balances[context.sender] -= amount
    balances[to] += amount
    Transfer.emit(context.sender, to, amount)
    return True


def relay(token: address, to: address, amount: int) -> bool:
    """Transfer tokens of this contract in another one."""
    done, result = abi.call(token, "transfer", to, amount)
    abi.require(done, "the token refused")
    return True


def spin(turns: int) -> int:
    x = 1
    for i in range(turns):
        x = x * 3 % 1000003
    return x


@payable
def fund() -> int:
    return context.value


@view
def clock() -> tuple[int, int]:
    return context.height, context.time
'''


def signed(
    sender: PrivateKey, kind: str, nonce: int, body: dict[str, Any], **more: Any
) -> SignedTx:
    """A signed transaction of chain 31337 with the sender's public key."""
    fields: dict[str, Any] = {
        "chain": 31337,
        "kind": kind,
        "sender": sender.address,
        "nonce": nonce,
        "gas": 3_000_000,
        "max_fee": 5,
        "max_tip": 2,
        "body": body,
        **more,
    }
    unsigned = UnsignedTx(**fields)
    signature = sender.sign(unsigned.txid, tags.CONTEXT_TX)
    return SignedTx(unsigned, Witness(sender.alg, signature, sender.public_key))


def init_args(supply: int) -> bytes:
    return codec.encode_all([supply], [INT])


def calldata(function: str, *args: Any) -> bytes:
    """The array of a function and its arguments: ints, addresses (34 bytes) and texts."""
    return codec.encode_all([function, *args], [STR, *map(_type_of, args)])


def _type_of(value: Any) -> Type:
    return {int: INT, bytes: ADDRESS, str: STR}[type(value)]


def deploy(
    sender: PrivateKey, nonce: int, supply: int = 1_000, code: bytes = SOURCE, **more: Any
) -> SignedTx:
    body = {"code": code, "args": init_args(supply), "value": 0}
    return signed(sender, "deploy", nonce, body, **{"gas": 6_000_000, **more})


def call(
    sender: PrivateKey,
    nonce: int,
    to: bytes,
    function: str,
    *args: Any,
    value: int = 0,
    **more: Any,
) -> SignedTx:
    body = {"to": to, "data": calldata(function, *args), "value": value}
    return signed(sender, "call", nonce, body, **more)


def address_of(sender: PrivateKey, nonce: int) -> bytes:
    return addresses.of_contract(sender.address, nonce)
