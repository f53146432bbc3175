"""Signatures for handshakes, fast ones at once and slow ones elsewhere."""

from __future__ import annotations

import io
from concurrent.futures import CancelledError
from threading import Event

import pytest

from p2p import sign_once, signer
from p2p.signer import WAITING_MOST, Signer, SignerBusy, SigningFailed
from pq import signing
from tests.p2p.session.wire import ALICE, slow_key

CONTEXT = b"animica/p2p-auth/v1"


def order(*parts: bytes) -> io.BytesIO:
    return io.BytesIO(b"".join(len(part).to_bytes(4) + part for part in parts))


def test_a_fast_identity_signs_at_once():
    made = Signer(ALICE)
    future = made.sign(b"message", CONTEXT)
    assert future.done()
    signature = future.result()
    assert signing.verify(ALICE.alg, ALICE.public_key, b"message", signature, CONTEXT)
    made.close()


def test_a_slow_identity_signs_in_a_process_of_its_own():
    key = slow_key()
    made = Signer(key)
    future = made.sign(b"message", CONTEXT)
    assert not future.done()
    assert signing.verify(key.alg, key.public_key, b"message", future.result(), CONTEXT)
    made.close()


def test_an_order_for_one_signature_is_carried_out():
    out = io.BytesIO()
    sign_once.main(ALICE.alg, order(ALICE.secret, b"message", CONTEXT), out)
    assert signing.verify(ALICE.alg, ALICE.public_key, b"message", out.getvalue(), CONTEXT)


def test_a_failing_process_is_a_fault_without_the_secret(monkeypatch):
    monkeypatch.setattr(signer.sys, "executable", "/bin/false")
    made = Signer(slow_key())
    with pytest.raises(SigningFailed) as caught:
        made.sign(b"message", CONTEXT).result()
    assert slow_key().secret.hex() not in str(caught.value)
    made.close()


def test_signatures_that_would_come_too_late_are_refused_and_cancelled_ones_cost_nothing(
    monkeypatch,
):
    begun, go, signed = Event(), Event(), []

    def slow(key, message, context):
        begun.set()
        assert go.wait(10)
        signed.append(message)
        return b"signature"

    monkeypatch.setattr(signer, "_sign_apart", slow)
    made = Signer(slow_key())
    waiting = [made.sign(b"%d" % number, CONTEXT) for number in range(WAITING_MOST)]
    assert begun.wait(10)
    with pytest.raises(SignerBusy):
        made.sign(b"late", CONTEXT).result()
    assert waiting[-1].cancel()
    again = made.sign(b"again", CONTEXT)
    go.set()
    assert again.result() == b"signature"
    with pytest.raises(CancelledError):
        waiting[-1].result()
    assert signed == [b"%d" % number for number in range(WAITING_MOST - 1)] + [b"again"]
    made.close()
