"""Each target's claims can fail: with a rule taken out, one input is a finding."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import cbor2
import pytest

import core.network_checks
from animica_site.ledger.blockfile import BlockFile
from consensus import witnesses
from consensus.rules import pipeline, proofs, shares
from core import bech32m, cbor, exact, kernel, merkle, statetree
from core.statetree import page
from core.statetree import range as ranges
from execution import accounts
from execution.abi import strict
from execution.lang import parser
from execution.vm import costs
from p2p.rules.wire import compact
from pq import signing
from rpc import heads
from tests.consensus import altering
from tests.fuzz import catalogue, mutate, oracle, trees
from tests.fuzz.conftest import Prepared
from wallet import keyfile
from wallet import proofs as wallet_proofs

pytestmark = pytest.mark.django_db
PARSED = parser.parse(b"def go() -> int:\n    return 1\n")


def loosely(data: bytes, **_: Any) -> Any:
    """A codec that takes longer forms, any order of keys, and bytes behind the value."""
    return cbor2.loads(data)


def seed(target: str, name: str) -> bytes:
    return (catalogue.CORPUS / target / name).read_bytes()


def changed_block() -> bytes:
    """With a body that is not the one of its roots, rightly sealed."""
    block = oracle.decode(mutate.split(seed("importer", "next"))[0])[0]
    block["txs"][1]["access"] = block["txs"][1]["access"][:1]
    return mutate.join([oracle.encode(altering.sealed(block, roots=False))])


def drawn_badly(body: bytes) -> bytes:
    """A share's header with the first nonce that makes it none."""
    header = oracle.decode(body)[0]["header"]
    prefix, _ = altering.draw_of(header)
    below = exact.target(500_000)  # theta 2.0 less an offset of 1.5 nats
    nonces = (number.to_bytes(8, "little") for number in range(1_000))
    draws = ((nonce, altering.sha3_256(prefix + nonce).digest()) for nonce in nonces)
    header["nonce"] = next(nonce for nonce, draw in draws if int.from_bytes(draw) >= below)
    return oracle.encode({"header": header})


def paid_to_another() -> bytes:
    """A proof's receipt with another payee, in a block whose roots and seal fit it."""
    block = oracle.decode(mutate.split(seed("importer", "next"))[0])[0]
    block["proofs"][0]["payee"] = block["header"]["coinbase"]
    return mutate.join([oracle.encode(altering.sealed(block, roots=True))])


def without_a_signature() -> bytes:
    value = oracle.decode(mutate.split(seed("pool", "one"))[0])[0]
    value[1]["sig"] = bytes(len(value[1]["sig"]))
    return mutate.join([oracle.encode(value)])


def forged_signature() -> bytes:
    """Parts of a block in which one transaction has another signature: the same short id."""
    kind, value = seed("message", "parts-real")[:1], seed("message", "parts-real")[1:]
    parts = oracle.decode(value)[0]
    tx = oracle.decode(parts["txs"][0])[0]
    tx[1]["sig"] = bytes(len(tx[1]["sig"]))
    parts["txs"][0] = oracle.encode(tx)
    return kind + oracle.encode(parts)


def introduced_without_signing() -> bytes:
    """An introduction, rightly encrypted, whose signature is of nothing."""
    kind, value = seed("session", "introduction")[:1], seed("session", "introduction")[1:]
    shown = oracle.decode(value)[0]
    return kind + oracle.encode({**shown, "sig": bytes(len(shown["sig"]))})


def edited(data: bytes, *path: str, value: Any) -> bytes:
    return json.dumps(altering.put(json.loads(data), path, value)).encode()


def another_value() -> bytes:
    answer = json.loads(seed("answer", "asked-0")[1:])
    value = oracle.decode(bytes.fromhex(answer["value"][2:]))[0]
    answer["value"] = "0x" + oracle.encode({**value, "balance": 5}).hex()
    return b"\x00" + json.dumps(answer).encode()


def false_statement() -> bytes:
    key = trees.DEEP[0]
    return key + b"\x01x" + trees.proofs()[key]


def lacking_a_record() -> bytes:
    row = mutate.split(seed("range", "all"))
    return mutate.join([*row[:2], row[2][64:], row[3]])


Case = tuple[str, Any, str, Any, Callable[[], bytes]]
CASES: dict[str, Case] = {
    "a longer form": ("cbor", cbor, "decode", loosely, lambda: b"\x18\x05"),
    "keys out of order": ("cbor", cbor, "decode", loosely, lambda: b"\xa2\x61b\x00\x61a\x00"),
    "bytes behind a header": (
        *("header", cbor, "decode", loosely),
        lambda: seed("header", "height-1") + b"\x00",
    ),
    "bytes behind a transaction": (
        *("tx", cbor, "decode", loosely),
        lambda: seed("tx", "cut-0") + b"\x00",
    ),
    "bytes behind a message": (
        *("message", cbor, "decode", loosely),
        lambda: seed("message", "pong") + b"\x00",
    ),
    "any body of a compact block": (
        *("message", compact, "check_body_roots", lambda block: None),
        forged_signature,
    ),
    "any signature of a peer": (
        *("session", signing, "verify", lambda *_: True),
        introduced_without_signing,
    ),
    "bytes behind a block": (
        *("block", cbor, "decode", loosely),
        lambda: seed("block", "cut") + b"\x00",
    ),
    "an account in a longer form": (
        *("records", cbor, "decode", loosely),
        lambda: b"\x01" + cbor2.dumps({"nonce": 1, "balance": 2})[:-1] + b"\x18\x02",
    ),
    "a key that is a number": (
        *("records", accounts, "decode_key", cbor2.loads),
        lambda: b"\x02\x05",
    ),
    "bytes behind a page": (
        *("page", page, "decode", lambda path, data, real=page.decode: real(path, data[:-1])),
        lambda: seed("page", "page-a") + b"\x00",
    ),
    "any state proof": ("proof", statetree, "verify", lambda *_: None, false_statement),
    "any proof of a range": ("range", ranges, "verify_range", lambda *_: None, lacking_a_record),
    "any inclusion path": (
        *("merkle", merkle, "verify_inclusion", lambda *_: True),
        lambda: b"\x04\x01\x01x",
    ),
    "any checksum": (
        *("address", bech32m, "_polymod", lambda values: bech32m._BECH32M),
        lambda: seed("address", "address-0")[:-1] + b"q",
    ),
    "a file without checksum": (
        *("keyfile", keyfile, "_checksum", lambda content: b""),
        lambda: edited(seed("keyfile", "usual"), "checksum", value="0x"),
    ),
    "words of any checksum": (
        *("recovery", bech32m, "_polymod", lambda values: bech32m._BECH32M),
        lambda: seed("recovery", "words")[:-1] + b"q",
    ),
    "any proof of an account": ("answer", wallet_proofs, "verify", lambda *_: None, another_value),
    "shares of any sum": (
        *("network", core.network_checks, "check", lambda network: None),
        lambda: edited(seed("network", "json"), "params", "tip_split", "aicf_ppm", value=1),
    ),
    "a file with another digest": (
        *("files", BlockFile, "check", lambda file, progress: len(list(file.blocks()))),
        lambda: seed("files", "blocks")[:-1] + bytes([seed("files", "blocks")[-1] ^ 1]),
    ),
    "any signature in the pool": (
        *("pool", witnesses, "check_signature", lambda *_: None),
        without_a_signature,
    ),
    "a method that breaks": (
        *("rpc", heads, "current", lambda: 1 // 0),
        lambda: seed("rpc", "chain-getHead"),
    ),
    "any draw of a share": (
        *("share", shares, "threshold", lambda *_: 2**256),
        lambda: drawn_badly(seed("share", "on-3")),
    ),
    "any receipt of a proof": (
        *("importer", proofs, "check_receipts", lambda *_: None),
        paid_to_another,
    ),
    "any source": (
        *("source", parser, "parse", lambda source: PARSED),
        lambda: b"def def",
    ),
    "any argument": ("calldata", strict, "accepts", lambda *_: True, lambda: b"\x00\x41\x05"),
    "statements of one price": (
        *("program", costs, "statement", lambda statement: 1),
        lambda: seed("program", "seed-1"),
    ),
    "any body": ("importer", pipeline, "check_body_roots", lambda block: None, changed_block),
}


@pytest.mark.parametrize("case", CASES)
def test_without_the_rule_it_is_a_finding(
    case: str, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, owner, function, without, make = CASES[case]
    target, data = prepared(name), make()
    monkeypatch.setattr(kernel, "_installed", None)
    target.one_input(data)
    monkeypatch.setattr(owner, function, without)
    with pytest.raises(AssertionError):
        target.one_input(data)


def test_every_target_has_a_case() -> None:
    assert {case[0] for case in CASES.values()} == set(catalogue.TARGETS)
