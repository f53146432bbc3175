"""The vector files that the oracle writes: their names, their text, the supply table."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.oracle import psi_cases, real_cases, rule_cases, rules

VECTORS = Path(__file__).parent.parent / "vectors"
Content = dict[str, object]


def _target() -> Content:
    what = "target(x) = floor(2^256 * e^(-x/10^6)); work = 2^256 div target, absent for target 0"
    return {"what": what, "cases": real_cases.target_cases()}


def _exact() -> Content:
    what = "ln1p(a, b) = floor(10^6 ln(1 + a/b)); nlog(u) = floor(-10^6 ln((u+1)/2^256))"
    return {"what": what, "cases": real_cases.exact_cases()}


def _psi() -> Content:
    what = (
        "psi of a block, each step; proofs are [type, units, quality in ppm], lists without names "
        "are for the types 2, 3, 4; scores in micro-nats, factors in ppm"
    )
    return {"what": what, "cases": psi_cases.psi_cases()}


def _retarget() -> Content:
    what = (
        "theta' from theta, parent's interval dt (ms), target interval, tau (ms), step clamp, "
        "bounds (micro-nats)"
    )
    return {"what": what, "cases": rule_cases.retarget_cases()}


def _base_fee() -> Content:
    what = (
        "cases: base fee after a block with gas used of limit; blob: blob fee after a block with "
        "used blob bytes of 512 * kmax^2; fees in nANM"
    )
    return {"what": what, "cases": rule_cases.base_fee_cases(), "blob": rule_cases.blob_fee_cases()}


def _issuance() -> Content:
    what = (
        "cases: subsidy of a height; splits: each sum divided; supply: minted from block 1 to an "
        "era's last, with all hash shares claimed and with none; amounts in nANM"
    )
    return {
        "what": what,
        "cases": rule_cases.subsidy_cases(),
        "splits": rule_cases.split_cases(),
        "networks": list(rule_cases.network_money().items()),
        "supply": rule_cases.supply_cases(),
    }


FILES: dict[str, Callable[[], Content]] = {
    "target": _target,
    "exact": _exact,
    "psi": _psi,
    "retarget": _retarget,
    "base_fee": _base_fee,
    "issuance": _issuance,
}


def text(name: str) -> str:
    """The file's text: a case a line, so that a difference shows which one it is."""
    parts = []
    for key, value in FILES[name]().items():
        if isinstance(value, list):
            rows = ",\n  ".join(json.dumps(row) for row in value)
            parts.append(f" {json.dumps(key)}: [\n  {rows}\n ]")
        else:
            parts.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def path(name: str) -> Path:
    """Where the file is."""
    return VECTORS / f"{name}.json"


def supply_table() -> str:
    """The table of docs/spec/fees.md: eras of mainnet and testnet, as Markdown."""
    heads = ["era", "subsidy"]
    for name in ("mainnet", "testnet"):
        heads += [f"{name}: first height", "all claimed", "none claimed"]
    lines = [heads, ["---:"] * len(heads)]
    for era in range(rules.eras_to_the_tail(rules.MAINNET) + 1):
        row = [era, rules.era_subsidy(era, rules.MAINNET)]
        for money in (rules.MAINNET, rules.TESTNET):
            last = (era + 1) * money.era_blocks
            row.append(era * money.era_blocks + 1)
            row += [rules.supply(last, money, claimed=claimed) for claimed in (True, False)]
        lines.append([f"{number:,}" for number in row])
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def limit_years(name: str) -> tuple[int, int]:
    """Last height below 2^63 nANM if every share is claimed, and the year of 365.25 days."""
    height = rules.last_height_below(2**63, rules.NETWORKS[name], claimed=True)
    year_ms = 31_557_600_000
    return height, height * rules.BLOCK_MS[name] // year_ms
