"""What a header must satisfy, given only headers before it and the time.

One function a rule, named after it; ``check_header`` runs them in the protocol's order.
Source: docs/spec/blocks.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from consensus import errors
from consensus.rules.fees import next_base_fee, next_blob_fee
from consensus.rules.retarget import next_theta, within_bounds
from consensus.rules.seal import check_psi
from core import tags
from core.hashing import tagged
from core.header import VERSION, Header, PolicyPins
from core.limits import CLOCK_AHEAD_MS, CLOCK_WAIT_MS
from core.network import Network
from pq import addresses


@dataclass(frozen=True)
class Ancestry:
    """The headers a new block is judged by. ``grandparent`` is None when the parent is genesis."""

    parent: Header
    grandparent: Header | None


def expected_theta(ancestry: Ancestry, network: Network) -> int:
    """Θ of the next block (micro-nats): block 1 takes genesis's, then the retarget rule."""
    parent = ancestry.parent
    params = network.at(parent.height + 1).params
    if ancestry.grandparent is None:
        return within_bounds(parent.theta, params)
    return next_theta(parent.theta, parent.time - ancestry.grandparent.time, params)


def expected_mix(parent: Header, beacon_out: bytes) -> bytes:
    """T("animica/mix/v1", parent.mix || parent.hash || beacon.out)."""
    return tagged(tags.MIX, parent.mix + parent.hash + beacon_out)


def check_header(header: Header, ancestry: Ancestry, network: Network, now_ms: int) -> bool:
    """Every rule on headers but the seal; raises the first that fails.

    Returns whether the block is early: right in all else, but to be held until its time comes.
    """
    parent = ancestry.parent
    check_place(header, parent, network)
    early = check_time(header, parent, now_ms)
    check_limits(header, network)
    check_schedule(header, ancestry, network)
    check_coinbase(header)
    check_psi(header, network)
    return early


def check_place(header: Header, parent: Header, network: Network) -> None:
    """Height, chain and policy pins."""
    if header.height != parent.height + 1:
        raise errors.HeightWrong(
            f"header.height is {header.height}, the parent's {parent.height}",
            field="header.height",
            required=parent.height + 1,
        )
    check_network(header, network)


def check_network(header: Header, network: Network) -> None:
    """Chain and policy pins: the rules that need no parent."""
    if header.chain != network.chain:
        raise errors.ChainWrong(
            f"header.chain is {header.chain}, this network is {network.chain}",
            field="header.chain",
            required=network.chain,
        )
    wanted = network.pins_at(header.height)
    if header.policy != wanted:
        raise _policy_wrong(header, wanted, network)


def _policy_wrong(header: Header, wanted: PolicyPins, network: Network) -> errors.PolicyWrong:
    """Which pin differs, and as far as this node can tell, which side is older."""
    found = header.policy.to_map()
    name = next(name for name, pin in wanted.to_map().items() if found[name] != pin)
    height = header.height
    known = [
        one.name
        for one, pins in zip(network.sets, network.pins, strict=True)
        if pins == header.policy
    ]
    own = network.at(height).name
    if not known:
        side = "no parameter set of this node has it: if others accept it, this node is older"
    elif network.at(height).first > _first(network, known[0]):
        side = f"it is that of {known[0]}, which {own} replaces: the sender is older"
    else:
        side = f"it is that of {known[0]}, which begins later: the sender is ahead of its time"
    return errors.PolicyWrong(
        f"header.policy.{name} is not that of {own}, which rules at height {height}; {side}",
        field=f"header.policy.{name}",
        required="0x" + getattr(wanted, name).hex(),
    )


def _first(network: Network, name: str) -> int:
    return next(one.first for one in network.sets if one.name == name)


def check_time(header: Header, parent: Header, now_ms: int) -> bool:
    """After the parent and not too far ahead; returns whether the block must wait."""
    if header.time <= parent.time:
        raise errors.TimeNotRising(
            f"header.time is {header.time}, the parent's {parent.time}", field="header.time"
        )
    ahead = header.time - now_ms
    if ahead > CLOCK_WAIT_MS:
        raise errors.TimeAhead(f"header.time is {ahead} ms ahead", field="header.time")
    return ahead > CLOCK_AHEAD_MS


def check_limits(header: Header, network: Network) -> None:
    """Version, gas limit, and what a block may use at most."""
    if header.v != VERSION:
        raise errors.VersionWrong(f"header.v is {header.v}", field="header.v", required=VERSION)
    params = network.at(header.height).params
    if header.gas_limit != params.gas_limit:
        raise errors.GasLimitWrong(
            f"header.gasLimit is {header.gas_limit}",
            field="header.gasLimit",
            required=params.gas_limit,
        )
    if header.gas_used > header.gas_limit:
        raise errors.GasUsedAboveLimit(
            f"header.gasUsed is {header.gas_used}", field="header.gasUsed", most=header.gas_limit
        )
    if header.blob_bytes > params.blob_bytes_limit:
        raise errors.BlobBytesAboveLimit(
            f"header.blobBytes is {header.blob_bytes}",
            field="header.blobBytes",
            most=params.blob_bytes_limit,
        )


def check_schedule(header: Header, ancestry: Ancestry, network: Network) -> None:
    """Θ, both fees and the mix follow from the ancestors alone."""
    parent = ancestry.parent
    theta = expected_theta(ancestry, network)
    if header.theta != theta:
        raise errors.ThetaWrong(
            f"header.theta is {header.theta}", field="header.theta", required=theta
        )
    params = network.at(header.height).params
    base_fee = next_base_fee(parent, params)
    if header.base_fee != base_fee:
        raise errors.BaseFeeWrong(
            f"header.baseFee is {header.base_fee}", field="header.baseFee", required=base_fee
        )
    blob_fee = next_blob_fee(parent, params)
    if header.blob_fee != blob_fee:
        raise errors.BlobFeeWrong(
            f"header.blobFee is {header.blob_fee}", field="header.blobFee", required=blob_fee
        )
    if header.mix != expected_mix(parent, header.beacon.out):
        raise errors.MixWrong("header.mix does not follow from the parent", field="header.mix")


def check_coinbase(header: Header) -> None:
    """The producer is paid at an address that a key controls."""
    if not addresses.is_key_address(header.coinbase):
        raise errors.CoinbaseWrong(
            "header.coinbase is not the address of a key", field="header.coinbase"
        )
