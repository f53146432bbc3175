"""The self-test of the post-quantum libraries: no node runs on a library that gets one wrong.

Import this module before anything else of ``pq``: it loads the libraries only inside the test, so
that a missing one is reported as ``node.backend_missing`` and not as an ``ImportError``. There is
no fallback. Costs about 10 ms.
"""

from __future__ import annotations

from collections.abc import Callable

from core.errors import NodeFault
from core.hashing import sha3
from pq import known_answers as known
from pq.algorithms import ALGORITHM_NAMES, ML_DSA_65, ML_KEM_768, SLH_DSA_SHAKE_128S

_Verify = Callable[[bytes, bytes, bytes, bytes], bool]


class BackendMissing(NodeFault):
    """A post-quantum library is missing, too old, or gives wrong answers."""

    code = "node.backend_missing"
    hint = "Install the pinned requirements again (make install) and start the node again."


def require_backends() -> None:
    """Raise ``BackendMissing``, naming the algorithm, unless each passes its self-test.

    ML-DSA-65 derives a known key, signs and verifies; SLH-DSA-SHAKE-128s verifies a known answer
    (signing takes a second). Both must refuse an altered signature and another context. ML-KEM-768
    opens a known ciphertext, and an altered one to something else.
    """
    tests = ((ML_DSA_65, _ml_dsa), (SLH_DSA_SHAKE_128S, _slh_dsa), (ML_KEM_768, _ml_kem))
    for alg, self_test in tests:
        name = ALGORITHM_NAMES[alg]
        try:
            passed = self_test()
        except Exception as fault:
            # whatever a broken library raises, the answer is the same: this node must not run
            raise BackendMissing(
                f"the library for {name} does not work: {fault}", alg=alg
            ) from fault
        if not passed:
            raise BackendMissing(f"{name} gives wrong answers", alg=alg)


def _ml_dsa() -> bool:
    from pq import ml_dsa

    public_key = ml_dsa.public_key(known.ML_DSA_SEED)
    if sha3(public_key) != known.ML_DSA_PUBLIC_KEY_SHA3:
        return False
    signature = ml_dsa.sign(known.ML_DSA_SEED, known.MESSAGE, known.CONTEXT)
    return _verifies_only(ml_dsa.verify, public_key, signature)


def _slh_dsa() -> bool:
    from pq import slh_dsa

    return _verifies_only(slh_dsa.verify, known.SLH_DSA_PUBLIC_KEY, known.SLH_DSA_SIGNATURE)


def _ml_kem() -> bool:
    from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

    secret = MLKEM768PrivateKey.from_seed_bytes(known.ML_KEM_SEED)
    altered = known.ML_KEM_CIPHERTEXT[:-1] + b"\0"
    return (
        secret.decapsulate(known.ML_KEM_CIPHERTEXT) == known.ML_KEM_SECRET
        and secret.decapsulate(altered) != known.ML_KEM_SECRET
    )


def _verifies_only(verify: _Verify, public_key: bytes, signature: bytes) -> bool:
    """True if the signature is accepted as it is and refused in three altered settings."""
    altered = bytes([signature[0] ^ 1]) + signature[1:]
    return (
        verify(public_key, known.MESSAGE, signature, known.CONTEXT)
        and not verify(public_key, known.MESSAGE, altered, known.CONTEXT)
        and not verify(public_key, known.MESSAGE, signature, known.CONTEXT + b"x")
        and not verify(public_key, known.MESSAGE + b"x", signature, known.CONTEXT)
    )
