"""Numbers that bound every object of the protocol. Source: docs/spec/limits.md.

Sizes in bytes, counts in items. What differs between networks lives in ``core.network``.
"""

from __future__ import annotations

U64_MAX = 2**64 - 1
ADDRESS_BYTES = 34
HASH_BYTES = 32

CBOR_DEPTH = 16
TX_BYTES = 128 * 1024
EXTRA_BYTES = 32
KIND_CHARS = 32
PUBLIC_KEY_BYTES = 4096
SIGNATURE_BYTES = 16 * 1024
ACCESS_KEYS = 256
ACCESS_ADDRESSES = 256

# Contracts: a source; calldata, or the arguments of a deployment.
CODE_BYTES = 24 * 1024
DATA_BYTES = 64 * 1024

# Proofs: bytes of one body; of all types but shares together in a block.
PROOF_BYTES = 32 * 1024
PROOFS_PER_BLOCK = 16
# Most shares that any network may take into a block: they verify in a few milliseconds.
SHARES_PER_BLOCK_MOST = 64
# How far back a proof may be anchored, and a share's parent may lie, in blocks.
ANCHOR_WINDOW = 256
SHARE_WINDOW = 8

TOPICS_PER_LOG = 4
LOG_DATA_BYTES = 4096
RETURN_BYTES = 4096

# A block may arrive this far ahead of our clock; earlier blocks wait.
CLOCK_AHEAD_MS = 5_000
# Blocks further ahead than this are refused instead of held until their time comes.
CLOCK_WAIT_MS = 60_000

# A block of valid transactions has at most one CBOR item for so much gas: the cheapest items are
# declared addresses, three for 2,400. The margin is twofold, the constant part covers the header.
GAS_PER_BLOCK_ITEM = 350
BLOCK_ITEMS_BASE = 1_000
# A transaction of more than this many bytes is asked whether it has more items than any can use.
TX_BYTES_UNCOUNTED = 16 * 1024
TX_ITEMS = 2_048
