"""Headers: hashes, the seal, and every rule that the ancestors decide.

Chapters: blocks.md (Header), consensus.md (Seal, Work, Retarget), fees.md (Base fee).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core import cbor
from tests.model.primitives import h, merkle, owned_by_key, t, target
from tests.model.refusal import need
from tests.model.sets import ParamSet, read_sets

CLOCK_WAIT = 60_000


def header_hash(header: Mapping[str, Any]) -> bytes:
    """A block's hash."""
    return t("animica/block/v1", cbor.encode(dict(header)))


def mix_after(parent: Mapping[str, Any], beacon_out: bytes) -> bytes:
    """The mix of a child."""
    return t("animica/mix/v1", parent["mix"] + header_hash(parent) + beacon_out)


def seal_prefix(header: Mapping[str, Any]) -> bytes:
    """The 80 bytes that a nonce is hashed behind."""
    rest = {name: value for name, value in header.items() if name != "nonce"}
    return b"animica/seal/v1\x00" + t("animica/header/v1", cbor.encode(rest)) + header["mix"]


def draw_of(header: Mapping[str, Any]) -> int:
    """The number that a header with its nonce draws."""
    return int.from_bytes(h(seal_prefix(header) + header["nonce"]), "big")


def sealed(header: Mapping[str, Any]) -> bool:
    """Whether the draw is below the target."""
    return draw_of(header) < target(max(0, header["theta"] - header["psi"]))


def work_of(header: Mapping[str, Any]) -> int:
    """What a block adds to its chain."""
    return 2**256 // target(header["theta"])


def next_fee(fee: int, used: int, limit: int, floor: int) -> int:
    """The fee after a block that used so much of the limit."""
    middle = limit // 2
    if used > middle:
        fee += max(1, fee * (used - middle) // middle // 8)
    if used < middle:
        fee -= fee * (middle - used) // middle // 8
    return max(floor, fee)


def body_roots(block: Mapping[str, Any]) -> dict[str, bytes]:
    """The roots that a body alone gives."""
    return {
        name: merkle([cbor.encode(item) for item in block[name]])
        for name in ("txs", "witnesses", "proofs")
    }


class HeaderRules:
    """What a network asks of a header; each check raises ``Broken``."""

    def __init__(self, network: Mapping[str, Any]) -> None:
        self.network, self.sets = network, read_sets(network)

    def at(self, height: int) -> ParamSet:
        """The parameter set of a height."""
        return next(each for each in reversed(self.sets) if height >= each.first)

    def check_place(self, header: Mapping[str, Any]) -> None:
        """The same chain and the same rules."""
        need(header["chain"] == self.network["chain"], "block.chain")
        need(header["policy"] == self.at(header["height"]).policy, "block.policy")

    def check_limits(self, header: Mapping[str, Any]) -> None:
        """Version and what a block may use at most."""
        now = self.at(header["height"])
        need(header["v"] == 1, "block.version")
        need(header["gasLimit"] == now.params["gas_limit"], "block.gas_limit")
        need(header["gasUsed"] <= header["gasLimit"], "block.gas_used_above_limit")
        need(header["blobBytes"] <= now.blob_limit, "block.blob_bytes_above_limit")

    def check_psi(self, header: Mapping[str, Any]) -> None:
        """No more than useful work can bring."""
        need(header["psi"] <= self.most_psi(header["height"]), "block.psi_above_gamma")

    def most_psi(self, height: int) -> int:
        """Γ, or less: the caps of the types that count at a height."""
        poies = self.at(height).poies
        begun = {row["type"] for row in self.network["proof_types"] if row["from"] <= height}
        caps = {2: "ai", 3: "quantum", 4: "storage"}
        bound = sum(poies[name]["cap_unat"] for kind, name in caps.items() if kind in begun)
        most: int = min(poies["gamma_unat"], bound)
        return most

    def check(
        self,
        header: Mapping[str, Any],
        above: Mapping[str, Any],
        before: Mapping[str, Any] | None,
        now: int,
    ) -> None:
        """All rules but the seal; ``above`` is the parent's header, ``before`` its parent's."""
        need(header["height"] == above["height"] + 1, "block.height")
        self.check_place(header)
        need(header["time"] > above["time"], "block.time_not_rising")
        need(header["time"] <= now + CLOCK_WAIT, "block.time_ahead")
        self.check_limits(header)
        need(header["theta"] == self.theta_after(above, before), "block.theta")
        need(header["baseFee"] == self.base_fee_after(above), "block.base_fee")
        need(header["blobFee"] == self.blob_fee_after(above), "block.blob_fee")
        need(header["mix"] == mix_after(above, header["beacon"]["out"]), "block.mix")
        need(owned_by_key(header["coinbase"]), "block.coinbase")
        self.check_psi(header)

    def check_alone(self, header: Mapping[str, Any]) -> None:
        """What a header shows without its ancestors."""
        self.check_place(header)
        self.check_limits(header)
        least = self.at(header["height"]).params["theta_min_unat"]
        need(header["theta"] >= least, "block.theta")
        self.check_psi(header)
        need(sealed(header), "block.seal")

    def base_fee_after(self, above: Mapping[str, Any]) -> int:
        """The base fee of a child."""
        floor = self.at(above["height"] + 1).params["base_fee_floor"]
        return next_fee(above["baseFee"], above["gasUsed"], above["gasLimit"], floor)

    def blob_fee_after(self, above: Mapping[str, Any]) -> int:
        """The blob fee of a child."""
        now = self.at(above["height"] + 1)
        floor = now.params["blob_fee_floor"]
        return next_fee(above["blobFee"], above["blobBytes"], now.blob_limit, floor)

    def theta_after(self, above: Mapping[str, Any], before: Mapping[str, Any] | None) -> int:
        """Θ of a child; block 1 has that of genesis."""
        theta: int = above["theta"]
        params = self.at(above["height"] + 1).params
        if before is None or not params["retarget"]:
            return max(params["theta_min_unat"], min(params["theta_max_unat"], theta))
        interval = above["time"] - before["time"]
        late = (params["target_interval_ms"] - interval) * 10**6
        step = abs(late) // params["retarget_tau_ms"] * (1 if late > 0 else -1)
        most = params["retarget_step_unat"]
        moved = theta + max(-most, min(most, step))
        return max(params["theta_min_unat"], min(params["theta_max_unat"], moved))
