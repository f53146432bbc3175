"""Receipts: what a transaction did. Source: docs/spec/blocks.md."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from core import cbor
from core.cbor import Value
from core.fields import Fields, FieldType, keys
from core.limits import ADDRESS_BYTES, HASH_BYTES, LOG_DATA_BYTES, RETURN_BYTES, TOPICS_PER_LOG

OK = 0
REVERTED = 1
OUT_OF_GAS = 2

_LOG = keys(("address", "topics", "data"))
_RECEIPT = keys(("status", "gasUsed", "logs", "ret"))
# The system receipt logs every credit of a block; its bound is the block's, not a tx's.
_LOGS_READ = 1_000_000


@dataclass(frozen=True)
class Log:
    """One event: the account that emitted it (34 bytes), up to 4 topics (32 bytes), data."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes

    def to_map(self) -> dict[str, Value]:
        """The map that is encoded."""
        return {"address": self.address, "topics": list(self.topics), "data": self.data}

    @classmethod
    def from_map(cls, value: Value) -> Log:
        """Read a decoded map; raises a named ``field.…`` refusal."""
        f = Fields(value, "log", _LOG, frozenset())
        topics = f.items("topics", most=TOPICS_PER_LOG)
        if any(type(topic) is not bytes or len(topic) != HASH_BYTES for topic in topics):
            raise FieldType("log.topics holds 32-byte strings", field="log.topics")
        return cls(
            address=f.data("address", size=ADDRESS_BYTES),
            topics=tuple(topics),
            data=f.data("data", most=LOG_DATA_BYTES),
        )


@dataclass(frozen=True)
class Receipt:
    """``status`` (0 ok, 1 reverted, 2 out of gas), gas after refunds, logs, return bytes."""

    status: int
    gas_used: int
    logs: tuple[Log, ...] = ()
    ret: bytes = b""

    def to_map(self) -> dict[str, Value]:
        """The map that is encoded."""
        return {
            "status": self.status,
            "gasUsed": self.gas_used,
            "logs": [log.to_map() for log in self.logs],
            "ret": self.ret,
        }

    @classmethod
    def from_map(cls, value: Value) -> Receipt:
        """Read a decoded map; raises a named ``field.…`` refusal."""
        f = Fields(value, "receipt", _RECEIPT, frozenset())
        return cls(
            status=f.uint("status", most=OUT_OF_GAS),
            gas_used=f.uint("gasUsed"),
            logs=tuple(Log.from_map(item) for item in f.items("logs", most=_LOGS_READ)),
            ret=f.data("ret", most=RETURN_BYTES),
        )

    @cached_property
    def encoded(self) -> bytes:
        """CBOR(receipt)."""
        return cbor.encode(self.to_map())
