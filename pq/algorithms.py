"""The table of algorithm ids (u16): the first two bytes of every address.

Source: FIPS 203 (ML-KEM), FIPS 204 (ML-DSA), FIPS 205 (SLH-DSA); docs/spec/addresses.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import EncodingRefused

NO_KEY = 0x0000
"""Contract and system accounts: nobody can sign for them."""
ML_DSA_65 = 0x1003
SLH_DSA_SHAKE_128S = 0x1002
ML_KEM_768 = 0x2001
"""Key transport between peers; never an account."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A signature scheme.

    Sizes are in bytes and exact. ``weight`` is its share of the witness budget, in gas-like units.
    """

    alg_id: int
    name: str
    public_key_bytes: int
    secret_bytes: int
    signature_bytes: int
    weight: int


SIGNATURE_ALGORITHMS: dict[int, Algorithm] = {
    ML_DSA_65: Algorithm(ML_DSA_65, "ML-DSA-65", 1952, 32, 3309, 3400),
    SLH_DSA_SHAKE_128S: Algorithm(SLH_DSA_SHAKE_128S, "SLH-DSA-SHAKE-128s", 32, 64, 7856, 7950),
}
"""Every scheme an account can sign with, by id."""

ALGORITHM_NAMES: dict[int, str] = {
    NO_KEY: "none",
    ML_KEM_768: "ML-KEM-768",
    **{scheme.alg_id: scheme.name for scheme in SIGNATURE_ALGORITHMS.values()},
}
"""A name for every id of the table, to show to people."""


class AlgorithmUnknown(EncodingRefused):
    """The algorithm id is not in the table."""

    code = "algorithm.unknown"
    hint = "Use ML-DSA-65 (4099) or SLH-DSA-SHAKE-128s (4098)."


class AlgorithmTransportOnly(EncodingRefused):
    """The algorithm id is of a key encapsulation scheme, which cannot sign or own an account."""

    code = "algorithm.transport_only"
    hint = "ML-KEM keys protect connections; use an address of a signature key."


class AlgorithmKeyless(EncodingRefused):
    """The algorithm id 0 marks contract and system accounts, which have no key."""

    code = "algorithm.keyless"
    hint = "Sign with the key of an account; contracts and system accounts cannot sign."


def algorithm(alg_id: int) -> Algorithm:
    """The signature scheme of ``alg_id``; refuses ids that are keyless, for transport, unknown."""
    scheme = SIGNATURE_ALGORITHMS.get(alg_id)
    if scheme is not None:
        return scheme
    if alg_id == NO_KEY:
        raise AlgorithmKeyless("the algorithm id 0 has no key", alg=alg_id)
    if alg_id == ML_KEM_768:
        raise AlgorithmTransportOnly("the algorithm ML-KEM-768 cannot sign", alg=alg_id)
    raise AlgorithmUnknown(f"the algorithm id {alg_id} is not known", alg=alg_id)
