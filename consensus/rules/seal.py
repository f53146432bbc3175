"""The seal: a draw below the target, S = −ln(u) + Σψ ≥ Θ. Source: docs/spec/consensus.md."""

from __future__ import annotations

from consensus.errors import PsiAboveGamma, SealInvalid, ThetaWrong
from core import exact
from core.header import Header
from core.network import Network


def threshold(theta: int, psi: int) -> int:
    """Draws strictly below this number seal a block of ``theta`` and ``psi`` (micro-nats)."""
    return exact.target(max(0, theta - psi))


def block_work(theta: int) -> int:
    """Expected draws behind a verified block: 2^256 div target(Θ)."""
    return 2**256 // exact.target(theta)


def check_psi(header: Header, gamma: int) -> None:
    """Useful work buys at most Γ (micro-nats)."""
    if header.psi > gamma:
        raise PsiAboveGamma(
            f"header.psi is {header.psi}, the cap {gamma}", field="header.psi", most=gamma
        )


def check_seal(header: Header) -> None:
    """One Keccak permutation and one comparison of integers."""
    if header.draw >= threshold(header.theta, header.psi):
        raise SealInvalid("the draw is not below the target", field="header.nonce")


def check_claims(header: Header, network: Network) -> None:
    """The work that a header shows by itself: a seal for its own Θ, which is not below the least.

    Whether that Θ is right only the ancestors tell.
    """
    rules = network.at(header.height)
    least = rules.params.theta_min_unat
    if header.theta < least:
        raise ThetaWrong(f"header.theta is {header.theta}", field="header.theta", least=least)
    check_psi(header, rules.poies.gamma_unat)
    check_seal(header)
