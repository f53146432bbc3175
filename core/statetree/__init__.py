"""The state tree: one binary sparse Merkle tree over 256-bit keys. Source: docs/spec/state.md.

Bits are read from the most significant. An empty subtree is 32 zero bytes, a subtree with one
record is that leaf, ``leaf = H(00 || key || H(value))``, ``node = H(01 || left || right)``.

The tree is kept as pages (``page``), changed in batches (``update``), built in bulk (``build``; in
key order ``build_sorted``, which holds nothing) and proved record by record (``prove``,
``verify``) or range by range (``prove_range``, ``verify_range``). Nothing here touches a database:
the caller hands in a ``PageSource`` and writes the pages it gets back.
"""

from core.statetree.page import EMPTY, PageSource, StatePageBroken
from core.statetree.proof import Proof, StateProofInvalid, StateProofMalformed, prove, verify
from core.statetree.range import FIRST_KEY, LAST_KEY, RangeProof, leaf_of, prove_range, verify_range
from core.statetree.stream import build_sorted
from core.statetree.update import TreeUpdate, build, build_into, root, update

__all__ = [
    "EMPTY",
    "FIRST_KEY",
    "LAST_KEY",
    "PageSource",
    "Proof",
    "RangeProof",
    "StatePageBroken",
    "StateProofInvalid",
    "StateProofMalformed",
    "TreeUpdate",
    "build",
    "build_into",
    "build_sorted",
    "leaf_of",
    "prove",
    "prove_range",
    "root",
    "update",
    "verify",
    "verify_range",
]
