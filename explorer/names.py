"""Accounts that have a name, and what kind of account an address is."""

from __future__ import annotations

from core.proof import AI, QUANTUM, SHARE, STORAGE, VDF
from execution.accounts import AICF, TREASURY
from pq import addresses
from pq.algorithms import NO_KEY, SIGNATURE_ALGORITHMS

WORK = {
    SHARE: "hash share",
    AI: "AI",
    QUANTUM: "quantum",
    STORAGE: "storage",
    VDF: "VDF",
}
"""Types of proofs in words."""

SYSTEM_NAMES = {TREASURY: "Treasury", AICF: "AICF fund"}

_SYSTEM_STORIES = {
    TREASURY: "The network's treasury. The protocol pays its part of fees and subsidies here; "
    "no key can spend from it.",
    AICF: "The fund that pays for useful work. The protocol pays its part of fees and subsidies "
    "here; no key can spend from it.",
}


def of(address: bytes) -> str:
    """The name of a system account, empty for every other."""
    return SYSTEM_NAMES.get(address, "")


def story(address: bytes, *, contract: bool = False) -> str:
    """A sentence on what kind of account this is. ``address`` has 34 valid bytes."""
    if contract:
        return "A contract: anybody can call its functions, no key can sign for it."
    if address in _SYSTEM_STORIES:
        return _SYSTEM_STORIES[address]
    alg = addresses.alg_of(address)
    if alg == NO_KEY:
        return "A contract or system account: no key can sign for it."
    return f"An account of an {SIGNATURE_ALGORITHMS[alg].name} key."
