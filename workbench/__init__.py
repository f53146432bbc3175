"""The workbench: a chain for contracts in memory, without node, database or waiting.

    chain      blocks, accounts, snapshots        contract   deployed code, its functions
    accounts   ten test accounts by name          values     Python values as arguments
    result     what a call did, or why it failed  trace      the tree of its calls
    report     gas by function                    plugin     fixtures for pytest
    node       the same face over a real devnet   cli        ``animica contract check`` and others

Calls run through the node's own ``execution``: results and gas are those of a block. A client like
the wallet: nothing of the node imports this. Source: docs/guides/contracts-cli.md.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.accounts import Account, Accounts
    from workbench.chain import Chain, Numbers
    from workbench.contract import Contract
    from workbench.result import Event, Result, Reverted, reverts

__all__ = [
    "Account",
    "Accounts",
    "Chain",
    "Contract",
    "Event",
    "Numbers",
    "Result",
    "Reverted",
    "reverts",
]
# The plugin is a module of this package: importing it should not bring the engine in.
_PLACES = {
    "Account": "accounts",
    "Accounts": "accounts",
    "Chain": "chain",
    "Numbers": "chain",
    "Contract": "contract",
    "Event": "result",
    "Result": "result",
    "Reverted": "result",
    "reverts": "result",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
