"""What operators are refused, and what keeps the network part from starting."""

from __future__ import annotations

from core.errors import NodeFault, RequestRefused


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


class PeersAbsent(NodeFault):
    """Something of the network was asked of a node without peers."""

    code = "p2p.absent"
    hint = "Start the node without --no-p2p, a devnet with --p2p-port."


class PeerPortTaken(NodeFault):
    """The port for peers cannot be bound."""

    code = "p2p.port_taken"
    hint = "Choose another --p2p-port; 0 picks a free one, --no-p2p does without peers."


class PeerPortInvalid(NodeFault):
    """A port for peers that is no port."""

    code = "p2p.port_invalid"
    hint = "Set ANIMICA_P2P_PORT to a number from 0 to 65535; 0 picks a free port."
