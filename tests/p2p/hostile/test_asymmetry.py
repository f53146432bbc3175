"""Small messages with dear answers, and what is forgotten when an attacker hangs up.

Each test is an attack on one engine; what it may cost is a number of the code.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.block import Block
from p2p.rules import events
from p2p.rules.conduct import Conduct, bans, budgets
from p2p.rules.gossip import blocks, serving
from p2p.rules.gossip import wanted as asking
from p2p.rules.gossip.wanted import Wanted
from p2p.rules.limits import ASKED_MOST, HEADERS_MOST
from p2p.rules.sync import numbers
from p2p.rules.wire import compact
from p2p.rules.wire import messages as m
from tests.p2p.blocks import NETWORK, DictPool, small
from tests.p2p.gossip.nodes import node
from tests.p2p.sync.chains import branch
from tests.p2p.sync.desk import Desk
from tests.p2p.world import World, id_of
from tests.support import reseal, seal

ATTACKER = "tcp://203.0.113.7:1"


@pytest.fixture
def few(monkeypatch):
    """Budgets of few messages."""
    monkeypatch.setattr(budgets, "PEER", (budgets.Budget(10, 60), *budgets.PEER[1:]))
    monkeypatch.setattr(budgets, "ALL", (budgets.Budget(20, 100), *budgets.ALL[1:]))


def answers(world: World, peer, count: int) -> int:
    found = 0
    for number in range(count):
        world.say(peer, m.Ping(number))
        found += len(world.sent(peer, m.Pong))
    return found


def test_hanging_up_does_not_fill_a_budget(few):
    """Ten connections of one host, each under a new name, get what one would have got."""
    world, taken = World(), 0
    for number in range(10):
        peer = world.ready(number, ATTACKER)
        taken += 1 + answers(world, peer, 20)
        world.lose(peer)
    assert taken <= budgets.PEER[0].burst


def test_new_names_do_not_pass_before_those_who_were_here_first(few):
    """From hosts that say nothing, under a hundred names: the quiet peer still gets its answers."""
    world = World()
    quiet = world.ready(1, "tcp://198.51.100.1:1")
    world.ms += 6_000
    assert answers(world, quiet, 1) == 1
    taken = 0
    for number in range(2, 40):
        peer = world.connect(number, "tcp://127.0.0.1:9")
        taken += answers(world, peer, 20)
        world.lose(peer)
    assert taken <= budgets.ALL[0].burst
    assert answers(world, quiet, 5) == 5


def test_headers_that_lead_nowhere_are_not_asked_for_at_once():
    """Full answers of headers that everybody knows, always the same: one question a second."""
    line = branch(0, 280, b"long")
    desk = Desk(line)
    peer = desk.peer([], work=2**200)
    asked = 0
    for _ in range(50):
        asked += len(desk.sent(peer, m.GetHeaders))
        if not desk.sync._state.contacts[peer.conn].waiting:
            desk.wait(100)
        else:
            desk.show(peer, line[:HEADERS_MOST])
    assert asked <= 2 + 50 * 100 // numbers.ASK_AGAIN_MS + 1


def test_news_that_do_not_connect_make_this_node_ask_once_a_second():
    desk = Desk(branch(0, 10))
    peer = desk.peer(branch(0, 10))
    stray = branch(0, 10)[-1]
    asked = 0
    for number in range(50):
        header = seal(replace(stray.header, parent=number.to_bytes(32, "big"), height=500))
        desk.say(peer, m.Headers((header.encoded,), asked=False))
        if desk.sent(peer, m.GetHeaders):
            asked += 1
            desk.show(peer, [])
        desk.ms += 10
    assert asked == 1
    desk.wait(numbers.ASK_AGAIN_MS)
    assert not desk.offences()


def test_headers_wait_for_their_reader():
    """Who asks and never reads has one answer on its way, and floods with the 66th question."""
    desk = Desk(branch(0, 280, b"long"))
    peer = desk.peer([], outbound=False)
    sent = 0
    for _ in range(1 + ASKED_MOST):
        desk.say(peer, m.GetHeaders((bytes(32), branch(0, 280, b"long")[9].hash), HEADERS_MOST))
        sent += len(desk.sent(peer, m.Headers))
    assert sent == 1 and not desk.offences()
    desk.say(peer, m.GetHeaders((bytes(32),), 1))
    assert desk.offences() == ["flood"]


def test_an_id_cannot_be_withheld_by_those_who_announce_it_first():
    """Eight silent peers tell of everything first, again and again; one that delivers is asked."""
    wanted, key, honest = Wanted(), (m.TX, b"\x77" * 32), 99
    wanted.announced(honest, (m.TX, bytes(32)), 0)
    wanted.questions(0)
    assert wanted.arrived(honest, (m.TX, bytes(32)), 10)
    silent = range(asking.ANNOUNCERS_MOST)
    for conn in silent:
        wanted.announced(conn, key, 20)
    wanted.announced(honest, key, 30)
    now, asked = 30, []
    for _ in range(10):
        asked += wanted.questions(now)
        if honest in asked:
            break
        now += asking.ANSWER_MS
        wanted.tick(now)
        for conn in silent:
            wanted.announced(conn, key, now)
    assert honest in asked and len(asked) <= 2
    assert len(wanted.announcers(key)) <= asking.ANNOUNCERS_MOST


def test_equals_do_not_displace_each_other():
    wanted, key = Wanted(), (m.TX, b"\x77" * 32)
    for conn in range(asking.ANNOUNCERS_MOST + 1):
        wanted.announced(conn, key, 0)
    assert wanted.announcers(key) == list(range(asking.ANNOUNCERS_MOST))


def test_blocks_that_wait_for_the_importer_are_bounded():
    """Sealed children of one block, cheap where Θ is low: few reach the importer at once."""
    made = node(height=1, pool=DictPool.of(small().block))
    for conn in range(1, 13):
        made.join(conn)
    made.tick(1_000)
    made.judges = False
    for number in range(60):
        block = reseal(small().block, extra=b"%d" % number)
        made.says(number % 12 + 1, compact.make(block, bytes(8)))
    imports = [one for one in made.acts if type(one).__name__ == "ImportBlock"]
    assert len(imports) == blocks.OPEN_MOST
    # All others are the affair of sync, which takes the heaviest run and nothing else.
    assert sum(call[0] == "heard" for call in made.sync.calls) == 60


def test_no_order_of_questions_decodes_a_block_twice(monkeypatch):
    """A full block takes a second to decode; each is decoded once whoever asks for its parts."""
    made = node(height=1, pool=DictPool.of(small().block))
    for conn in range(1, 9):
        made.join(conn)
    made.add_block(small().block.raw)
    line = [small().full, *small().builder.grow(small().full, 9)]
    for one in line[1:]:
        made.add_block(one.raw)
    made.gossip.serving._cache.clear()
    decoded: list[bytes] = []
    real = Block.decode

    def counted(raw: bytes, **limits: int) -> Block:
        decoded.append(raw)
        return real(raw, **limits)

    monkeypatch.setattr(serving.Block, "decode", counted)
    for conn in range(1, 9):
        for one in line:
            made.says(conn, m.GetParts(one.hash, (0,), ()))
    assert len(decoded) <= serving.CACHED_BLOCKS
    assert NETWORK.block_bytes_most * serving.CACHED_BLOCKS <= 24_000_000


def test_new_names_do_not_push_out_what_operators_banned(monkeypatch):
    monkeypatch.setattr(bans, "BANS_MOST", 20)
    world = World()
    villain = id_of(7_000)
    world.handle(events.Asked("ban", peer=villain, ban_ms=10**9))
    for number in range(100):
        peer = world.ready(number + 1, "tcp://127.0.0.1:9")
        world.handle(events.MessageReceived(peer.conn, b"\xfe"))
        world.lose(peer)
    judge = world.engine.part(Conduct).judge
    assert len(judge.bans) == 20 and judge.bars(villain)


def test_operators_bans_too_are_bounded(monkeypatch):
    monkeypatch.setattr(bans, "BANS_MOST", 3)
    world = World()
    for number in range(1, 6):
        world.handle(events.Asked("ban", peer=id_of(number), ban_ms=10**9))
    assert [ban.id for ban in world.engine.part(Conduct).bans()] == [id_of(n) for n in (3, 4, 5)]


def test_announcements_beyond_what_is_kept_are_not_even_looked_up():
    """A flood of ids costs look-ups for the first 2,048 only, until some are settled."""
    made = node(height=1)
    made.join(1)
    looked = []
    made.pool.knows_tx = lambda txid: bool(looked.append(txid))
    for start in range(0, 20_000, 1_000):
        made.says(1, m.Inv(m.TX, tuple(n.to_bytes(32, "big") for n in range(start, start + 1_000))))
    assert len(looked) == asking.ANNOUNCED_MOST
