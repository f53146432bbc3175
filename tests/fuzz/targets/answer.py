"""A hostile node's answer to ``state.getProof``: only the truth under a paid seal is believed.

The first byte chooses the account that was asked for, the rest is the answer.
"""

from __future__ import annotations

import json
from functools import cache
from random import Random
from typing import Any

from core.errors import EncodingRefused
from core.header import Header
from core.statetree import StateProofInvalid
from tests.consensus import altering
from tests.fuzz import mutate as mutations
from tests.fuzz import oracle
from tests.fuzz.claims import attempt
from tests.support import key
from tests.wallet import played
from wallet.errors import HeaderUnproven, NodeAnswerInvalid
from wallet.proofs import verify_account

MAX_BYTES = 8_192
_REFUSALS = (HeaderUnproven, StateProofInvalid, EncodingRefused, NodeAnswerInvalid)
_TRUTH = {key(n).address: (n, 10**9 + n) for n in range(12)}
_ASKED = (key(0).address, key(5).address, key(99).address)


@cache
def _pages() -> played.Pages:
    records = {("account", a): played.account_record(*truth) for a, truth in _TRUTH.items()}
    return played.Pages(records)


@cache
def _header() -> Header:
    return played.sealed(played.header_over(_pages().root))


def one_input(data: bytes) -> None:
    if not data:
        return
    asked = _ASKED[data[0] % 3]
    try:
        answer = json.loads(data[1:])
    except (ValueError, RecursionError):
        return
    account = attempt(verify_account, answer, asked, chain=played.CHAIN, refusals=_REFUSALS)
    if account is None:
        return
    header = account.header
    value = header.to_map()
    assert header.chain == played.CHAIN and header.height > 0
    assert header.theta - header.psi >= 1_000_000, "a seal that cost nothing is believed"
    assert altering.is_sealed(value), "a header without a seal is believed"
    assert answer["header"] == "0x" + oracle.encode(value).hex()
    assert answer["height"] in (header.height, str(header.height))
    if header.roots.state == _pages().root:
        told = (account.nonce, account.balance)
        assert told == _TRUTH.get(asked, (0, 0)), "a false account is proven"
        assert account.present == (asked in _TRUTH) and account.code is None


def mutate(data: bytes, rng: Random) -> bytes:
    """The answer changed; or its header, sealed and named again; or another account's parts."""
    try:
        answer = json.loads(data[1:])
        header = oracle.decode(bytes.fromhex(answer["header"][2:]))[0]
    except mutations.STRANGE:
        return data[:1] + mutations.flip(data[1:], rng)
    way = rng.randrange(4)
    if way == 0:
        return data[:1] + mutations.text(data[1:], rng)
    if way == 1:
        return bytes([rng.randrange(3)]) + data[1:]
    if way == 2:
        other = _answer(rng.choice(_ASKED))
        for name in rng.sample(sorted(other), 2):
            answer[name] = other[name]
    else:
        answer.update(_renamed(mutations.alter(header, rng)))
    return data[:1] + json.dumps(answer, default=repr).encode()


def _renamed(header: Any) -> dict[str, Any]:
    try:
        header = altering.sealed({"header": header}, roots=False)["header"]
        encoded = oracle.encode(header)
    except mutations.STRANGE:
        return {}
    named = altering.sha3_256(b"animica/block/v1\x00" + encoded).hexdigest()
    height = header.get("height")
    return {"header": "0x" + encoded.hex(), "blockHash": "0x" + named, "height": height}


def _answer(asked: bytes) -> dict[str, Any]:
    return played.proof_answer(_pages(), _header(), "account", asked)


def seeds() -> dict[str, bytes]:
    return {
        f"asked-{n}": bytes([n]) + json.dumps(_answer(asked)).encode()
        for n, asked in enumerate(_ASKED)
    }
