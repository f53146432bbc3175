"""What a block's end did, from the events of its system receipt: payments, burning, tuning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chain.values import LogLine
from consensus.rules import tuning
from consensus.rules.tuning import Tuning
from core import cbor
from core.errors import EncodingRefused
from core.hashing import sha3
from core.header import Header
from core.limits import LOG_DATA_BYTES
from explorer import names

_SOURCES = {
    "baseFee": "base fees",
    "tip": "tips",
    "subsidy": "the subsidy",
    "share": "the subsidy for hash shares",
}
_VERBS = {sha3(verb.encode()): verb for verb in ("credit", "burn")}


@dataclass(frozen=True)
class Credit:
    """One line of the system receipt: what the block's end paid or burnt (nANM)."""

    verb: str
    amount: int
    to: bytes | None
    role: str
    source: str


@dataclass(frozen=True)
class EpochEnd:
    """What the next epoch starts with: α in ppm by type's name, s in micro-nats.

    ``shares`` is how many the epoch that ended had included.
    """

    alphas: tuple[tuple[str, int], ...]
    share_offset: int
    shares: int


def credits(lines: Sequence[LogLine], header: Header) -> list[Credit]:
    """The payments of a system receipt as sentences' parts, in their order."""
    out = []
    for line in lines:
        verb = _VERBS.get(line.log.topics[0]) if line.log.topics else None
        data = None if verb is None else _read(line)
        if verb is None or data is None:
            continue
        to, source = data.get("to"), str(data.get("source", ""))
        out.append(
            Credit(
                verb=verb,
                amount=int(data.get("amount", 0)),
                to=to,
                role="producer" if to == header.coinbase else "",
                source=_SOURCES.get(source, source),
            )
        )
    return out


def epoch_end(lines: Sequence[LogLine]) -> EpochEnd | None:
    """What the block tuned; None for one that did not end an epoch."""
    for line in lines:
        if line.log.topics == (tuning.TOPIC,) and (data := _read(line)) is not None:
            tuned = Tuning.of_event(line.log.data)
            alphas = tuple((names.WORK[kind], alpha) for kind, alpha in tuned.alphas.items())
            return EpochEnd(alphas, tuned.share_offset, data["shares"])
    return None


def _read(line: LogLine) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = cbor.decode(line.log.data, limit=LOG_DATA_BYTES, what="log")
    except EncodingRefused:
        return None
    return found
