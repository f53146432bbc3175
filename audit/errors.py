"""What the audit refuses, and what it finds."""

from __future__ import annotations

from core.errors import NodeFault, RequestRefused


class ReasonMissing(RequestRefused):
    """An action of an operator without a reason."""

    code = "audit.reason_missing"
    hint = "Say in a sentence why; whoever reads the audit later needs it."


class TextUnprintable(RequestRefused):
    """A part of an audit row with characters that no one can read. ``field`` names it."""

    code = "audit.unprintable"
    hint = "Leave out control characters and text that is not UTF-8."


class TextTooLong(RequestRefused):
    """A part of an audit row over its limit. ``field`` names it."""

    code = "audit.too_long"
    hint = "Say it in fewer words."


class AuditBroken(NodeFault):
    """A row of the audit was altered, removed or added behind the node's back."""

    code = "audit.broken"
    hint = "Compare with a backup and with the hashes in the log; find out who can write here."
