"""Ways to cheat with proofs, each as a block that follows every rule but the one it attacks.

An ``Attack`` names the refusal, and the rules that stand in its way. Its block is made while those
rules are weakened, so nothing else in it is wrong: it is refused by them and by nothing else.
Beside it stands the honest block that comes nearest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import pytest

from consensus.rules import credit, nullifiers, pipeline, poies, proofs, shares, transition
from consensus.rules import header as header_rules
from core.header import Beacon
from core.network import Network
from core.proof import AI, QUANTUM, STORAGE, Envelope, ProofReceipt
from pq import addresses
from tests.consensus.synthetic import VERIFIERS, Job, envelope, share, share_header, working_network
from tests.support import ChainBuilder, Made, key, reseal

NETWORK = working_network()
BUILDER = ChainBuilder(NETWORK, VERIFIERS)
LATE_START = 5
LATE = working_network({AI: LATE_START})
"""A network on which work of AI counts from that height on."""

ALICE, BOB = key(1).address, key(2).address
LINE = BUILDER.grow(BUILDER.genesis, 3)
TIP = LINE[-1]
SIBLING = BUILDER.make(LINE[1], extra=b"sibling")
"""A block beside ``TIP``, on the same parent."""


@dataclass(frozen=True)
class Scene:
    """The two blocks, to be made when asked for; ``beside`` are other blocks that are around."""

    attack: Callable[[], Made]
    honest: Callable[[], Made]
    network: Network = NETWORK
    beside: tuple[Made, ...] = ()


@dataclass(frozen=True)
class Attack:
    """``weakened``: (object, name, what stands in its place) for each rule in the way."""

    name: str
    code: str
    weakened: tuple[tuple[Any, str, Any], ...]
    scene: Callable[[], Scene]

    def weaken(self, patch: pytest.MonkeyPatch) -> None:
        """Take the rules out of the way."""
        for where, name, instead in self.weakened:
            patch.setattr(where, name, instead)

    def made(self) -> Made:
        """The attacking block, made by those who have no such rule."""
        scene = self.scene()
        with pytest.MonkeyPatch.context() as patch:
            self.weaken(patch)
            return scene.attack()


ATTACKS: list[Attack] = []


def attack(code: str, *weakened: tuple[Any, str, Any], name: str = "") -> Callable[[Any], Any]:
    """Enter a function that gives the ``Scene`` into the table."""

    def enter(scene: Callable[[], Scene]) -> Callable[[], Scene]:
        ATTACKS.append(Attack(name or scene.__name__, code, weakened, scene))
        return scene

    return enter


def off(where: Any, name: str) -> tuple[Any, str, Any]:
    """A rule that refuses nothing any more."""
    return where, name, lambda *args, **kwargs: None


def true(where: Any, name: str) -> tuple[Any, str, Any]:
    """A rule that always says yes."""
    return where, name, lambda *args, **kwargs: True


def ai(**claims: Any) -> Envelope:
    """Alice's work for a job of AI."""
    return envelope(AI, Job(**{"anchor": LINE[0].hash, "beneficiary": ALICE, **claims}))


def quantum(**claims: Any) -> Envelope:
    """Alice's work for a quantum job."""
    return envelope(QUANTUM, Job(**{"anchor": LINE[0].hash, "beneficiary": ALICE, **claims}))


def of(coinbase: bytes, parent: Made, *envelopes: Envelope) -> Callable[[], Made]:
    """A block on ``parent``, once it is asked for."""
    return lambda: BUILDER.make(parent, coinbase=coinbase, envelopes=envelopes)


@lru_cache(maxsize=1)
def long_line() -> list[Made]:
    """The line, longer than anchors reach."""
    return [*LINE, *BUILDER.grow(TIP, 260)]


# ------------------------------------------------------------------ whose work, and how old


@attack("block.proof_receipt", true(credit, "is_own"))
def a_stolen_proof() -> Scene:
    """Bob takes Alice's proof from the network and claims ψ with it."""
    return Scene(of(BOB, TIP, ai()), of(ALICE, TIP, ai()))


@attack("block.proof_receipt", true(credit, "is_own"))
def a_stolen_proof_among_own_ones() -> Scene:
    """The same beside work of his own."""
    own = ai(beneficiary=BOB, provider=b"bob")
    return Scene(of(BOB, TIP, own, ai()), of(BOB, TIP, own))


@attack("proof.anchor", off(proofs, "check_anchor"))
def a_hoarded_proof() -> Scene:
    """Made 257 blocks ago; 256 is the most."""
    line = long_line()
    old = ai(anchor=line[0].hash, assigned=250)
    return Scene(of(ALICE, line[256], old), of(ALICE, line[255], old))


@attack("block.proof_receipt", true(credit, "is_in_time"))
def a_proof_credited_late() -> Scene:
    """The lease was at height 2, so height 34 is the last that credits."""
    line, late = long_line(), ai(assigned=2)
    return Scene(of(ALICE, line[33], late), of(ALICE, line[32], late))


@attack("proof.anchor", off(proofs, "check_anchor"))
def an_anchor_on_another_branch() -> Scene:
    """The work was done for a branch that is not this one."""
    stray, right = ai(anchor=SIBLING.hash), ai(anchor=TIP.hash)
    return Scene(of(ALICE, TIP, stray), of(ALICE, TIP, right), beside=(SIBLING,))


@attack("proof.anchor", off(proofs, "check_anchor"))
def an_anchor_that_nobody_knows() -> Scene:
    """No block has that hash."""
    return Scene(of(ALICE, TIP, ai(anchor=b"?" * 32)), of(ALICE, TIP, ai()))


@attack("block.proof_not_active", off(proofs, "check_active"))
def a_type_before_its_height() -> Scene:
    """Work of a type that does not count yet."""
    builder = ChainBuilder(LATE, VERIFIERS)
    line = builder.grow(builder.genesis, LATE_START - 1)
    proof = ai(anchor=builder.genesis.hash)

    def make(parent: Made) -> Made:
        return builder.make(parent, coinbase=ALICE, envelopes=[proof])

    return Scene(lambda: make(line[-2]), lambda: make(line[-1]), network=LATE)


# ------------------------------------------------------------------ work used twice

NEVER_USED = (nullifiers, "read", lambda view, nullifier: nullifiers.UNUSED)


@attack("block.proof_order", off(proofs, "check_order"))
def a_proof_twice_in_a_block() -> Scene:
    """Both read the parent's state, where the work is unused."""
    return Scene(of(ALICE, TIP, ai(), ai()), of(ALICE, TIP, ai()))


@attack("proof.replayed", NEVER_USED)
def a_proof_again_in_the_next_block() -> Scene:
    """ψ for the same work once more."""
    used = BUILDER.make(TIP, coinbase=ALICE, envelopes=[ai()])
    return Scene(of(ALICE, used, ai()), of(ALICE, used, ai(provider=b"two")))


@attack("proof.replayed", NEVER_USED)
def a_proof_claimed_twice_after_another_completed_it() -> Scene:
    """Bob completes Alice's job; she may claim ψ after that, but once."""
    completed = BUILDER.make(TIP, coinbase=BOB, envelopes=[ai()])
    claimed = BUILDER.make(completed, coinbase=ALICE, envelopes=[ai()])
    return Scene(of(ALICE, claimed, ai()), lambda: claimed)


@attack("proof.replayed", NEVER_USED)
def a_job_completed_twice() -> Scene:
    """Bob completes it again, which brings nothing and would only fill blocks."""
    completed = BUILDER.make(TIP, coinbase=BOB, envelopes=[ai()])
    return Scene(of(BOB, completed, ai()), of(ALICE, completed, ai()))


@attack("proof.ended", off(proofs, "check_ended"))
def a_proof_again_after_its_record_ended() -> Scene:
    """Its record went with block 4, the last that could use it."""
    brief = ai(until=4)
    used = BUILDER.make(TIP, coinbase=ALICE, envelopes=[brief])
    assert ("nullifier", brief.nullifier) not in used.records
    return Scene(of(ALICE, used, brief), lambda: used)


@attack("proof.nullifier", off(proofs, "check_nullifier"))
def used_work_under_another_nullifier() -> Scene:
    """The same work, as if it were new."""
    used = BUILDER.make(TIP, coinbase=ALICE, envelopes=[ai()])
    disguised = replace(ai(), nullifier=b"n" * 32)
    return Scene(of(ALICE, used, disguised), lambda: used)


# ------------------------------------------------------------------ more ψ than was paid for

real_creditable = poies.creditable_units


@attack("block.proof_receipt", (poies, "creditable_units", lambda *args: 10**9))
def units_above_the_burnt_part() -> Scene:
    """A price that burns for 1,000 units pays for no more."""
    proof = ai(burnt=10**10, units=3_000)
    return Scene(of(ALICE, TIP, proof), of(ALICE, TIP, proof))


FORGETTING = (
    poies,
    "creditable_units",
    lambda burnt, spent, type, policy: real_creditable(burnt, 0, type, policy),
)


@attack("block.proof_receipt", FORGETTING)
def a_price_used_twice_in_a_block() -> Scene:
    """Two providers of one job, whose price pays for one of them."""
    pair = [ai(burnt=10**10, units=800, provider=name) for name in (b"one", b"two")]
    return Scene(of(ALICE, TIP, *pair), of(ALICE, TIP, *pair))


@attack("block.proof_receipt", FORGETTING)
def a_price_used_up_before() -> Scene:
    """The job's record says that all has been credited."""
    proof = ai(burnt=10**10, spent=1_000)
    return Scene(of(ALICE, TIP, proof), of(ALICE, TIP, proof))


def uncapped(works: Any, alphas: Any, policy: Any) -> poies.Score:
    """The score without Γ."""
    score = real_score(works, alphas, policy)
    return replace(score, psi=score.uncapped)


real_score = poies.score


@attack("block.psi_above_gamma", (poies, "score", uncapped), off(header_rules, "check_psi"))
def psi_above_gamma() -> Scene:
    """Three types at their caps are 1.7 nats, Γ is one."""
    proof = [envelope(t, Job(TIP.hash, ALICE, units=9_000)) for t in (AI, QUANTUM, STORAGE)]
    return Scene(of(ALICE, TIP, *proof), of(ALICE, TIP, *proof))


# ------------------------------------------------------------------ lists and receipts

TWO = (ai(), quantum())


def altered(change: Callable[[tuple[ProofReceipt, ...]], tuple[ProofReceipt, ...]]) -> Made:
    """A block of two proofs whose receipts were changed, with the root that they give."""
    made = BUILDER.make(TIP, coinbase=ALICE, envelopes=TWO)
    return replace(made, block=reseal(replace(made.block, proofs=change(made.block.proofs))))


def enter_receipt(field: str, other: Callable[[Any], Any]) -> None:
    """An attack that gives a field of the first receipt another value."""

    def change(receipts: tuple[ProofReceipt, ...]) -> tuple[ProofReceipt, ...]:
        value = other(getattr(receipts[0], field))
        return (replace(receipts[0], **{field: value}), *receipts[1:])

    code = "block.body_root" if field == "envelope" else "block.proof_receipt"
    rules = off(proofs, "check_receipts"), off(pipeline, "check_envelopes")
    attack(code, *rules, name=f"receipt: {field}")(
        lambda: Scene(lambda: altered(change), of(ALICE, TIP, *TWO))
    )


for field in ("nullifier", "payee", "envelope"):
    enter_receipt(field, lambda value: value[:-1] + bytes([value[-1] ^ 1]))
for field in ("type", "psi", "units"):
    enter_receipt(field, lambda value: value + 1)
for field in ("psi", "units", "quality"):
    enter_receipt(field, lambda value: value - 1)


@attack("block.proof_receipt", off(proofs, "check_receipts"))
def psi_moved_between_receipts() -> Scene:
    """The sum is right, its division is not."""

    def move(receipts: tuple[ProofReceipt, ...]) -> tuple[ProofReceipt, ...]:
        first, second = receipts
        return replace(first, psi=first.psi + 1), replace(second, psi=second.psi - 1)

    return Scene(lambda: altered(move), of(ALICE, TIP, *TWO))


def enter_sum(change: int) -> None:
    """An attack whose header says a little more or less than its proofs bring."""

    def make() -> Made:
        made = BUILDER.make(TIP, coinbase=ALICE, envelopes=TWO)
        return replace(made, block=reseal(made.block, psi=made.header.psi + change))

    attack("block.psi", off(proofs, "check_sum"), name=f"header.psi {change:+}")(
        lambda: Scene(make, of(ALICE, TIP, *TWO))
    )


enter_sum(1)
enter_sum(-1)


@attack("block.proof_order", off(proofs, "check_order"))
def proofs_in_another_order() -> Scene:
    """Two blocks that differ in nothing else would both be right."""

    apart = (ai(until=500), quantum(until=600))  # else the list of what ends has their order too

    def turned() -> Made:
        made = BUILDER.make(TIP, coinbase=ALICE, envelopes=apart)
        block = made.block
        block = replace(block, proofs=block.proofs[::-1], envelopes=block.envelopes[::-1])
        return replace(made, block=reseal(block))

    return Scene(turned, of(ALICE, TIP, *apart))


@attack("block.proofs_many", off(proofs, "check_counts"))
def too_many_proofs() -> Scene:
    """Seventeen that are no shares."""
    many = [ai(provider=b"%d" % n) for n in range(17)]
    return Scene(of(ALICE, TIP, *many), of(ALICE, TIP, *many[1:]))


# ------------------------------------------------------------------ hash shares


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
