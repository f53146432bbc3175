"""Methods that do next to nothing, to test what surrounds methods."""

from __future__ import annotations

from typing import Annotated

from core.errors import BlockRefused, NodeFault, TxRefused
from rpc.params import Address, Amount, BlockRef, Bytes32, Flag, Limit, RawTx, Uint, text
from rpc.registry import Registry
from rpc.results.forms import Hex

registry = Registry()
calls: list[str] = []


class TestTxRefused(TxRefused):
    """A transaction refused for a test."""

    code = "test.tx"
    hint = "None."


class TestBlockRefused(BlockRefused):
    """A block refused for a test."""

    code = "test.block"
    hint = "None."


class TestFault(NodeFault):
    """A fault for a test."""

    code = "test.fault"
    hint = "None."


@registry.method("test.add")
def add(a: Uint, b: Uint = 10) -> int:
    """Add two numbers."""
    return a + b


@registry.method("test.note")
def note(word: Annotated[str, text(most=9), "What to note."]) -> None:
    """Remember a word."""
    calls.append(word)


@registry.method("test.kinds")
def kinds(
    address: Address | None = None,
    hash: Bytes32 | None = None,
    raw: RawTx | None = None,
    amount: Amount | None = None,
    block: BlockRef = "latest",
    limit: Limit = 25,
    full_txs: Flag = False,
    from_: Uint = 0,
) -> list[Hex]:
    """Show what was read."""
    return [repr(value) for value in (address, hash, raw, amount, block, limit, full_txs, from_)]


@registry.method("test.refuse", errors=[TestTxRefused, TestBlockRefused, TestFault])
def refuse(what: Annotated[str, text(most=9)]) -> None:
    """Fail on purpose."""
    if what == "tx":
        raise TestTxRefused("refused", required=2**64, field="tx.gas")
    if what == "block":
        raise TestBlockRefused("refused", hash=b"\x01\x02")
    if what == "fault":
        raise TestFault("faulted")
    raise ZeroDivisionError("a secret path /etc/shadow")


@registry.method("test.huge")
def huge() -> int:
    """A result that JSON writers of 64 bits refuse."""
    return 2**70
