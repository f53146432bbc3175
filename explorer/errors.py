"""What a page refuses: an address of the site, or words in the search, that lead nowhere."""

from __future__ import annotations

from typing import ClassVar

from core.errors import RequestRefused


class NothingFound(RequestRefused):
    """Well-formed, but this node knows no such thing."""

    code: ClassVar[str] = "explorer.not_found"
    hint: ClassVar[str] = "Check that it belongs to this network, or search for something else."


class NotSearchable(RequestRefused):
    """Words that are neither a height, a hash nor an address."""

    code: ClassVar[str] = "explorer.not_searchable"
    hint: ClassVar[str] = (
        "Give a block height, a hash of 64 hex digits, or an address that starts with anim1."
    )


class TooManyReads(RequestRefused):
    """As many contracts as may be are being read by forms."""

    code: ClassVar[str] = "explorer.busy"
    hint: ClassVar[str] = "Wait a moment and send the form again."


class NotRaw(RequestRefused):
    """What was pasted is not the hex of a transaction."""

    code: ClassVar[str] = "explorer.not_raw"
    hint: ClassVar[str] = (
        "Paste what `animica contract send … --out` or another signer gave: 0x and hex digits."
    )
