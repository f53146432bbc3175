"""Transactions and proofs: asked for once, judged by the pools, and only then told on."""

from __future__ import annotations

import pytest

from consensus.errors import ProofNullifier, ProofReplayed
from core.tx import SignedTx, Witness
from execution.errors import NonceGap, SignatureInvalid, WrongChain
from mempool.errors import Duplicate, RateLimited
from p2p.rules import events as ev
from p2p.rules.actions import AdmitProof, AdmitTxs
from p2p.rules.gossip import inventory as numbers
from p2p.rules.limits import TXS_BYTES
from p2p.rules.wire import codec
from p2p.rules.wire.messages import BLOCK, PROOF, TX, Get, Inv, Missing, Proofs, Txs
from tests.p2p.blocks import DictPool, small
from tests.p2p.gossip.nodes import Node, node


@pytest.fixture
def made() -> Node:
    made = node()
    for conn in (1, 2, 3):
        made.join(conn)
    made.tick(1_000)
    return made


def txs(*places: int) -> list[SignedTx]:
    return [small().txs[place] for place in places]


def inv(*some: SignedTx) -> Inv:
    return Inv(TX, tuple(tx.txid for tx in some))


def get(*some: SignedTx) -> Get:
    return Get(TX, tuple(tx.txid for tx in some))


def test_what_is_announced_is_asked_for_taken_and_told_on(made):
    one, two = txs(0, 1)
    assert made.says(1, inv(one, two)) == [get(one, two)]
    made.says(1, Txs((one.raw, two.raw)))
    (admit,) = [action for action in made.acts if type(action) is AdmitTxs]
    assert admit == AdmitTxs(1, "peer:" + "00" * 8, (one.txid, two.txid), (one.raw, two.raw))
    assert list(made.pool.txs) == [one.txid, two.txid]
    made.tick()
    assert (made.told(1, Inv), made.told(2, Inv)) == ([], [inv(one, two)])
    assert not made.blamed
    assert made.ctx.peers[1].useful_ms > 0
    assert made.gossip.mesh._credit == {1: 2}
    assert len(made.gossip.inventory.wanted) == 0


def test_nothing_is_told_on_before_it_is_judged(made):
    made.judges = False
    (one,) = txs(0)
    made.says(1, inv(one))
    made.says(1, Txs((one.raw,)))
    made.tick(3_000)
    assert [made.told(conn, Inv) for conn in (1, 2, 3)] == [[], [], []]
    assert made.says(2, inv(one)) == []  # and nobody else is asked meanwhile
    made.handle(ev.TxsJudged(1, (one.txid,), (NonceGap("later"),)))
    made.tick(3_000)
    assert made.told(2, Inv) == []


def test_what_is_here_is_not_asked_for(made):
    one, two = txs(0, 1)
    made.add_tx(one)
    made.pool.left.add(two.txid)
    assert made.says(1, inv(one, two)) == []
    made.pool.txs.clear()  # mined: it was here lately
    assert made.says(1, inv(one)) == []


def test_the_next_announcer_is_asked_after_two_seconds(made):
    (one,) = txs(0)
    assert made.says(1, inv(one)) == [get(one)]
    assert made.says(2, inv(one)) == []
    made.tick(1_900)
    assert made.told(2, Get) == []
    made.tick(100)
    assert made.told(2, Get) == [get(one)]
    made.says(1, Txs((one.raw,)))  # late, and welcome
    made.says(2, Txs((one.raw,)))
    assert one.txid in made.pool.txs
    assert not made.blamed


def test_a_peer_that_leaves_is_asked_no_more(made):
    (one,) = txs(0)
    made.says(1, inv(one))
    made.says(2, inv(one))
    made.handle(ev.PeerLost(1, "gone"))
    made.tick()
    assert made.told(2, Get) == [get(one)]


def test_missing_leads_to_the_next_announcer(made):
    (one,) = txs(0)
    made.says(1, inv(one))
    made.says(2, inv(one))
    made.says(1, Missing(TX, (one.txid,)))
    made.tick()
    assert made.told(2, Get) == [get(one)]
    assert not made.blamed


def test_missing_blocks_are_the_affair_of_sync(made):
    made.says(1, Missing(BLOCK, (bytes(32),)))
    assert made.sync.calls == [("missing", 1, (bytes(32),))]
    assert not made.blamed


def test_long_announcements_are_asked_for_in_questions_that_fit(made):
    ids = tuple(number.to_bytes(32, "big") for number in range(1_000))
    questions = made.says(1, Inv(TX, ids))
    assert [len(ask.ids) for ask in questions] == [numbers.GET_IDS]
    answered = list(questions[0].ids)
    made.gossip.inventory.wanted._peers[1].allowed = 512
    made.tick()
    assert [len(ask.ids) for ask in made.told(1, Get)] == [128, 128, 128, 128]
    assert answered == list(ids[:128])


def test_while_catching_up_nothing_is_asked_for_and_then_it_is(made):
    made.sync.busy = True
    one, _two = txs(0, 1)
    assert made.says(1, inv(one)) == []
    made.tick(1_000)
    assert made.told(1, Get) == []
    made.sync.busy = False
    made.tick()
    assert made.told(1, Get) == [get(one)]


# ---------------------------------------------------------------- offences


def test_what_nobody_asked_for_costs_points_and_is_not_judged(made):
    one, two = txs(0, 1)
    envelope = small().block.envelopes[0]
    made.says(1, inv(one))
    made.says(2, Txs((one.raw,)))
    made.says(1, Txs((two.raw,)))
    made.says(3, Proofs((envelope.encoded,)))
    made.says(3, Missing(TX, (bytes(32),)))
    assert made.blamed == [(2, "unasked"), (1, "unasked"), (3, "unasked"), (3, "unasked")]
    assert not any(isinstance(action, AdmitTxs | AdmitProof) for action in made.acts)


def test_the_same_twice_is_unasked_the_second_time(made):
    (one,) = txs(0)
    made.says(1, inv(one))
    made.says(1, Txs((one.raw, one.raw)))
    assert made.blamed == [(1, "unasked")]
    assert one.txid in made.pool.txs


def test_bytes_that_are_no_transaction_or_proof_cost_points_and_the_rest_is_taken(made):
    (one,) = txs(0)
    made.says(1, inv(one))
    made.says(1, Txs((b"\x80", one.raw)))
    made.says(2, Proofs((b"\x80",)))
    assert made.blamed == [(1, "tx_invalid"), (2, "proof_invalid")]
    assert one.txid in made.pool.txs


def test_nothing_more_is_read_of_a_peer_that_is_being_closed(made):
    made.ctx.blame = lambda peer, *_: setattr(peer, "closing", True)
    one, two = txs(0, 1)
    made.says(1, inv(one, two))
    made.says(1, Txs((b"\x80", one.raw)))
    assert not made.pool.txs
    made.says(2, Proofs((b"\x80", b"\x80")))
    made.says(3, inv(one))
    envelopes = [envelope.encoded for envelope in small().block.envelopes]
    made.says(3, Proofs(tuple(envelopes)))
    assert made.ctx.peers[3].closing
    four, (three,) = made.join(4), txs(2)
    made.says(4, inv(three))
    made.says(4, Txs((three.raw, one.raw, two.raw)))
    assert four.closing and list(made.pool.txs) == [three.txid]


def forged(tx: SignedTx) -> SignedTx:
    return SignedTx(tx.unsigned, Witness(tx.witness.alg, bytes(len(tx.witness.sig)), tx.witness.pk))


def test_a_bad_signature_costs_points_and_does_not_keep_the_true_one_out(made):
    """A forger answers first under the true id; the next announcer is asked at once."""
    (one,) = txs(0)
    bad = forged(one)
    assert bad.txid == one.txid
    made.verdicts[bad.raw] = SignatureInvalid("no")
    made.says(1, inv(one))
    made.says(2, inv(one))
    made.says(1, Txs((bad.raw,)))
    assert made.blamed == [(1, "tx_invalid")]
    made.tick()
    assert made.told(2, Get) == [get(one)]
    made.says(2, Txs((one.raw,)))
    assert one.txid in made.pool.txs
    assert made.says(3, inv(one)) == []


@pytest.mark.parametrize("refusal", [NonceGap("gap"), RateLimited("much"), Duplicate("here")])
def test_refusals_that_may_pass_cost_nothing_and_it_is_asked_for_again_later(made, refusal):
    (one,) = txs(0)
    made.verdicts[one.txid] = refusal
    made.says(1, inv(one))
    made.says(1, Txs((one.raw,)))
    assert not made.blamed
    assert made.says(2, inv(one)) == []
    made.tick(numbers.RESTING_MS)
    del made.verdicts[one.txid]
    assert made.says(2, inv(one)) == [get(one)]
    made.says(2, Txs((one.raw,)))
    assert one.txid in made.pool.txs


def test_a_transaction_of_another_chain_costs_points(made):
    (one,) = txs(0)
    made.verdicts[one.txid] = WrongChain("other")
    made.says(1, inv(one))
    made.says(1, Txs((one.raw,)))
    assert made.blamed == [(1, "tx_invalid")]


def test_verdicts_on_peers_that_are_gone(made):
    made.judges = False
    one, two = txs(0, 1)
    made.says(1, inv(one, two))
    made.says(1, Txs((one.raw, two.raw)))
    made.handle(ev.PeerLost(1, "gone"))
    made.handle(ev.TxsJudged(1, (one.txid, two.txid), (None, SignatureInvalid("no"))))
    assert not made.blamed
    assert len(made.gossip.inventory.wanted) == 0


def test_proofs_go_the_same_way(made):
    first, second = small().block.envelopes
    ids = (first.digest, second.digest)
    assert made.says(1, Inv(PROOF, ids)) == [Get(PROOF, ids)]
    made.verdicts[second.digest] = ProofReplayed("used")
    made.says(1, Proofs((first.encoded, second.encoded)))
    assert list(made.pool.envelopes) == [first.digest]
    assert not made.blamed
    made.tick()
    assert made.told(2, Inv) == [Inv(PROOF, (first.digest,))]
    assert made.says(2, Inv(PROOF, ids)) == []
    made.tick(numbers.RESTING_MS)
    made.verdicts[second.digest] = ProofNullifier("wrong")
    made.says(2, Inv(PROOF, ids))
    made.says(2, Proofs((second.encoded,)))
    assert made.blamed == [(2, "proof_invalid")]


def test_who_announces_and_never_delivers_is_scored_lightly(made):
    for round in range(30):
        ids = [(1_000 * round + n).to_bytes(32, "big") for n in range(200)]
        made.says(1, Inv(TX, tuple(ids)))
        made.tick(2_000)
    assert set(made.blamed) == {(1, "false_inventory")}
    assert 1 <= len(made.blamed) <= 5
    # Ten points each, which halve in ten minutes: 1,024 / 8 silences each.


# ---------------------------------------------------------------- answers


def test_answers_what_it_has_and_names_what_it_lacks(made):
    one, two = txs(0, 1)
    made.add_tx(one)
    lacking = bytes(32)
    answers = made.says(1, Get(TX, (one.txid, lacking, two.txid, one.txid)))
    assert set(answers) == {Txs((one.raw,)), Missing(TX, (lacking, two.txid))}
    assert made.says(2, Get(TX, (lacking,))) == [Missing(TX, (lacking,))]
    envelope = small().block.envelopes[0]
    made.add_proof(envelope)
    answers = made.says(3, Get(PROOF, (lacking, envelope.digest)))
    assert set(answers) == {Proofs((envelope.encoded,)), Missing(PROOF, (lacking,))}


def test_long_answers_come_in_messages_that_fit_each_when_the_last_was_read():
    class Fat:
        def __init__(self, number: int) -> None:
            self.raw = number.to_bytes(4, "big") * 25_000

    fat = {number.to_bytes(32, "big"): Fat(number) for number in range(12)}
    made = node(pool=DictPool(dict(fat)))
    peer = made.join(1)
    peer.writable = False
    made.handle(ev.MessageReceived(1, codec.encode(Get(TX, tuple(fat)))))
    assert made.told(1, Txs) == []
    sizes = []
    while True:
        before = len(made.told(1, Txs))
        made.handle(ev.Writable(1))
        new = made.told(1, Txs)[before:]
        if not new:
            break
        assert len(new) == 1
        sizes.append(len(new[0].txs))
    assert sizes == [5, 5, 2]
    assert TXS_BYTES >= 5 * 100_000
    assert made.told(1, Missing) == []
