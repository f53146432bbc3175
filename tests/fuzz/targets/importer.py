"""The importer in lock-step with the reference model: the same verdict, the same ledger.

An input is a row of blocks. Before it, node and model hold the best chain and the branch of
``tests.fuzz.world``; after it, everything is rolled back. A refused block leaves no trace.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from random import Random
from typing import Any

from animica_site import networks
from chain import service as chain
from core.errors import EncodingRefused, registered
from core.proof import Envelope
from tests import support
from tests.consensus import altering
from tests.fuzz import mutate as mutations
from tests.fuzz import node, oracle, world
from tests.fuzz.signing import signed_again
from tests.fuzz.targets import share
from tests.model.chain import Chain, Room
from tests.model.node import Node
from tests.model.refusal import Broken

MAX_BYTES = 32 * 1024


@dataclass
class _Start:
    """What every input starts from; ``rows`` is the whole database."""

    node: Node
    model: Chain
    rows: dict[str, Any]


_start: list[_Start] = []


def prepare() -> None:
    """Fill the database and the model with the same chain."""
    table = networks.load_table("fast")
    allocations = [(support.key(number).address, support.BALANCE) for number in range(10)]
    now = table["genesis"]["time_ms"] + 86_400_000
    whole, model = Node(table, allocations, now), Chain(table, allocations, now)
    made = world.chain()
    for each in (*made.line, *made.side):
        assert whole.import_block(each.raw) == model.import_block(each.raw)
    _start[:] = [_Start(whole, model, support.dump_database())]


def one_input(data: bytes) -> None:
    (start,) = _start
    model = copy.copy(start.model)
    model.kept, model.invalid, model.deep = dict(model.kept), {}, {}
    model.orphans, model.early, model.alarm = Room(), Room(), None
    with node.undone():
        start.node.restart()
        untouched = True
        for raw in mutations.split(data):
            written = node.writes()
            verdict = _verdict(start.node, model, raw)
            stored = verdict in ("added", "side", "reorg")
            if stored:
                assert chain.raw_block(_hash(raw)) == raw, "another form of a stored block"
            if untouched and (written is None or node.writes() != written):
                untouched = not stored and support.dump_database() == start.rows
        _same_ledger(start, model, untouched)


def _verdict(whole: Node, model: Chain, raw: bytes) -> str:
    """What both say of a block."""
    try:
        expected = model.import_block(raw)
    except Broken as broken:
        expected = broken.code
    found = whole.import_block(raw)
    both_of_form = found in _of_form() and expected in _of_form()
    assert found == expected or both_of_form, f"the node says {found}, the model {expected}"
    return found


def _of_form() -> set[str]:
    return {code for code, kind in registered().items() if issubclass(kind, EncodingRefused)}


def _same_ledger(start: _Start, model: Chain, untouched: bool) -> None:
    """Heads, blocks of every branch, and after a move of the head every record and the money."""
    whole = start.node
    assert whole.head() == model.head.hash, "the heads differ"
    best = {kept.hash for kept in model.head.line()}
    blocks = {
        kept.hash: (kept.hash in best, model.invalid.get(kept.hash, ""), kept.work)
        for kept in model.kept.values()
    }
    assert whole.blocks() == blocks, "the stored blocks differ"
    rooms = {"orphans": len(model.orphans.blocks), "early": len(model.early.blocks)}
    assert whole.importer.waiting() == rooms
    if model.head is start.model.head:
        assert len(model.kept) > len(start.model.kept) or untouched, "a refusal left a trace"
        return
    assert whole.records() == dict(model.head.state), "the states differ"
    minted, burnt = model.totals()
    assert whole.totals() == (minted, burnt, model.genesis_supply + minted - burnt)
    whole.verify_state()


def _hash(raw: bytes) -> bytes:
    header = oracle.encode(oracle.decode(raw)[0]["header"])
    return altering.sha3_256(b"animica/block/v1\x00" + header).digest()


# ------------------------------------------------------------------ mutation


def mutate(data: bytes, rng: Random) -> bytes:
    """One block changed and mostly sealed again, a new block put in, or the order changed."""
    parts = mutations.split(data) or [_new_block(rng)]
    at = rng.randrange(len(parts))
    way = rng.random()
    if way < 0.05:
        rng.shuffle(parts)
    elif way < 0.1:
        parts.insert(at, rng.choice([made.raw for made in _known()]))
    elif way < 0.2:
        parts[at] = _new_block(rng)
    else:
        parts[at] = _changed(parts[at], rng)
    return mutations.join(parts[:4])


def _known() -> list[support.Made]:
    made = world.chain()
    return [made.builder.genesis, *made.line, *made.side, made.next, made.overtaking, made.last]


def _new_block(rng: Random) -> bytes:
    """A valid block on a random one."""
    parent = rng.choice(_known())
    txs = []
    for number in rng.sample(range(1, 5), rng.randrange(3)):
        owner = support.key(number)
        nonce = parent.account(owner.address).nonce
        to = support.key(rng.randrange(50)).address
        keep = rng.random() < 0.3
        txs.append(support.transfer(owner, to, rng.randrange(10**6), nonce=nonce, keep=keep))
    interval = rng.choice((1, 1_000, world.SLOW))
    coinbase = support.key(rng.randrange(8)).address
    builder = world.chain().builder
    envelopes = _some_shares(builder, parent, rng)
    options = {"interval_ms": interval, "coinbase": coinbase, "envelopes": envelopes}
    return builder.make(parent, txs, **options).raw


def _some_shares(
    builder: support.ChainBuilder, parent: support.Made, rng: Random
) -> list[Envelope]:
    """Shares on ancestors, each of its own worker, that no ancestor has taken."""
    line = [*parent.path(), builder.genesis]
    workers = rng.sample(range(50, 90), rng.choice((0, 0, 1, 3)))
    return [builder.share(rng.choice(line), support.key(each).address) for each in workers]


def _changed(raw: bytes, rng: Random) -> bytes:
    """A field of the header, of a transaction signed again, or anything; then mostly sealed."""
    try:
        block, _ = oracle.decode(raw)
        way = rng.random()
        roots = rng.random() < 0.8
        if block["envelopes"] and rng.random() < 0.3:
            block = _with_another_proof(block, rng)
        elif way < 0.4:
            block["header"] = mutations.nudge(block["header"], rng)
            roots = False
        elif block["txs"] and way < 0.8:
            at = rng.randrange(len(block["txs"]))
            change = rng.choice((mutations.nudge, mutations.nudge, mutations.alter))
            block = signed_again(block, at, change(block["txs"][at], rng))
        else:
            block = mutations.alter(block, rng)
        if rng.random() < 0.8:
            block = altering.sealed(block, roots=roots)
        return oracle.encode(block) if rng.random() < 0.95 else mutations.loose(block, rng)
    except mutations.STRANGE:
        return mutations.flip(raw, rng)


def _with_another_proof(block: dict[str, Any], rng: Random) -> dict[str, Any]:
    """A share changed and drawn again, with a receipt that fits it or not; or another order."""
    envelopes, receipts = list(block["envelopes"]), list(block["proofs"])
    at = rng.randrange(len(envelopes))
    way = rng.random()
    if way < 0.2:
        receipts[at] = mutations.nudge(receipts[at], rng)
    elif way < 0.3:
        envelopes.reverse()
        receipts.reverse()
    else:
        envelope = share.mutate(envelopes[at]["body"], rng)
        envelopes[at] = {**envelopes[at], "body": envelope}
        header = oracle.decode(envelope)[0]["header"]
        work = altering.sha3_256(b"animica/block/v1\x00" + oracle.encode(header)).digest()
        name = altering.sha3_256(b"animica/nullifier/share/v1\x00" + work).digest()
        envelopes[at]["nullifier"] = name
        digest = altering.sha3_256(b"animica/proof/v1\x00" + oracle.encode(envelopes[at]))
        told = {"nullifier": name, "payee": header["coinbase"], "envelope": digest.digest()}
        receipts[at] = {**receipts[at], **told}
        pairs = sorted(zip(envelopes, receipts, strict=True), key=lambda pair: pair[0]["nullifier"])
        envelopes, receipts = map(list, zip(*pairs, strict=True))
    return {**block, "envelopes": envelopes, "proofs": receipts}


def seeds() -> dict[str, bytes]:
    made = world.chain()
    rows = {
        "next": [made.next],
        "overtaking": [made.overtaking],
        "orphan-first": [made.last, made.next],
        "both": [made.next, made.overtaking],
    }
    return {name: mutations.join([block.raw for block in row]) for name, row in rows.items()}
