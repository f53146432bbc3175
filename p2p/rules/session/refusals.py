"""Why a session ends. Source: docs/spec/p2p.md.

Whoever sits on the line can cause most of these, so none is held against an identity or an
address: the connection ends, and that is all.
"""

from __future__ import annotations

from p2p.rules.refusals import P2pRefused


class SessionRefused(P2pRefused):
    """The other side's bytes do not make a session."""


class VersionDiffers(SessionRefused):
    """The peer speaks another version of the protocol of peers."""

    code = "p2p.version_differs"
    hint = "Run the same release on both nodes."


class ChainDiffers(SessionRefused):
    """The peer is on another chain."""

    code = "p2p.chain_differs"
    hint = "Start both nodes with the same --network."


class GenesisDiffers(SessionRefused):
    """The peer's chain has the same number and another genesis block."""

    code = "p2p.genesis_differs"
    hint = "Compare the network files of both nodes: a development network has its own genesis."


class PolicyDiffers(SessionRefused):
    """The peer's chain accepts other signature algorithms."""

    code = "p2p.policy_differs"
    hint = "Compare the algorithm policy in the network files of both nodes."


class CipherNone(SessionRefused):
    """Neither of the two sides' ciphers is known to the other."""

    code = "p2p.cipher_none"
    hint = "Offer ChaCha20-Poly1305 (1) or AES-256-GCM (2)."


class CipherUnoffered(SessionRefused):
    """The responder chose a cipher that the initiator did not offer."""

    code = "p2p.cipher_unoffered"
    hint = "The peer is faulty, or somebody alters what is on the line."


class KeyWeak(SessionRefused):
    """An X25519 key, such as zero, under which every shared secret is zero."""

    code = "p2p.key_weak"
    hint = "The peer is faulty or hostile: such a key gives no secret at all."


class KemInvalid(SessionRefused):
    """Bytes that are no ML-KEM-768 key."""

    code = "p2p.kem_invalid"
    hint = "The peer is faulty, or no node of this network."


class HandshakeMalformed(SessionRefused):
    """A message of the handshake is not the strict CBOR of its fields."""

    code = "p2p.handshake_malformed"
    hint = "Check that the address is that of a node's port for peers."


class HandshakeTooLong(SessionRefused):
    """A message of the handshake announces more bytes than it may have."""

    code = "p2p.handshake_too_long"
    hint = "Check that the address is that of a node's port for peers."


class HandshakeTampered(SessionRefused):
    """An encrypted identity cannot be opened: something on the way was altered."""

    code = "p2p.handshake_tampered"
    hint = "Connect again; if it keeps failing, somebody alters what is on the line."


class HandshakeOutOfTurn(SessionRefused):
    """Bytes came while the other side had to wait."""

    code = "p2p.handshake_out_of_turn"
    hint = "The peer is faulty, or somebody adds to what is on the line."


class HandshakeTimeout(SessionRefused):
    """The handshake was not complete in time."""

    code = "p2p.handshake_timeout"
    hint = "Check the address and the network; the peer may be overloaded."


class IdentityUnknown(SessionRefused):
    """The peer's identity key is of an algorithm that cannot sign here, or of a wrong size."""

    code = "p2p.identity_unknown"
    hint = "Identities are ML-DSA-65 (4099) or SLH-DSA-SHAKE-128s (4098)."


class SignatureWrong(SessionRefused):
    """The peer did not sign this very handshake with the identity that it claims."""

    code = "p2p.signature_wrong"
    hint = "The peer is not who it claims to be; do not trust this address."


class RefusedByPeer(SessionRefused):
    """The peer says that it refuses the session; nobody vouches for its words."""

    code = "p2p.refused_by_peer"
    hint = "The facts hold the peer's reason; compare version and network of both nodes."


class FrameTooLong(SessionRefused):
    """A frame announces more than 1 MiB."""

    code = "p2p.frame_too_long"
    hint = "The peer is faulty, or somebody alters what is on the line."


class FrameTampered(SessionRefused):
    """A frame cannot be opened: altered, repeated, out of order, or one before it is missing."""

    code = "p2p.frame_tampered"
    hint = "Connect again; if it keeps failing, somebody alters what is on the line."


class FrameMalformed(SessionRefused):
    """A frame of the right key with unknown flags, without content, or split where it need not."""

    code = "p2p.frame_malformed"
    hint = "The peer is faulty; check its version."


class MessageTooLong(SessionRefused):
    """The frames of one message exceed what a message may have."""

    code = "p2p.message_too_long"
    hint = "A message has at most the largest block of the network and 64 KiB."


class RekeyOverdue(SessionRefused):
    """The peer goes on with a key that it had to replace."""

    code = "p2p.rekey_overdue"
    hint = "The peer is faulty; a key is for at most 1 GiB of frames."


class FramesExhausted(SessionRefused):
    """A direction has had every frame that it can have."""

    code = "p2p.frames_exhausted"
    hint = "Connect again."
