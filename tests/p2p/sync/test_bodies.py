"""Bodies: who is asked for what, and what becomes of what comes."""

from __future__ import annotations

from core.block import Block
from p2p.rules.limits import BODIES_MOST
from p2p.rules.sync import numbers
from p2p.rules.wire import messages as m
from tests.p2p.sync.chains import TRUNK, branch
from tests.p2p.sync.desk import Desk
from tests.support import key, transfer

STRAY = transfer(key(0), key(1).address, 1, nonce=0)


def swapped(made) -> m.Body:
    return m.Body(Block(made.header, (STRAY,)).raw)


def ready(line=TRUNK, peers=1, **facts):
    """A desk whose course is a line that so many peers have shown."""
    desk = Desk(**facts)
    found = []
    asks = {}
    for _ in range(peers):
        peer = desk.peer(line)
        found.append(peer)
        if desk.contact(peer).tip == b"":
            desk.show(peer, line)
        asks[peer.conn] = [ask.hashes for ask in desk.sent(peer, m.GetBodies)]
    return desk, found, asks


def hashes(line) -> tuple[bytes, ...]:
    return tuple(made.hash for made in line)


def keep_giving(desk, peer, ms) -> set[bytes]:
    """Let time pass while a peer answers every request; what it was asked for."""
    by_hash = {made.hash: made for made in TRUNK}
    asked = set()
    for _ in range(ms // 100):
        for hash in [hash for request in desk.contact(peer).requests for hash in request.left]:
            asked.add(hash)
            desk.give(peer, by_hash[hash])
        desk.wait(100)
    return asked


def test_a_new_peer_is_asked_for_a_few_blocks_twice_at_once():
    desk, (peer,), asks = ready()
    few = numbers.UNPROVEN_BODIES
    assert asks[peer.conn] == [hashes(TRUNK[:few]), hashes(TRUNK[few : 2 * few])]
    desk.wait(500)
    assert not desk.sent(peer, m.GetBodies)


def test_bodies_are_imported_in_order_however_they_come():
    desk, (peer,), _ = ready()
    desk.give(peer, TRUNK[2])
    desk.give(peer, TRUNK[1])
    assert not desk.imports
    desk.give(peer, TRUNK[0])
    assert [one.hash for one in desk.imports] == list(hashes(TRUNK[:3]))
    assert [one.height for one in desk.imports] == [1, 2, 3]
    assert [one.raw for one in desk.imports] == [made.raw for made in TRUNK[:3]]


def test_a_fast_peer_is_asked_for_more():
    desk, (peer,), _ = ready()
    for made in TRUNK[:4]:
        desk.give(peer, made)
    (ask,) = desk.sent(peer, m.GetBodies)
    assert len(ask.hashes) == BODIES_MOST


def test_a_slow_peer_is_asked_for_as_much_as_it_sends_in_two_seconds():
    desk, (peer,), _ = ready()
    for made in TRUNK[:4]:
        desk.wait(1_000)
        desk.give(peer, made)
    (ask,) = desk.sent(peer, m.GetBodies)
    assert 1 <= len(ask.hashes) <= 2


def test_several_peers_are_asked_for_different_blocks():
    _, peers, asks = ready(peers=3)
    all_asked = [hash for peer in peers for ask in asks[peer.conn] for hash in ask]
    assert len(all_asked) == len(set(all_asked)) == 3 * 2 * numbers.UNPROVEN_BODIES
    assert set(all_asked) == set(hashes(TRUNK[: len(all_asked)]))


def test_only_who_has_a_block_is_asked_for_it():
    desk = Desk()
    short = desk.peer(TRUNK[:2])
    desk.show(short, TRUNK[:2])
    long = desk.peer(TRUNK)
    desk.show(long, TRUNK[1:])
    asked = {hash for ask in desk.sent(short, m.GetBodies) for hash in ask.hashes}
    assert not asked & set(hashes(TRUNK[2:]))


def test_the_window_bounds_how_far_ahead_bodies_are_asked_for():
    desk, (peer,), asks = ready()
    wanted = [hash for ask in asks[peer.conn] for hash in ask]
    by_hash = {made.hash: made for made in TRUNK}
    asked = set(wanted)
    while wanted := [hash for hash in wanted if hash != TRUNK[0].hash]:
        desk.give(peer, by_hash[wanted.pop(0)])
        new = [hash for ask in desk.sent(peer, m.GetBodies) for hash in ask.hashes]
        wanted += new
        asked.update(new)
    assert asked == set(hashes(TRUNK[: numbers.WINDOW_BLOCKS]))
    assert not desk.imports and not desk.offences()
    desk.give(peer, TRUNK[0])
    assert len(desk.imports) == numbers.IMPORTS_OPEN
    assert desk.sent(peer, m.GetBodies)


def test_a_body_of_a_later_request_tells_that_the_rest_of_an_earlier_one_is_lost():
    desk, (peer,), _ = ready()
    for made in (TRUNK[0], TRUNK[1], TRUNK[4]):
        desk.give(peer, made)
    asked = [hash for ask in desk.sent(peer, m.GetBodies) for hash in ask.hashes]
    assert asked[:2] == [TRUNK[2].hash, TRUNK[3].hash]
    assert not desk.contact(peer).strikes and not desk.offences()


def test_bytes_bound_the_window_too(monkeypatch):
    monkeypatch.setattr(numbers, "WINDOW_BYTES", 8_000)
    desk, (peer,), _ = ready()
    for made in TRUNK[1:8]:
        desk.give(peer, made)
    held = desk.sync._bodies
    assert held.held_bytes <= 16_000
    count = len(held.held)
    desk.give(peer, TRUNK[0])  # what the importer waits for is always taken
    assert len(desk.imports) > 0 and count < 10


def test_a_block_that_nobody_asked_for_is_refused():
    desk, (peer,), _ = ready()
    desk.give(peer, TRUNK[150])
    assert desk.offences() == ["unasked"]
    idle = desk.peer([], outbound=False)
    desk.give(idle, TRUNK[0])
    assert desk.offences() == ["unasked", "unasked"]


def test_a_block_that_comes_twice_is_refused_the_second_time():
    desk, (peer,), _ = ready()
    desk.give(peer, TRUNK[0])
    desk.give(peer, TRUNK[0])
    assert desk.offences() == ["unasked"] and len(desk.imports) == 1


def test_bytes_that_are_no_block_end_the_connection():
    desk, (peer,), _ = ready()
    desk.say(peer, m.Body(b"\x80"))
    assert desk.offences() == ["malformed"] and peer.closing


def test_another_body_is_its_senders_fault_and_the_block_is_asked_of_others():
    desk, (liar, honest), asks = ready(peers=2)
    first = asks[liar.conn][0][0]
    assert first == TRUNK[0].hash
    desk.say(liar, swapped(TRUNK[0]))
    assert desk.offences() == ["body_swapped"] and not liar.closing
    assert not desk.imports and TRUNK[0].hash not in desk.state.bad
    asked = [hash for ask in desk.sent(honest, m.GetBodies) for hash in ask.hashes]
    if not asked:  # it has two requests to fulfil first
        for hash in (h for ask in asks[honest.conn] for h in ask):
            desk.give(honest, next(made for made in TRUNK if made.hash == hash))
            asked += [hash for ask in desk.sent(honest, m.GetBodies) for hash in ask.hashes]
    assert TRUNK[0].hash in asked
    desk.give(honest, TRUNK[0])
    assert desk.imports[0].hash == TRUNK[0].hash


def test_who_says_missing_is_not_asked_again():
    desk, (peer,), _ = ready()
    desk.say(peer, m.Missing(m.BLOCK, (TRUNK[0].hash,)))
    desk.wait(50_000)
    asked = [hash for ask in desk.sent(peer, m.GetBodies) for hash in ask.hashes]
    assert TRUNK[0].hash not in asked
    assert not desk.offences()


def test_missing_what_was_not_asked_for_is_refused():
    desk, (peer,), _ = ready()
    desk.say(peer, m.Missing(m.BLOCK, (TRUNK[150].hash,)))
    assert desk.offences() == ["unasked"]
    gone = desk.peer([])
    desk.lose(gone)
    desk.sync.missing(gone, (TRUNK[0].hash,))
    assert desk.offences() == ["unasked"]


def test_a_stalled_peers_blocks_are_asked_of_another_and_it_is_not_blamed():
    desk, (stalled, other), _ = ready(peers=2)
    again = keep_giving(desk, other, numbers.PATIENCE_MS + 400)
    assert set(hashes(TRUNK[:4])) <= again
    assert not desk.offences() and desk.contact(stalled).strikes
    late = desk.contact(stalled)
    desk.give(stalled, TRUNK[0])  # what comes late is taken all the same
    assert desk.imports[0].hash == TRUNK[0].hash and not desk.offences()
    assert TRUNK[0].hash not in late.lacks


def test_a_stalled_peer_is_asked_again_where_there_is_nobody_else():
    desk, (peer,), _ = ready()
    desk.wait(5 * numbers.PATIENCE_MS)
    assert TRUNK[0].hash in [h for ask in desk.sent(peer, m.GetBodies) for h in ask.hashes]
    assert not desk.offences()


def test_patience_grows_while_nothing_comes_and_is_back_when_something_does():
    desk, (peer,), _ = ready()
    bodies = desk.sync._bodies
    desk.wait(55_000)
    assert bodies._patience_ms == numbers.PATIENCE_MOST_MS
    keep_giving(desk, peer, 1_000)
    assert bodies._patience_ms < numbers.PATIENCE_MOST_MS and not desk.offences()


def test_a_late_answer_and_the_one_to_the_second_request_are_both_taken():
    desk, (peer,), _ = ready()
    desk.wait(numbers.PATIENCE_MS + 200)
    assert desk.contact(peer).owed[TRUNK[0].hash][0] == 2
    desk.give(peer, TRUNK[0])
    desk.give(peer, TRUNK[0])
    assert not desk.offences() and len(desk.imports) == 1
    desk.give(peer, TRUNK[0])
    assert desk.offences() == ["unasked"]


def test_a_peer_that_leaves_is_replaced_at_once():
    desk, (one, other), _ = ready(peers=2)
    for made in TRUNK[8:12]:
        desk.give(other, made)
    desk.lose(one)
    taken = {hash for ask in desk.sent(other, m.GetBodies) for hash in ask.hashes}
    for made in TRUNK[12:16]:
        desk.give(other, made)
        taken |= {hash for ask in desk.sent(other, m.GetBodies) for hash in ask.hashes}
    assert set(hashes(TRUNK[:8])) & taken


def test_the_block_that_all_wait_for_is_asked_of_a_second_peer():
    desk, (slow, quick), asks = ready(peers=2)
    slow_has = [hash for ask in asks[slow.conn] for hash in ask]
    assert slow_has[0] == TRUNK[0].hash
    by_hash = {made.hash: made for made in TRUNK}
    desk.wait(1_000)
    desk.give(slow, by_hash[slow_has[1]])  # something comes, but not what is needed
    for made in TRUNK[8:16]:
        desk.give(quick, made)
    desk.wait(1_100)
    asked = [hash for ask in desk.sent(quick, m.GetBodies) for hash in ask.hashes]
    assert TRUNK[0].hash in asked
    assert desk.sync._bodies._asked[TRUNK[0].hash] == {slow.conn, quick.conn}


def test_a_peer_that_trickles_is_given_up():
    desk, (slow, quick), _ = ready(line=TRUNK[:16], peers=2)
    for made in TRUNK[8:16]:
        desk.give(quick, made)
    for made in TRUNK[7:0:-1]:
        desk.wait(1_500)
        desk.give(slow, made)
    assert desk.contact(slow).strikes or TRUNK[0].hash in desk.contact(quick).owed
    assert not desk.offences()


def test_nothing_is_asked_for_while_held():
    desk = Desk()
    desk.sync.hold(True)
    peer = desk.peer(TRUNK)
    desk.show(peer, TRUNK)
    desk.wait(1_000)
    assert not desk.sent(peer, m.GetBodies) and desk.sync.busy
    desk.sync.hold(False)
    desk.wait(100)
    assert desk.sent(peer, m.GetBodies)


def test_a_block_that_comes_in_short_form_is_not_asked_for_until_that_fails():
    desk = Desk(TRUNK[:10])
    peer = desk.peer(TRUNK[:10])
    desk.sync.assembling(TRUNK[10].hash)
    desk.tell(peer, TRUNK[10:11])
    desk.wait(1_000)
    assert not desk.sent(peer, m.GetBodies)
    desk.sync.wants_body(TRUNK[10].hash)
    desk.wait(100)
    assert [ask.hashes for ask in desk.sent(peer, m.GetBodies)] == [(TRUNK[10].hash,)]


def test_a_short_form_that_never_is_whole_is_waited_for_two_seconds():
    desk = Desk(TRUNK[:10])
    peer = desk.peer(TRUNK[:10])
    desk.sync.assembling(TRUNK[10].hash)
    desk.tell(peer, TRUNK[10:11])
    desk.wait(numbers.COMPACT_WAIT_MS + 100)
    assert [ask.hashes for ask in desk.sent(peer, m.GetBodies)] == [(TRUNK[10].hash,)]


def test_memories_of_peers_are_bounded():
    desk, (peer,), _ = ready()
    contact = desk.contact(peer)
    for number in range(2 * numbers.OWED_MOST):
        contact.owe(number.to_bytes(32, "big"), 0)
        contact.lack(number.to_bytes(32, "big"), 0, said=True)
        desk.sync.assembling(number.to_bytes(32, "big"))
    assert len(contact.owed) == numbers.OWED_MOST
    assert len(contact.lacks) == numbers.LACKS_MOST
    assert len(desk.sync._bodies._later) == numbers.LACKS_MOST


def test_bodies_of_a_run_that_is_left_make_room():
    """A heavier run takes over; what was held of the other does not stay for ever."""
    desk, _, _ = ready(line=branch(0, 20, b"light"))
    other = desk.peer(TRUNK)
    desk.show(other, TRUNK)
    assert desk.state.course.tip.hash == TRUNK[-1].hash
    desk.sync._bodies.trim()
    assert not desk.sync._bodies.held
