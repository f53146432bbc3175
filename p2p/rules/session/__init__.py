"""Handshake and frames: bytes of one connection ↔ messages as bytes."""

from p2p.rules.session.hello import Terms
from p2p.rules.session.identity import Identity
from p2p.rules.session.outs import Established, Failed, NeedSignature, Out, Received, ToWire
from p2p.rules.session.refusals import SessionRefused
from p2p.rules.session.session import Session

__all__ = [
    "Established",
    "Failed",
    "Identity",
    "NeedSignature",
    "Out",
    "Received",
    "Session",
    "SessionRefused",
    "Terms",
    "ToWire",
]
