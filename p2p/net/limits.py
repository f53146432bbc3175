"""Numbers of the drivers; those that both engine and drivers go by are in ``p2p.rules.limits``.

Bytes, counts and milliseconds, as the names say. Source: docs/spec/limits.md.
"""

from __future__ import annotations

READ_BYTES = 64 * 1024
"""Read from a socket at once."""
PIECE_BYTES = 64 * 1024
"""A WebSocket message that this node sends; it takes longer ones up to WS_MESSAGE_BYTES."""
WS_MESSAGE_BYTES = 1024 * 1024

LANE_EVENTS = 512
LANE_BYTES = 2 * 1024 * 1024
"""Of one connection, waiting for the engine: from here on its socket is not read."""
NEWS_MOST = 8_192
"""Transactions and proofs of this node that the engine has not heard of; the oldest is dropped."""
REMOVED_MOST = 4_096
"""Blocks of old branches in one look at the head."""

CONNECTIONS_MOST = 256
"""Sockets of peers, those in their handshake and those about to close included."""
DIAL_MS = 5_000
"""Until the transport is connected; the handshake has HANDSHAKE_MS of its own."""
DIALS_MOST = 32
"""Dials in progress."""
FLUSH_MS = 1_000
"""What a connection that is closed has left to send what waits."""
LOOK_MS = 250
"""How often handshakes are looked at for having taken too long."""

HANDSHAKES_BURST = 64
HANDSHAKE_EVERY_MS = 20
"""All inbound handshakes: at about 2 ms of processor time each, at most a tenth of a core."""
HOST_HANDSHAKES_BURST = 16
HOST_HANDSHAKE_EVERY_MS = 2_000
"""Those of one host; loopback is exempt."""
HOSTS_REMEMBERED = 4_096

SENDS_BATCH = 64
"""Actions that go to the event loop at once."""

IMPORTS_MOST = 1_024
"""Blocks that wait for the importer; what comes beyond is answered as a fault of this node."""
ADMISSIONS_MOST = 1_024
"""Batches of transactions, and proofs, that wait to be admitted; likewise."""
LOADS_MOST = 64
"""Chunks of a snapshot that wait to be stored; likewise."""
GONE_TXIDS = 65_536
"""Ids of transactions that blocks have taken lately, so that nobody is asked for them again."""
DROPPED_MS = 60_000
"""For how long a dropped transaction is not asked for again."""

SAVE_MS = 30_000
WISHES_MS = 1_000
VIEWS_MS = 500
"""How often address book and bans are saved, operators' wishes read, views made."""
STOP_MS = 5_000
"""How long a thread has to end."""
BACKLOG = 128
"""Connections that the system holds before they are taken."""
