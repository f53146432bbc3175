"""Whatever happens in whatever order: nothing grows without bound, nothing is sent to nobody.

The limits are made small, so that a short run reaches all of them.
"""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from p2p.rules import actions, events, limits
from p2p.rules.addresses import Address
from p2p.rules.book import Book, caller, dialling, shelves
from p2p.rules.book.values import BookEntry
from p2p.rules.conduct import Conduct, bans, budgets, scores
from p2p.rules.wire import messages as m
from tests.p2p.world import OWN_ID, SeededChance, World, alone, context, id_of, identify

SMALL = {
    limits: {
        "NEW_BUCKETS": 4,
        "NEW_BUCKET_MOST": 3,
        "NEW_BUCKETS_PER_SOURCE": 2,
        "TRIED_BUCKETS": 2,
        "TRIED_BUCKET_MOST": 2,
        "FIXED_MOST": 5,
        "OWN_MOST": 2,
        "DOUBTED_MOST": 2,
        "ASKED_MOST": 3,
        "PINNED_MOST": 3,
    },
    caller: {"FEELER_MS": 3_000, "STALE_LEAST_MS": 5_000},
    dialling: {"DIALS_MOST": 3, "DIAL_MS": 4_000},
    bans: {"BANS_MOST": 3, "BAN_MS": 20_000},
    scores: {"SCORES_MOST": 4},
    budgets: {"PEER": (budgets.Budget(2, 12), *budgets.PEER[1:])},
}
INBOUND = 4

numbers = st.integers(1, 9)
hosts = st.sampled_from(
    [f"{a}.{b}.1.1" for a in (5, 6, 127, 10) for b in (0, 1)] + ["2001:db8::1", "name.example"]
)
addresses = st.builds(Address, st.sampled_from(["tcp", "ws"]), hosts, st.integers(1, 3))
texts = addresses.map(str) | st.sampled_from(["nonsense", "tcp://0.0.0.0:1"])
ids = st.just(OWN_ID) | numbers.map(id_of)
listens = st.lists(st.tuples(st.just("tcp"), st.integers(1, 3)), max_size=2).map(tuple)
said = st.one_of(
    listens.map(lambda ports: identify(listen=ports)),
    st.builds(m.Ping, numbers),
    st.builds(m.Pong, numbers),
    st.builds(m.Goodbye, st.sampled_from(["full", "banned"]), st.just("")),
    st.just(m.GetPeers()),
    st.builds(m.Peers, st.lists(texts, max_size=6).map(tuple)),
)
kept_entries = st.builds(
    BookEntry,
    addresses,
    ids | st.just(b""),
    hosts | st.sampled_from(["operator", "seed"]),
    answered_ms=st.integers(0, 1),
    failures=st.integers(0, 4),
    anchor=st.booleans(),
    pinned=st.booleans(),
)
verbs = st.sampled_from(["ban", "unban", "pin", "unpin", "disconnect", "connect", "other"])


class Anything(RuleBasedStateMachine):
    """Random events for an engine of conduct and book."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = pytest.MonkeyPatch()
        for module, values in SMALL.items():
            for name, value in values.items():
                self.patches.setattr(module, name, value)
        self.world = World(self.fresh())
        self.open: set[int] = set()
        self.closed: set[int] = set()

    def teardown(self) -> None:
        self.patches.undo()

    def fresh(self):
        return context(inbound_most=INBOUND, outbound_wanted=2, seeds=("5.0.1.1:1",))

    def happen(self, event) -> None:
        done = self.world.handle(event)
        for action in done:
            if isinstance(action, actions.Send):
                assert action.conn in self.open - self.closed
            if isinstance(action, actions.Close):
                assert action.conn in self.open - self.closed
                self.closed.add(action.conn)
        assert self.world.ctx.actions == []

    @rule(id=ids, address=addresses, outbound=st.booleans(), purpose=st.integers(0, 2))
    def connect(self, id, address, outbound, purpose):
        if len(self.open) >= 12:
            return
        self.world.conns += 1
        self.open.add(self.world.conns)
        kind = ("outbound", "feeler", "asked")[purpose] if outbound else ""
        self.happen(events.PeerConnected(self.world.conns, id, 1, address, outbound, kind))

    @rule(data=st.data(), message=said)
    def message(self, data, message):
        if self.open:
            peer = data.draw(st.sampled_from(sorted(self.open)))
            self.happen(events.MessageReceived(peer, self.world.raw(message)))

    @rule(data=st.data(), raw=st.binary(max_size=20))
    def noise(self, data, raw):
        if self.open:
            self.happen(events.MessageReceived(data.draw(st.sampled_from(sorted(self.open))), raw))

    @rule(data=st.data())
    def lose(self, data):
        if self.open:
            conn = data.draw(st.sampled_from(sorted(self.open)))
            self.happen(events.PeerLost(conn, "gone"))
            self.open.discard(conn)
            self.closed.discard(conn)

    @rule(data=st.data(), some=st.booleans())
    def bulk(self, data, some):
        if self.open:
            peer = self.world.ctx.peers[data.draw(st.sampled_from(sorted(self.open)))]
            self.world.ctx.bulk(peer, lambda: m.Body(b"x") if some else None)
            self.happen(events.Writable(peer.conn))

    @rule(address=addresses, code=st.sampled_from(["", "p2p.genesis"]))
    def no_answer(self, address, code):
        self.happen(events.DialFailed(address, "nobody", code))

    @rule(ms=st.sampled_from([100, 1_000, 5_000, 70_000, 3_600_000]))
    def wait(self, ms):
        self.world.ms += ms
        self.happen(events.Tick())

    @rule()
    def head(self):
        self.happen(events.HeadMoved(None, 0))

    @rule(verb=verbs, id=ids | st.just(b""), address=st.none() | addresses)
    def ask(self, verb, id, address):
        self.happen(events.Asked(verb, id, address))

    @rule(entries=st.lists(kept_entries))
    def restart(self, entries):
        kept = self.world.engine
        ms, conns = self.world.ms, self.world.conns
        ctx = self.fresh()
        ctx.chance = SeededChance(conns)
        book = [*kept.part(Book).entries(), *entries]
        self.world = World(
            ctx, make=lambda ctx: alone(ctx, bans=kept.part(Conduct).bans(), book=book)
        )
        self.world.ms, self.world.conns = ms, conns
        self.open.clear()
        self.closed.clear()

    @invariant()
    def nothing_grows(self):
        ctx = self.world.ctx
        conduct, book = self.world.engine.part(Conduct), self.world.engine.part(Book)
        assert set(ctx.peers) == self.open
        for by_conn in (conduct._watches, book._exchanges):
            assert by_conn.keys() <= ctx.peers.keys()
        inbound = [p for p in ctx.peers.values() if not p.outbound and not p.closing]
        assert len([p for p in inbound if p.id not in ctx.pinned]) <= INBOUND
        assert all(len(p.bulk) <= limits.ASKED_MOST for p in ctx.peers.values())
        assert len(conduct.judge.bans) <= bans.BANS_MOST >= len(conduct.judge.bans._by_host)
        assert len(conduct._budgets.peers) <= budgets.BUDGETS_MOST
        assert len(conduct.judge.scores) <= scores.SCORES_MOST
        assert len(ctx.pinned) <= limits.PINNED_MOST
        assert len({p.id for p in ctx.ready}) == len(ctx.ready)

    @invariant()
    def the_book_is_in_order(self):
        book: Book = self.world.engine.part(Book)
        here: shelves.Shelves = book.shelves
        for buckets in (here.new, here.tried):
            sizes = [len(buckets.bucket(n)) for n in range(len(buckets._buckets))]
            assert max(sizes) <= buckets.most and sum(sizes) == len(buckets)
        assert len(here.fixed) <= limits.FIXED_MOST and len(here.own) <= limits.OWN_MOST
        assert len(here.doubted) <= limits.DOUBTED_MOST
        places = [entry.address for entry in here]
        assert len(places) == len(set(places)) == len(here)
        assert len(book.caller.dials.pending) <= dialling.DIALS_MOST
        assert len(book.caller.asked) <= book.caller.asked.maxlen
        assert all(entry.address.reach >= 0 for entry in [*here.new])


TestAnything = Anything.TestCase
TestAnything.settings = hypothesis.settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)


def test_the_same_events_and_chance_do_the_same():
    """Two engines over the same seed do the same at each step; another seed differs."""

    def run(seed):
        world = World(context(seed=seed, seeds=tuple(f"{n}.1.1.1:1" for n in range(20, 40))))
        done = list(world.wait(1_000))
        for action in [a for a in done if isinstance(a, actions.Dial)]:
            world.ready(address=action.address, outbound=True, purpose=action.purpose)
            done += world.done
        return done + world.wait(30_000)

    assert run(1) == run(1)
    assert run(1) != run(2)
