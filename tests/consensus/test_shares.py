"""Hash shares: what they are paid, and by which s. How to cheat with them: ``attacks.shares``."""

from __future__ import annotations

from hashlib import sha3_256

import pytest

from consensus.rules import shares, tuning
from consensus.rules.tuning import Tuning
from core import cbor, exact
from core.errors import AnimicaError
from core.proof import AI
from tests.consensus.synthetic import (
    VERIFIERS,
    Job,
    envelope,
    share,
    share_header,
    working_network,
)
from tests.support import ChainBuilder, Made, fast_network, import_all, key, new_importer

NETWORK = fast_network()
BUILDER = ChainBuilder(NETWORK)
FIRST = BUILDER.make(BUILDER.genesis)
SLICE = NETWORK.at(0).params.subsidy_start // 5 // NETWORK.at(0).poies.shares_per_block


def balance(made: Made, worker: int) -> int:
    return made.account(key(worker).address).balance


@pytest.mark.django_db
def test_a_share_pays_its_worker_a_slice():
    worked = [share(BUILDER, FIRST, 20), share(BUILDER, BUILDER.genesis, 21)]
    second = BUILDER.make(FIRST, envelopes=worked)
    assert import_all(new_importer(NETWORK), [FIRST, second]) == ["added", "added"]
    assert balance(second, 20) == balance(second, 21) == SLICE
    assert second.effects.minted == FIRST.effects.minted + 2 * SLICE


@pytest.mark.django_db
def test_several_shares_of_a_worker_are_paid_together():
    worked = [share(BUILDER, FIRST, 20, extra=bytes([n])) for n in range(3)]
    second = BUILDER.make(FIRST, envelopes=[*worked, share(BUILDER, FIRST, 21)])
    assert import_all(new_importer(NETWORK), [FIRST, second]) == ["added", "added"]
    assert (balance(second, 20), balance(second, 21)) == (3 * SLICE, SLICE)
    logs = second.effects.receipts[-1].logs
    paid = [cbor.decode_own(log.data) for log in logs if b"share" in log.data]
    assert sorted(event["amount"] for event in paid) == [SLICE, 3 * SLICE]
    assert {log.topics for log in logs} == {(sha3_256(b"credit").digest(),)}


@pytest.mark.django_db
def test_a_producer_neither_gains_nor_loses_by_shares_left_out():
    worked = [share(BUILDER, FIRST, worker) for worker in range(20, 24)]
    chains = [BUILDER.make(FIRST, coinbase=key(30).address, envelopes=e) for e in ([], worked)]
    assert balance(chains[0], 30) == balance(chains[1], 30) > 0
    assert chains[1].minted - chains[0].minted == 4 * SLICE
    whole = NETWORK.at(0).params.subsidy_start
    assert chains[1].effects.minted == whole


@pytest.mark.django_db
def test_a_producer_may_include_shares_of_his_own():
    second = BUILDER.make(FIRST, coinbase=key(30).address, envelopes=[share(BUILDER, FIRST, 30)])
    alone = BUILDER.make(FIRST, coinbase=key(30).address)
    assert import_all(new_importer(NETWORK), [FIRST, second]) == ["added", "added"]
    assert balance(second, 30) == balance(alone, 30) + SLICE


@pytest.mark.django_db
def test_a_stale_block_is_a_share_of_the_branch_that_won():
    stale = BUILDER.make(FIRST, coinbase=key(20).address, extra=b"stale")
    winner = BUILDER.make(FIRST)
    second = BUILDER.make(winner, envelopes=[shares.envelope(stale.header)])
    line = [FIRST, winner, stale, second]
    assert import_all(new_importer(NETWORK), line) == ["added", "added", "side", "added"]
    assert balance(second, 20) == SLICE


@pytest.mark.django_db
def test_s_is_that_of_the_including_blocks_parent_state():
    """Block 10 ends an epoch without shares, so from block 11 on they are easier."""
    line = BUILDER.grow(BUILDER.genesis, 10)
    before, after = (Tuning.decode(made.records[tuning.RECORD]) for made in line[-2:])
    assert after.share_offset > before.share_offset == 1_500_000
    strict, easy = (shares.threshold(2_000_000, t.share_offset) for t in (before, after))
    eased = share_header(BUILDER, line[8], 20, offset=after.share_offset)
    number = 0
    while not strict <= eased.draw < easy:
        number += 1
        eased = eased.sealed(number.to_bytes(8, "little"))
    with pytest.raises(AnimicaError) as caught:
        BUILDER.make(line[8], envelopes=[shares.envelope(eased)])
    assert caught.value.code == "proof.share_draw"
    good = BUILDER.make(line[9], envelopes=[shares.envelope(eased)])
    assert import_all(new_importer(NETWORK), [*line, good]) == ["added"] * 11


def test_a_draw_at_the_target_is_no_share(monkeypatch):
    header = share_header(BUILDER, FIRST, 20)
    monkeypatch.setattr(shares, "threshold", lambda theta, offset: header.draw + 1)
    shares.check_draw(header, 0)
    monkeypatch.setattr(shares, "threshold", lambda theta, offset: header.draw)
    with pytest.raises(AnimicaError) as caught:
        shares.check_draw(header, 0)
    assert caught.value.code == "proof.share_draw"


@pytest.mark.django_db
def test_the_last_block_of_an_epoch_counts_for_it():
    line = BUILDER.grow(BUILDER.genesis, 9)
    worked = [share(BUILDER, line[8], worker) for worker in (20, 21, 22)]
    last = BUILDER.make(line[8], envelopes=worked)
    assert import_all(new_importer(NETWORK), [*line, last]) == ["added"] * 10
    told = cbor.decode_own(last.effects.receipts[-1].logs[-1].data)
    tuned = Tuning.decode(last.records[tuning.RECORD])
    assert (told["shares"], tuned.shares) == (3, 0)
    assert (told["offset"], told["alpha"]) == (tuned.share_offset, tuned.named_alphas)
    policy, params = NETWORK.at(10).poies, NETWORK.at(10).params
    expected = tuning.next_offset(1_500_000, 3, params.epoch_blocks, policy)
    assert tuned.share_offset == expected == 1_750_000


def test_a_share_may_not_carry_anything_else():
    body = share(BUILDER, FIRST, 20).body
    assert shares.decode(body).coinbase == key(20).address
    more = cbor.encode({**cbor.decode_own(body), "more": 1})
    for wrong, code in ((more, "field.unknown"), (b"\xa0", "field.missing")):
        with pytest.raises(AnimicaError) as caught:
            shares.decode(wrong)
        assert caught.value.code == code
    with pytest.raises(AnimicaError) as caught:
        shares.decode(bytes(2048 + 17))
    assert caught.value.code == "cbor.too_large"


@pytest.mark.django_db
def test_useful_work_seals_a_block_that_hashing_alone_would_not():
    """The draw lies between the targets of Θ and of Θ − ψ."""
    network = working_network()
    builder = ChainBuilder(network, VERIFIERS)
    job = Job(builder.genesis.hash, key(1).address)
    for number in range(200):
        made = builder.make(
            builder.genesis,
            coinbase=key(1).address,
            envelopes=[envelope(AI, job)],
            extra=bytes([number]),
        )
        if made.header.draw >= exact.target(made.header.theta):
            break
    assert made.header.psi > 0
    assert made.header.draw >= exact.target(made.header.theta)
    assert import_all(new_importer(network, verifiers=VERIFIERS), [made]) == ["added"]
