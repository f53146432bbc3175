"""How long the parts of an audit row may be. Source: docs/spec/limits.md."""

from __future__ import annotations

WHO_CHARS = 150
WHAT_CHARS = 64
WHY_CHARS = 500
STATE_BYTES = 4_096
"""Of ``before`` and of ``after``, as JSON."""
HASH_CHARS = 64
PAGE_MOST = 200
"""Rows of one answer, and rows that a verification has in memory at once."""
