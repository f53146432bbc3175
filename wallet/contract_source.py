"""A contract's module from a node: the source that its address has, checked here."""

from __future__ import annotations

from execution.lang import parse_and_check, tree
from pq import addresses
from wallet.client import NodeClient
from wallet.contract_reads import ContractCode
from wallet.errors import ContractNotFound, NodeAnswerInvalid


def code_of(node: NodeClient, address: bytes) -> ContractCode:
    """The source that the node tells, of its hash. Raises ``ContractNotFound``."""
    code = node.contract_code(address)
    if code is None:
        text = addresses.to_text(address)
        raise ContractNotFound(f"there is no contract at {text}", address=text)
    return code


def told_module(node: NodeClient, address: bytes) -> tree.Module:
    """The module of the source that the node tells. Raises ``ContractNotFound``."""
    return parse_and_check(code_of(node, address).source)


def proven_module(node: NodeClient, address: bytes) -> tree.Module:
    """The same, its hash proven to be the contract's: for those who are about to sign.

    Raises ``ContractNotFound``, ``NodeAnswerInvalid`` or a refusal of the proof.
    """
    code = code_of(node, address)
    if node.proven_account(address).code != code.hash:
        raise NodeAnswerInvalid("the source is not that of the contract's account", field="hash")
    return parse_and_check(code.source)
