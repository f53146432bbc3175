"""How much the peers' tables hold. Source: docs/spec/limits.md."""

from __future__ import annotations

ADDRESSES_MOST = 4_096
BANS_MOST = 10_000
WISHES_MOST = 256
"""Wishes of operators that no running node has taken yet."""

ADDRESS_CHARS = 300
ID_BYTES = 32
NAME_CHARS = 255
"""Hosts, and groups of addresses; the longest is a DNS name."""
REASON_CHARS = 128
VERB_CHARS = 16
