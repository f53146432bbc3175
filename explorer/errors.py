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
