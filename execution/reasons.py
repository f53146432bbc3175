"""Why a contract's call failed, in sentences with a next step. Source: docs/spec/contracts.md.

The reasons of the machine begin with ``vm.``; every other text is the contract's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from core import receipt


@dataclass(frozen=True)
class Explained:
    """What happened, and what to do."""

    sentence: str
    hint: str


_OWN = "Read the contract's source for the line that says so; the condition there was not met."
_REASONS: dict[str, tuple[str, str]] = {
    "vm.assert": ("an assert of the contract did not hold", _OWN),
    "vm.overflow": (
        "a number left the range of int (−2^255 … 2^255 − 1)",
        "Call with smaller numbers, or bound them in the contract.",
    ),
    "vm.zero_division": (
        "a division by zero",
        "Check the divisor in the contract before dividing.",
    ),
    "vm.value": (
        "an operation was given a value it does not take",
        "Check the arguments: a negative amount, a malformed text, or data of another type.",
    ),
    "vm.index": ("an index outside of its list, bytes or text", "Compare it with len(…) first."),
    "vm.key": ("a dict has no such key", "Use `in` or get(key, default) in the contract."),
    "vm.none": (
        "None where a value was needed",
        "Test the optional with `is not None` before it is used.",
    ),
    "vm.unpack": ("a list of another length than the targets", "Check its length first."),
    "vm.size": (
        "a value is larger than it may be",
        "Work in pieces: docs/spec/contracts.md has the limits of values, slots and results.",
    ),
    "vm.no_contract": (
        "there is no contract at the address",
        "Check the address; a failed deployment leaves none.",
    ),
    "vm.no_function": (
        "the contract has no public function of that name",
        "List its functions with `animica contract show`.",
    ),
    "vm.argument": (
        "an argument is missing or not of its type",
        "Compare the arguments with the function's interface.",
    ),
    "vm.not_payable": (
        "ANM was sent to a function that takes none",
        "Send without value, or mark the function @payable.",
    ),
    "vm.balance": (
        "the contract has too little money for what it pays",
        "Look at its balance; send it ANM through a @payable function first.",
    ),
    "vm.recipient": (
        "a payment to an address that no key controls",
        "Pay addresses of keys; contracts get value with abi.call.",
    ),
    "vm.static": (
        "a write in a call that may only read",
        "Send it as a transaction, or take @view off the function.",
    ),
    "vm.reentry": (
        "a contract was called again while it was running",
        "Do not call back into a contract that is still at work.",
    ),
    "vm.depth": ("contracts called each other more than 64 deep", "Shorten the chain of calls."),
    "vm.logs": (
        "too many events, or one with too much data",
        "At most 256 events in a transaction, 4,096 bytes in one.",
    ),
    "vm.inactive": (
        "a part of the standard library that is not active on this network yet",
        "Do without it; the roadmap says what comes.",
    ),
    "vm.source": (
        "the source is not accepted",
        "Run `animica contract check FILE`: it names the line.",
    ),
    "vm.fault": (
        "the engine failed; this is a defect of the node",
        "Please report it with the transaction's id and the contract's source.",
    ),
}
OUT_OF_GAS = Explained(
    "the call ran out of gas; all of it is used",
    "Give more gas, or make the work smaller: loops over long lists belong into several calls.",
)


def explain(status: int, reason: str) -> Explained | None:
    """What a status (0 ok, 1 reverted, 2 out of gas) and a reason mean; None for success."""
    if status == receipt.OK:
        return None
    if status == receipt.OUT_OF_GAS:
        return OUT_OF_GAS
    name, _, detail = reason.partition(": ")
    known = _REASONS.get(name)
    if known is None:
        return Explained(
            f"the contract refused: {reason}" if reason else "the contract refused", _OWN
        )
    sentence = f"{known[0]} ({detail})" if detail else known[0]
    return Explained(sentence, known[1])
