"""What tunes itself by epochs: each type's α, and s, which says how easy hash shares are.

All of it is one record of the state, module ``params``, with the counts of the epoch that runs.
What an epoch starts with also stands in the event of the block that ended the one before it.
Source: docs/spec/consensus.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from core import cbor, exact
from core.hashing import sha3
from core.limits import LOG_DATA_BYTES
from core.network import PPM, Params, Poies, WorkPolicy
from core.ports import RecordKey
from core.proof import NAMES, SCORED

RECORD: RecordKey = ("params", b"poies")
EVENT = "tune"
TOPIC = sha3(EVENT.encode("ascii"))
"""Topic 0 of the event in an epoch's last system receipt."""


@dataclass(frozen=True)
class Tuning:
    """α by type (ppm), s (micro-nats), and of the running epoch the shares and ψ by type."""

    alphas: dict[int, int]
    share_offset: int
    shares: int
    psi: dict[int, int]

    @classmethod
    def start(cls, poies: Poies) -> Tuning:
        """What genesis holds."""
        alphas = {t: poies.work(NAMES[t]).alpha_start_ppm for t in SCORED}
        return cls(alphas, poies.share_offset_start_unat, 0, dict.fromkeys(SCORED, 0))

    def encode(self) -> bytes:
        """The record's value."""
        return cbor.encode(
            {
                "alpha": self.named_alphas,
                "offset": self.share_offset,
                "shares": self.shares,
                "psi": {NAMES[t]: self.psi[t] for t in SCORED},
            }
        )

    @classmethod
    def decode(cls, value: bytes | None) -> Tuning:
        """Read the record, which every state has."""
        assert value is not None, "genesis writes the record and nothing deletes it"
        known = cbor.decode_own(value)
        return cls(
            alphas={t: known["alpha"][NAMES[t]] for t in SCORED},
            share_offset=known["offset"],
            shares=known["shares"],
            psi={t: known["psi"][NAMES[t]] for t in SCORED},
        )

    @classmethod
    def of_event(cls, data: bytes) -> Tuning:
        """What an epoch starts with, from the event of the block before it."""
        known = cbor.decode(data, limit=LOG_DATA_BYTES, what="tune event")
        alphas = {t: known["alpha"][NAMES[t]] for t in SCORED}
        return cls(alphas, known["offset"], 0, dict.fromkeys(SCORED, 0))

    @property
    def named_alphas(self) -> dict[str, int]:
        """α in ppm by the type's name."""
        return {NAMES[t]: self.alphas[t] for t in SCORED}

    def within(self, poies: Poies) -> Tuning:
        """With α and s inside the bounds of a parameter set, which may be new ones."""
        alphas = {t: _clamp_alpha(self.alphas[t], poies.work(NAMES[t])) for t in SCORED}
        return replace(self, alphas=alphas, share_offset=_clamp_offset(self.share_offset, poies))

    def counting(self, shares: int, psi: dict[int, int]) -> Tuning:
        """After a block with so many shares and so much ψ by type."""
        total = {t: self.psi[t] + psi.get(t, 0) for t in SCORED}
        return replace(self, shares=self.shares + shares, psi=total)

    def next_epoch(self, params: Params, poies: Poies) -> Tuning:
        """What the next epoch starts with: it moves from what was in force."""
        alphas, offset = self.within(poies).alphas, self.within(poies).share_offset
        total = sum(self.psi.values())
        alphas = {
            t: next_alpha(alphas[t], self.psi[t], total, poies.work(NAMES[t])) for t in SCORED
        }
        offset = next_offset(offset, self.shares, params.epoch_blocks, poies)
        return Tuning(alphas, offset, 0, dict.fromkeys(SCORED, 0))


def next_alpha(alpha: int, psi: int, total: int, policy: WorkPolicy) -> int:
    """α (ppm) after an epoch in which the type had ``psi`` of ``total`` (micro-nats).

    Moves by α times the distance to the target share, rounded toward zero, at most one step. An
    epoch without ψ says nothing.
    """
    if total == 0:
        return _clamp_alpha(alpha, policy)
    missing = policy.alpha_share_ppm - psi * PPM // total
    size = min(alpha * abs(missing) // PPM, policy.alpha_step_ppm)
    return _clamp_alpha(alpha + (size if missing >= 0 else -size), policy)


def next_offset(offset: int, shares: int, blocks: int, poies: Poies) -> int:
    """The share offset s (micro-nats) after an epoch of ``blocks`` that included ``shares``.

    Wanted is half of what may be included. s moves by the logarithm of wanted over found, at most
    one step: that many nats easier or harder would have given as many as wanted.
    """
    wanted = blocks * poies.shares_per_block // 2
    if shares < wanted:
        moved = exact.ln1p(wanted - shares, max(1, shares))
        step = min(moved, poies.share_offset_step_unat)
    else:
        moved = exact.ln1p(shares - wanted, max(1, wanted))
        step = -min(moved, poies.share_offset_step_unat)
    return _clamp_offset(offset + step, poies)


def _clamp_alpha(alpha: int, policy: WorkPolicy) -> int:
    return max(policy.alpha_min_ppm, min(policy.alpha_max_ppm, alpha))


def _clamp_offset(offset: int, poies: Poies) -> int:
    return max(poies.share_offset_min_unat, min(poies.share_offset_max_unat, offset))


def is_epoch_end(height: int, params: Params) -> bool:
    """Whether the block at ``height`` ≥ 1 is the last of its epoch."""
    return height % params.epoch_blocks == 0


def last_epoch_end(height: int, params: Params) -> int:
    """The highest block below ``height`` ≥ 1 that ended an epoch; 0 (genesis) where none did.

    Epochs are of one length for good, whatever parameter set rules.
    """
    return height - 1 - (height - 1) % params.epoch_blocks
