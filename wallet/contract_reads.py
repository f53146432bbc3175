"""Contracts on a node, read through JSON-RPC: calls, source, slots, estimates.

Source: docs/spec/rpc.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from core.hashing import sha3
from core.limits import TOPICS_PER_LOG
from core.receipt import Log
from pq import addresses
from wallet.answers import Answer, fault
from wallet.proofs import ProvenRecord

LOGS_MOST = 10_000


@dataclass(frozen=True)
class CallResult:
    """What a call would do, as the node tells it; see ``core.receipt.Receipt``."""

    status: int
    ret: bytes
    reason: str
    gas_used: int
    logs: tuple[Log, ...]


@dataclass(frozen=True)
class ContractCode:
    """A contract's code hash (32 bytes) and source, which has that hash."""

    hash: bytes
    source: bytes


class ContractReads(ABC):
    """The part of ``wallet.client.NodeClient`` that asks about contracts."""

    @abstractmethod
    def call(self, method: str, **params: Any) -> Any:
        """The result of a method; the client's."""

    @abstractmethod
    def proven_record(
        self, module: str, record_id: bytes, *, at: int | None = None
    ) -> ProvenRecord:
        """A record verified against a header; the client's."""

    def contract_call(
        self,
        to: bytes,
        data: bytes,
        *,
        sender: bytes | None = None,
        value: int = 0,
        gas: int | None = None,
        at: int | None = None,
    ) -> CallResult:
        """What calldata does to the contract at ``to`` on the node's state; nothing changes.

        ``sender`` is who it would come from, ``value`` nANM, ``at`` the height of a past block.
        """
        asked: dict[str, Any] = {"to": addresses.to_text(to), "data": "0x" + data.hex()}
        if sender is not None:
            asked["sender"] = addresses.to_text(sender)
        if value:
            asked["value"] = str(value)
        if gas is not None:
            asked["gas"] = gas
        answer = Answer(self.call("state.call", **asked, **block_of(at)), "state.call")
        return CallResult(
            status=answer.uint("status"),
            ret=answer.data("ret"),
            reason=answer.optional_text("reason") or "",
            gas_used=answer.uint("gasUsed"),
            logs=read_logs(answer),
        )

    def contract_code(self, address: bytes) -> ContractCode | None:
        """The source of the contract at an address, None without one.

        The source is checked against its hash; ``proven_account`` proves that the hash is the
        contract's.
        """
        method = "state.getCode"
        result = self.call(method, address=addresses.to_text(address))
        if result is None:
            return None
        answer = Answer(result, method)
        code = ContractCode(answer.data("hash", 32), answer.text("source").encode("utf-8"))
        if sha3(code.source) != code.hash:
            raise fault(method, "source", "the source of its hash")
        return code

    def storage(self, address: bytes, slot: bytes, *, at: int | None = None) -> bytes | None:
        """The ABI form of what a slot holds (``slot`` is what is hashed), unproven."""
        method = "state.getStorage"
        text = addresses.to_text(address)
        result = self.call(method, address=text, slot="0x" + slot.hex(), **block_of(at))
        return Answer(result, method).optional_data("value")

    def proven_storage(
        self, address: bytes, slot_hash: bytes, *, at: int | None = None
    ) -> ProvenRecord:
        """The same under H(slot), verified here against its header."""
        return self.proven_record("storage", address + slot_hash, at=at)

    def estimate_deploy(
        self, sender: bytes, code: bytes, args: bytes, *, value: int = 0, keep: bool = False
    ) -> int:
        """Gas with which a deployment succeeds now. Raises ``RpcRefused`` if none does."""
        body = {"code": "0x" + code.hex(), "args": "0x" + args.hex()}
        return self._estimate("deploy", sender, body, value, keep)

    def estimate_call(
        self, sender: bytes, to: bytes, data: bytes, *, value: int = 0, keep: bool = False
    ) -> int:
        """Gas with which a call succeeds now. Raises ``RpcRefused`` if none does."""
        body = {"to": addresses.to_text(to), "data": "0x" + data.hex()}
        return self._estimate("call", sender, body, value, keep)

    def _estimate(
        self, kind: str, sender: bytes, body: dict[str, str], value: int, keep: bool
    ) -> int:
        method = "tx.estimateGas"
        common = {"from": addresses.to_text(sender), "kind": kind, "value": str(value)}
        return Answer(self.call(method, **common, **body, keep=keep), method).uint("gas")


def block_of(at: int | None) -> dict[str, int]:
    """The parameter that names a block, left out for the newest."""
    return {} if at is None else {"block": at}


def read_logs(answer: Answer) -> tuple[Log, ...]:
    """The events of a receipt or call. Raises ``NodeAnswerInvalid``."""
    return tuple(
        Log(log.address("address"), log.datas("topics", TOPICS_PER_LOG, 32), log.data("data"))
        for log in answer.objects("logs", LOGS_MOST)
    )
