"""Handshake and frames: bytes of one connection ↔ messages as bytes."""
