"""Why blocks count as sealed, and the proofs of useful work in them."""

from __future__ import annotations

from typing import TypedDict

from rpc.results.chain import HeaderView
from rpc.results.forms import AddressText, AmountText, BigText, Hash, Hex


class TypeScoreView(TypedDict):
    """One type's part of Σψ. `work` is units · quality, in millionths of a unit; `alpha` in ppm.

    `raw` is before the block's multiplier, `multiplied` after it, `psi` after the type's `cap`.
    """

    type: int
    name: str
    work: BigText
    alpha: int
    raw: int
    multiplied: int
    cap: int
    capped: bool
    psi: int


class ScoreView(TypedDict):
    """Why a block counts as sealed: `u` < `threshold`, which says `draw` + `psi` ≥ `theta`.

    `u` is the draw as a number below 2^256, `draw` its −ln. `multiplier` is in ppm. `uncapped` is
    Σψ before `gamma`, the most that useful work may bring. `work` is what the block counts in its
    chain, `expectedDraws` what sealing it took on average.
    """

    hash: Hash
    height: int
    canonical: bool
    u: BigText
    draw: int
    types: list[TypeScoreView]
    multiplier: int
    uncapped: int
    gamma: int
    capped: bool
    psi: int
    score: int
    theta: int
    surplus: int
    threshold: BigText
    expectedDraws: BigText
    work: BigText


class ProofView(TypedDict):
    """A proof of useful work: its receipt, what it was paid, and the proof itself.

    `credited` says whether its units count. `envelope` is CBOR, which `digest` commits to; it is
    null where the node has pruned it. `share` is the header that a hash share is, else null.
    """

    type: int
    name: str
    nullifier: Hash
    payee: AddressText
    psi: int
    units: BigText
    quality: int
    credited: bool
    paid: AmountText
    digest: Hash
    envelope: Hex | None
    share: HeaderView | None


class BlockProofsView(TypedDict):
    """A block's verified proofs in their order. `slice` is what each hash share is paid."""

    hash: Hash
    height: int
    canonical: bool
    slice: AmountText
    proofs: list[ProofView]
