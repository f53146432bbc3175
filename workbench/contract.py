"""A deployed contract of the workbench: its functions as methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from execution.abi.calls import FunctionUnknown, public_function, signature
from execution.abi.text import show_address
from execution.lang import tree
from workbench.result import Result


class Host(Protocol):
    """Where contracts run: ``workbench.chain.Chain``, or ``workbench.node.Node``."""

    def balance(self, who: Any) -> int:
        """The balance of an account or contract, nANM."""

    def send(
        self,
        contract: Contract,
        function: str,
        args: Sequence[Any],
        named: Mapping[str, Any],
        *,
        sender: Any = None,
        value: int = 0,
        gas: int | None = None,
    ) -> Result:
        """Call in a transaction."""

    def simulate(
        self,
        contract: Contract,
        function: str,
        args: Sequence[Any],
        named: Mapping[str, Any],
        *,
        sender: Any = None,
        value: int = 0,
    ) -> Result:
        """Call and forget."""

    def stored(self, contract: Contract, name: str, keys: Sequence[Any]) -> Any:
        """What a stored value or a map's entry holds."""

    def name_of(self, address: bytes) -> str:
        """How an address is called there."""


class FunctionMissing(FunctionUnknown, AttributeError):
    """The contract has no such function, and so no such attribute: ``hasattr`` asks so."""


class Contract:
    """``contract.transfer(bob, 5, sender=alice)`` sends; a ``@view`` function answers its value.

    ``send`` and ``view`` do the same by name, for functions whose names are taken here. ``label``
    is what it is called in reports; its money is ``chain.balance(contract)``. It is equal to its
    address's bytes.
    """

    def __init__(self, chain: Host, address: bytes, module: tree.Module, name: str) -> None:
        self.chain = chain
        self.address = address
        self.module = module
        self.label = name
        self._sender: Any = None

    def by(self, sender: Any) -> Contract:
        """The same contract, called by ``sender`` unless a call names another."""
        other = Contract(self.chain, self.address, self.module, self.label)
        other._sender = sender
        return other

    def send(
        self,
        function: str,
        *args: Any,
        sender: Any = None,
        value: int = 0,
        gas: int | None = None,
        check: bool = True,
        **named: Any,
    ) -> Result:
        """Call in a transaction of its own, in a block of its own.

        ``sender`` is an account (the chain's default without one), ``value`` nANM. Raises
        ``Reverted`` on failure unless ``check`` is false.
        """
        __tracebackhide__ = True  # a failing test shows its own line, not this one
        who = self._sender if sender is None else sender
        result = self.chain.send(self, function, args, named, sender=who, value=value, gas=gas)
        return result.require() if check else result

    def view(
        self, function: str, *args: Any, sender: Any = None, value: int = 0, **named: Any
    ) -> Any:
        """What a call would answer now; it changes nothing. Raises ``Reverted``."""
        __tracebackhide__ = True
        return self.simulate(function, *args, sender=sender, value=value, **named).require().value

    def simulate(
        self, function: str, *args: Any, sender: Any = None, value: int = 0, **named: Any
    ) -> Result:
        """The whole result of a call now; it changes nothing and never raises ``Reverted``."""
        who = self._sender if sender is None else sender
        return self.chain.simulate(self, function, args, named, sender=who, value=value)

    def stored(self, name: str, *keys: Any) -> Any:
        """What a stored value, or an entry of a stored map, holds."""
        return self.chain.stored(self, name, keys)

    def signatures(self) -> list[str]:
        """Its public functions, in the order of the source."""
        return [signature(f) for f in self.module.functions if f.public]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            function = public_function(self.module, name)
        except FunctionUnknown as unknown:
            raise FunctionMissing(unknown.message, **unknown.facts) from None
        way = self.view if function.view else self.send

        def call(*args: Any, **options: Any) -> Any:
            __tracebackhide__ = True
            return way(name, *args, **options)

        call.__name__ = name
        call.__doc__ = function.documentation or signature(function)
        return call

    def __eq__(self, other: object) -> bool:
        return getattr(other, "address", other) == self.address

    def __hash__(self) -> int:
        return hash(self.address)

    def __repr__(self) -> str:
        return f"<{self.label} {show_address(self.address)[:12]}…>"
