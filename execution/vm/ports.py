"""What the machine asks of a compiled contract and of the place that keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from execution.lang.types import Type


class Parameter(Protocol):
    """A parameter of a function that can be called."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def type(self) -> Type:
        """Its type."""

    @property
    def default(self) -> bool:
        """May it be left out?"""


class Signature(Protocol):
    """What calling a function needs to know of it."""

    @property
    def parameters(self) -> Sequence[Parameter]:
        """In their order."""

    @property
    def result(self) -> Type:
        """NONE without a result."""

    @property
    def view(self) -> bool:
        """Does it only read?"""

    @property
    def payable(self) -> bool:
        """May it be called with value?"""

    @property
    def public(self) -> bool:
        """May it be called from outside?"""


class Compiled(Protocol):
    """A compiled module's data: ``execution.vm.program.Program`` is one."""

    @property
    def functions(self) -> Mapping[str, Signature]:
        """By name."""

    @property
    def constants(self) -> Mapping[str, Any]:
        """Values by name; a parameter's default is ``function.parameter``."""


class Runnable(Protocol):
    """A compiled module that can be called: ``execution.vm.program.Bound`` is one."""

    @property
    def program(self) -> Compiled:
        """Its data."""

    def call(self, m: Any, name: str, args: tuple[Any, ...] = ()) -> Any:
        """Run a function; arguments and result in the engine's form."""


class Programs(Protocol):
    """Where a contract's program comes from: ``execution.vm.codes.Codes`` is one."""

    def of(self, code_hash: bytes, source: bytes) -> Runnable:
        """The program of an accepted source."""


class Artifacts(Protocol):
    """Keeps compiled programs across restarts. Never raises; what it loses is compiled again."""

    def load(self, code_hash: bytes) -> bytes | None:
        """What was saved under the hash, or None. It may be damaged; that is found out."""

    def save(self, code_hash: bytes, data: bytes) -> None:
        """Keep the bytes, if there is room."""
