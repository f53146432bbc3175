"""Submissions to the pool: refused ones leave no trace, accepted ones are signed and paid for.

An input is a row of transactions; the pool starts empty.
"""

from __future__ import annotations

from collections import Counter
from random import Random

from core import tags
from core.errors import Refused
from pq import addresses, signing
from tests.fuzz import mutate as mutations
from tests.fuzz import oracle
from tests.fuzz import world as kept
from tests.fuzz.claims import attempt, one_form
from tests.fuzz.signing import witness_of
from tests.mempool.world import BASE_FEE, RICH, World, key, network

MAX_BYTES = 24 * 1024
_OWNERS = {key(n).address: key(n) for n in range(4)}


def one_input(data: bytes) -> None:
    world = World()
    world.state.store_key(key(0))
    taken: set[bytes] = set()
    for raw in mutations.split(data):
        before, news = world.held(), len(world.news)
        admission = attempt(world.pool.submit, raw, refusals=Refused)
        if admission is None:
            assert world.held() == before and len(world.news) == news, "a refusal left a trace"
            continue
        _rightly_accepted(world, raw, admission.txid)
        taken.add(admission.txid)
        assert attempt(world.pool.submit, raw, refusals=Refused) is None, "taken twice"
    assert not world.faults and set(world.held()) <= taken
    selected = world.pool.select(base_fee=BASE_FEE, gas=10**9, size=10**6)
    assert {tx.txid for tx in selected} <= taken
    spent: Counter[bytes] = Counter()
    for tx in (tx.unsigned for tx in selected):
        spent[tx.sender] += tx.gas * tx.max_fee + tx.body["value"]
    assert all(most <= world.state.account(sender)[1] for sender, most in spent.items())


def _rightly_accepted(world: World, raw: bytes, txid: bytes) -> None:
    """By the rules of docs/spec/transactions.md, read from the bytes."""
    (unsigned, witness), _ = oracle.decode(raw)
    one_form(raw, [unsigned, witness])
    sender, body = unsigned["from"], unsigned["body"]
    stored = key(0).public_key if sender == key(0).address else None
    pk = witness.get("pk", stored)
    assert addresses.of_public_key(witness["alg"], pk) == sender
    assert signing.verify(witness["alg"], pk, txid, witness["sig"], tags.CONTEXT_TX)
    assert (unsigned["chain"], unsigned["kind"]) == (network().chain, "transfer")
    nonce, balance = world.state.account(sender)
    assert unsigned["nonce"] >= nonce
    assert unsigned["maxTip"] <= unsigned["maxFee"] and unsigned["maxFee"] >= BASE_FEE
    assert unsigned["gas"] * unsigned["maxFee"] + body["value"] <= balance <= RICH
    assert unsigned.get("until", 1) >= 1 and "maxBlobFee" not in unsigned
    assert addresses.is_key_address(body["to"])


def mutate(data: bytes, rng: Random) -> bytes:
    """One transaction changed, mostly signed again; now and then the order or number."""
    parts = mutations.split(data)
    if not parts:
        return mutations.join([rng.choice(list(seeds().values()))])
    at = rng.randrange(len(parts))
    way = rng.random()
    if way < 0.1:
        rng.shuffle(parts)
    elif way < 0.2:
        parts.insert(at, rng.choice(parts))
    elif way < 0.3:
        parts[at] = mutations.cbor(parts[at], rng)
    else:
        parts[at] = _signed(parts[at], rng)
    return mutations.join(parts[:4])


def _signed(raw: bytes, rng: Random) -> bytes:
    """The transaction with a field of its unsigned part changed, signed by who it says."""
    try:
        (unsigned, _), _ = oracle.decode(raw)
        change = rng.choice((mutations.nudge, mutations.alter))
        unsigned = change(unsigned, rng)
        if rng.random() < 0.3:
            unsigned["from"] = rng.choice(list(_OWNERS))
        witness = witness_of(unsigned, _OWNERS, with_key=rng.random() < 0.8)
        return oracle.encode([unsigned, witness])
    except mutations.STRANGE:
        return mutations.flip(raw, rng)


def new_transactions() -> list[bytes]:
    """Signed for the first time; ``tests.fuzz.world`` keeps them."""
    world = World()
    replaced = [world.tx(0, 0, pk=False), world.tx(0, 1), world.tx(0, 0, max_fee=2_000, max_tip=20)]
    held = [world.tx(2, 2), world.tx(2, 0)]
    return [tx.raw for tx in (world.tx(1), *replaced, *held)]


def seeds() -> dict[str, bytes]:
    raws = kept.pool_transactions()
    rows = {"one": raws[:1], "replaced": raws[1:4], "held": raws[4:]}
    return {name: mutations.join(row) for name, row in rows.items()}
