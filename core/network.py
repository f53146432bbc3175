"""One network's parameters, read from its file: consensus numbers, genesis, local policy.

Consensus never reads anything else: two nodes with one file compute one chain. The digests that
headers pin are computed here. Source: docs/spec/networks.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

from core import cbor, exact, tags
from core.errors import NodeFault
from core.hashing import Tag, tagged
from core.header import PolicyPins
from core.limits import ADDRESS_BYTES, BLOCK_ITEMS_BASE, GAS_PER_BLOCK_ITEM

PPM = 1_000_000
SUPPLY_LIMIT = 2**63


class NetworkInvalid(NodeFault):
    """A network file that contradicts itself."""

    code = "network.invalid"
    hint = "Mend the named entry of the network file; docs/spec/networks.md explains each."


class _Section:
    """A frozen dataclass of integers, booleans and sections, read from a table of a file."""

    @classmethod
    def read(cls, table: Mapping[str, Any], where: str) -> Self:
        """Read exactly this section's entries; any other is refused by name."""
        _require(isinstance(table, Mapping), where, "must be a table")
        known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
        for name in table:
            if name not in known:
                raise NetworkInvalid(f"{where}.{name} is not a parameter", field=f"{where}.{name}")
        values: dict[str, Any] = {}
        for name in known:
            if name not in table:
                raise NetworkInvalid(f"{where}.{name} is missing", field=f"{where}.{name}")
            read = _SECTIONS.get(name) or (_flag if known[name].type == "bool" else _number)
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
class Poies(_Section):
    """Everything in ``policy.poies``: how much score useful work may bring."""

    gamma_unat: int


@dataclass(frozen=True)
class Local(_Section):
    """What each node decides for itself; not part of consensus."""

    max_reorg_blocks: int
    paced: bool


@dataclass(frozen=True)
class Genesis:
    """Time (ms) and first balances (address of 34 bytes, nANM), in file order."""

    time_ms: int
    allocations: tuple[tuple[bytes, int], ...]


_SECTIONS: dict[str, Any] = {
    "subsidy_split": SubsidySplit.read,
    "base_fee_split": BaseFeeSplit.read,
    "tip_split": TipSplit.read,
}


_ENTRIES = ("name", "chain", "alg", "genesis", "params", "poies", "local")


@dataclass(frozen=True)
class Network:
    """A network as its file states it. ``alg_from`` maps algorithm ids to first heights."""

    name: str
    chain: int
    genesis: Genesis
    params: Params
    poies: Poies
    alg_from: tuple[tuple[int, int], ...]
    local: Local

    @cached_property
    def pins(self) -> PolicyPins:
        """The digests that every header of this network carries."""
        algs = [{"alg": alg, "from": height} for alg, height in self.alg_from]
        return PolicyPins(
            poies=policy_digest(tags.POLICY_POIES, self.poies.to_map()),
            alg=policy_digest(tags.POLICY_ALG, {"algs": algs}),
            zk=policy_digest(tags.POLICY_ZK, {}),
            params=policy_digest(tags.POLICY_PARAMS, self.params.to_map()),
        )

    def signs_at(self, alg: int, height: int) -> bool:
        """Whether algorithm ``alg`` may sign transactions of a block at ``height``."""
        return any(alg == known and height >= first for known, first in self.alg_from)


def policy_digest(tag: Tag, policy: Mapping[str, Any]) -> bytes:
    """T(tag, CBOR(policy)), 32 bytes; an inactive policy is the empty map."""
    return tagged(tag, cbor.encode(dict(policy)))


def read_network(table: Mapping[str, Any], allocations: tuple[tuple[bytes, int], ...]) -> Network:
    """Make a network of a parsed file.

    ``allocations`` are the file's, addresses already decoded by the caller.
    Raises ``NetworkInvalid`` naming the entry.
    """
    for name in ("name", "chain", "genesis", "params", "poies", "alg", "local"):
        _require(name in table, name, "is missing")
    network = Network(
        name=str(table["name"]),
        chain=read_number(table["chain"], "chain"),
        genesis=Genesis(_genesis_time(table["genesis"]), allocations),
        params=Params.read(table["params"], "params"),
        poies=Poies.read(table["poies"], "poies"),
        alg_from=_read_algs(table["alg"]),
        local=Local.read(table["local"], "local"),
    )
    _check(network)
    return network


def read_number(value: Any, where: str) -> int:
    """A whole number below 2^63; raises ``NetworkInvalid`` naming ``where``."""
    _require(type(value) is int and 0 <= value < SUPPLY_LIMIT, where, "must be a whole number")
    return int(value)


def _genesis_time(table: Any) -> int:
    sound = isinstance(table, Mapping) and "time_ms" in table
    _require(sound, "genesis.time_ms", "is missing")
    return read_number(table["time_ms"], "genesis.time_ms")


def _read_algs(rows: Any) -> tuple[tuple[int, int], ...]:
    sound = isinstance(rows, list) and all(
        isinstance(row, Mapping) and row.keys() == {"alg", "from"} for row in rows
    )
    _require(sound, "alg", "must be a list of {alg, from}")
    algs = tuple((read_number(r["alg"], "alg"), read_number(r["from"], "alg.from")) for r in rows)
    distinct = len({alg for alg, _ in algs}) == len(algs) > 0
    _require(distinct, "alg", "names no algorithm, or one twice")
    return algs


def _check(network: Network) -> None:
    params = network.params
    splits = {
        "subsidy_split": params.subsidy_split,
        "base_fee_split": params.base_fee_split,
        "tip_split": params.tip_split,
    }
    for name, split in splits.items():
        total = sum(split.to_map().values())
        _require(total == PPM, f"params.{name}", f"adds up to {total} ppm, not to one")
    _require(network.chain > 0, "chain", "must be positive")
    bounds = params.theta_min_unat <= params.theta_start_unat <= params.theta_max_unat
    _require(bounds, "params.theta_start_unat", "is outside theta_min_unat … theta_max_unat")
    sealable = params.theta_max_unat < exact.ZERO_TARGET_UNAT
    _require(sealable, "params.theta_max_unat", "leaves no draw that could seal a block")
    room = network.poies.gamma_unat + 1_000_000 <= params.theta_min_unat
    _require(room, "poies.gamma_unat", "plus one nat exceeds params.theta_min_unat")
    for name in ("target_interval_ms", "retarget_tau_ms", "da_k_max", "epoch_blocks"):
        _require(getattr(params, name) > 0, f"params.{name}", "must be positive")
    _require(params.gas_limit > 1, "params.gas_limit", "must be at least 2, its half is the target")
    for name in ("base_fee_floor", "blob_fee_floor"):
        _require(getattr(params, name) > 0, f"params.{name}", "must be positive")
    _require(params.subsidy_decay_ppm <= PPM, "params.subsidy_decay_ppm", "exceeds one")
    allocations = network.genesis.allocations
    for address, balance in allocations:
        sound = len(address) == ADDRESS_BYTES and 0 < balance < SUPPLY_LIMIT
        _require(sound, "genesis.allocations", "has a bad address or balance")
    distinct = len({address for address, _ in allocations}) == len(allocations)
    _require(distinct, "genesis.allocations", "names an address twice")
    supply = sum(balance for _, balance in allocations)
    _require(supply < SUPPLY_LIMIT, "genesis.allocations", "exceed 2^63 nANM together")


def _require(holds: bool, field: str, problem: str) -> None:
    if not holds:
        raise NetworkInvalid(f"{field} {problem}", field=field)
