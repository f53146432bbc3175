"""Every refusal of a submission by its code, and what admission must not be fooled by."""

from __future__ import annotations

from dataclasses import replace

import cbor2
import pytest
from django.db import OperationalError

from core.errors import Refused
from core.network import ParamSet
from core.tx import SignedTx, Witness
from mempool.events import TxAdded
from mempool.rules.limits import PoolLimits
from mempool.values import Admission
from pq import addresses, signing
from tests.mempool.world import BASE_FEE, GAS_WITH_PK, RICH, World, key, network, sign, unsigned


def refusal(world: World, raw: bytes) -> Refused:
    before = (world.held(), len(world.news))
    with pytest.raises(Refused) as caught:
        world.pool.submit(raw)
    assert (world.held(), len(world.news)) == before
    return caught.value


def code(world: World, raw: bytes) -> str:
    return refusal(world, raw).code


def other_sender(tx: SignedTx, owner) -> SignedTx:
    return SignedTx(tx.unsigned, replace(tx.witness, pk=owner.public_key))


def test_a_valid_transaction_is_ready_and_announced(world):
    tx = world.tx()
    admission = world.pool.submit(tx.raw)
    assert (admission.txid, admission.state) == (tx.txid, "ready")
    assert world.news == [TxAdded(tx, "ready")]
    pooled = world.pool.get(tx.txid)
    assert pooled.tx == tx
    assert (pooled.tip, pooled.reason) == (10, None)


# ------------------------------------------------------------- one fault each

BODY = unsigned(key(0)).body
FAULTS = {
    "tx.wrong_chain": {"chain": 1},
    "tx.kind_unknown": {"kind": "mint"},
    "tx.recipient": {"body": {**BODY, "to": addresses.of_system("treasury")}},
    "field.missing": {"body": {"to": BODY["to"]}},
    "tx.blob_fee_unused": {"max_blob_fee": 1},
    "tx.expired": {"until": 0},
    "tx.fee_below_base": {"max_fee": BASE_FEE - 1},
    "tx.tip_above_fee": {"max_tip": 1_001},
    "tx.gas_below_intrinsic": {"gas": 20_000},
    "tx.gas_above_limit": {"gas": network().at(0).params.gas_limit + 1, "max_fee": 200},
    "tx.insufficient_funds": {"body": {**BODY, "value": RICH}},
}


@pytest.mark.parametrize("expected", FAULTS)
def test_each_fault_has_its_code(world, expected):
    assert code(world, world.tx(**FAULTS[expected]).raw) == expected


@pytest.mark.parametrize("changes", [{"until": 1}, {"max_fee": BASE_FEE}, {"max_tip": 1_000}])
def test_the_edge_of_each_rule_is_inside(world, changes):
    world.submit(**changes)


def test_bytes_that_are_no_transaction(world):
    raw = world.tx().raw
    assert code(world, b"") == "cbor.malformed"
    assert code(world, raw + b"\x00") == "cbor.trailing"
    assert code(world, cbor2.dumps([1, 2])) == "field.type"
    assert code(world, cbor2.dumps([1])) == "tx.form"
    assert code(world, bytes(128 * 1024 + 1)) == "cbor.too_large"


def test_nonce_below_the_account(world):
    world.state.set_account(key(0).address, 5, RICH)
    assert code(world, world.tx(nonce=4).raw) == "tx.nonce_low"


def test_a_key_that_neither_chain_nor_witness_has(world):
    assert code(world, world.tx(pk=False).raw) == "tx.key_missing"


def test_a_key_of_somebody_else(world):
    assert code(world, other_sender(world.tx(), key(1)).raw) == "tx.key_mismatch"


def test_another_algorithm_than_the_senders(world):
    tx = world.tx()
    swapped = SignedTx(tx.unsigned, Witness(0x1002, tx.witness.sig, tx.witness.pk))
    assert code(world, swapped.raw) == "tx.key_mismatch"


def test_an_algorithm_that_may_not_sign(world):
    tx = world.tx()
    swapped = SignedTx(tx.unsigned, Witness(0x2001, tx.witness.sig, tx.witness.pk))
    assert code(world, swapped.raw) == "tx.alg_not_allowed"


def test_a_signature_over_something_else(world):
    tx = world.tx()
    forged = SignedTx(tx.unsigned, world.tx(nonce=1).witness)
    assert code(world, forged.raw) == "tx.signature"


def test_of_two_faults_the_earlier_rule_gives_the_code(world):
    """Every pair of neighbours in the protocol's order."""
    world.state.set_account(key(0).address, 5, RICH)
    forged = world.tx(nonce=5).witness
    chain = {"chain": 1}
    assert code(world, world.tx(kind="mint", **chain).raw) == "tx.wrong_chain"
    assert code(world, world.tx(kind="mint", until=0).raw) == "tx.kind_unknown"
    expired = world.tx(until=0)
    unsigned_alg = SignedTx(expired.unsigned, Witness(0x2001, expired.witness.sig))
    assert code(world, unsigned_alg.raw) == "tx.expired"
    no_key = SignedTx(world.tx().unsigned, Witness(0x2001, b""))
    assert code(world, no_key.raw) == "tx.alg_not_allowed"
    assert code(world, other_sender(world.tx(nonce=4), key(1)).raw) == "tx.key_mismatch"
    low = world.tx(nonce=4)
    assert code(world, SignedTx(low.unsigned, forged).raw) == "tx.signature"
    assert code(world, world.tx(nonce=4, max_fee=1).raw) == "tx.nonce_low"
    assert code(world, world.tx(nonce=5, max_fee=1, gas=1).raw) == "tx.fee_below_base"
    body = {**BODY, "value": RICH}
    assert code(world, world.tx(nonce=5, gas=1, body=body).raw) == "tx.gas_below_intrinsic"


# ------------------------------------------------------------- the pool's own


def test_the_same_transaction_twice(world):
    raw = world.tx().raw
    world.pool.submit(raw)
    asked = world.witnesses.asked
    assert code(world, raw) == "pool.duplicate"
    assert world.witnesses.asked == asked


def test_another_witness_does_not_displace_the_pooled_transaction(world):
    first = world.tx()
    second = SignedTx(first.unsigned, sign(key(0), first.unsigned).witness)
    assert second.raw != first.raw  # signing is hedged
    world.pool.submit(first.raw)
    assert code(world, second.raw) == "pool.duplicate"
    forged = SignedTx(first.unsigned, world.tx(nonce=1).witness)
    assert code(world, forged.raw) == "pool.duplicate"
    assert world.pool.get(first.txid).tx == first


def test_a_bad_witness_never_condemns_the_id(world):
    good = world.tx()
    forged = SignedTx(good.unsigned, world.tx(nonce=1).witness)
    for _ in range(2):
        assert code(world, forged.raw) == "tx.signature"
    assert world.witnesses.asked == 1  # the second time it was remembered
    assert world.pool.submit(good.raw).state == "ready"


def test_refusals_that_may_pass_are_not_remembered(world):
    tx = world.tx(number=20)
    assert code(world, tx.raw) == "tx.insufficient_funds"
    world.state.set_account(key(20).address, 0, RICH)
    world.mine()
    assert world.pool.submit(tx.raw).state == "ready"


def test_this_nodes_minimum_fee():
    world = World(PoolLimits(min_fee=500))
    assert code(world, world.tx(max_fee=499).raw) == "pool.fee_below_minimum"
    assert world.witnesses.asked == 0
    assert code(world, world.tx(max_fee=BASE_FEE - 1).raw) == "tx.fee_below_base"
    world.submit(max_fee=500)


def test_the_default_minimum_is_the_networks_floor_at_the_next_block():
    first = network().at(0)
    params = [replace(first.params, base_fee_floor=floor) for floor in (500, 1)]
    sets = (replace(first, params=params[0]), ParamSet("cheaper", 3, params[1], first.poies))
    world = World(net=replace(network(), sets=sets))
    for _ in range(2):
        assert world.pool.stats().min_fee == 500
        assert code(world, world.tx(max_fee=499).raw) == "tx.fee_below_base"
        world.mine()
    assert world.pool.stats().min_fee == 1
    world.submit(max_fee=499)


def test_where_the_database_fails_in_a_batch_who_is_in_is_told_so(world):
    first, second, third = (world.tx(number) for number in range(3))
    check, read = world.witnesses.check_one, world.state.get_many

    def check_one(signed):
        check(signed)
        if signed[0].txid == second.txid:
            world.mine()  # so its sender's account has to be read again
            world.state.get_many = fail

    def fail(records):
        raise OperationalError("gone")

    world.witnesses.check_one = check_one
    outcomes = world.pool.submit_many([first.raw, second.raw, third.raw])
    assert outcomes[0] == Admission(first.txid, "ready")
    assert [type(fault) for fault in outcomes[1:]] == [OperationalError] * 2
    assert [type(news) for news in world.news] == [TxAdded]
    with pytest.raises(OperationalError):
        world.pool.submit_many([second.raw, third.raw])
    world.state.get_many = read
    assert world.held() == {first.txid: "ready"}
    assert world.pool.submit(third.raw).state == "ready"


@pytest.mark.parametrize(
    ("max_fee", "max_tip", "field"),
    [(1_099, 11, "tx.maxFee"), (1_100, 10, "tx.maxTip"), (2_000, 10, "tx.maxTip")],
)
def test_a_replacement_pays_a_tenth_more_in_both(world, max_fee, max_tip, field):
    old = world.submit()
    refused = refusal(world, world.tx(max_fee=max_fee, max_tip=max_tip).raw)
    assert (refused.code, refused.facts["field"]) == ("pool.replacement_underpriced", field)
    better = world.submit(max_fee=1_100, max_tip=11)
    assert world.held() == {better: "ready"}
    assert world.drops() == {old: "pool.replaced"}
    assert world.pool.dropped(old).code == "pool.replaced"


def test_held_transactions_have_a_bound(world):
    for nonce in range(1, 17):
        world.submit(nonce=nonce)
    assert code(world, world.tx(nonce=17).raw) == "pool.held_limit"
    assert set(world.held().values()) == {"held"}
    world.submit(nonce=0)
    assert list(world.held().values()) == ["ready"] * 17
    assert world.submit(nonce=17)


def test_a_sender_has_a_bound():
    world = World(PoolLimits(per_sender=3))
    for nonce in range(3):
        world.submit(nonce=nonce)
    assert code(world, world.tx(nonce=3).raw) == "pool.sender_limit"
    world.submit(number=1)


def test_ready_transactions_are_funded_together(world):
    cost = GAS_WITH_PK * 1_000 + 1
    world.state.set_account(key(0).address, 0, 2 * cost)
    world.submit(nonce=0)
    world.submit(nonce=1)
    assert code(world, world.tx(nonce=2).raw) == "tx.insufficient_funds"
    dearer = world.tx(nonce=1, max_fee=1_200, max_tip=20)
    assert code(world, dearer.raw) == "tx.insufficient_funds"


def test_promotion_drops_what_the_balance_no_longer_covers(world):
    cost = GAS_WITH_PK * 1_000 + 1
    world.state.set_account(key(0).address, 0, 2 * cost)
    waiting = [world.submit(nonce=nonce) for nonce in (1, 2, 3)]
    first = world.submit(nonce=0)
    assert world.held() == {first: "ready", waiting[0]: "ready", waiting[2]: "held"}
    assert world.drops() == {waiting[1]: "tx.insufficient_funds"}


# ------------------------------------------------------------- keys


def test_a_superfluous_key_is_dropped_and_not_paid_for(world):
    world.state.store_key(key(0))
    tx = world.tx(gas=GAS_WITH_PK - 25_000)
    world.pool.submit(tx.raw)
    assert world.pool.get(tx.txid).tx == tx.with_key(None)
    assert code(world, world.tx(1, gas=GAS_WITH_PK - 25_000).raw) == "tx.gas_below_intrinsic"


def test_a_stored_key_need_not_be_sent(world):
    world.state.store_key(key(0))
    tx = world.tx(pk=False)
    world.pool.submit(tx.raw)
    assert world.pool.get(tx.txid).tx == tx


def test_slh_dsa_signs_as_well(world):
    owner = signing.generate_slh()
    world.state.set_account(owner.address, 0, RICH)
    tx = sign(owner, unsigned(owner, gas=100_000))
    assert world.pool.submit(tx.raw).state == "ready"


def test_accounts_are_read_once_per_head(world):
    world.submit(nonce=0)
    reads = world.state.reads
    world.submit(nonce=1)
    assert world.pool.next_nonce(key(0).address) == 2
    assert world.state.reads == reads


def test_a_bad_signature_that_comes_twice_in_a_batch_is_verified_once(world):
    forged = SignedTx(world.tx().unsigned, world.tx(nonce=1).witness).raw
    again = bytes(bytearray(forged))  # the same bytes, another object
    outcomes = world.pool.submit_many([forged, again, forged])
    assert [refusal.code for refusal in outcomes] == ["tx.signature"] * 3
    assert world.witnesses.asked == 1
