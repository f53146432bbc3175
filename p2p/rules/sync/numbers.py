"""Bounds of synchronisation. Source: docs/spec/p2p.md, docs/spec/limits.md.

Milliseconds, bytes and counts, as the names say.
"""

from __future__ import annotations

# ------------------------------------------------------------------ headers
HEADERS_HELD = 131_072
"""Headers that are known and not stored, of all peers together."""
HEADERS_WAIT_MS = 10_000
"""How long an answer with headers may take before the peer is asked again."""
ASK_OUTBOUND_MS = 30_000
ASK_INBOUND_MS = 120_000
"""How often a peer that told nothing new is asked nevertheless: claims may lie."""
ASK_AGAIN_MS = 1_000
"""How long a peer waits its turn while another is asked for the same headers."""
ASK_CLOCK_MS = 300_000
"""When a peer is asked again whose headers are too far in the future."""
ASKS_OPEN = 4
"""Requests for headers whose answers may still come."""
NEWS_MOST = 8
"""Headers of one announcement."""
LOCATOR_DENSE = 8
"""Hashes of a locator before its steps begin to double."""
LOCATOR_RUN = 4_096
"""Headers of a run that a locator walks down before it goes on with stored blocks."""
BAD_MOST = 4_096
"""Remembered hashes of refused blocks."""
TIP_KEPT_BLOCKS = 64
"""A run that the head outweighs is forgotten once it ends so far below the head."""

# ------------------------------------------------------------------ bodies
WINDOW_BLOCKS = 128
"""How far ahead of the importer bodies are asked for."""
WINDOW_BYTES = 32 * 1024 * 1024
"""Bodies that wait for their turn, with what is expected of those asked for."""
REQUESTS_OPEN = 2
"""Requests for bodies of one peer at once."""
REQUEST_MS = 2_000
"""A request asks for about as much as the peer has lately sent in this time."""
PATIENCE_MS, PATIENCE_MOST_MS, STALLS_MOST = 2_000, 30_000, 4
"""How long nothing may come of a request: at least four times what is usual. It doubles when one
is given up, at most so often, and falls again with each that is fulfilled."""
UNPROVEN_BODIES = 4
"""Blocks of a request to a peer of unknown speed, or that lately left one unanswered."""
OWED_MOST = 256
"""Hashes asked of a peer that it may still send, though others are asked meanwhile."""
LACKS_MOST = 64
"""Remembered blocks of a peer that it did not send when asked."""
LACKS_MS, LACKS_MOST_MS = 4_000, 600_000
"""How long a peer is not asked for a block that it twice kept silent about; it doubles."""
MUTED_MS, MUTED_MOST_MS = 2_000, 60_000
"""How long a peer that left a request unanswered is asked for nothing; it doubles."""
HEDGES_MOST = 3
"""Peers that are asked at once for the block which all others wait for."""
COMPACT_WAIT_MS = 2_000
"""How long a block that is being put together from its short form is not asked for."""
NEWS_WAIT_MS = 300
"""How long a new head's body is not asked for: mostly its short form is on the way."""

# ------------------------------------------------------------------ import
IMPORTS_OPEN, IMPORT_BYTES = 16, 16 * 1024 * 1024
"""Blocks handed to the importer and not yet judged, and their bytes; one block may be larger."""
FAULT_MS, FAULT_MOST_MS = 1_000, 60_000
"""The pause after the node's own failure to judge a block; it doubles."""
AVOID_MS = 60_000
"""How long a branch that this node may not follow is left alone."""

# ------------------------------------------------------------------ states
ALONE_MS = 60_000
"""A node without peers for so long takes its first synchronisation for done."""
BUSY_BLOCKS = 8
"""Behind by more blocks than this a node is catching up, and asks for no transactions."""
RATE_MS = 30_000
"""The past that the rate of imports is taken from, a sample a second."""
