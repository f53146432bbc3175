"""New money: the subsidy of a height and who gets it. Source: docs/spec/fees.md."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from core.network import PPM, BaseFeeSplit, Params, ParamSet, Poies, SubsidySplit, TipSplit


@dataclass(frozen=True)
class Parts:
    """How an amount (nANM) is divided; what is not named here does not exist."""

    producer: int = 0
    aicf: int = 0
    treasury: int = 0
    burnt: int = 0
    unminted: int = 0


def subsidy(height: int, params: Params) -> int:
    """New money of the block at ``height`` ≥ 1, nANM, before what stays unminted."""
    if params.subsidy_era_blocks == 0:
        return params.subsidy_start
    era = (height - 1) // params.subsidy_era_blocks
    return _era_subsidy(era, params.subsidy_start, params.subsidy_decay_ppm, params.subsidy_tail)


@lru_cache(maxsize=64)
def _era_subsidy(era: int, start: int, decay_ppm: int, tail: int) -> int:
    amount = start
    for _ in range(era):
        if amount <= tail or decay_ppm == 0:
            break
        amount = amount * (PPM - decay_ppm) // PPM
    return max(amount, tail)


def split_subsidy(amount: int, split: SubsidySplit) -> Parts:
    """The remainder is the producer's; the share part is minted only for claimed slices."""
    aicf = amount * split.aicf_ppm // PPM
    treasury = amount * split.treasury_ppm // PPM
    shares = amount * split.shares_ppm // PPM
    producer = amount - aicf - treasury - shares
    return Parts(producer=producer, aicf=aicf, treasury=treasury, unminted=shares)


def share_slice(part: int, poies: Poies) -> int:
    """What one hash share is paid, nANM: the share ``part`` by the shares that fit in a block."""
    return part // poies.shares_per_block


def share_slice_at(height: int, rules: ParamSet) -> int:
    """The same for a block at ``height`` ≥ 1."""
    part = split_subsidy(subsidy(height, rules.params), rules.params.subsidy_split).unminted
    return share_slice(part, rules.poies)


def split_base_fees(amount: int, split: BaseFeeSplit) -> Parts:
    """The remainder is burnt."""
    aicf = amount * split.aicf_ppm // PPM
    treasury = amount * split.treasury_ppm // PPM
    return Parts(aicf=aicf, treasury=treasury, burnt=amount - aicf - treasury)


def split_tips(amount: int, split: TipSplit) -> Parts:
    """The remainder is the producer's."""
    aicf = amount * split.aicf_ppm // PPM
    return Parts(producer=amount - aicf, aicf=aicf)
