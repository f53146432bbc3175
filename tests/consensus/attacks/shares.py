"""Hash shares without the work, out of place, too many, or paid twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from consensus.rules import header as header_rules
from consensus.rules import proofs, shares, transition
from core.header import Beacon
from pq import addresses
from tests.consensus.attacks.table import (
    ALICE,
    BUILDER,
    NETWORK,
    NEVER_USED,
    SIBLING,
    TIP,
    Scene,
    attack,
    long_line,
    of,
    off,
)
from tests.consensus.synthetic import share, share_header


@attack("block.proofs_many", off(proofs, "check_counts"))
def too_many_shares() -> Scene:
    """One more than the slices there are: it would mint beyond the subsidy."""
    many = [share(BUILDER, TIP, worker) for worker in range(20, 25)]
    return Scene(of(ALICE, TIP, *many), of(ALICE, TIP, *many[1:]))


@attack("block.proof_order", off(proofs, "check_order"))
def a_share_twice_in_a_block() -> Scene:
    """Two slices for one draw."""
    one = share(BUILDER, TIP, 20)
    return Scene(of(ALICE, TIP, one, one), of(ALICE, TIP, one))


@attack("proof.replayed", NEVER_USED)
def a_share_paid_again() -> Scene:
    """Two slices in two blocks."""
    one = share(BUILDER, TIP, 20)
    paid = BUILDER.make(TIP, envelopes=[one])
    return Scene(of(ALICE, paid, one), lambda: paid)


@attack("proof.share_ancestor", off(shares, "check_not_ancestor"))
def a_share_that_is_an_ancestor() -> Scene:
    """The producer of the last block wants a slice for it too; a stale sibling gets one."""
    return Scene(
        of(ALICE, TIP, shares.envelope(TIP.header)),
        of(ALICE, TIP, shares.envelope(SIBLING.header)),
    )


@attack("proof.share_parent", off(shares, "check_parent"), off(proofs, "check_ended"))
def a_share_too_old() -> Scene:
    """Good for the 8 blocks after its parent."""
    line, old = long_line(), share(BUILDER, TIP, 20)
    return Scene(of(ALICE, line[10], old), of(ALICE, line[9], old))


@attack("proof.share_parent", off(shares, "check_parent"), off(shares, "check_template"))
def a_share_of_another_branch() -> Scene:
    """Work on a block that this branch does not have."""
    stray, right = share(BUILDER, SIBLING, 20), share(BUILDER, TIP, 20)
    return Scene(of(ALICE, TIP, stray), of(ALICE, TIP, right), beside=(SIBLING,))


@attack("proof.share_draw", off(shares, "check_draw"))
def a_share_without_the_work() -> Scene:
    """Its draw is not low enough."""
    low = share_header(BUILDER, TIP, 20)
    offset = NETWORK.at(0).poies.share_offset_start_unat
    nonces = (number.to_bytes(8, "little") for number in range(1_000))
    high = next(
        header
        for header in map(low.sealed, nonces)
        if header.draw >= shares.threshold(header.theta, offset)
    )
    return Scene(of(ALICE, TIP, shares.envelope(high)), of(ALICE, TIP, shares.envelope(low)))


CHILD = BUILDER.draft(TIP, time=TIP.header.time + 1, coinbase=ALICE)
OTHER_BEACON = Beacon(1, b"b" * 32)
SHARE_FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    "chain": ("block.chain", {"chain": 1}),
    "pins": ("block.policy", {"policy": replace(CHILD.policy, params=bytes(32))}),
    "time of the parent": ("block.time_not_rising", {"time": TIP.header.time}),
    "time far ahead": ("block.time_ahead", {"time": TIP.header.time + 61_001}),
    "gas limit": ("block.gas_limit", {"gas_limit": CHILD.gas_limit + 1}),
    "gas used": ("block.gas_used_above_limit", {"gas_used": CHILD.gas_limit + 1}),
    "blob bytes": ("block.blob_bytes_above_limit", {"blob_bytes": 2**32}),
    "theta": ("block.theta", {"theta": CHILD.theta - 1_000_000}),
    "base fee": ("block.base_fee", {"base_fee": CHILD.base_fee + 1}),
    "blob fee": ("block.blob_fee", {"blob_fee": CHILD.blob_fee + 1}),
    "mix": ("block.mix", {"mix": b"m" * 32}),
    "coinbase": ("block.coinbase", {"coinbase": addresses.of_system("aicf")}),
    "psi": ("block.psi_above_gamma", {"psi": NETWORK.at(0).poies.gamma_unat + 1}),
}


def enter_share(name: str, code: str, rule: str, changes: dict[str, Any]) -> None:
    """An attack with a share whose header does not follow from its ancestors."""
    attack(code, off(shares, rule), name=f"share: {name}")(
        lambda: Scene(
            of(ALICE, TIP, share(BUILDER, TIP, 20, **changes)),
            of(ALICE, TIP, share(BUILDER, TIP, 20)),
        )
    )


for name, (code, changes) in SHARE_FIELDS.items():
    enter_share(name, code, "check_template", changes)
enter_share(
    "beacon",
    "block.beacon",
    "check_beacon",
    {"beacon": OTHER_BEACON, "mix": header_rules.expected_mix(TIP.header, OTHER_BEACON.out)},
)

real_pay_shares = transition._pay_shares


def all_slices(view: Any, env: Any, rules: Any, tally: Any, part: int) -> int:
    """Pays what no share claimed to the producer."""
    paid = real_pay_shares(view, env, rules, tally, part)
    transition._credit(view, tally, env.coinbase, part - paid, "share")
    return part


@attack("block.receipts_root", (transition, "_pay_shares", all_slices))
def unclaimed_slices_for_the_producer() -> Scene:
    """Leaving shares out would pay."""
    return Scene(of(ALICE, TIP), of(ALICE, TIP, share(BUILDER, TIP, 20)))
