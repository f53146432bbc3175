"""Signs handshakes with the node's identity, so that nobody waits for a slow algorithm.

ML-DSA-65 takes less than a millisecond and is done at once. SLH-DSA-SHAKE-128s takes a second and
holds the interpreter lock, so each of its signatures is made by a process of its own; one at a
time, because a second core is for blocks.
"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from core.errors import NodeFault
from p2p.rules.refusals import P2pRefused
from pq.algorithms import ML_DSA_65
from pq.signing import PrivateKey

WAITING_MOST = 8
"""Signatures of a slow identity that wait; a later one would come after its handshake's end."""
SIGNING_S = 30.0
"""How long the process of one signature may take."""
_ROOT = Path(__file__).resolve().parent.parent


class SignerBusy(P2pRefused):
    """More handshakes wait for a signature than can have one in time."""

    code = "p2p.signer_busy"
    hint = "An SLH-DSA identity signs about once a second; connect later."


class SigningFailed(NodeFault):
    """The process that signs for the node's identity failed."""

    code = "p2p.signing_failed"
    hint = "Check memory and the installation; the message holds the end of its output."


class Signer:
    """The node's key in use. Safe to call from any thread."""

    def __init__(self, key: PrivateKey) -> None:
        self._key = key
        self._lock = Lock()
        self._waiting = 0
        self._pool: ThreadPoolExecutor | None = None
        if key.alg != ML_DSA_65:
            self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="p2p-sign")

    def sign(self, message: bytes, context: bytes) -> Future[bytes]:
        """A signature; cancel the future of a handshake that has ended.

        Its exception is ``SignerBusy`` or ``SigningFailed``.
        """
        future: Future[bytes] = Future()
        if self._pool is None:
            future.set_result(self._key.sign(message, context))
            return future
        with self._lock:
            if self._waiting >= WAITING_MOST:
                future.set_exception(SignerBusy(f"{WAITING_MOST} handshakes wait already"))
                return future
            self._waiting += 1
        future = self._pool.submit(_sign_apart, self._key, message, context)
        future.add_done_callback(self._count_down)
        return future

    def close(self) -> None:
        """Sign nothing more; what is being signed is waited for."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _count_down(self, _: Future[bytes]) -> None:
        with self._lock:
            self._waiting -= 1


def _sign_apart(key: PrivateKey, message: bytes, context: bytes) -> bytes:
    """Have a process sign; the secret goes through a pipe and is never in its arguments."""
    order = b"".join(len(part).to_bytes(4) + part for part in (key.secret, message, context))
    command = [sys.executable, "-m", "p2p.sign_once", str(key.alg)]
    try:
        done = subprocess.run(
            command, input=order, capture_output=True, cwd=_ROOT, timeout=SIGNING_S, check=True
        )
    except (subprocess.SubprocessError, OSError) as error:
        output = getattr(error, "stderr", None) or b""
        said = output[-200:].decode("utf-8", "replace")
        raise SigningFailed(f"signing failed: {type(error).__name__} {said}") from None
    return done.stdout
