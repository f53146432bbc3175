"""The seal: a draw below the target, S = −ln(u) + Σψ ≥ Θ. Source: docs/spec/consensus.md."""

from __future__ import annotations

from consensus.errors import PsiAboveGamma, SealInvalid, ThetaWrong
from consensus.rules import poies
from core import exact
from core.header import Header
from core.network import Network


def threshold(theta: int, psi: int) -> int:
    """Draws strictly below this number seal a block of ``theta`` and ``psi`` (micro-nats)."""
    return exact.target(max(0, theta - psi))


def block_work(theta: int) -> int:
    """Expected draws behind a verified block: 2^256 div target(Θ)."""
    return 2**256 // exact.target(theta)


def check_psi(header: Header, network: Network) -> None:
    """ψ is not more than any proofs could bring: where no type brings ψ, nobody seals with it."""
    most = poies.most_psi(network, header.height)
    if header.psi > most:
        raise PsiAboveGamma(
            f"header.psi is {header.psi}, the most {most}", field="header.psi", most=most
        )


def check_seal(header: Header) -> None:
    """One Keccak permutation and one comparison of integers."""
    if header.draw >= threshold(header.theta, header.psi):
        raise SealInvalid("the draw is not below the target", field="header.nonce")


def check_claims(header: Header, network: Network) -> None:
    """The work that a header shows by itself: a seal for its own Θ, which is not below the least.

    Whether that Θ is right only the ancestors tell.
    """
    least = network.at(header.height).params.theta_min_unat
    if header.theta < least:
        raise ThetaWrong(f"header.theta is {header.theta}", field="header.theta", least=least)
    check_psi(header, network)
    check_seal(header)
