"""A valid block with anything in it altered: refused everywhere, by the right rule, for nothing.

The alterations are found by walking the decoded block, so a field that is added to the protocol
is altered too, and fails here until its rule is entered in the tables below. Each is tried twice:
as it is (the seal or the body roots give it away) and re-sealed with the body's roots recomputed
(then the rule itself must).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha3_256
from pathlib import Path
from typing import Any

import cbor2
import orjson
import pytest

from chain import queries, service
from consensus import service as consensus
from consensus.errors import SealInvalid
from consensus.service import Importer
from core.errors import AnimicaError, EncodingRefused, registered
from core.header import Header
from core.tx import SignedTx
from pq import addresses
from rpc import context, desk, http
from rpc.methods import load as rpc_methods
from tests.consensus.altering import (
    Alteration,
    dumps,
    is_sealed,
    pattern,
    put,
    sealed,
    walk,
)
from tests.consensus.synthetic import share
from tests.support import (
    ChainBuilder,
    Made,
    dump_database,
    fast_network,
    key,
    new_importer,
    sign,
    transfer,
)

pytestmark = pytest.mark.django_db

# Dear enough that an altered header hardly ever is sealed by luck, cheap enough to seal again.
NETWORK = fast_network(params={"theta_start_unat": 6_000_000, "theta_min_unat": 6_000_000})
BUILDER = ChainBuilder(NETWORK)


def chain_of_three() -> list[Made]:
    """Two blocks to stand on, and the block that is altered: five txs of all shapes, two shares."""
    keeps = [transfer(key(n), key(9).address, 10, nonce=0, keep=True) for n in (1, 2)]
    first = BUILDER.make(BUILDER.genesis, keeps)
    second = BUILDER.make(first, [transfer(key(3), key(1).address, 5, nonce=0)])
    slots = tuple(sorted(sha3_256(b"%d" % n).digest() for n in range(2)))
    listed = tuple(sorted([(key(7).address, slots), (key(8).address, ())]))
    txs = [
        transfer(key(1), key(5).address, 1_000_000, nonce=1, until=9),
        transfer(key(3), key(2).address, 70_000, nonce=1, access=listed, max_tip=2),
        transfer(key(4), key(40).address, 300, nonce=0, keep=True, max_fee=90),
        transfer(key(4), key(41).address, 2, nonce=1),
        transfer(key(2), key(2).address, 1, nonce=1, gas=150_000),
    ]
    worked = [share(BUILDER, second, 20), share(BUILDER, first, 21)]
    third = BUILDER.make(second, txs, coinbase=key(6).address, extra=b"pool 7", envelopes=worked)
    return [first, second, third]


LINE = chain_of_three()
VICTIM = LINE[-1]
BLOCK: dict[str, Any] = cbor2.loads(VICTIM.raw)


ALTERATIONS = list(walk(BLOCK, BLOCK))
ENCODING = {code for code, kind in registered().items() if issubclass(kind, EncodingRefused)}
# The codes of the checks that come before the seal, and the seal's.
BEFORE_SEAL = {
    *("block.height", "block.chain", "block.policy", "block.time_not_rising", "block.time_ahead"),
    *("block.version", "block.gas_limit", "block.gas_used_above_limit", "block.theta"),
    *("block.blob_bytes_above_limit", "block.base_fee", "block.blob_fee", "block.mix"),
    *("block.coinbase", "block.psi_above_gamma", SealInvalid.code),
}
ACCEPTED = "added"
ORPHAN = "orphan"

FORM = {"type": "field.type", "missing": "field.missing", "unknown": "field.unknown"}
NUMBER = {**FORM, "beyond": "cbor.type"}
FIXED = {**FORM, "shorter": "field.range", "longer": "field.range"}
FORMS = NUMBER | FIXED
SIGNED = "tx.signature"
RECEIPT = "block.proof_receipt"


def number(code: str, **own: str) -> dict[str, str]:
    return {**NUMBER, "plus": code, "minus": code, "zero": code, "most": code, **own}


def digest(code: str, **own: str) -> dict[str, str]:
    return {**FIXED, "first": code, "second": code, "last": code, **own}


def swaps(code: str) -> dict[str, str]:
    return {f"swap {at}": code for at in range(9)}


# What a re-sealed block is refused with, by place and kind of change.
RESEALED: dict[str, dict[str, str]] = {
    "": FORM,
    "header": FORM,
    "header.v": number("block.version"),
    "header.chain": number("block.chain"),
    "header.height": number("block.height", zero="block.genesis"),
    "header.parent": digest(ORPHAN),
    "header.time": number(ACCEPTED, zero="block.time_not_rising", most="block.time_ahead"),
    "header.coinbase": digest("block.receipts_root", first="block.coinbase")
    | {"second": "block.receipts_root"},
    "header.gasLimit": number("block.gas_limit"),
    "header.gasUsed": number("block.gas_used", most="block.gas_used_above_limit"),
    "header.baseFee": number("block.base_fee"),
    "header.blobBytes": number("block.blob_bytes", most="block.blob_bytes_above_limit"),
    "header.blobFee": number("block.blob_fee"),
    "header.theta": number("block.theta"),
    "header.psi": number("block.psi_above_gamma"),
    "header.roots": FORM,
    "header.roots.state": digest("block.state_root"),
    "header.roots.txs": digest("block.body_root"),
    "header.roots.witnesses": digest("block.body_root"),
    "header.roots.receipts": digest("block.receipts_root"),
    "header.roots.proofs": digest("block.body_root"),
    "header.roots.da": digest("block.da_root"),
    "header.beacon": FORM,
    "header.beacon.round": number("block.beacon"),
    "header.beacon.out": digest("block.mix"),
    "header.mix": digest("block.mix"),
    "header.policy": FORM,
    "header.policy.poies": digest("block.policy"),
    "header.policy.alg": digest("block.policy"),
    "header.policy.zk": digest("block.policy"),
    "header.policy.params": digest("block.policy"),
    "header.extra": digest(ACCEPTED, shorter=ACCEPTED, longer=ACCEPTED),
    "header.nonce": digest(ACCEPTED),
    "txs": {**FORM, "drop": "block.form", "double": "block.form"},
    "txs.*": FORM,
    "txs.*.v": number("tx.version"),
    "txs.*.chain": number("tx.wrong_chain"),
    "txs.*.kind": {**FORM, "first": "tx.kind_unknown", "longer": "tx.kind_unknown"},
    "txs.*.nonce": number(SIGNED),
    "txs.*.gas": number(SIGNED),
    "txs.*.maxFee": number(SIGNED),
    "txs.*.maxTip": number(SIGNED),
    "txs.*.until": number(SIGNED, zero="tx.expired", missing=SIGNED),
    "txs.*.keep": {**FORM, "negated": "field.type", "missing": SIGNED},
    "txs.*.access": {**FORM, "missing": SIGNED, "drop": SIGNED, "double": "tx.form"}
    | swaps("tx.form"),
    "txs.*.access.*": {"type": "field.type", "drop": "field.type", "double": "field.type"}
    | swaps("field.type"),
    "txs.*.access.*.*": {**FORM, "drop": SIGNED, "double": "tx.form", "add": "field.type"}
    | swaps("tx.form")
    | {"shorter": "field.type", "longer": "field.type"},
    "txs.*.access.*.*.*": {"type": "field.type", "shorter": "field.type", "longer": "field.type"},
    "txs.*.body": FORM,
    "txs.*.body.to": digest(SIGNED, first="tx.recipient"),
    "txs.*.body.value": number(SIGNED),
    "witnesses": {**FORM, "drop": "block.form", "double": "block.form"},
    "witnesses.*": FORM,
    "witnesses.*.alg": number("tx.alg_not_allowed", minus="tx.key_mismatch", most="field.range"),
    "witnesses.*.sig": digest(SIGNED, shorter=SIGNED, longer=SIGNED),
    "witnesses.*.pk": digest("tx.key_mismatch", missing="tx.key_missing")
    | {"shorter": "tx.key_mismatch", "longer": "tx.key_mismatch"},
    "proofs": {**FORM, "drop": "block.form", "double": "block.form"} | swaps("block.body_root"),
    "proofs.*": FORM,
    "proofs.*.type": number(RECEIPT),
    "proofs.*.nullifier": digest(RECEIPT),
    "proofs.*.payee": digest(RECEIPT),
    "proofs.*.psi": number(RECEIPT),
    "proofs.*.units": number(RECEIPT),
    "proofs.*.quality": number(RECEIPT, plus="field.range", most="field.range"),
    "proofs.*.envelope": digest("block.body_root"),
    "envelopes": {**FORM, "drop": "block.form", "double": "block.form"} | swaps("block.body_root"),
    "envelopes.*": FORM,
    "envelopes.*.type": number("block.body_root"),
    "envelopes.*.body": digest("block.body_root")
    | {"shorter": "block.body_root", "longer": "block.body_root"},
    "envelopes.*.nullifier": digest("block.body_root"),
}


def expected_resealed(altered: Alteration) -> set[str]:
    """The codes that fit; more than one only where the place itself decides."""
    if altered.rule == "txs.*.from":
        brings_key = "pk" in BLOCK["witnesses"][altered.path[1]]
        names = "tx.key_mismatch" if brings_key else "tx.key_missing"
        return {digest(names)[altered.change]}
    if altered.rule.startswith("txs.*.access.*") and altered.change in ("first", "second", "last"):
        return {SIGNED, "tx.form"}  # another order, or only another list
    if altered.rule in ("txs", "witnesses") and altered.change.startswith("swap"):
        return {"tx.key_mismatch", "tx.key_missing", "tx.key_superfluous", SIGNED}
    return {RESEALED[altered.rule][altered.change]}


# ------------------------------------------------------------------ the doors


class InlineDesk(desk.Desk):
    """Serves in the caller's thread, which holds the test's database."""

    async def run(self, ip, job, *args, **kwargs):
        return job(*args, **kwargs)


def finish(coroutine) -> Any:
    """Run a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waited")


def ask(path: str, body: bytes) -> dict[str, Any]:
    async def read(limit: int) -> bytes:
        assert len(body) <= limit
        return body

    request = http.Request("POST", path, "10.0.0.1", "localhost", "", read)
    answer: dict[str, Any] = orjson.loads(finish(http.serve(request)).body)
    return answer


Door = Callable[[bytes], str]
DOORS = ("importer", "disk", "chain.submitBlock", "POST /api/v1/blocks")


@pytest.fixture
def importer() -> Iterator[Importer]:
    made = new_importer(NETWORK)
    for block in LINE[:-1]:
        made.import_block(block.raw, source="test")
    before = consensus._current
    consensus.install(made)
    yield made
    consensus._current = before


@pytest.fixture
def door(request, importer, tmp_path) -> Iterator[Door]:
    """A way in for a block: it gives the outcome, or the code of the refusal."""

    def direct(raw: bytes) -> str:
        try:
            return importer.import_block(raw, source="miner").outcome
        except AnimicaError as error:
            assert error.hint
            return error.code

    def disk(raw: bytes) -> str:
        path = Path(tmp_path) / "block.cbor"
        path.write_bytes(raw)
        try:
            return importer.import_block(path.read_bytes(), source="disk").outcome
        except AnimicaError as error:
            return error.code

    def rpc(raw: bytes) -> str:
        call = {"jsonrpc": "2.0", "id": 1, "method": "chain.submitBlock"}
        answer = ask("/rpc", orjson.dumps({**call, "params": ["0x" + raw.hex()]}))
        if "error" in answer:
            return str(answer["error"]["data"]["code"])
        return str(answer["result"]["outcome"])

    def post(raw: bytes) -> str:
        answer = ask("/api/v1/blocks", raw)
        return str(answer["error"]["code"] if "error" in answer else answer["outcome"])

    before = desk.install(InlineDesk(rpc_methods(), rate=0, threads=0))
    somebody: Any = object()  # a node runs; of what it says of itself no door of blocks asks
    context.install(somebody)
    yield dict(zip(DOORS, (direct, disk, rpc, post), strict=True))[request.param]
    context.install(None)
    desk.install(before)


# ------------------------------------------------------------------ the tests


def test_the_walk_reaches_everything():
    """All of the header and body, each optional field somewhere, lists of more than one item."""
    reached = {pattern(a.path) for a in ALTERATIONS}
    assert set(RESEALED) | {"txs.*.from"} == reached
    assert len(ALTERATIONS) > 700
    shapes = [set(tx) - set(BLOCK["txs"][3]) for tx in BLOCK["txs"]]
    assert set().union(*shapes) == {"until", "access", "keep"}
    assert {"pk" in w for w in BLOCK["witnesses"]} == {True, False}


@pytest.mark.parametrize("door", DOORS, indirect=True)
def test_the_block_itself_is_accepted(door):
    assert door(VICTIM.raw) == ACCEPTED
    assert service.head().hash == VICTIM.hash
    totals = queries.totals()
    assert totals.supply == sum(VICTIM.balances.values())
    assert totals.supply == totals.genesis + VICTIM.minted - VICTIM.burnt


def refuse_all(door: Door, cases: list[tuple[str, Any, set[str]]]) -> None:
    """Send every block; each must be refused with a code that fits, and all leave no trace."""
    before = dump_database()
    answers = [(name, door(dumps(block)), fitting) for name, block, fitting in cases]
    wrong = [answer for answer in answers if answer[1] not in answer[2]]
    assert wrong == [], "\n" + "\n".join(map(str, wrong))
    assert dump_database() == before


@pytest.mark.parametrize("door", DOORS, indirect=True)
def test_altered_as_it_is(door):
    """Header fields are refused at or before the seal, parts of the body at the body's roots."""
    cases, tried = [], set()
    for altered in ALTERATIONS:
        in_header = altered.path[:1] == ("header",)
        codes = (BEFORE_SEAL if in_header else {"block.body_root"}) | ENCODING
        if altered.rule == "header.height":
            codes = codes | {"block.genesis"}
        if in_header and altered.change not in FORMS and is_sealed(altered.block["header"]):
            continue  # sealed by luck, so it is a block of its own right
        tried.add(altered.rule)
        cases.append((str(altered), altered.block, codes))
    assert tried == {altered.rule for altered in ALTERATIONS}
    refuse_all(door, cases)


@pytest.mark.parametrize("door", DOORS, indirect=True)
def test_altered_and_sealed_again(door):
    """Each is refused by its own rule."""
    cases = []
    for altered in ALTERATIONS:
        codes = expected_resealed(altered)
        if codes != {ACCEPTED}:
            cases.append((str(altered), resealed(altered), codes))
    refuse_all(door, cases)


def resealed(altered: Alteration) -> Any:
    """Sealed again; a root that was altered itself is not recomputed."""
    in_header = altered.path[:1] == ("header",)
    if (in_header or len(altered.path) < 2) and expected_resealed(altered) <= ENCODING:
        return altered.block  # no header, no list, or a header that none of its kind would be
    return sealed(altered.block, roots=not in_header)


CHOSEN = [a for a in ALTERATIONS if expected_resealed(a) == {ACCEPTED}]


def test_what_a_producer_may_choose_is_this():
    assert {a.rule for a in CHOSEN} == {"header.time", "header.extra", "header.nonce"}


@pytest.mark.parametrize("altered", CHOSEN, ids=str)
def test_a_producer_may_choose(importer, altered):
    raw = dumps(sealed(altered.block, roots=False))
    assert importer.import_block(raw, source="test").outcome == ACCEPTED


def rebuilt(txs: list[SignedTx], **options: Any) -> Made:
    return BUILDER.make(LINE[1], txs, **{"coinbase": key(6).address, **options})


TXS = list(VICTIM.block.txs)
LAST_CALL = sign(replace(TXS[0].unsigned, until=VICTIM.height), key(1))
CHOICES = {
    "a transaction in its last block": lambda: rebuilt([LAST_CALL, *TXS[1:]]),
    "another coinbase": lambda: rebuilt(TXS, coinbase=key(30).address),
    "a coinbase of the other algorithm": lambda: rebuilt(TXS, coinbase=b"\x10\x02" + bytes(32)),
    "the sender as coinbase": lambda: rebuilt(TXS, coinbase=key(4).address),
    "the least extra": lambda: rebuilt(TXS, extra=b""),
    "the longest extra": lambda: rebuilt(TXS, extra=bytes(range(32))),
    "the earliest time": lambda: rebuilt(TXS, interval_ms=1),
    "a late time": lambda: rebuilt(TXS, interval_ms=3_600_000),
    "no transactions": lambda: rebuilt([]),
    "fewer transactions": lambda: rebuilt(TXS[:2]),
    "others left out": lambda: rebuilt([TXS[0], TXS[2], TXS[4]]),
    "another order": lambda: rebuilt([TXS[4], TXS[2], TXS[1], TXS[3], TXS[0]]),
}


@pytest.mark.parametrize("choice", CHOICES)
def test_a_producer_may_choose_and_recompute(importer, choice):
    made = CHOICES[choice]()
    assert importer.import_block(made.raw, source="test").outcome == ACCEPTED
    assert queries.totals().supply == sum(made.balances.values())
    service.verify_state()


# ------------------------------------------------------------------ several places at once


def changed(block: dict[str, Any], *places: tuple[str, Any]) -> dict[str, Any]:
    for dotted, value in places:
        path = tuple(int(step) if step.isdigit() else step for step in dotted.split("."))
        block = put(block, path, value)
    return block


def both(order: list[int]) -> dict[str, Any]:
    """Transactions with their witnesses, in another order, set or number."""
    return {**BLOCK, **{name: [BLOCK[name][n] for n in order] for name in ("txs", "witnesses")}}


def signed_anew(index: int, signer: int, **changes: Any) -> dict[str, Any]:
    """A transaction replaced by another of its sender, rightly signed."""
    tx = sign(replace(TXS[index].unsigned, **changes), key(signer))
    if TXS[index].witness.pk is None:
        tx = tx.with_key(None)
    return changed(
        BLOCK,
        (f"txs.{index}", tx.unsigned.to_map()),
        (f"witnesses.{index}", tx.witness.to_map()),
    )


def mix_for(out: bytes) -> bytes:
    parent = LINE[1].header
    return sha3_256(b"animica/mix/v1\x00" + parent.mix + parent.hash + out).digest()


def without_proofs(**changes: Any) -> dict[str, Any]:
    return {**BLOCK, "proofs": [], "envelopes": [], **changes}


def with_proof(place: int) -> dict[str, Any]:
    """With one of the two proofs only."""
    return {**BLOCK, **{name: [BLOCK[name][place]] for name in ("proofs", "envelopes")}}


def with_envelope(place: int, **changes: Any) -> dict[str, Any]:
    """With an envelope altered, and its receipt naming it."""
    envelope = {**BLOCK["envelopes"][place], **changes}
    digest = sha3_256(b"animica/proof/v1\x00" + dumps(envelope)).digest()
    return changed(BLOCK, (f"envelopes.{place}", envelope), (f"proofs.{place}.envelope", digest))


def unlucky(body: bytes) -> bytes:
    """A share's body with other blob bytes: of 23 such shares the one of the worst draw."""
    assert body[-1] == 0  # `blobBytes`, the last field, in one byte
    altered = [body[:-1] + bytes([count]) for count in range(1, 24)]
    return max(altered, key=lambda one: Header.from_map(cbor2.loads(one)["header"]).draw)


TOGETHER: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "time of the parent": (
        lambda: changed(BLOCK, ("header.time", LINE[1].header.time)),
        "block.time_not_rising",
    ),
    "the parent's parent": (
        lambda: changed(BLOCK, ("header.parent", LINE[0].hash)),
        "block.height",
    ),
    "the parent's parent at its height": (
        lambda: changed(BLOCK, ("header.parent", LINE[0].hash), ("header.height", 2)),
        "block.mix",
    ),
    "beacon out with its mix": (
        lambda: changed(
            BLOCK, ("header.beacon.out", b"b" * 32), ("header.mix", mix_for(b"b" * 32))
        ),
        "block.beacon",
    ),
    "coinbase of a contract": (
        lambda: changed(BLOCK, ("header.coinbase", addresses.of_contract(key(1).address, 1))),
        "block.coinbase",
    ),
    "coinbase of a system account": (
        lambda: changed(BLOCK, ("header.coinbase", addresses.of_system("treasury"))),
        "block.coinbase",
    ),
    "psi where no type of proof brings any": (
        lambda: changed(BLOCK, ("header.psi", 1)),
        "block.psi_above_gamma",
    ),
    "extra too long": (lambda: changed(BLOCK, ("header.extra", bytes(33))), "field.range"),
    "a proof left out": (lambda: with_proof(0), "block.receipts_root"),
    "all proofs left out": (without_proofs, "block.receipts_root"),
    "receipts left out": (lambda: {**BLOCK, "proofs": []}, "block.form"),
    "envelopes left out": (lambda: {**BLOCK, "envelopes": []}, "block.form"),
    "a proof twice": (
        lambda: {**BLOCK, **{n: [*BLOCK[n], BLOCK[n][1]] for n in ("proofs", "envelopes")}},
        "block.proof_order",
    ),
    "both proofs exchanged": (
        lambda: {**BLOCK, **{n: BLOCK[n][::-1] for n in ("proofs", "envelopes")}},
        "block.proof_order",
    ),
    "a body of another share": (
        lambda: with_envelope(0, body=BLOCK["envelopes"][1]["body"]),
        "proof.nullifier",
    ),
    "a body that is cut off": (
        lambda: with_envelope(0, body=BLOCK["envelopes"][0]["body"][:-1]),
        "cbor.malformed",
    ),
    "a share of other numbers": (
        lambda: with_envelope(0, body=unlucky(BLOCK["envelopes"][0]["body"])),
        "proof.share_draw",
    ),
    "a share as work of AI": (lambda: with_envelope(1, type=2), "block.proof_not_active"),
    "a nullifier of its own": (
        lambda: with_envelope(1, nullifier=b"\xff" * 32),
        "proof.nullifier",
    ),
    "first two exchanged": (lambda: both([1, 0, 2, 3, 4]), "block.receipts_root"),
    "nonces exchanged": (lambda: both([0, 1, 3, 2, 4]), "tx.nonce_gap"),
    "the last left out": (lambda: both([0, 1, 2, 3]), "block.gas_used"),
    "one twice": (lambda: both([0, 1, 2, 3, 4, 4]), "tx.nonce_low"),
    "one in two versions": (
        lambda: changed(
            both([0, 1, 2, 3, 4, 4]),
            ("txs.5", BLOCK["txs"][0]),
            ("witnesses.5", BLOCK["witnesses"][0]),
        ),
        "tx.nonce_low",
    ),
    "a key that is stored": (
        lambda: changed(BLOCK, ("witnesses.0.pk", key(1).public_key)),
        "tx.key_superfluous",
    ),
    "a blob fee without blob": (
        lambda: signed_anew(0, 1, max_blob_fee=1),
        "tx.blob_fee_unused",
    ),
    "signed for another chain": (lambda: signed_anew(0, 1, chain=1), "tx.wrong_chain"),
    "expired": (lambda: signed_anew(0, 1, until=2), "tx.expired"),
    "to a contract": (
        lambda: signed_anew(0, 1, body={"to": addresses.of_system("aicf"), "value": 1}),
        "tx.recipient",
    ),
    "nonce too high": (lambda: signed_anew(0, 1, nonce=2), "tx.nonce_gap"),
    "nonce used": (lambda: signed_anew(0, 1, nonce=0), "tx.nonce_low"),
    "fee below the base": (lambda: signed_anew(0, 1, max_fee=0, max_tip=0), "tx.fee_below_base"),
    "tip above the fee": (lambda: signed_anew(0, 1, max_fee=5, max_tip=6), "tx.tip_above_fee"),
    "gas below what it needs": (lambda: signed_anew(0, 1, gas=20_000), "tx.gas_below_intrinsic"),
    "gas above the block's": (
        lambda: signed_anew(0, 1, gas=NETWORK.at(0).params.gas_limit + 1),
        "tx.gas_above_limit",
    ),
    "more than it has": (
        lambda: signed_anew(0, 1, body={"to": key(5).address, "value": 2**63}),
        "tx.insufficient_funds",
    ),
    "another value": (
        lambda: signed_anew(0, 1, body={"to": key(5).address, "value": 1_000_001}),
        "block.state_root",
    ),
    "another recipient": (
        lambda: signed_anew(0, 1, body={"to": key(55).address, "value": 1_000_000}),
        "block.state_root",
    ),
    "another tip": (lambda: signed_anew(0, 1, max_tip=2), "block.receipts_root"),
}


@pytest.mark.parametrize("door", DOORS, indirect=True)
def test_several_places_at_once(door):
    made = [(name, make(), {code}) for name, (make, code) in TOGETHER.items()]
    refuse_all(door, [(name, sealed(block, roots=True), code) for name, block, code in made])
