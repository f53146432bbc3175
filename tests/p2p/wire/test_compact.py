"""Blocks in short form: whole again from what waits, and never a wrong block."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.errors import RootMismatch
from core.block import Block, txs_root, witnesses_root
from core.errors import EncodingRefused
from core.header import Header
from core.tx import SignedTx, Witness
from p2p.rules import limits
from p2p.rules.wire import codec, compact
from p2p.rules.wire.compact import PartsWrong, Plan
from p2p.rules.wire.messages import Compact, GetParts, Parts
from tests.p2p.blocks import NETWORK, DictPool, small
from tests.p2p.samples import BLOCK_BYTES
from tests.support import key, transfer

SALT = b"saltsalt"


def plan(made: Compact, pool: DictPool) -> Plan:
    sent = codec.decode(codec.encode(made), block_bytes=BLOCK_BYTES)
    assert sent == made
    return Plan.of(sent, Header.decode(sent.header), pool)


def answer(block: Block, ask: GetParts | None) -> Parts:
    assert ask is not None
    sent = codec.decode(codec.encode(ask), block_bytes=BLOCK_BYTES)
    return codec.decode(codec.encode(compact.parts(block, sent)), block_bytes=BLOCK_BYTES)


def test_a_warm_pool_needs_nothing_else():
    block = small().block
    made = compact.make(block, SALT)
    assert len(codec.encode(made)) < len(block.raw) / 5
    found = plan(made, DictPool.of(block))
    assert found.missing is None
    assert found.guessed
    assert found.fetched == set()
    assert found.finish().raw == block.raw


def test_a_cold_pool_asks_for_everything():
    block = small().block
    found = plan(compact.make(block, SALT), DictPool())
    ask = found.missing
    assert ask == GetParts(block.hash, tuple(range(5)), (0, 1))
    found.fill(answer(block, ask))
    assert not found.guessed
    assert found.fetched == set(range(5))
    assert found.finish().raw == block.raw


@given(st.sets(st.integers(0, 4)), st.sets(st.integers(0, 1)), st.sets(st.integers(0, 4)))
def test_any_part_of_a_pool_and_any_prefill(here, proofs, prefill):
    block = small().block
    pool = DictPool(
        {block.txs[n].txid: block.txs[n] for n in here},
        {block.envelopes[n].digest: block.envelopes[n] for n in proofs},
    )
    found = plan(compact.make(block, SALT, prefill), pool)
    ask = found.missing
    lacking = set(range(5)) - here - prefill
    if ask is None:
        assert not lacking and proofs == {0, 1}
    else:
        assert (set(ask.txs), set(ask.proofs)) == (lacking, {0, 1} - proofs)
        found.fill(answer(block, ask))
    assert found.guessed == bool(here - prefill)
    assert found.fetched == set(range(5)) - here
    assert found.finish().raw == block.raw


def test_the_pool_s_form_need_not_be_the_block_s():
    """Keys that the block leaves out are left out; what lacks a key that it has is missing."""
    block, signed = small().block, small().txs
    assert [tx.witness.pk is not None for tx in block.txs] == [False, False, True, True, True]
    with_keys = DictPool({tx.txid: tx for tx in signed}, DictPool.of(block).envelopes)
    found = plan(compact.make(block, SALT), with_keys)
    assert found.missing is None
    assert found.finish().raw == block.raw
    without = DictPool({tx.txid: tx.with_key(None) for tx in signed}, with_keys.envelopes)
    found = plan(compact.make(block, SALT), without)
    assert found.missing == GetParts(block.hash, (2, 3, 4), ())
    found.fill(answer(block, found.missing))
    assert found.finish().raw == block.raw


@pytest.fixture
def colliding(monkeypatch):
    """Short ids of one bit: everything collides."""
    real = compact.short_id
    monkeypatch.setattr(compact, "short_id", lambda p, t: bytes([real(p, t)[0] & 1]) + bytes(5))


def test_collisions_are_missing_and_never_a_wrong_block(colliding):
    block = small().block
    others = [transfer(key(4), key(8).address, 1, nonce=n) for n in range(4)]
    pool = DictPool.of(block)
    pool.txs |= {tx.txid: tx for tx in others}
    found = plan(compact.make(block, SALT), pool)
    assert found.missing == GetParts(block.hash, tuple(range(5)), ())
    found.fill(answer(block, found.missing))
    assert found.finish().raw == block.raw


def test_a_stranger_with_the_same_short_id_is_found_out(monkeypatch):
    """One transaction of the pool has the short id of another of the block: roots tell."""
    block = small().block
    stranger = transfer(key(4), key(8).address, 1, nonce=0)
    real = compact.short_id
    victim = block.txs[0].txid

    def forged(prefix: bytes, txid: bytes) -> bytes:
        return real(prefix, victim if txid == stranger.txid else txid)

    monkeypatch.setattr(compact, "short_id", forged)
    pool = DictPool.of(block)
    del pool.txs[victim]
    pool.txs[stranger.txid] = stranger
    found = plan(compact.make(block, SALT), pool)
    assert found.missing is None
    assert found.guessed
    with pytest.raises(RootMismatch):
        found.finish()
    pool.txs[victim] = block.txs[0]  # with both there it is known to be unclear
    found = plan(compact.make(block, SALT), pool)
    assert found.missing == GetParts(block.hash, (0,), ())


def test_another_signature_of_the_same_transaction_is_found_out():
    block = small().block
    pool = DictPool.of(block)
    tx = block.txs[0]
    again = SignedTx(tx.unsigned, Witness(tx.witness.alg, tx.witness.sig[:-1] + b"\x00"))
    pool.txs[tx.txid] = again
    found = plan(compact.make(block, SALT), pool)
    assert found.missing is None
    with pytest.raises(RootMismatch):
        found.finish()


def test_a_block_that_names_a_transaction_twice_is_not_put_together_by_itself():
    block = small().block
    double = replace(block, txs=(*block.txs, block.txs[0]))
    found = plan(compact.make(double, SALT), DictPool.of(block))
    assert found.missing == GetParts(block.hash, (0, 5), ())


def parts_of_all() -> tuple[Plan, Parts]:
    block = small().block
    found = plan(compact.make(block, SALT), DictPool())
    return found, answer(block, found.missing)


def refused(found: Plan, parts: Parts) -> str:
    with pytest.raises(EncodingRefused) as caught:
        found.fill(parts)
    return caught.value.code


def test_parts_that_are_not_those_asked_for_are_refused():
    found, parts = parts_of_all()
    wrong = "p2p.parts_wrong"
    assert refused(found, Parts(parts.hash, (), ())) == wrong
    assert refused(found, replace(parts, txs=parts.txs[:-1])) == wrong
    assert refused(found, replace(parts, envelopes=parts.envelopes[:1])) == wrong
    found, parts = parts_of_all()
    assert refused(found, replace(parts, txs=parts.txs[::-1])) == wrong
    found, parts = parts_of_all()
    assert refused(found, replace(parts, envelopes=parts.envelopes[::-1])) == wrong
    found, parts = parts_of_all()
    with_key = small().txs[0].raw
    assert refused(found, replace(parts, txs=(with_key, *parts.txs[1:]))) == wrong
    found, parts = parts_of_all()
    assert refused(found, replace(parts, txs=(b"\x00", *parts.txs[1:]))) == "tx.form"
    found, parts = parts_of_all()
    assert refused(found, replace(parts, envelopes=(b"\x00",) * 2)) == "field.type"


def test_a_compact_block_that_contradicts_itself_is_refused():
    block = small().block
    made = compact.make(block, SALT, {1})
    with pytest.raises(PartsWrong):
        plan(replace(made, prefilled=((0, made.prefilled[0][1]),)), DictPool())
    with pytest.raises(EncodingRefused):
        plan(replace(made, receipts=(b"\x00", b"\x00")), DictPool())


def test_a_body_of_someone_else_s_making_is_refused():
    """Everything came from the sender, and it is not what the header commits to."""
    block, other = small().block, small().first.block
    made = replace(
        compact.make(replace(block, header=other.header), SALT), header=other.header.encoded
    )
    found = plan(made, DictPool())
    found.fill(answer(block, found.missing))
    assert not found.guessed
    with pytest.raises(RootMismatch):
        found.finish()


def test_places_beyond_the_block_are_answered_with_nothing():
    block = small().block
    assert compact.parts(block, GetParts(block.hash, (0, 5), ())) == Parts(block.hash, (), ())
    assert compact.parts(block, GetParts(block.hash, (), (2,))) == Parts(block.hash, (), ())
    assert len(compact.parts(block, GetParts(block.hash, (4,), (1,))).txs) == 1


def test_prefilled_stays_within_its_bounds():
    block = small().block
    many = replace(block, txs=block.txs * 80)
    made = compact.make(many, SALT, range(400))
    size = sum(len(raw) for _, raw in made.prefilled)
    assert limits.PREFILLED_BYTES - 10_000 < size <= limits.PREFILLED_BYTES
    codec.decode(codec.encode(made), block_bytes=NETWORK.block_bytes_most)
    tiny = replace(block, txs=(block.txs[0],) * 300)
    monkey = [(n, b"x") for n in range(300)]
    assert len(compact._within_bounds(monkey)) == limits.PREFILLED_MOST
    assert len(compact.make(tiny, SALT).txs) == 1_800


def test_an_empty_block():
    block = small().builder.make(small().first).block
    found = plan(compact.make(block, SALT), DictPool())
    assert found.missing is None
    assert found.finish().raw == block.raw
    assert (txs_root(()), witnesses_root(())) == (block.header.roots.txs,) * 2


@given(st.lists(st.booleans(), max_size=40))
def test_bits_come_back(bits):
    packed = compact._packed(bits)
    assert len(packed) == -(-len(bits) // 8)
    assert compact._unpacked(packed, len(bits)) == bits
