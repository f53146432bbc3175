"""Every number that bounds what peers may do. Source: docs/spec/p2p.md, docs/spec/limits.md.

Bytes, counts and milliseconds, as the names say.
"""

from __future__ import annotations

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
SHORT_ID_BYTES = 6
COMPACT_TXS_MOST = 100_000

CHUNK_RECORDS = 4_096
CHUNK_BYTES = 512 * 1024
"""Records of a snapshot's chunk end with the first of these that is reached."""
CHUNKS_MOST = 1_000_000

# ------------------------------------------------------------------ connections
INBOUND_MOST = 64
OUTBOUND_WANTED = 8
INBOUND_PER_GROUP = 8
"""Inbound connections of one address group (IPv4 /16, IPv6 /32); loopback is exempt."""
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
