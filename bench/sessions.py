"""``p2p.handshake`` and ``p2p.frames``: sessions of peers, both sides in this process."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bench.rows import Row
from p2p.rules.limits import MESSAGE_OVERHEAD_BYTES, VERSION
from p2p.rules.session import NeedSignature, Out, Received, Session, Terms, ToWire
from p2p.rules.session.ciphers import AEADS, NAMES
from pq.signing import PrivateKey, from_seed

_HANDSHAKES = 400
_ROUNDS = 5
_SIZES = (64 * 1024, 256 * 1024, 1024 * 1024)
_BYTES = 128 * 1024 * 1024
_READ_BYTES = 256 * 1024
_TERMS = Terms(VERSION, 1337, bytes(32), bytes(32))
_MESSAGE_BYTES = 1024 * 1024 + MESSAGE_OVERHEAD_BYTES


def run_handshake(scale: int) -> list[Row]:
    """Whole handshakes, ML-DSA-65 on both sides, against their bare primitives."""
    first, second = from_seed(secrets.token_bytes(32)), from_seed(secrets.token_bytes(32))
    count, primitives = _HANDSHAKES * scale // _ROUNDS, _primitives()
    ours = bare = float("inf")
    for _ in range(_ROUNDS):  # in turns, so that both have the same machine
        ours = min(ours, _cpu(lambda: _connect(first, second), count))
        bare = min(bare, _cpu(primitives, count))
    rate, limit = count / ours, count / bare
    what = "2 × (sign + verify + X25519 exchange and key) + one ML-KEM-768"
    return [Row("p2p.handshake", rate, "handshakes/core-s", limit, what)]


def run_frames(scale: int) -> list[Row]:
    """Messages of 64 KiB to 1 MiB sealed, cut as a socket does, and opened; each cipher."""
    return [_frames(aead, _BYTES * scale) for aead in AEADS]


def _frames(aead: int, total: int) -> Row:
    ours = raw = float("inf")
    messages = [secrets.token_bytes(size) for size in _SIZES]
    count = total // sum(_SIZES)
    sent, received = _connect(from_seed(bytes(32)), from_seed(bytes([1]) * 32), aeads=(aead,))
    cipher = AEADS[aead](secrets.token_bytes(32))
    nonce = bytes(12)

    def through_sessions() -> None:
        for message in messages:
            wire = memoryview(sent.send(message, 0))
            outs: list[Out] = []
            for at in range(0, len(wire), _READ_BYTES):
                outs += received.receive(bytes(wire[at : at + _READ_BYTES]), 0)
            if [out.message for out in outs if isinstance(out, Received)] != [message]:
                raise RuntimeError("the message did not come through")

    def through_the_cipher() -> None:
        for message in messages:
            cipher.decrypt(nonce, cipher.encrypt(nonce, message, b""), b"")

    for _ in range(_ROUNDS):
        ours = min(ours, _cpu(through_sessions, count // _ROUNDS + 1))
        raw = min(raw, _cpu(through_the_cipher, count // _ROUNDS + 1))
    each = (count // _ROUNDS + 1) * sum(_SIZES) / 1e6
    what = f"{NAMES[aead]} alone, sealed and opened"
    return Row(f"p2p.frames ({aead})", each / ours, "MB/core-s", each / raw, what)


def _cpu(work: Callable[[], object], times: int) -> float:
    """Seconds of processor time of so many turns."""
    before = time.process_time()
    for _ in range(times):
        work()
    return time.process_time() - before


def _connect(
    first: PrivateKey, second: PrivateKey, aeads: tuple[int, ...] = tuple(AEADS)
) -> tuple[Session, Session]:
    """Two sessions whose handshake is complete."""
    owners = {True: first, False: second}
    a, b = (
        Session(
            initiator=initiator,
            terms=_TERMS,
            alg=owner.alg,
            public_key=owner.public_key,
            message_bytes=_MESSAGE_BYTES,
            now_ms=0,
            aeads=aeads,
        )
        for initiator, owner in owners.items()
    )
    reply = _carry(b, second, b.receive(_carry(a, first, a.start()), 0))
    _carry(b, second, b.receive(_carry(a, first, a.receive(reply, 0)), 0))
    if not (a.established and b.established):
        raise RuntimeError("the handshake failed")
    return a, b


def _carry(session: Session, owner: PrivateKey, outs: Iterable[Out]) -> bytes:
    """Sign what is asked for; the bytes for the other side."""
    wire = b""
    for out in outs:
        if isinstance(out, ToWire):
            wire += out.data
        elif isinstance(out, NeedSignature):
            wire += _carry(session, owner, session.signed(owner.sign(out.message, out.context), 0))
    return wire


def _primitives() -> Callable[[], None]:
    """What a handshake cannot do without, with keys that are parsed already."""
    signer = MLDSA65PrivateKey.generate()
    public = signer.public_key()
    message, context = bytes(32), b"animica/p2p-auth/v1"

    def work() -> None:
        kem = MLKEM768PrivateKey.generate()
        _, ciphertext = kem.public_key().encapsulate()
        kem.decapsulate(ciphertext)
        one, two = X25519PrivateKey.generate(), X25519PrivateKey.generate()
        one.exchange(two.public_key())
        two.exchange(one.public_key())
        for _ in range(2):
            public.verify(signer.sign(message, context), message, context)

    return work
