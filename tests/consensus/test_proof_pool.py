"""Proofs that wait for a block: verified on entry, followed from head to head, within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from threading import Thread

import pytest

from chain import service as chain
from consensus import errors, proof_pool, proof_pool_errors
from consensus.events import ChainReorganised, ProofAdded
from consensus.proof_pool import ProofPool
from consensus.rules import shares, tuning
from consensus.rules.nullifiers import UNUSED
from consensus.rules.tuning import Tuning
from consensus.rules.waiting_proofs import ProofPoolLimits, WaitingProof, WaitingProofs
from core.bus import EventBus
from core.errors import Refused
from core.network import PPM, Network
from core.proof import AI, QUANTUM, SHARE, Claim, Envelope
from tests.consensus.synthetic import VERIFIERS, Job, envelope, share, share_header, working_network
from tests.support import ChainBuilder, FixedClock, Made, import_all, key, new_importer, raise_error

NETWORK = working_network()
BUILDER = ChainBuilder(NETWORK, VERIFIERS)
POLICY = NETWORK.at(0).poies
FIRST = BUILDER.make(BUILDER.genesis)


class Node:
    """A chain that starts with ``FIRST``, and its proofs."""

    def __init__(
        self,
        limits: ProofPoolLimits | None = None,
        network: Network = NETWORK,
        first: Sequence[Made] = (FIRST,),
    ) -> None:
        bus = EventBus(raise_error)
        self.importer = new_importer(network, bus=bus, verifiers=VERIFIERS)
        self.calls = 0
        self.proofs = ProofPool(
            network=network,
            ledger=chain,
            clock=FixedClock(NETWORK.genesis.time_ms + 86_400_000),
            bus=bus,
            verifiers={t: self._counted(verify) for t, verify in VERIFIERS.items()},
            limits=limits,
        )
        bus.subscribe(ChainReorganised, self.proofs.on_reorg)
        self.news: list[bytes] = []
        bus.subscribe(ProofAdded, lambda event: self.news.append(event.digest))
        self.grow(*first)

    def _counted(self, verify):
        def counted(body, ctx):
            self.calls += 1
            return verify(body, ctx)

        return counted

    def grow(self, *line: Made) -> None:
        assert set(import_all(self.importer, line)) <= {"added", "side", "reorg"}

    def waiting(self) -> list[Envelope]:
        return [one.envelope for one in self.proofs.candidates().proofs]

    def refusal(self, one: Envelope) -> str:
        with pytest.raises(Refused) as caught:
            self.proofs.add(one)
        return caught.value.code


@pytest.fixture
def node(db) -> Node:
    return Node()


def work(parent: Made = FIRST, payee: int = 1, type: int = AI, **changes) -> Envelope:
    return envelope(type, Job(parent.hash, key(payee).address, **changes))


# ------------------------------------------------------------------ entry


def test_what_enters_is_offered_for_the_head_in_order_of_arrival(node):
    proofs = [share(BUILDER, FIRST, 5), work(), share(BUILDER, BUILDER.genesis, 6)]
    for one in proofs:
        node.proofs.add(one)
    offered = node.proofs.candidates()
    assert offered.head == FIRST.hash
    assert [one.envelope for one in offered.proofs] == proofs
    assert [one.payee for one in offered.proofs] == [key(n).address for n in (5, 1, 6)]
    assert [one.before for one in offered.proofs] == [UNUSED] * 3
    node.grow(BUILDER.make(FIRST, envelopes=sorted(proofs, key=lambda one: one.place)))
    stats = node.proofs.stats()
    assert (stats.count, stats.by_type["share"], stats.by_type["ai"]) == (3, 2, 1)
    assert stats.bytes == sum(len(one.encoded) for one in proofs)


def test_news_of_a_proof_come_once_it_waits(node):
    one = work()
    node.proofs.add(one)
    assert node.refusal(one) == "proofs.duplicate"
    assert node.refusal(replace(work(payee=2), nullifier=bytes(32))) == "proof.nullifier"
    assert node.news == [one.digest]


def test_who_waits_is_found_by_digest(node):
    one, wrong = work(), replace(work(), nullifier=bytes(32))
    node.proofs.add(one)
    node.refusal(wrong)
    assert node.proofs.digests() == (one.digest,)
    assert node.proofs.waiting(one.digest) == one
    assert node.proofs.waiting(wrong.digest) is None
    assert node.proofs.refused_for_good(wrong.digest)
    assert not node.proofs.refused_for_good(one.digest)
    node.proofs.drop(one.nullifier, errors.ProofNullifier("no"))
    assert node.proofs.digests() == () and node.proofs.waiting(one.digest) is None


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (lambda: Envelope(9, b"", bytes(32)), "block.proof_not_active"),
        (lambda: Envelope(SHARE, b"\xff", bytes(32)), "cbor.malformed"),
        (lambda: replace(work(), nullifier=bytes(32)), "proof.nullifier"),
        (lambda: work(anchor_of("elsewhere")), "proof.anchor"),
        (lambda: work(until=1), "proof.ended"),
        (lambda: shares.envelope(FIRST.header), "proof.share_ancestor"),
    ],
)
def test_what_no_block_could_hold_is_refused_by_its_rule(node, bad, code):
    assert node.refusal(bad()) == code
    assert node.waiting() == []


def anchor_of(where: str) -> Made:
    return BUILDER.make(BUILDER.genesis, extra=where.encode())


def test_a_proof_of_the_same_work_does_not_come_twice(node):
    node.proofs.add(work())
    assert node.refusal(work()) == "proofs.duplicate"
    assert node.refusal(work(units=3)) == "proofs.duplicate"
    assert len(node.waiting()) == 1


def test_a_refusal_is_remembered_as_long_as_it_holds(node):
    wrong = replace(work(), nullifier=bytes(32))
    early = share(BUILDER, BUILDER.make(FIRST), 5)
    for _ in range(3):
        assert node.refusal(wrong) == "proof.nullifier"
        assert node.refusal(early) == "proof.share_parent"
    assert node.calls == 2
    node.grow(BUILDER.make(FIRST))
    assert node.refusal(wrong) == "proof.nullifier"
    assert node.calls == 2  # no head changes that
    node.proofs.add(early)
    assert node.waiting() == [early]


def test_remembered_refusals_are_bounded(node, monkeypatch):
    assert node.proofs._refusals._most == proof_pool.REFUSALS
    assert node.proofs._aside._most == proof_pool.ASIDE
    assert node.proofs._returned.maxlen == proof_pool.RETURNED


def test_a_share_from_the_future_waits_only_for_a_block_that_may_hold_it(node):
    """60 s after the block that is made now at most."""
    now = NETWORK.genesis.time_ms + 86_400_000
    node.proofs.add(shares.envelope(share_header(BUILDER, FIRST, 5, time=now + 60_000)))
    late = shares.envelope(share_header(BUILDER, FIRST, 5, time=now + 60_001))
    assert node.refusal(late) == "block.time_ahead"


# ------------------------------------------------------------------ from head to head


def test_what_a_block_used_waits_no_longer(node):
    used, other = share(BUILDER, FIRST, 5), share(BUILDER, FIRST, 6)
    for one in (used, other):
        node.proofs.add(one)
    node.grow(BUILDER.make(FIRST, envelopes=[used]))
    assert node.waiting() == [other]
    assert node.refusal(used) == "proof.replayed"


def test_work_that_others_completed_waits_for_its_beneficiary_as_long_as_it_counts(node):
    done = work(payee=1)
    node.proofs.add(done)
    tip = BUILDER.make(FIRST, envelopes=[done], coinbase=key(2).address)
    node.grow(tip)
    [left] = node.proofs.candidates().proofs
    assert (left.before.completed, left.before.credited) == (True, False)
    line = BUILDER.grow(tip, POLICY.credit_window_blocks - tip.height - 1)
    node.grow(*line)
    assert node.waiting() == [done]
    node.grow(*BUILDER.grow(line[-1], 1))
    assert node.waiting() == []


def test_a_credited_proof_waits_no_longer(node):
    done = work(payee=1)
    node.proofs.add(done)
    node.grow(BUILDER.make(FIRST, envelopes=[done], coinbase=key(1).address))
    assert node.waiting() == []


def test_shares_leave_when_their_parent_is_too_old(node):
    one = share(BUILDER, FIRST, 5)
    node.proofs.add(one)
    line = BUILDER.grow(FIRST, 8)
    node.grow(*line[:7])
    assert node.waiting() == [one]
    node.grow(line[7])
    assert node.waiting() == []


def test_a_share_leaves_when_its_target_gets_harder(db):
    """After an epoch with more shares than wanted s falls: the next target is lower."""
    generous = {"share_offset_start_unat": 2_000_000, "share_offset_min_unat": 1_500_000}
    network = working_network(poies=generous)
    builder = ChainBuilder(network, VERIFIERS)
    line = [builder.genesis]
    while line[-1].height < 9:
        found = [share(builder, line[-1], n) for n in range(2, 6)]
        line.append(builder.make(line[-1], envelopes=sorted(found, key=lambda one: one.place)))
    last = line[-1]
    after = builder.make(last)
    lower = Tuning.decode(after.records[tuning.RECORD]).share_offset
    assert lower == 1_750_000
    below = shares.threshold(after.header.theta, lower)
    weak = next(
        header
        for n in range(1_000)
        if (header := share_header(builder, last, 5, extra=b"%d" % n)).draw >= below
    )
    node = Node(network=network, first=line[1:])
    node.proofs.add(shares.envelope(weak))
    node.grow(after)
    assert node.waiting() == []


def test_proofs_of_a_removed_block_wait_again(node):
    used, dropped = share(BUILDER, FIRST, 5), share(BUILDER, FIRST, 6)
    old = BUILDER.make(FIRST, envelopes=[used])
    on_old = share(BUILDER, old, 7)
    node.proofs.add(dropped)
    node.grow(old)
    node.proofs.add(on_old)
    assert node.waiting() == [dropped, on_old]
    new = BUILDER.grow(FIRST, 2, extra=b"other")
    node.grow(*new)
    assert set(node.waiting()) == {used, dropped}  # not the one whose parent was removed
    assert not node.proofs._returned
    # and back: what was good on the old branch only is remembered
    node.grow(*BUILDER.grow(old, 2))
    assert set(node.waiting()) == {dropped, on_old}


def test_reorganisations_that_are_told_late_are_heard(node):
    """The tick may see the new head before the event comes."""
    event = []
    node.proofs.on_reorg = event.append  # type: ignore[method-assign]
    used = share(BUILDER, FIRST, 5)
    bus = EventBus(raise_error)
    bus.subscribe(ChainReorganised, event.append)
    node.importer._bus = bus
    node.grow(BUILDER.make(FIRST, envelopes=[used]), *BUILDER.grow(FIRST, 2, extra=b"other"))
    node.proofs.settle()
    assert node.waiting() == []
    ProofPool.on_reorg(node.proofs, event[0])
    assert node.waiting() == [used]


def test_nothing_is_lost_where_the_database_fails_on_the_way(node, monkeypatch):
    used, other = share(BUILDER, FIRST, 5), share(BUILDER, FIRST, 6)
    node.proofs.add(other)
    node.grow(BUILDER.make(FIRST, envelopes=[used]), *BUILDER.grow(FIRST, 2, extra=b"other"))
    with monkeypatch.context() as patch:
        patch.setattr(chain, "ancestors", lambda height: {}["the database is away"])
        with pytest.raises(KeyError):
            node.proofs.settle()
    assert set(node.waiting()) == {used, other}


def test_a_new_head_costs_nothing_until_somebody_asks(node):
    node.proofs.add(work())
    line = BUILDER.grow(FIRST, 5)
    before = node.calls
    node.grow(*line)
    assert node.calls == before
    node.proofs.settle()
    node.proofs.settle()
    assert node.calls == before + 1
    assert node.proofs.candidates().head == line[-1].hash


def test_dropped_proofs_do_not_come_back_on_the_same_head(node):
    one = work()
    node.proofs.add(one)
    node.proofs.drop(one.nullifier, errors.ProofReplayed("as if"))
    node.proofs.drop(bytes(32), errors.ProofReplayed("unknown"))
    assert node.waiting() == []
    assert node.refusal(one) == "proof.replayed"


@pytest.mark.django_db(transaction=True)
def test_threads_add_side_by_side():
    node = Node()
    made = [work(job=b"%d" % n) for n in range(24)]

    def add(part: list[Envelope]) -> None:
        for one in part:
            node.proofs.add(one)

    threads = [Thread(target=add, args=(made[n::3],)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert set(node.waiting()) == set(made)


# ------------------------------------------------------------------ bounds


def proof(number: int, payee: int = 1, type: int = AI, size: int = 10) -> WaitingProof:
    nullifier = number.to_bytes(32, "big")
    claim = Claim(nullifier, key(payee).address, units=1, quality=PPM, until=None)
    return WaitingProof(Envelope(type, bytes(size), nullifier), claim, UNUSED, number)


def test_one_payee_holds_so_many_of_a_type():
    waiting = WaitingProofs(ProofPoolLimits(per_payee=2))
    waiting.add(proof(1))
    waiting.add(proof(2))
    with pytest.raises(proof_pool_errors.ProofPayeeLimit):
        waiting.add(proof(3))
    waiting.add(proof(3, payee=2))
    waiting.add(proof(4, type=QUANTUM))
    waiting.remove(proof(1).envelope.nullifier)
    waiting.add(proof(5))
    assert (waiting.count(AI), waiting.count(QUANTUM), len(waiting)) == (3, 1, 4)


def test_a_full_type_makes_room_at_the_expense_of_who_holds_most():
    waiting = WaitingProofs(ProofPoolLimits(per_type=4))
    for number in range(4):
        waiting.add(proof(number, payee=1))
    waiting.add(proof(9, payee=1, type=QUANTUM))
    victim = waiting.add(proof(10, payee=2))
    assert victim == proof(3, payee=1)  # its latest
    assert waiting.add(proof(11, payee=2)) == proof(2, payee=1)
    with pytest.raises(proof_pool_errors.ProofsFull):
        waiting.add(proof(12, payee=2))  # two and two
    with pytest.raises(proof_pool_errors.ProofsFull):
        waiting.add(proof(13, payee=1))
    assert waiting.add(proof(14, payee=3)) is not None
    waiting.add(proof(15, payee=3, type=QUANTUM))
    assert waiting.count(AI) == 4


def test_bytes_are_bounded_and_counted():
    size = len(proof(1).envelope.encoded)
    waiting = WaitingProofs(ProofPoolLimits(size_bytes=3 * size))
    for number in range(3):
        waiting.add(proof(number))
    with pytest.raises(proof_pool_errors.ProofsFull):
        waiting.add(proof(4))
    assert waiting.bytes == 3 * size
    assert waiting.remove(proof(0).envelope.nullifier) == proof(0)
    assert waiting.remove(proof(0).envelope.nullifier) is None
    assert waiting.bytes == 2 * size
    waiting.add(proof(4))


def test_the_limits_reach_the_pool(db):
    node = Node(ProofPoolLimits(per_payee=1))
    node.proofs.add(work())
    other = work(job=b"other")
    assert node.refusal(other) == "proofs.payee_limit"
    node.proofs.drop(work().nullifier, errors.ProofReplayed("as if"))
    node.proofs.add(other)  # a full pool says nothing about the proof


def test_install_and_current():
    with pytest.raises(proof_pool_errors.ProofPoolMissing):
        proof_pool.current()
