"""Headers: hashes, the seal, and every rule that the ancestors decide.

Chapters: blocks.md (Header), consensus.md (Seal, Work, Retarget), fees.md (Base fee).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core import cbor
from tests.model.primitives import h, merkle, owned_by_key, t, target
from tests.model.refusal import need

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


def sealed(header: Mapping[str, Any]) -> bool:
    """Whether the draw is below the target."""
    draw = int.from_bytes(h(seal_prefix(header) + header["nonce"]), "big")
    return draw < target(max(0, header["theta"] - header["psi"]))


def work_of(header: Mapping[str, Any]) -> int:
    """What a block adds to its chain."""
    return 2**256 // target(header["theta"])


def next_fee(fee: int, used: int, limit: int, floor: int) -> int:
    """The fee after a block that used so much of the limit."""
    middle = limit // 2
    if used > middle:
        return fee + max(1, fee * (used - middle) // middle // 8)
    if used < middle:
        return max(floor, fee - fee * (middle - used) // middle // 8)
    return fee


def body_roots(block: Mapping[str, Any]) -> dict[str, bytes]:
    """The roots that a body alone gives."""
    return {
        name: merkle([cbor.encode(item) for item in block[name]])
        for name in ("txs", "witnesses", "proofs")
    }


class HeaderRules:
    """What a network asks of a header; each check raises ``Broken``."""

    def __init__(self, network: Mapping[str, Any]) -> None:
        self.network, self.params = network, network["params"]
        self.policy = {
            "poies": t("animica/policy-poies/v1", cbor.encode(network["poies"])),
            "alg": t("animica/policy-alg/v1", cbor.encode({"algs": network["alg"]})),
            "zk": t("animica/policy-zk/v1", cbor.encode({})),
            "params": t("animica/policy-params/v1", cbor.encode(network["params"])),
        }

    def check_place(self, header: Mapping[str, Any]) -> None:
        """The same chain and the same rules."""
        need(header["chain"] == self.network["chain"], "block.chain")
        need(header["policy"] == self.policy, "block.policy")

    def check_limits(self, header: Mapping[str, Any]) -> None:
        """Version and what a block may use at most."""
        need(header["v"] == 1, "block.version")
        need(header["gasLimit"] == self.params["gas_limit"], "block.gas_limit")
        need(header["gasUsed"] <= header["gasLimit"], "block.gas_used_above_limit")
        need(header["blobBytes"] <= self.blob_limit, "block.blob_bytes_above_limit")

    def check_psi(self, header: Mapping[str, Any]) -> None:
        """Useful work counts up to Γ."""
        need(header["psi"] <= self.network["poies"]["gamma_unat"], "block.psi_above_gamma")

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
        need(header["theta"] >= self.params["theta_min_unat"], "block.theta")
        self.check_psi(header)
        need(sealed(header), "block.seal")

    @property
    def blob_limit(self) -> int:
        """The most blob bytes of a block."""
        limit: int = 512 * self.params["da_k_max"] ** 2
        return limit

    def base_fee_after(self, above: Mapping[str, Any]) -> int:
        """The base fee of a child."""
        floor = self.params["base_fee_floor"]
        return next_fee(above["baseFee"], above["gasUsed"], self.params["gas_limit"], floor)

    def blob_fee_after(self, above: Mapping[str, Any]) -> int:
        """The blob fee of a child."""
        floor = self.params["blob_fee_floor"]
        return next_fee(above["blobFee"], above["blobBytes"], self.blob_limit, floor)

    def theta_after(self, above: Mapping[str, Any], before: Mapping[str, Any] | None) -> int:
        """Θ of a child; block 1 has that of genesis."""
        theta: int = above["theta"]
        if before is None or not self.params["retarget"]:
            return theta
        interval = above["time"] - before["time"]
        late = (self.params["target_interval_ms"] - interval) * 10**6
        step = abs(late) // self.params["retarget_tau_ms"] * (1 if late > 0 else -1)
        most = self.params["retarget_step_unat"]
        moved = theta + max(-most, min(most, step))
        low, high = self.params["theta_min_unat"], self.params["theta_max_unat"]
        return max(low, min(high, moved))
