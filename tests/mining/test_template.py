"""Templates: what the importer takes, within every budget, without the transactions that break."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consensus.errors import ProofsMany
from consensus.rules import seal, shares
from core.errors import AnimicaError
from core.network import Network
from core.proof import SHARE, Envelope
from core.tx import SignedTx, Witness
from execution import accounts
from mining import template
from mining.nonces import search_range
from mining.template import Base, Template, Wishes
from tests.mining.conftest import RICH, World, key, make_world
from tests.support import changed


def base_of(world: World) -> Base:
    ancestry = world.chain.ancestry()
    return Base(
        network=world.network,
        parent=ancestry.parent,
        grandparent=ancestry.grandparent,
        reader=world.chain,
        stage=lambda changes: world.chain.stage_state(changes).root,
        lineage=world.chain,
    )


def build(world: World, txs: list[SignedTx], *, most: int | None = None, **wishes) -> Template:
    chosen = {"coinbase": world.coinbase, "extra": b"", "time_ms": world.clock.ms, **wishes}
    return template.build(base_of(world), Wishes(**chosen, most=most), txs)


def mine(world: World, made: Template) -> None:
    nonce = search_range(made.seal_prefix, 0, 10_000, made.threshold)
    assert nonce is not None
    world.chain.import_block(made.sealed(nonce).raw, source="miner")
    world.clock.ms += 1_000


def ids(txs) -> list[bytes]:
    return [tx.txid for tx in txs]


def refusals(made: Template) -> dict[bytes, str]:
    return {skipped.tx.txid: skipped.refusal.code for skipped in made.skipped}


def with_params(world: World, **params: Any) -> World:
    network: Network = world.network
    return make_world(changed(network, **params))


def test_an_empty_template_imports(world):
    for height in range(1, 5):
        made = build(world, [])
        assert made.block.txs == ()
        assert made.skipped == ()
        mine(world, made)
        assert world.chain.head().height == height
    subsidy = world.network.at(0).params.subsidy_start * 4
    paid = world.chain.account(world.coinbase).balance
    # 600,000 ppm is the producer's, 200,000 go to shares, of which there are none.
    assert paid == subsidy * 600_000 // 1_000_000


def test_transfers_run_in_the_given_order_and_the_block_imports(world):
    txs = [world.transfer(1, 0), world.transfer(0, 0), world.transfer(0, 1, max_tip=3)]
    made = build(world, txs, extra=b"hello")
    assert ids(made.block.txs) == ids(txs)
    assert made.skipped == ()
    assert made.block.header.extra == b"hello"
    assert made.block.header.time == world.clock.ms
    mine(world, made)
    header = world.chain.head().header
    assert header.gas_used > 0
    assert world.chain.account(world.keys[0].address).nonce == 2
    # Sender 1 paid itself; what it is short of is what its gas cost at base fee 1 and tip 1.
    gas = len(txs[0].unsigned.encoded) + 3_400 + 1_952
    assert world.chain.account(world.keys[1].address).balance == RICH + 10 - 2 * (9_000 + 10 * gas)


def test_a_sealed_template_passes_the_seal_check_and_a_wrong_nonce_does_not(world):
    made = build(world, [])
    hits = 0
    for nonce in range(200):
        header = made.sealed(nonce).header
        if search_range(made.seal_prefix, nonce, 1, made.threshold) is None:
            with pytest.raises(AnimicaError) as caught:
                seal.check_seal(header)
            assert caught.value.code == "block.seal"
        else:
            seal.check_seal(header)
            hits += 1
    assert 5 < hits < 80  # one in e^2
    assert made.sealed(258).header.nonce == b"\x02\x01" + bytes(6)


def test_broken_transactions_are_left_out_and_named(world):
    good = world.transfer(0, 0)
    wrong_chain = world.transfer(1, 0, chain=1)
    unknown = world.transfer(1, 0, kind="mint")
    to_contract = world.transfer(1, 0, body={"to": accounts.TREASURY, "value": 1})
    expired = world.transfer(1, 0, until=0)
    poor = world.transfer(1, 0, body={"to": world.coinbase, "value": RICH})
    cheap_gas = world.transfer(1, 0, gas=20_000)
    greedy_tip = world.transfer(1, 0, max_fee=2, max_tip=3)
    bare = world.transfer(1, 0)
    keyless = bare.with_key(None)
    stranger = SignedTx(world.transfer(2, 0).unsigned, bare.witness)
    other_alg = SignedTx(
        world.transfer(2, 0, gas=210_000).unsigned, Witness(0x1002, bytes(7856), bytes(32))
    )
    pairs = [
        (wrong_chain, "tx.wrong_chain"),
        (unknown, "tx.kind_unknown"),
        (to_contract, "tx.recipient"),
        (expired, "tx.expired"),
        (poor, "tx.insufficient_funds"),
        (cheap_gas, "tx.gas_below_intrinsic"),
        (greedy_tip, "tx.tip_above_fee"),
        (keyless, "tx.key_missing"),
        (stranger, "tx.key_mismatch"),
        (other_alg, "tx.key_mismatch"),
    ]
    made = build(world, [*(tx for tx, _ in pairs), good])
    assert refusals(made) == {tx.txid: code for tx, code in pairs}
    assert ids(made.block.txs) == [good.txid]
    mine(world, made)


def test_an_old_nonce_is_named_and_a_gap_is_left_for_later(world):
    mine(world, build(world, [world.transfer(0, 0)]))
    old, gap, next_one = (world.transfer(0, nonce) for nonce in (0, 3, 1))
    made = build(world, [old, gap, next_one])
    assert refusals(made) == {old.txid: "tx.nonce_low"}
    assert ids(made.block.txs) == [next_one.txid]
    mine(world, made)


def test_the_key_is_dropped_once_the_chain_has_it_and_asked_for_before(world):
    keep, plain = world.transfer(0, 0, keep=True), world.transfer(0, 1)
    # The key counts as stored from the next block on.
    without = world.transfer(0, 2).with_key(None)
    made = build(world, [keep, plain, without])
    assert refusals(made) == {without.txid: "tx.key_missing"}
    assert [tx.witness.pk is not None for tx in made.block.txs] == [True, True]
    mine(world, made)
    made = build(world, [world.transfer(0, 2), world.transfer(0, 3).with_key(None)])
    assert made.skipped == ()
    assert [tx.witness.pk for tx in made.block.txs] == [None, None]
    mine(world, made)


def test_a_fee_below_the_blocks_waits(world):
    world = with_params(world, base_fee_floor=9)
    cheap, fair = world.transfer(0, 0, max_fee=8), world.transfer(1, 0)
    made = build(world, [cheap, fair])
    assert made.skipped == ()
    assert ids(made.block.txs) == [fair.txid]
    mine(world, made)


def test_the_gas_limit_holds(world):
    world = with_params(world, gas_limit=150_000)
    txs = [world.transfer(0, nonce, gas=70_000) for nonce in range(3)]
    huge = world.transfer(1, 0, gas=150_001)
    made = build(world, [huge, *txs])
    # Each takes about 64,000; when two have run, 70,000 are not left: the third waits.
    assert ids(made.block.txs) == ids(txs[:2])
    assert refusals(made) == {huge.txid: "tx.gas_above_limit"}
    assert made.block.header.gas_used <= 150_000
    mine(world, made)


def test_most_bounds_the_number(world):
    txs = [world.transfer(0, nonce) for nonce in range(3)]
    poor = world.transfer(1, 0, body={"to": world.coinbase, "value": RICH})
    made = build(world, [poor, *txs], most=1)
    assert ids(made.block.txs) == ids(txs[:1])
    assert refusals(made) == {poor.txid: "tx.insufficient_funds"}
    assert build(world, txs, most=0).block.txs == ()


TXS: dict[str, list[SignedTx]] = {}


def many(world: World, count: int) -> list[SignedTx]:
    """The same transfers for every example; signing is what takes time."""
    if len(TXS.setdefault(world.network.name, [])) < count:
        TXS[world.network.name] = [world.transfer(0, nonce) for nonce in range(count)]
    return TXS[world.network.name][:count]


@given(st.integers(800, 30 * 5_600))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_byte_limit_holds_and_no_room_is_wasted(world, limit):
    txs = many(world, 30)
    made = build(with_params(world, block_bytes=limit), txs)
    size = len(made.sealed(0).raw)
    assert size <= limit
    assert made.skipped == ()
    taken = len(made.block.txs)
    assert ids(made.block.txs) == ids(txs[:taken])
    if taken < len(txs):
        following = txs[taken]
        needed = len(following.unsigned.encoded) + len(following.witness.encoded)
        # Up to 8 bytes are set aside for gasUsed; list heads may grow by a byte each.
        assert size + needed > limit - 10


def test_the_byte_limit_is_exact_at_the_border(world):
    """With the size of a block of n as the limit, n fit; where a list head grows as well."""
    txs = many(world, 26)
    for count in (1, 5, 22, 23, 24, 25, 26):
        full = build(world, txs[:count])
        widest = replace(full.block.header, gas_used=full.block.header.gas_limit)
        spare = len(widest.encoded) - len(full.block.header.encoded)
        limit = len(full.block.raw) + spare
        assert len(build(with_params(world, block_bytes=limit), txs).block.txs) == count
        assert len(build(with_params(world, block_bytes=limit - 1), txs).block.txs) == count - 1


def test_the_base_fee_follows_the_blocks_before(world):
    # Two transfers use 127,000 of 130,000: nearly full, so the fee rises by 1 (the least) a block.
    world = with_params(world, gas_limit=130_000)
    fees = []
    for nonce in range(0, 8, 2):
        mine(world, build(world, [world.transfer(0, nonce + i, gas=65_000) for i in (0, 1)]))
        fees.append(world.chain.head().header.base_fee)
    assert fees == [1, 2, 3, 4]


# ---------------------------------------------------------------- proofs


def shares_on(world: World, count: int) -> list[Envelope]:
    """Shares of templates on the head, in body order."""
    made = build(world, [], coinbase=world.keys[2].address)
    headers = (made.sealed(nonce).header for nonce in range(1_000))
    found = [shares.envelope(h) for h in headers if h.draw < made.share_threshold]
    return sorted(found[:count], key=lambda one: one.place)


def with_proofs(world: World, envelopes: list[Envelope], txs=(), **wishes) -> Template:
    chosen = {"coinbase": world.coinbase, "extra": b"", "time_ms": world.clock.ms, **wishes}
    return template.build(base_of(world), Wishes(**chosen), txs, envelopes)


def test_the_share_threshold_is_the_rules(world):
    made = build(world, [])
    offset = world.network.at(0).poies.share_offset_start_unat
    assert made.share_threshold == shares.threshold(made.block.header.theta, offset)
    assert made.share_threshold > made.threshold


def test_shares_are_included_and_paid(world):
    mine(world, build(world, []))
    before = world.chain.account(world.keys[2].address).balance
    envelopes = shares_on(world, 3)
    made = with_proofs(world, envelopes, [world.transfer(0, 0)])
    assert made.block.envelopes == tuple(envelopes)
    assert made.skipped_proofs == ()
    mine(world, made)
    # A fifth of the subsidy is for shares, in four slices here.
    slice_ = world.network.at(0).params.subsidy_start // 5 // 4
    assert world.chain.account(world.keys[2].address).balance == before + 3 * slice_


def test_proofs_that_break_a_rule_are_left_out_and_named(world):
    mine(world, build(world, []))
    good = shares_on(world, 3)
    bad = Envelope(SHARE, shares.envelope(world.chain.head().header).body, bytes(32))
    mine(world, with_proofs(world, good[2:]))
    # One of the good ones has been used meanwhile, the bad one is an ancestor.
    offered = sorted([*good, bad], key=lambda one: one.place)
    made = with_proofs(world, offered)
    assert made.block.envelopes == tuple(good[:2])
    assert {one.envelope: one.refusal.code for one in made.skipped_proofs} == {
        good[2]: "proof.replayed",
        bad: "proof.share_ancestor",
    }
    mine(world, made)


def test_room_is_left_for_proofs(world):
    """The byte limit counts receipts and envelopes."""
    mine(world, build(world, []))
    envelopes = shares_on(world, 4)
    txs = many(world, 3)
    full = with_proofs(world, envelopes, txs)
    widest = replace(full.block.header, gas_used=full.block.header.gas_limit)
    limit = len(replace(full.block, header=widest).raw)
    limited = with_params(world, block_bytes=limit)
    mine(limited, build(limited, []))
    made = with_proofs(limited, shares_on(limited, 4), many(limited, 4))
    assert len(made.block.txs) == 3
    assert len(made.block.envelopes) == 4
    assert len(made.sealed(0).raw) <= limit


def test_more_proofs_than_a_block_may_have_are_the_callers_mistake(world):
    with pytest.raises(ProofsMany):
        with_proofs(world, shares_on(world, 5))


def test_the_time_must_rise(world):
    with pytest.raises(AssertionError):
        build(world, [], time_ms=world.chain.head().header.time)
    made = build(world, [], time_ms=world.chain.head().header.time + 1)
    mine(world, made)


def test_coinbase_may_be_a_sender_or_a_recipient(world):
    txs = [world.transfer(0, 0), world.transfer(0, 1, body={"to": key(0).address, "value": 3})]
    made = build(world, txs, coinbase=world.keys[0].address)
    assert ids(made.block.txs) == ids(txs)
    mine(world, made)
