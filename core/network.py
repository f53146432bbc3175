"""One network's parameters: consensus numbers by height, genesis, local policy.

Consensus never reads anything else: two nodes with one file compute one chain. The digests that
headers pin are computed here; ``core.network_file`` reads files. Source: docs/spec/networks.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from typing import Any, Self

from core import cbor, tags
from core.errors import NodeFault
from core.hashing import Tag, tagged
from core.header import PolicyPins
from core.limits import BLOCK_ITEMS_BASE, GAS_PER_BLOCK_ITEM

PPM = 1_000_000
SUPPLY_LIMIT = 2**63
GENESIS_SET = "genesis"
"""Name of the parameter set that a network starts with."""


class NetworkInvalid(NodeFault):
    """A network file that contradicts itself."""

    code = "network.invalid"
    hint = "Mend the named entry of the network file; docs/spec/networks.md explains each."


class _Section:
    """A frozen dataclass of integers, booleans and sections, read from a table of a file."""

    @classmethod
    def read(cls, table: Mapping[str, Any], where: str) -> Self:
        """Read exactly this section's entries; any other is refused by name."""
        require(isinstance(table, Mapping), where, "must be a table")
        known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
        for name in table:
            if name not in known:
                raise NetworkInvalid(f"{where}.{name} is not a parameter", field=f"{where}.{name}")
        values: dict[str, Any] = {}
        for name, field in known.items():
            if name not in table:
                if field.default is not MISSING:
                    continue
                raise NetworkInvalid(f"{where}.{name} is missing", field=f"{where}.{name}")
            read = _SECTIONS.get(name) or (_flag if field.type == "bool" else _number)
            values[name] = read(table[name], f"{where}.{name}")
        return cls(**values)

    def to_map(self) -> dict[str, Any]:
        """The map whose digest headers pin."""
        out: dict[str, Any] = {}
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            out[field.name] = value.to_map() if isinstance(value, _Section) else value
        return out


def _number(value: Any, where: str) -> int:
    if type(value) is int and 0 <= value < SUPPLY_LIMIT:
        return value
    raise NetworkInvalid(f"{where} must be a whole number below 2^63", field=where)


def _flag(value: Any, where: str) -> bool:
    if type(value) is bool:
        return value
    raise NetworkInvalid(f"{where} must be true or false", field=where)


def _work(value: Any, where: str) -> int:
    """Work outgrows the numbers of a file, so it may be written as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 77:
        return int(value)
    return _number(value, where)


@dataclass(frozen=True)
class SubsidySplit(_Section):
    """Who gets which part of the subsidy; the remainder is the producer's."""

    producer_ppm: int
    shares_ppm: int
    aicf_ppm: int
    treasury_ppm: int


@dataclass(frozen=True)
class BaseFeeSplit(_Section):
    """Who gets which part of the base fees; the remainder is burnt."""

    burn_ppm: int
    treasury_ppm: int
    aicf_ppm: int


@dataclass(frozen=True)
class TipSplit(_Section):
    """Who gets which part of the tips; the remainder is the producer's."""

    producer_ppm: int
    aicf_ppm: int


@dataclass(frozen=True)
class Params(_Section):
    """Everything in ``policy.params``. Fees and subsidies in nANM, scores in micro-nats."""

    target_interval_ms: int
    theta_start_unat: int
    theta_min_unat: int
    theta_max_unat: int
    retarget: bool
    retarget_tau_ms: int
    retarget_step_unat: int
    gas_limit: int
    block_bytes: int
    base_fee_floor: int
    blob_fee_floor: int
    da_k_max: int
    epoch_blocks: int
    subsidy_start: int
    subsidy_era_blocks: int
    subsidy_decay_ppm: int
    subsidy_tail: int
    subsidy_split: SubsidySplit
    base_fee_split: BaseFeeSplit
    tip_split: TipSplit

    @property
    def block_items(self) -> int:
        """CBOR items that a block may have at most: more than its gas could pay for."""
        return BLOCK_ITEMS_BASE + self.gas_limit // GAS_PER_BLOCK_ITEM

    @property
    def blob_bytes_limit(self) -> int:
        """Bytes of blob shares that one block may carry: a full square of 512-byte shares."""
        return 512 * self.da_k_max * self.da_k_max


@dataclass(frozen=True)
class WorkPolicy(_Section):
    """What one type of useful work may bring, and how its α follows its target share.

    Scores in micro-nats, factors and shares in ppm. ``price0`` is what must be burnt, in nANM, for
    ``unit0`` units to be credited.
    """

    weight_ppm: int
    cap_unat: int
    unit0: int
    price0: int
    alpha_start_ppm: int
    alpha_min_ppm: int
    alpha_max_ppm: int
    alpha_step_ppm: int
    alpha_share_ppm: int


@dataclass(frozen=True)
class Poies(_Section):
    """How much score useful work may bring, and the rules of hash shares.

    Scores in micro-nats, factors in ppm, windows in blocks. Names of work are the fields that
    hold a ``WorkPolicy``.
    """

    gamma_unat: int
    diversity_ppm: int
    storage_ref_unat: int
    credit_window_blocks: int
    shares_per_block: int
    share_offset_start_unat: int
    share_offset_min_unat: int
    share_offset_max_unat: int
    share_offset_step_unat: int
    ai: WorkPolicy
    quantum: WorkPolicy
    storage: WorkPolicy

    def work(self, name: str) -> WorkPolicy:
        """The policy of a type of useful work, by its name."""
        policy: WorkPolicy = getattr(self, name)
        return policy


@dataclass(frozen=True)
class ParamSet:
    """The parameters of the heights from ``first`` on, until the next set begins."""

    name: str
    first: int
    params: Params
    poies: Poies


@dataclass(frozen=True)
class Local(_Section):
    """What each node decides for itself; not part of consensus."""

    max_reorg_blocks: int
    paced: bool
    minimum_work: int = 0
    """Chains of less total work are not downloaded from peers; 0: any chain will do."""


@dataclass(frozen=True)
class Genesis:
    """Time (ms) and first balances (address of 34 bytes, nANM), in file order."""

    time_ms: int
    allocations: tuple[tuple[bytes, int], ...]


_SECTIONS: dict[str, Any] = {
    "subsidy_split": SubsidySplit.read,
    "base_fee_split": BaseFeeSplit.read,
    "tip_split": TipSplit.read,
    "ai": WorkPolicy.read,
    "quantum": WorkPolicy.read,
    "storage": WorkPolicy.read,
    "minimum_work": _work,
}


@dataclass(frozen=True)
class Network:
    """A network as its file states it.

    ``sets`` are the parameter sets in order, the first from height 0. ``alg_from`` maps algorithm
    ids, ``proofs_from`` types of proofs, each to the first height at which it counts.
    """

    name: str
    chain: int
    genesis: Genesis
    sets: tuple[ParamSet, ...]
    alg_from: tuple[tuple[int, int], ...]
    proofs_from: tuple[tuple[int, int], ...]
    local: Local

    def at(self, height: int) -> ParamSet:
        """The parameter set of a block at ``height``."""
        for found in reversed(self.sets):
            if height >= found.first:
                return found
        raise ValueError("heights start at 0")

    def pins_at(self, height: int) -> PolicyPins:
        """The digests that the header of a block at ``height`` carries."""
        return self.pins[self.sets.index(self.at(height))]

    @cached_property
    def pins(self) -> tuple[PolicyPins, ...]:
        """The digests of each parameter set, in order."""
        zk = policy_digest(tags.POLICY_ZK, {})
        ends = (*(one.first for one in self.sets[1:]), SUPPLY_LIMIT)
        return tuple(
            PolicyPins(
                poies=policy_digest(
                    tags.POLICY_POIES,
                    {**one.poies.to_map(), "types": _begun("type", self.proofs_from, end)},
                ),
                alg=policy_digest(tags.POLICY_ALG, {"algs": _begun("alg", self.alg_from, end)}),
                zk=zk,
                params=policy_digest(tags.POLICY_PARAMS, one.params.to_map()),
            )
            for one, end in zip(self.sets, ends, strict=True)
        )

    @cached_property
    def block_bytes_most(self) -> int:
        """The size limit of a block whose height is not known yet, in bytes."""
        return max(one.params.block_bytes for one in self.sets)

    @cached_property
    def block_items_most(self) -> int:
        """Likewise the most CBOR items."""
        return max(one.params.block_items for one in self.sets)

    def signs_at(self, alg: int, height: int) -> bool:
        """Whether algorithm ``alg`` may sign transactions of a block at ``height``."""
        return any(alg == known and height >= first for known, first in self.alg_from)

    def proves_at(self, kind: int, height: int) -> bool:
        """Whether a block at ``height`` may hold proofs of type ``kind``."""
        return any(kind == known and height >= first for known, first in self.proofs_from)


def _begun(key: str, rows: tuple[tuple[int, int], ...], end: int) -> list[dict[str, int]]:
    """What begins below ``end``, where the next set does: what comes with an upgrade is pinned
    from there on, so that planning one changes nothing that came before, nor genesis.
    """
    return [{key: id, "from": height} for id, height in rows if height < end]


def policy_digest(tag: Tag, policy: Mapping[str, Any]) -> bytes:
    """T(tag, CBOR(policy)), 32 bytes; an inactive policy is the empty map."""
    return tagged(tag, cbor.encode(dict(policy)))


def require(holds: bool, field: str, problem: str) -> None:
    """Raise ``NetworkInvalid`` about an entry unless it ``holds``."""
    if not holds:
        raise NetworkInvalid(f"{field} {problem}", field=field)
