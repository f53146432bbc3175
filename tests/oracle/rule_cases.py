"""Cases of retarget.json, base_fee.json and issuance.json."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace

from tests.oracle import rules
from tests.oracle.draws import Draws
from tests.oracle.rules import MILLION, NETWORKS, Money

Case = dict[str, object]
U64 = 2**64 - 1

# target (ms), tau (ms), dmax, min, max (micro-nats), as docs/spec/networks.md has them
RETARGETS = {
    "mainnet": (12_000, 720_000, 250_000, 20_000_000, 64_000_000),
    "testnet": (6_000, 360_000, 250_000, 14_000_000, 64_000_000),
    "devnet": (2_000, 60_000, 500_000, 6_000_000, 64_000_000),
    "fast": (1_000, 60_000, 500_000, 2_000_000, 64_000_000),
    "slow": (12_000, 7 * MILLION, 250_000, 20_000_000, 64_000_000),  # a ms is less than a unat
    "still": (12_000, 720_000, 0, 20_000_000, 64_000_000),
    "pinned": (12_000, 720_000, 250_000, 24_000_000, 24_000_000),
    "odd": (1, 1, 1, 1, 177_445_678),
}


def retarget_points() -> Iterator[tuple[int, int, tuple[int, int, int, int, int]]]:
    """(Θ, interval, parameters)."""
    for dt in (1, 11_999, 12_000, 12_001, 24_000, 100_000, 10_000_000):
        yield 24_000_000, dt, RETARGETS["mainnet"]
    draws = Draws("retarget")
    for params in RETARGETS.values():
        goal, tau, dmax, least, most = params
        full = dmax * tau // MILLION  # from about here on a step is a whole one
        away = {0, 1, 2, 7, goal - 1, full - 1, full, full + 1, full + 2}
        intervals = {goal - ms for ms in away} | {goal + ms for ms in away}
        intervals |= {1, 10 * goal, 2**31, 2**63, U64}
        thetas = (least, least + 1, least + dmax - 1, (least + most) // 2, most - dmax, most - 1)
        for dt in sorted(dt for dt in intervals if dt >= 1):
            for theta in sorted({min(max(theta, least), most) for theta in (*thetas, most)}):
                yield theta, dt, params
        for _ in range(12):
            yield draws.between(least, most), 1 + draws.below(6 * goal), params


def retarget_cases() -> list[Case]:
    """The keys are those of the first cases."""
    found: list[Case] = []
    for theta, dt, (goal, tau, dmax, least, most) in dict.fromkeys(retarget_points()):
        after = rules.retarget(theta, dt, goal, tau, dmax, least, most)
        case: Case = {"theta": theta, "dt": dt, "target": goal, "tau": tau, "dmax": dmax}
        found.append({**case, "min": least, "max": most, "next": after})
    return found


def fee_points(limits: tuple[int, ...], label: str) -> Iterator[tuple[int, int, int, int]]:
    """(fee, used, limit, floor)."""
    fees = (1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 999, 1_000, 10**9 + 7, 2**53 + 1, 2**63 - 1, 2**63)
    for limit in limits:
        half = limit // 2
        useds = {0, 1, half // 2, half - 1, half, half + 1, limit - 1, limit}
        for fee in fees:
            for used in sorted(used for used in useds if 0 <= used <= limit):
                yield fee, used, limit, 1
    for fee, floor in ((8, 8), (9, 8), (1_000, 875), (1_000, 876), (1_000, 1_000), (10**9, 10**9)):
        yield fee, 0, limits[0], floor
    draws = Draws(label)
    for _ in range(60):
        limit = draws.between(2, 10**9) if label == "base" else limits[draws.below(len(limits))]
        floor = 1 + draws.sized(12)
        yield floor + draws.sized(62), draws.between(0, limit), limit, floor


def base_fee_cases() -> list[Case]:
    """Gas limits: the networks', an odd one, and the least there may be."""
    points = dict.fromkeys(fee_points((40_000_000, 60_000_000, 100_000_000, 101, 3, 2), "base"))
    return [
        {"fee": fee, "used": used, "limit": limit, "floor": floor, "next": after}
        for fee, used, limit, floor in points
        for after in (rules.fee_step(fee, used, limit, floor),)
    ]


def blob_fee_cases() -> list[Case]:
    """``used`` is blob bytes against the square of side ``kmax``."""
    sides = {rules.blob_limit(kmax): kmax for kmax in (1, 16, 32, 64)}
    points = dict.fromkeys(fee_points(tuple(sides), "blob"))
    return [
        {"fee": fee, "used": used, "kmax": sides[limit], "floor": floor, "next": after}
        for fee, used, limit, floor in points
        for after in (rules.fee_step(fee, used, limit, floor),)
    ]


def subsidy_cases() -> list[Case]:
    """First, last and middle heights of eras, of the networks and of odd parameters."""
    odd = [
        replace(money, decay_ppm=decay, tail=tail)
        for money in (Money(10**10, 3, 0, 0), Money(2**63 - 1, 1, 0, 0), Money(7, 2, 0, 0))
        for decay in (0, 125_000, 999_999, MILLION)
        for tail in (0, 7, 10**7, 2**62)
    ]
    found: list[Case] = []
    for money in (*NETWORKS.values(), *odd, Money(77, 0, 0, 99)):
        length = money.era_blocks or 1000
        few = money in odd
        eras = (0, 1, 2, 40) if few else (*range(40), 41, 100)
        heights = {e * length + at for e in eras for at in (1, 2, length)}
        for height in sorted({*heights, 2**31, 2**63}):
            values: Case = {"height": height, "start": money.start, "era_blocks": money.era_blocks}
            values |= {"decay_ppm": money.decay_ppm, "tail": money.tail}
            found.append({**values, "subsidy": rules.subsidy(height, money)})
    return found


def split_cases() -> list[Case]:
    """Each sum split once: the shipped parts, and parts that leave everything or nothing over."""
    draws = Draws("split")
    amounts = [0, 1, 2, 3, 19, 20, 21, 999_999, MILLION, 44_563, 10**9, 10**10, 2**63 - 1]
    amounts += [draws.sized(63) for _ in range(12)]
    parts = ((200_000, 150_000, 50_000), (0, 0, 0), (333_333, 333_333, 333_334), (MILLION, 0, 0))
    found: list[Case] = []
    for amount in amounts:
        for shares, aicf, treasury in parts:
            money = Money(0, 0, 0, 0, shares, aicf, treasury)
            ppm: Case = {"shares_ppm": shares, "aicf_ppm": aicf, "treasury_ppm": treasury}
            found.append(
                {"of": "subsidy", "amount": amount, **ppm, **rules.split_subsidy(amount, money)}
            )
        for treasury, aicf in ((250_000, 250_000), (0, 0), (0, MILLION), (1, 999_998)):
            ppm = {"treasury_ppm": treasury, "aicf_ppm": aicf}
            divided = rules.split_base_fees(amount, treasury, aicf)
            found.append({"of": "base_fee", "amount": amount, **ppm, **divided})
        for aicf in (100_000, 0, MILLION, 1):
            divided = rules.split_tips(amount, aicf)
            found.append({"of": "tip", "amount": amount, "aicf_ppm": aicf, **divided})
    return found


def supply_cases() -> list[Case]:
    """Every era of the networks up to the first three at the tail."""
    found: list[Case] = []
    for name, money in NETWORKS.items():
        if money.era_blocks == 0:
            continue
        for era in range(rules.eras_to_the_tail(money) + 3):
            last = (era + 1) * money.era_blocks
            found.append(
                {
                    "network": name,
                    "era": era,
                    "first": era * money.era_blocks + 1,
                    "last": last,
                    "subsidy": rules.era_subsidy(era, money),
                    "all_claimed": rules.supply(last, money, claimed=True),
                    "none_claimed": rules.supply(last, money, claimed=False),
                }
            )
    return found


def network_money() -> dict[str, Case]:
    """The numbers that the supply cases go by."""
    return {name: asdict(money) for name, money in NETWORKS.items()}
