"""What operators are refused."""

from __future__ import annotations

from core.errors import RequestRefused


class PeerIdInvalid(RequestRefused):
    """Text that is not the id of a peer."""

    code = "p2p.peer_id"
    hint = "Give all 64 hex digits of the id; `animica peers list` shows it."


class BanLengthInvalid(RequestRefused):
    """A ban of no time, or of more than the longest."""

    code = "p2p.ban_length"
    hint = "Give between one minute and one year."


class TooManyWishes(RequestRefused):
    """As many wishes wait for the node as may."""

    code = "p2p.wishes_full"
    hint = "Start the node, which takes them within a second, and ask again."
