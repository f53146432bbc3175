"""Every domain tag of the protocol, in one place: no two uses of the hash share one."""

from __future__ import annotations

from core.hashing import Tag


def _tag(name: str) -> Tag:
    return Tag(f"animica/{name}/v1".encode("ascii") + b"\x00")


# keys and addresses
CONTRACT_ADDRESS = _tag("contract")
SYSTEM_ADDRESS = _tag("system")
# objects
TX = _tag("tx")
BLOCK = _tag("block")
HEADER = _tag("header")
MIX = _tag("mix")
SEAL_PREFIX = _tag("seal")
PROOF = _tag("proof")
# what a header pins
POLICY_POIES = _tag("policy-poies")
POLICY_ALG = _tag("policy-alg")
POLICY_ZK = _tag("policy-zk")
POLICY_PARAMS = _tag("policy-params")
# between peers
P2P_TRANSCRIPT = _tag("p2p-transcript")
P2P_AUTH = _tag("p2p-auth")
P2P_KEY = _tag("p2p-key")
# what a node keeps for itself
AUDIT = _tag("audit")

# FIPS 204/205 context strings: who signs what
CONTEXT_TX = b"animica/tx/v1"
CONTEXT_CONTRACT = b"animica/contract/v1"
CONTEXT_P2P = b"animica/p2p-auth/v1"


def state(module: str) -> Tag:
    """The tag under which a record's id becomes its key in the state tree."""
    return _tag(f"state/{module}")


def nullifier(name: str) -> Tag:
    """The tag under which a piece of work of a type becomes its nullifier."""
    return _tag(f"nullifier/{name}")
