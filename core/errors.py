"""The tree of errors.

    AnimicaError
    ├── Refused               input that breaks a rule: expected, cheap, nothing is changed
    │   ├── EncodingRefused   bytes that are not the canonical form of what they claim to be
    │   ├── TxRefused         a transaction that may not enter the pool or a block
    │   ├── BlockRefused      a block that may not enter the chain
    │   └── RequestRefused    a request of a user or client that cannot be served
    └── NodeFault             this node cannot go on: configuration, database, broken invariant

Every concrete class has a stable ``code``, a sentence (the message) and a ``hint``: the next
step. ``docs/errors.md`` is generated from the classes themselves and tested against them.
"""

from __future__ import annotations

from typing import ClassVar

_BY_CODE: dict[str, type[AnimicaError]] = {}


class AnimicaError(Exception):
    """Base of every error a user can meet.

    ``message`` is one sentence; ``facts`` are plain JSON values (str, int, bool, list) that
    help to act on it, such as ``field``, ``required`` and ``available``.
    """

    code: ClassVar[str] = ""
    hint: ClassVar[str] = ""

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts

    def __init_subclass__(cls) -> None:
        """Register the class by its code; a code belongs to one class for ever."""
        code = cls.__dict__.get("code")
        if not code:
            return
        if code in _BY_CODE:
            raise TypeError(f"error code {code!r} is taken by {_BY_CODE[code].__name__}")
        _BY_CODE[code] = cls

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"

    def view(self) -> dict[str, object]:
        """The JSON view: ``code``, ``reason``, ``hint`` and the facts, which never replace them."""
        own = {"code": self.code, "reason": self.message, "hint": self.hint}
        return {**own, **self.facts, **own}


class Refused(AnimicaError):
    """Input that breaks a rule. Expected: it is reported, never logged as a fault."""


class EncodingRefused(Refused):
    """Bytes that are not the canonical encoding of the object they claim to be."""


class TxRefused(Refused):
    """A transaction that may not enter the pool or a block."""


class BlockRefused(Refused):
    """A block that may not enter the chain."""


class RequestRefused(Refused):
    """A request of a user or client that cannot be served as it stands."""


class NodeFault(AnimicaError):
    """The node cannot go on with this operation and says why."""


class adding:
    """A context that adds facts to a refusal which passes through, unless it has them."""

    def __init__(self, **facts: object) -> None:
        self._facts = facts

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Refused):
            error.facts = {**self._facts, **error.facts}


def registered() -> dict[str, type[AnimicaError]]:
    """Every concrete error class imported so far, by code."""
    return dict(sorted(_BY_CODE.items()))
