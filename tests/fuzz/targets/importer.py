"""The importer: a refused block leaves no trace, an accepted one keeps every rule.

An input is a row of blocks. Before it, the database holds the best chain and the branch of
``tests.fuzz.world``; after it, everything is rolled back.
"""

from __future__ import annotations

from random import Random
from typing import Any

from chain import queries
from chain import service as chain
from chain.values import BlockStatus
from consensus.service import Importer
from core import tags
from core.errors import Refused
from pq import signing
from tests import support
from tests.consensus import altering
from tests.fuzz import mutate as mutations
from tests.fuzz import node, oracle, world
from tests.fuzz.claims import attempt, one_form
from tests.fuzz.signing import signed_again

MAX_BYTES = 64 * 1024


def prepare() -> None:
    """Fill the database."""
    made = world.chain()
    support.import_all(support.new_importer(world.NETWORK), (*made.line, *made.side))


def one_input(data: bytes) -> None:
    with node.undone():
        importer = support.new_importer(world.NETWORK)
        for raw in mutations.split(data):
            _one_block(importer, raw)


def _one_block(importer: Importer, raw: bytes) -> None:
    before, written = support.dump_database(best_chain_only=True), node.writes()
    result = attempt(importer.import_block, raw, source="fuzz", refusals=Refused)
    if result is None:
        if written is None or node.writes() != written:
            _no_trace(before, raw)
        return
    assert result.outcome in ("added", "side", "reorg", "known", "early", "orphan")
    if result.outcome in ("early", "orphan"):
        assert support.dump_database(best_chain_only=True) == before
        return
    assert chain.raw_block(result.hash) == raw, "another encoding of a stored block is accepted"
    one_form(raw, oracle.decode(raw)[0])
    if result.outcome in ("added", "reorg"):
        stored = chain.stored(result.hash)
        assert stored is not None and stored.canonical
        _keeps_the_rules(raw)


def _no_trace(before: Any, raw: bytes) -> None:
    """A refused reorganisation keeps the block aside, marked invalid; nothing else may stay."""
    assert support.dump_database(best_chain_only=True) == before, "a refusal left a trace"
    value, _ = oracle.decode(raw)
    stored = chain.stored(_hash(value["header"]))
    assert stored is not None and stored.status is BlockStatus.INVALID and not stored.canonical


def _hash(header: dict[str, Any]) -> bytes:
    return altering.sha3_256(b"animica/block/v1\x00" + oracle.encode(header)).digest()


def _keeps_the_rules(raw: bytes) -> None:
    """The rules that can be read from the block itself, and a ledger that adds up behind it."""
    value, _ = oracle.decode(raw)
    header = value["header"]
    assert altering.is_sealed(header), "a block without a seal is accepted"
    for name in altering.ROOTED:
        root = altering.merkle([oracle.encode(item) for item in value[name]])
        assert header["roots"][name] == root, f"the root of {name} is another"
    parent = chain.stored(header["parent"])
    assert parent is not None and header["height"] == parent.height + 1
    assert header["time"] > parent.header.time and not value["proofs"] and header["psi"] == 0
    _signed(value)
    chain.verify_state()
    totals = queries.totals()
    assert totals.supply == totals.genesis + totals.minted - totals.burnt


def _signed(value: dict[str, Any]) -> None:
    for unsigned, witness in zip(value["txs"], value["witnesses"], strict=True):
        owner = support.key(_NUMBERS[unsigned["from"]])
        txid = altering.sha3_256(b"animica/tx/v1\x00" + oracle.encode(unsigned)).digest()
        assert witness.get("pk", owner.public_key) == owner.public_key
        assert signing.verify(owner.alg, owner.public_key, txid, witness["sig"], tags.CONTEXT_TX), (
            "a transaction that its sender did not sign is accepted"
        )


_NUMBERS = {support.key(n).address: n for n in range(10)}


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
    return [made.builder.genesis, *made.line, *made.side, made.next, made.overtaking]


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
    return builder.make(parent, txs, interval_ms=interval, coinbase=coinbase).raw


def _changed(raw: bytes, rng: Random) -> bytes:
    try:
        block, _ = oracle.decode(raw)
        if block["txs"] and rng.random() < 0.3:
            at = rng.randrange(len(block["txs"]))
            block = signed_again(block, at, mutations.alter(block["txs"][at], rng))
        else:
            block = mutations.alter(block, rng)
        if rng.random() < 0.8:
            block = altering.sealed(block, roots=rng.random() < 0.8)
        return oracle.encode(block) if rng.random() < 0.95 else mutations.loose(block, rng)
    except mutations.STRANGE:
        return mutations.flip(raw, rng)


def seeds() -> dict[str, bytes]:
    made = world.chain()
    last = made.builder.make(made.next, interval_ms=world.SLOW)
    rows = {
        "next": [made.next],
        "overtaking": [made.overtaking],
        "orphan-first": [last, made.next],
        "both": [made.next, made.overtaking],
    }
    return {name: mutations.join([block.raw for block in row]) for name, row in rows.items()}
