"""How the model says no."""

from __future__ import annotations


class Broken(Exception):
    """The first rule that a block breaks: its code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def need(holds: bool, code: str) -> None:
    """Refuse with ``code`` unless the rule holds."""
    if not holds:
        raise Broken(code)
