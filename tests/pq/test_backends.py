"""The self-test at node start: passes here, and fails loudly on every kind of broken library."""

import sys
from types import SimpleNamespace

import pytest

from core.errors import NodeFault
from pq import backends, ml_dsa, slh_dsa

KEM = "cryptography.hazmat.primitives.asymmetric.mlkem"


def fault() -> tuple[str, object]:
    with pytest.raises(NodeFault) as caught:
        backends.require_backends()
    return caught.value.code, caught.value.facts["alg"]


def test_passes():
    backends.require_backends()


@pytest.mark.parametrize("module", [ml_dsa, slh_dsa])
@pytest.mark.parametrize("answer", [True, False])
def test_a_constant_verifier_is_noticed(monkeypatch, module, answer):
    monkeypatch.setattr(module, "verify", lambda *_: answer)
    assert fault() == ("node.backend_missing", 0x1003 if module is ml_dsa else 0x1002)


@pytest.mark.parametrize("module", [ml_dsa, slh_dsa])
def test_a_verifier_blind_to_the_context_is_noticed(monkeypatch, module):
    real = module.verify
    known = backends.known.CONTEXT
    monkeypatch.setattr(
        module, "verify", lambda key, message, sig, _: real(key, message, sig, known)
    )
    assert fault() == ("node.backend_missing", 0x1003 if module is ml_dsa else 0x1002)


@pytest.mark.parametrize("module", [ml_dsa, slh_dsa])
def test_a_raising_library_is_noticed(monkeypatch, module):
    def broken(*_):
        raise RuntimeError("not supported")

    monkeypatch.setattr(module, "verify", broken)
    assert fault() == ("node.backend_missing", 0x1003 if module is ml_dsa else 0x1002)


def test_wrong_key_derivation_is_noticed(monkeypatch):
    real = ml_dsa.public_key
    monkeypatch.setattr(ml_dsa, "public_key", lambda seed: real(bytes(32)))
    assert fault() == ("node.backend_missing", 0x1003)


class Key:
    """A broken ML-KEM: it opens everything to the same."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret

    def decapsulate(self, _ciphertext: bytes) -> bytes:
        return self.secret


@pytest.mark.parametrize("secret", [bytes(32), backends.known.ML_KEM_SECRET])
def test_an_ml_kem_that_opens_everything_alike_is_noticed(monkeypatch, secret):
    class Library:
        MLKEM768PrivateKey = SimpleNamespace(from_seed_bytes=lambda _: Key(secret))

    monkeypatch.setitem(sys.modules, KEM, Library)
    assert fault() == ("node.backend_missing", 0x2001)


def test_an_ml_kem_that_is_not_there_is_noticed(monkeypatch):
    monkeypatch.setitem(sys.modules, KEM, None)
    assert fault() == ("node.backend_missing", 0x2001)


@pytest.mark.parametrize(
    ("module", "library", "alg"),
    [
        ("ml_dsa", "cryptography.hazmat.primitives.asymmetric.mldsa", 0x1003),
        ("slh_dsa", "pqcrypto.sign", 0x1002),
    ],
)
def test_a_library_that_is_not_there_is_noticed(monkeypatch, module, library, alg):
    monkeypatch.delattr(f"pq.{module}")
    monkeypatch.delitem(sys.modules, f"pq.{module}")
    monkeypatch.setitem(sys.modules, library, None)
    assert fault() == ("node.backend_missing", alg)
