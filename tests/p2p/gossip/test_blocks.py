"""New blocks in short form: from a peer's first byte to the importer's word, and told on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chain.values import BlockStatus, StoredHeader
from consensus.errors import ReorgTooDeep, RootMismatch, StateRootWrong
from consensus.rules.seal import threshold
from core.block import Block
from core.tx import SignedTx, Witness
from p2p.rules import events as ev
from p2p.rules.actions import Close, ImportBlock
from p2p.rules.gossip import blocks as numbers
from p2p.rules.gossip import serving
from p2p.rules.limits import PARTS_MOST
from p2p.rules.wire import compact
from p2p.rules.wire.messages import Compact, GetParts, Headers, Parts
from tests.p2p.blocks import DictPool, small
from tests.p2p.gossip.nodes import WALL_MS, Node, node
from tests.support import changed, fast_network, reseal

SALT = bytes(8)


def ready(pool: DictPool | None = None, *, height: int = 1, peers: int = 3) -> Node:
    made = node(height=height, pool=DictPool() if pool is None else pool)
    for conn in range(1, peers + 1):
        made.join(conn)
    made.tick(1_000)
    return made


def warm() -> Node:
    return ready(DictPool.of(small().block))


def short(block: Block | None = None, prefill=()) -> Compact:
    return compact.make(small().block if block is None else block, SALT, prefill)


def imports(made: Node) -> list[ImportBlock]:
    return [action for action in made.acts if type(action) is ImportBlock]


def test_a_block_whose_transactions_wait_is_imported_and_told_on():
    made, block = warm(), small().block
    answers = made.says(1, short())
    assert imports(made) == [ImportBlock(block.hash, 2, block.raw)]
    assert made.ledger.head_hash == block.hash
    assert [type(said) for said in answers] == [Compact, Compact]
    assert (made.told(1, Compact), len(made.told(2, Compact))) == ([], 1)
    assert made.ctx.peers[1].useful_ms
    assert made.gossip.mesh._credit == {1: numbers.BLOCK_CREDIT}
    assert made.sync.calls == [("assembling", block.hash), ("heard", 1, block.hash)]
    assert not made.blamed


def test_what_is_missing_is_asked_for_once():
    made, block = ready(), small().block
    (ask,) = made.says(1, short())
    assert ask == GetParts(block.hash, tuple(range(5)), (0, 1))
    assert made.says(2, short()) == []  # being put together: nobody else is asked
    made.says(1, compact.parts(block, ask))
    assert made.ledger.head_hash == block.hash
    assert made.told(2, Compact) == []
    (told,) = made.told(3, Compact)
    assert len(told.prefilled) == 5  # others may lack what this node lacked
    made.says(1, compact.parts(block, ask))
    assert made.blamed == [(1, "unasked")]


def test_parts_that_do_not_come_leave_the_block_to_sync():
    made, block = ready(), small().block
    (ask,) = made.says(1, short())
    made.tick(1_900)
    assert ("wants_body", block.hash) not in made.sync.calls
    made.tick(100)
    assert made.sync.calls[-2:] == [("heard", 1, block.hash), ("wants_body", block.hash)]
    made.says(1, compact.parts(block, ask))  # too late, and nobody's fault
    assert not made.blamed
    assert not imports(made)
    made.says(1, compact.parts(block, ask))
    assert made.blamed == [(1, "unasked")]


def test_a_peer_that_has_not_got_the_parts_is_not_blamed():
    made, block = ready(), small().block
    made.says(1, short())
    made.says(1, Parts(block.hash, (), ()))
    assert made.sync.calls[-1] == ("wants_body", block.hash)
    assert not made.blamed


def test_a_peer_that_leaves_passes_the_block_on_to_who_has_it():
    made, block = ready(), small().block
    made.says(1, short())
    made.says(2, short())
    made.handle(ev.PeerLost(1, "gone"))
    assert made.sync.calls[-2:] == [("heard", 2, block.hash), ("wants_body", block.hash)]
    assert made.gossip.blocks._open == {}
    made.says(3, short())
    made.handle(ev.PeerLost(3, "gone"))
    assert made.gossip.blocks._open == {}


# ---------------------------------------------------------------- who is to blame


def test_swapped_parts_cost_points_and_the_block_comes_from_others():
    made, block = ready(), small().block
    (ask,) = made.says(1, short())
    parts = compact.parts(block, ask)
    made.says(1, replace(parts, txs=parts.txs[::-1]))
    assert made.blamed == [(1, "body_swapped")]
    assert made.sync.calls[-1] == ("wants_body", block.hash)
    assert not imports(made)


def test_parts_of_another_peer_are_not_taken():
    made, block = ready(), small().block
    (ask,) = made.says(1, short())
    made.says(2, compact.parts(block, ask))
    made.says(3, Parts(bytes(32), (), ()))
    assert made.blamed == [(2, "unasked"), (3, "unasked")]
    made.says(1, compact.parts(block, ask))
    assert made.ledger.head_hash == block.hash


def test_a_body_that_is_wrong_and_all_the_sender_s_own_costs_points():
    """Its short ids, prefilled and parts fit each other, and not the header."""
    made, block = ready(), small().block
    cut = replace(block, txs=block.txs[:2])
    (ask,) = made.says(1, short(cut))
    made.says(1, compact.parts(cut, ask))
    assert made.blamed == [(1, "body_swapped")]
    assert ("wants_body", block.hash) in made.sync.calls
    assert not imports(made)


def test_a_guess_that_fails_is_nobody_s_fault():
    """The pool's transaction has another signature than the block's."""
    block = small().block
    pool = DictPool.of(block)
    tx = block.txs[0]
    pool.txs[tx.txid] = SignedTx(tx.unsigned, Witness(tx.witness.alg, bytes(3309)))
    made = ready(pool)
    made.says(1, short())
    assert not made.blamed
    assert not imports(made)
    assert ("wants_body", block.hash) in made.sync.calls


def test_the_same_block_twice_costs_points():
    made = warm()
    made.says(1, short())
    made.says(1, short())
    assert made.blamed == [(1, "unasked")]


def test_a_compact_block_that_is_junk_costs_points():
    made, block = warm(), small().block
    made.says(1, replace(short(), header=b"\x80"))
    made.says(2, replace(short(), receipts=(b"\x80",)))
    assert made.blamed == [(1, "malformed"), (2, "malformed")]
    assert not imports(made)
    assert ("heard", 2, block.hash) in made.sync.calls


# ---------------------------------------------------------------- headers


def altered(**changes) -> Compact:
    return short(reseal(small().block, **changes))


def test_an_invalid_header_costs_points_and_nothing_is_looked_for(monkeypatch):
    monkeypatch.setattr(compact.Plan, "of", lambda *_: pytest.fail("looked for transactions"))
    made = warm()
    made.says(1, altered(theta=small().block.header.theta + 1))
    unsealed = replace(small().block, header=unsealed_header())
    made.says(2, short(unsealed))
    made.says(3, altered(time=WALL_MS + 100_000_000))
    assert made.blamed == [(1, "header_invalid"), (2, "header_invalid"), (3, "clock")]
    assert not imports(made)
    assert made.sync.calls == []


def unsealed_header():
    header = small().block.header
    below = threshold(header.theta, header.psi)
    tries = (header.sealed(number.to_bytes(8, "big")) for number in range(1_000))
    return next(one for one in tries if one.draw >= below)


def test_a_header_of_other_rules_ends_the_connection_without_a_ban():
    made = warm()
    made.says(1, altered(chain=1))
    other = changed(fast_network(), gas_limit=1)
    made.says(2, altered(policy=other.pins_at(2)))
    assert not made.blamed
    closed = [(action.conn, action.code) for action in made.acts if type(action) is Close]
    assert closed == [(1, "other_rules"), (2, "other_rules")]


def test_a_block_on_unknown_ground_is_the_affair_of_sync():
    made, block = ready(height=0), small().block
    assert made.says(1, short()) == []
    assert made.sync.calls == [("heard", 1, block.hash)]
    made = warm()
    made.sync.busy = True
    made.says(1, short())
    assert made.sync.calls == [("heard", 1, block.hash)]
    assert not imports(made)


def test_a_known_block_is_not_looked_at_again():
    made, block = warm(), small().block
    made.ledger.add(block.raw)
    assert made.says(1, short()) == []
    assert not imports(made)
    assert made.sync.calls == [("heard", 1, block.hash)]
    assert not made.blamed


def mark_invalid(made: Node, hash: bytes) -> None:
    old = made.ledger.stored_headers[hash]
    made.ledger.stored_headers[hash] = StoredHeader(
        old.header, old.total_work, BlockStatus.INVALID, canonical=False, invalid_code="block.psi"
    )


def test_a_block_that_was_refused_before_costs_points_and_so_does_its_child():
    made, block = warm(), small().block
    made.ledger.add(block.raw)
    mark_invalid(made, block.hash)
    made.says(1, short())
    child = small().builder.make(small().full)
    made.says(2, short(child.block))
    assert made.blamed == [(1, "block_invalid"), (2, "block_invalid")]


def test_an_old_block_is_not_put_together():
    made = warm()
    for one in small().builder.grow(small().first, 8, extra=b"other"):
        made.ledger.add(one.raw)
    assert made.ledger.head().height == 9
    made.says(1, altered(extra=b"late"))
    assert len(imports(made)) == 1  # height 2 of 9 is among the latest eight
    made.ledger.add(small().builder.make(tip(made, 9)).raw)
    before = len(imports(made))
    made.says(2, altered(extra=b"older"))
    assert len(imports(made)) == before


def tip(made: Node, height: int):
    line = small().builder.grow(small().first, height - 1, extra=b"other")
    assert line[-1].hash == made.ledger.head_hash
    return line[-1]


# ---------------------------------------------------------------- verdicts


def judged(refusal=None, *, fault: bool = False) -> Node:
    made, block = warm(), small().block
    made.judges = False
    made.says(1, short())
    made.says(2, short())
    made.handle(ev.BlockJudged(block.hash, 2, "" if refusal else "added", refusal, fault))
    return made


def test_an_invalid_block_is_blamed_on_all_who_sent_it_and_never_told_on():
    made = judged(StateRootWrong("no"))
    assert made.blamed == [(1, "block_invalid"), (2, "block_invalid")]
    assert made.told(3, Compact) == []
    assert not made.ctx.peers[1].useful_ms


def test_refusals_that_are_this_node_s_own_view_blame_nobody():
    assert judged(ReorgTooDeep("deep")).blamed == []
    made = judged(RootMismatch("body"))
    assert made.blamed == []
    assert made.sync.calls[-1] == ("wants_body", small().block.hash)
    made = judged(fault=True)
    assert made.blamed == []
    assert made.sync.calls[-1] == ("wants_body", small().block.hash)


def test_verdicts_on_blocks_of_others_are_of_no_concern():
    made = warm()
    made.handle(ev.BlockJudged(bytes(32), 1, "", StateRootWrong("no")))
    assert not made.blamed
    made = judged()
    made.handle(ev.BlockJudged(small().block.hash, 2, "", StateRootWrong("no")))
    assert not made.blamed


def test_a_sender_that_has_left_cannot_be_blamed():
    made, block = warm(), small().block
    made.judges = False
    made.says(1, short())
    made.handle(ev.PeerLost(1, "gone"))
    made.handle(ev.BlockJudged(block.hash, 2, "", StateRootWrong("no")))
    assert not made.blamed


def test_a_verdict_that_never_comes_is_given_up():
    made = warm()
    made.judges = False
    made.says(1, short())
    made.tick(numbers.JUDGE_MS - 100)
    assert len(made.gossip.blocks._judged) == 1
    made.tick(100)
    assert len(made.gossip.blocks._judged) == 0


# ---------------------------------------------------------------- bounds


def test_one_peer_opens_two_blocks_and_all_sixteen():
    made = ready(peers=12)
    for number in range(30):
        made.says(number % 12 + 1, altered(extra=b"%d" % number))
    work = made.gossip.blocks._open
    assert len(work) == numbers.OPEN_MOST
    for conn in range(1, 13):
        mine = [one for one in work.values() if one.peer.conn == conn]
        assert len(mine) <= numbers.OPEN_PER_PEER
    heard = [call for call in made.sync.calls if call[0] == "heard"]
    assert len(heard) == 30  # what is not opened here is fetched whole
    made = ready(peers=1)
    for number in range(5):
        made.says(1, altered(extra=b"%d" % number))
    assert len(made.gossip.blocks._open) == numbers.OPEN_PER_PEER


def test_a_block_that_lacks_too_much_is_fetched_whole():
    made, block = ready(), small().block
    vast = replace(short(), txs=b"".join(n.to_bytes(6, "big") for n in range(5_000)),
                   keyed=bytes(625))  # fmt: skip
    assert PARTS_MOST < 5_000
    assert made.says(1, vast) == []
    assert made.sync.calls[-1] == ("heard", 1, block.hash)
    assert ("wants_body", block.hash) in made.sync.calls


# ---------------------------------------------------------------- telling and serving


def test_members_get_the_block_others_its_header():
    made = ready(DictPool.of(small().block), peers=20)
    members = set(made.gossip.mesh.members)
    made.ctx.peers[20].head = small().block.hash  # it has it: so it says
    made.add_block(small().block.raw)
    header = Headers((small().block.header.encoded,), asked=False)
    for conn in range(1, 20):
        if conn in members:
            assert len(made.told(conn, Compact)) == 1 and not made.told(conn, Headers)
        else:
            assert made.told(conn, Headers) == [header] and not made.told(conn, Compact)
    assert made.told(20, Compact) == made.told(20, Headers) == []
    made.handle(ev.HeadMoved(small().block.header, 1))
    assert sum(len(made.told(conn, Compact)) for conn in range(1, 21)) == len(members - {20})


def test_a_node_that_catches_up_tells_its_head_when_it_is_done():
    made = warm()
    made.sync.busy = True
    made.add_block(small().block.raw)
    made.tick(1_000)
    assert made.told(1, Compact) == []
    made.sync.busy = False
    made.tick()
    assert len(made.told(1, Compact)) == 1


def test_a_head_whose_body_is_not_here_is_told_by_its_header():
    made, block = warm(), small().block
    made.ledger.add(block.raw)
    del made.ledger.raws[block.hash]
    made.handle(ev.HeadMoved(block.header, 2))
    assert (made.told(1, Compact), len(made.told(1, Headers))) == ([], 1)


def test_parts_are_given_once_to_each_and_of_the_latest_blocks_only():
    made, block = warm(), small().block
    made.add_block(block.raw)
    ask = GetParts(block.hash, (0, 4), (1,))
    (answer,) = made.says(1, ask)
    assert answer == Parts(block.hash, (block.txs[0].raw, block.txs[4].raw),
                           (block.envelopes[1].encoded,))  # fmt: skip
    assert made.says(1, ask) == []
    assert made.blamed == [(1, "out_of_order")]
    assert made.says(2, GetParts(block.hash, (9,), ())) == [Parts(block.hash, (), ())]
    assert made.says(2, GetParts(bytes(32), (0,), ())) == [Parts(bytes(32), (), ())]
    for one in small().builder.grow(small().full, 8):
        made.add_block(one.raw)
    assert made.says(3, ask) == [Parts(block.hash, (), ())]
    genesis = small().builder.genesis.hash
    assert made.says(3, GetParts(genesis, (0,), ())) == [Parts(genesis, (), ())]


def test_parts_of_a_block_that_is_not_validated_are_not_given():
    made, block = warm(), small().block
    made.judges = False
    made.says(1, short())
    assert made.says(2, GetParts(block.hash, (0,), ())) == [Parts(block.hash, (), ())]


def test_parts_are_read_from_the_ledger_where_the_block_came_another_way():
    made, block = warm(), small().block
    made.ledger.add(block.raw)
    (answer,) = made.says(1, GetParts(block.hash, (0,), ()))
    assert answer.txs == (block.txs[0].raw,)
    assert len(made.gossip.serving._cache) == 1


def test_the_cache_and_the_memory_of_blocks_are_bounded():
    made = ready(peers=2)
    line = small().builder.grow(small().first, 70)
    for one in line:
        made.add_block(one.raw)
    assert len(made.gossip.serving._cache) == serving.CACHED_BLOCKS
    assert len(made.gossip._shown._peers) <= 64
    assert made.gossip.blocks._open == {}
