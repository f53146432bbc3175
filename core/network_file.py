"""Reading a network file: every entry by name, then what holds between entries.

Source: docs/spec/networks.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core import network_checks
from core.network import (
    GENESIS_SET,
    SUPPLY_LIMIT,
    Genesis,
    Local,
    Network,
    Params,
    ParamSet,
    Poies,
    require,
)

_ENTRIES = ("name", "chain", "alg", "proof_types", "genesis", "params", "poies", "local")


def read_network(table: Mapping[str, Any], allocations: tuple[tuple[bytes, int], ...]) -> Network:
    """Make a network of a parsed file, sound or refused.

    ``allocations`` are the file's, addresses already decoded by the caller.
    Raises ``NetworkInvalid`` naming the entry.
    """
    for name in _ENTRIES:
        require(name in table, name, "is missing")
    network = Network(
        name=str(table["name"]),
        chain=read_number(table["chain"], "chain"),
        genesis=Genesis(_genesis_time(table["genesis"]), allocations),
        sets=_read_sets(table),
        alg_from=_read_heights(table["alg"], "alg", "alg"),
        proofs_from=_read_heights(table["proof_types"], "type", "proof_types"),
        local=Local.read(table["local"], "local"),
    )
    require(network.alg_from != (), "alg", "names no algorithm")
    network_checks.check(network)
    return network


def read_number(value: Any, where: str) -> int:
    """A whole number below 2^63; raises ``NetworkInvalid`` naming ``where``."""
    require(type(value) is int and 0 <= value < SUPPLY_LIMIT, where, "must be a whole number")
    return int(value)


def _genesis_time(table: Any) -> int:
    sound = isinstance(table, Mapping) and "time_ms" in table
    require(sound, "genesis.time_ms", "is missing")
    return read_number(table["time_ms"], "genesis.time_ms")


def _read_heights(rows: Any, key: str, where: str) -> tuple[tuple[int, int], ...]:
    """Pairs of an id and its first height, from a list of {key, from}."""
    sound = isinstance(rows, list) and all(
        isinstance(row, Mapping) and row.keys() == {key, "from"} for row in rows
    )
    require(sound, where, f"must be a list of {{{key}, from}}")
    pairs = tuple(
        (read_number(row[key], where), read_number(row["from"], f"{where}.from")) for row in rows
    )
    require(len({id for id, _ in pairs}) == len(pairs), where, f"names one {key} twice")
    return pairs


def _read_sets(table: Mapping[str, Any]) -> tuple[ParamSet, ...]:
    """The first set, and for each upgrade the one before it with the named entries replaced."""
    tables = {part: table[part] for part in ("params", "poies")}
    sets = [_read_set(GENESIS_SET, 0, tables, "")]
    upgrades = table.get("upgrades", [])
    require(isinstance(upgrades, list), "upgrades", "must be a list")
    for number, upgrade in enumerate(upgrades):
        where = f"upgrades[{number}]"
        known = isinstance(upgrade, Mapping) and {"name", "height"} <= upgrade.keys()
        known = known and upgrade.keys() <= {"name", "height", *tables}
        require(known, where, "must have name and height, and may have params and poies")
        first = read_number(upgrade["height"], f"{where}.height")
        require(first > sets[-1].first, f"{where}.height", "must be above the one before it")
        tables = {part: _replaced(tables[part], upgrade.get(part, {})) for part in tables}
        sets.append(_read_set(str(upgrade["name"]), first, tables, f"{where}."))
    return tuple(sets)


def _read_set(name: str, first: int, tables: Mapping[str, Any], where: str) -> ParamSet:
    params = Params.read(tables["params"], f"{where}params")
    return ParamSet(name, first, params, Poies.read(tables["poies"], f"{where}poies"))


def _replaced(table: Any, changes: Any) -> dict[str, Any]:
    """A table with entries replaced, sections entry by entry."""
    if not isinstance(changes, Mapping):
        return changes  # type: ignore[no-any-return]  # refused by who reads it, by name
    out = dict(table)
    for name, value in changes.items():
        section = isinstance(value, Mapping) and isinstance(out.get(name), Mapping)
        out[name] = _replaced(out[name], value) if section else value
    return out
