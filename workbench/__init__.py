"""The workbench: a chain for contracts in memory, without node, database or waiting.

    chain      blocks, accounts, snapshots        contract   deployed code, its functions
    accounts   ten test accounts by name          values     Python values as arguments
    result     what a call did, or why it failed  trace      the tree of its calls
    report     gas by function                    plugin     fixtures for pytest
    node       the same face over a real devnet   cli        ``animica contract check`` and others

Calls run through the node's own ``execution``: results and gas are those of a block. A client like
the wallet: nothing of the node imports this. Source: docs/guides/contracts-cli.md.
"""

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
