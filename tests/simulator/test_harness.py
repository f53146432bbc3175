"""The simulator itself: nodes that share a thread share nothing else, and time goes one way."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

import pytest

from chain import queries
from chain import service as chain
from p2p.rules.addresses import Address
from p2p.rules.events import DialFailed, MessageReceived, PeerConnected, PeerLost, Writable
from tests.simulator import plan as plans
from tests.simulator.databases import Database
from tests.simulator.network import VirtualNetwork
from tests.simulator.plan import Chances, Link, NodePlan, Partition, Plan
from tests.simulator.schedule import Schedule
from tests.simulator.sizes import sizes
from tests.simulator.work import transfers
from tests.support import ChainBuilder, fast_network, new_importer

# ------------------------------------------------------------------ databases


def test_each_database_has_its_own_chain():
    network = fast_network()
    builder = ChainBuilder(network)
    databases = [Database(), Database()]
    lines = [builder.grow(builder.genesis, 2), builder.grow(builder.genesis, 3, extra=b"b")]
    for database, line in zip(databases, lines, strict=True):
        with database.using():
            importer = new_importer(network)
            for made in line:
                assert importer.import_block(made.raw, source="test").outcome == "added"
    for database, line in zip(databases, lines, strict=True):
        with database.using():
            assert chain.head().hash == queries.head().hash == line[-1].hash
            chain.verify_state()


def test_what_the_ledger_keeps_for_a_head_stays_with_its_node():
    """Two nodes on one head, of which one has lost its pages: only that one goes wrong."""
    from chain.store import pages

    network = fast_network()
    builder = ChainBuilder(network)
    first = builder.make(builder.genesis)
    databases = [Database(), Database()]
    for database in databases:
        with database.using():
            new_importer(network).import_block(first.raw, source="test")
            assert pages._held[0] == first.hash
    with databases[0].using():
        pages._held = (first.hash, {b"": b"damaged"})
    with databases[1].using():
        chain.stage_state({})
        assert pages._held[1] != {b"": b"damaged"}
    with databases[0].using():
        assert pages._held[1] == {b"": b"damaged"}


def test_what_is_not_committed_does_not_outlive_a_crash():
    database = Database()
    with database.using():
        new_importer(fast_network())
        from django.db import connection

        connection.cursor().execute("BEGIN")
        connection.cursor().execute("DELETE FROM chain_meta")
    database.forget()
    with database.using():
        assert not chain.is_empty()


# ------------------------------------------------------------------ time


def test_what_is_due_happens_in_order():
    schedule, done = Schedule(), []
    schedule.at(20, lambda: done.append((schedule.now, "late")))
    schedule.at(10, lambda: done.append((schedule.now, "first")))
    schedule.at(10, lambda: schedule.after(5, lambda: done.append((schedule.now, "then"))))
    schedule.run_until(15)
    assert done == [(10, "first"), (15, "then")]
    schedule.run_until(100)
    assert done[-1] == (20, "late") and schedule.now == 100


# ------------------------------------------------------------------ network

CALM = Chances(0, 0, 0, 0, 0, 0)


@dataclass(eq=False)
class Listener:
    """A node that only writes down what it is told."""

    number: int
    schedule: Schedule
    life: int = 1
    up: bool = True
    away: bool = False
    told: list = field(default_factory=list)

    @property
    def id(self) -> bytes:
        return bytes([self.number]) * 32

    def turns_away(self, address: Address) -> bool:
        return self.away

    def tell(self, event: object) -> None:
        self.told.append((self.schedule.now, event))

    def of(self, kind: type) -> list:
        return [event for _, event in self.told if isinstance(event, kind)]


class Net:
    """Two listeners, ten ms apart, that send 100 bytes a ms."""

    def __init__(self, chances: Chances = CALM, jitter: int = 0) -> None:
        node = NodePlan(0, 0, 100, 1)
        links = {(0, 1): Link(10, jitter), (1, 0): Link(10, jitter)}
        plan = Plan(1, (node, node), links, chances, (), (), (), 100, 1_000)
        self.schedule = Schedule()
        self.net = VirtualNetwork(plan, self.schedule)
        self.a, self.b = (Listener(n, self.schedule) for n in range(2))
        for listener in (self.a, self.b):
            self.net.add(listener)

    def connect(self) -> None:
        self.net.dial(self.a, Address("tcp", "31.1.0.1", 8546), "outbound")
        self.schedule.run_until(self.schedule.now + 1_000)
        assert [e.id for e in self.a.of(PeerConnected)] == [self.b.id]
        assert [e.id for e in self.b.of(PeerConnected)] == [self.a.id]

    def run(self, ms: int = 10_000) -> None:
        self.schedule.run_until(self.schedule.now + ms)

    def received(self) -> list[bytes]:
        return [event.data for event in self.b.of(MessageReceived)]


def test_messages_arrive_whole_in_order_and_take_their_time():
    net = Net(jitter=50)
    net.connect()
    sent = [b"%d" % n * 50 for n in range(20)]
    for data in sent:
        net.net.send(net.a, 1, data)
    net.run()
    assert net.received() == sent
    begun = net.a.told[0][0]
    assert all(at >= begun + 10 for at, event in net.b.told if isinstance(event, MessageReceived))


def test_a_large_message_holds_up_the_next():
    net = Net()
    net.connect()
    at = net.schedule.now
    net.net.send(net.a, 1, bytes(10_000))
    net.net.send(net.a, 1, b"next")
    net.run()
    times = [t - at for t, event in net.b.told if isinstance(event, MessageReceived)]
    assert times == [110, 110]


def test_a_reader_too_slow_loses_its_connection():
    net = Net()
    net.connect()
    for _ in range(26):
        net.net.send(net.a, 1, bytes(1_000_000))
    net.run()
    assert [e.reason for e in net.a.of(PeerLost)] == ["slow"]
    assert net.b.of(PeerLost)


def test_writable_comes_once_little_enough_waits():
    net = Net()
    net.connect()
    net.net.send(net.a, 1, b"x")
    net.net.watch_writable(net.a, 1)
    net.run(1)
    assert len(net.a.of(Writable)) == 1
    net.net.send(net.a, 1, bytes(1_000_000))
    net.net.send(net.a, 1, bytes(1_000))
    net.net.watch_writable(net.a, 1)
    net.run(9_000)
    assert len(net.a.of(Writable)) == 1
    net.run(9_000)
    assert len(net.a.of(Writable)) == 2


def test_what_was_sent_before_the_end_still_arrives():
    net = Net()
    net.connect()
    net.net.send(net.a, 1, b"last words")
    net.net.close(net.a, 1)
    net.net.send(net.a, 1, b"too late")
    net.run()
    assert net.received() == [b"last words"]
    assert net.a.of(PeerLost) and net.b.of(PeerLost)
    assert net.net.open_ends(net.a) == net.net.open_ends(net.b) == []


def test_a_dead_process_hears_nothing_and_its_peers_notice():
    net = Net()
    net.connect()
    net.net.send(net.b, 1, b"to whom?")
    net.a.up = False
    net.net.died(net.a)
    net.run()
    assert not net.a.of(MessageReceived)
    assert net.b.of(PeerLost)
    net.a.life, net.a.up = 2, True
    net.net.send(net.b, 1, b"to the next life?")
    net.run()
    assert not net.a.of(MessageReceived)


@pytest.mark.parametrize("why", ["nobody", "down", "turned away", "unlucky"])
def test_a_dial_that_fails_says_so_once(why):
    net = Net(replace(CALM, dial_fails=100) if why == "unlucky" else CALM)
    net.b.up = why != "down"
    net.b.away = why == "turned away"
    host = "99.1.0.1" if why == "nobody" else "31.1.0.1"
    net.net.dial(net.a, Address("tcp", host, 8546), "outbound")
    net.run()
    assert len(net.a.told) == 1
    assert len(net.a.of(DialFailed)) == 1


@pytest.mark.parametrize("silent", [True, False])
def test_nothing_crosses_a_partition(silent):
    net = Net()
    net.connect()
    partition = Partition(0, 0, frozenset([0]), silent)
    net.net.part(partition)
    net.net.send(net.a, 1, b"one")
    net.net.dial(net.a, Address("tcp", "31.1.0.1", 8546), "outbound")
    net.run()
    assert net.received() == []
    assert net.a.of(DialFailed)
    assert bool(net.a.of(PeerLost)) is not silent
    net.net.send(net.a, 1, b"two")
    net.net.heal(partition)
    net.run()
    assert net.received() == ([b"one", b"two"] if silent else [])


@pytest.mark.parametrize("fault", ["lost", "twice", "swapped", "altered"])
def test_each_fault_does_what_it_says(fault):
    net = Net(replace(CALM, **{fault: 1_000_000}))
    net.connect()
    sent = [b"one", b"two", b"three"]
    for data in sent:
        net.net.send(net.a, 1, data)
    net.run()
    received = net.received()
    assert net.net.faults[fault] > 0
    if fault == "lost":
        assert received == [] and net.a.of(PeerLost) and net.b.of(PeerLost)
    elif fault == "twice":
        assert received == [b"one", b"one", b"two", b"two", b"three", b"three"]
    elif fault == "swapped":
        assert received != sent and sorted(received) == sorted(sent)
    else:
        assert len(received) == 3
        for got, data in zip(received, sent, strict=True):
            differing = [(x ^ y).bit_count() for x, y in zip(got, data, strict=True)]
            assert sum(differing) == 1
    net.net.calm()
    assert net.net.chances == CALM


# ------------------------------------------------------------------ plans, transfers, sizes


def test_a_seed_draws_the_same_plan_and_others_draw_others():
    assert plans.draw(5) == plans.draw(5)
    drawn = [plans.draw(seed) for seed in range(50)]
    assert len({repr(plan) for plan in drawn}) == 50
    assert {len(plan.nodes) for plan in drawn} == {5, 6, 7}
    for fault in ("lost", "twice", "swapped", "altered", "dial_fails", "database_fails"):
        rates = [getattr(plan.chances, fault) for plan in drawn]
        assert 0 in rates and max(rates) > 0
    assert any(plan.partitions for plan in drawn) and any(plan.crashes for plan in drawn)
    assert any(node.begins_ms > 10_000 for plan in drawn for node in plan.nodes)


def test_transfers_are_those_that_were_signed():
    from execution.validity import check_signature

    for transfer in transfers().values():
        check_signature(transfer.tx, transfer.tx.witness.pk)


def test_sizes_reach_into_everything_that_is_kept():
    @dataclass
    class Part:
        by_peer: dict
        recent: deque

    Part.__module__ = "p2p.rules.made_up"
    part = Part({1: [1, 2, 3], 2: [1]}, deque(range(9)))
    found = sizes(part)
    assert found == {"engine.by_peer": 2, "engine.by_peer[]": 3, "engine.recent": 9}
