"""Every number that bounds what peers may do. Source: docs/spec/p2p.md, docs/spec/limits.md.

Bytes, counts and milliseconds, as the names say.
"""

from __future__ import annotations

from core.limits import PROOFS_PER_BLOCK, SHARES_PER_BLOCK_MOST

VERSION = 1
"""Version of handshake and messages."""

# ------------------------------------------------------------------ messages
FRAME_BYTES = 1024 * 1024
"""A frame as it is on the wire, length and tag included; longer messages take several frames."""
MESSAGE_OVERHEAD_BYTES = 64 * 1024
"""What a message may have beside the largest block of the network."""
HELLO_BYTES = 4 * 1024
"""A message of the handshake that is not encrypted yet."""
SEALED_BYTES = 8 * 1024
"""An encrypted identity; that of SLH-DSA takes 7.8 KiB."""
AEADS_MOST = 8
"""Ciphers that an initiator may offer."""
REKEY_BYTES = 1024 * 1024 * 1024
"""Bytes of frames under one key; the frame that reaches them is its last."""
REKEY_MS = 10 * 60 * 1000
"""A frame sent so long after the key was new is its last."""
AGENT_BYTES = 64
REASON_BYTES = 128
CODE_BYTES = 32
"""The word of a `goodbye`."""
LISTEN_MOST = 8
"""Listening ports that an `identify` names."""
SNAPSHOTS_TOLD_MOST = 16
"""Snapshots that an `identify` names."""
BACKOFF_S_MOST = 3_600
"""What a `prune` may ask for."""

IDS_MOST = 1_024
"""Ids of one inventory, request or `missing`."""
TXS_BYTES = 512 * 1024
"""Transactions, or proofs, of one `txs` or `proofs`; a single one may be longer."""
LOCATOR_MOST = 64
HEADERS_MOST = 256
"""Headers of one answer."""
BODIES_MOST = 16
"""Blocks of one request for bodies; each comes in a message of its own."""
ADDRESSES_MOST = 64
ADDRESS_CHARS = 64
"""An IP address in text with scheme and port; the longest has 60 characters."""

SHORT_ID_BYTES = 6
SALT_BYTES = 8
COMPACT_TXS_MOST = 100_000
TX_LEAST_BYTES = 100
"""No transaction is shorter, so a block has no more transactions than its bytes over this."""
PROOFS_MOST = SHARES_PER_BLOCK_MOST + PROOFS_PER_BLOCK
"""Proofs of a block of any network."""
RECEIPT_BYTES = 256
"""A proof's receipt; eight fields of fixed size or 64 bits."""
PREFILLED_MOST = 256
PREFILLED_BYTES = 256 * 1024
"""Transactions that a compact block brings whole."""
PARTS_MOST = 4_096
"""Transactions asked for out of one block; who lacks more asks for the whole body."""

CHUNK_RECORDS = 4_096
CHUNK_BYTES = 512 * 1024
"""Records of a snapshot's chunk end with the first of these that is reached."""
CHUNKS_MOST = 1_000_000
CHUNK_FRAME_BYTES = 192 * 1024
"""What a chunk may have beside: its last record beyond CHUNK_BYTES, heads of its records, the
proof of completeness."""
MANIFEST_BYTES = 4 * 1024
SNAPSHOT_DEPTH = 12
"""A snapshot is served and taken only of a block that so many blocks lie on top of."""

# ------------------------------------------------------------------ connections
INBOUND_MOST = 64
OUTBOUND_WANTED = 8
INBOUND_PER_GROUP = 8
"""Inbound connections of one address group (IPv4 /16, IPv6 /32); near addresses are exempt."""
OUTBOUND_PER_GROUP = 1
HANDSHAKES_MOST = 64
"""Connections in their handshake at once."""
HANDSHAKE_MS = 10_000
IDENTIFY_MS = 10_000
PING_MS = 20_000
SILENT_MS = 60_000
"""A connection that brings nothing for so long is closed (pings are answered by honest peers)."""
OUTGOING_BYTES = 24 * 1024 * 1024
"""Bytes that wait to be sent to one peer; a slower reader is disconnected."""
WRITABLE_BYTES = 512 * 1024
"""Below so many waiting bytes a peer gets the next piece of bulk data."""
ASKED_MOST = 64
"""Requests of one peer for bulk data that wait for their turn."""

TICK_MS = 100
"""How often the engine is told the time."""

# ------------------------------------------------------------------ conduct
PROTECTED_PART = 8
"""Of a full house's inbound peers a so-manieth is protected for each of three merits."""
FLOOD_POINTS_MS = 1_000
"""A peer over its budget is scored once in so long."""
BAN_MS = 60 * 60 * 1000
BAN_MOST_MS = 24 * BAN_MS
"""A first ban, and where doubling ends."""
BAN_STEP_MS = 24 * 60 * 60 * 1000
"""So long after a ban's end the peer counts as banned once less."""
BANS_MOST = 10_000
SCORES_MOST = 4_096
"""Peers and hosts whose points are remembered; those that did wrong longest ago go first."""
BUDGETS_MOST = 4_096
"""Hosts and peers whose budgets are remembered; those silent for longest go first."""
PINNED_MOST = 256
DEAD_MS = 30_000
"""A peer silent for so long (pings are every PING_MS) yields to a second connection of its."""

# ------------------------------------------------------------------ addresses
NEW_BUCKETS = 64
NEW_BUCKET_MOST = 44
NEW_BUCKETS_PER_SOURCE = 8
"""Addresses heard of: what one source group tells reaches so many of the buckets."""
TRIED_BUCKETS = 32
TRIED_BUCKET_MOST = 32
TRIED_BUCKETS_PER_GROUP = 4
"""Addresses that answered: those of one address group reach so many of the buckets."""
FIXED_MOST = 256
"""Addresses that operators gave: seeds, pinned, asked for. In no bucket, never displaced."""
OWN_MOST = 16
"""Addresses at which this node met itself."""
ANCHORS = 2
DIALS_MOST = 8
"""Dials under way."""
DIAL_MS = 30_000
"""A dial that nobody reported on for so long has failed."""
DIAL_ROUND_MS = 1_000
"""How often the book looks whom to dial."""
RETRY_MS = 1_000
RETRY_MOST_MS = 10 * 60 * 1000
RETRY_KNOWN_MS = 60_000
"""How long a failed address rests, doubling with each failure; and one that has answered."""
STEADY_MS = 60_000
"""An outbound connection that lasted so long was no failure."""
POOR_FAILURES = 3
POOR_MS = 30 * 24 * 60 * 60 * 1000
"""An address that failed so often in a row, or was not heard of for so long, yields its place."""
FEELER_MS = 120_000
DOUBTED_MOST = 16
STALE_INTERVALS = 20
STALE_LEAST_MS = 120_000
"""Without a new head for so many block intervals, and so long, one more peer is dialled."""
SURPLUS_MS = 10_000
"""So long after the head has moved again the peer too many is let go."""
