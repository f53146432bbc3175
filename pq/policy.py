"""The algorithm policy: which signature algorithm may be used from which height on.

A value; its map form is what a header's pin is computed over. Source: docs/spec/addresses.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import EncodingRefused
from core.limits import U64_MAX
from pq.algorithms import SIGNATURE_ALGORITHMS


class AlgPolicyRefused(EncodingRefused):
    """The map is not an algorithm policy in its one canonical form."""

    code = "policy.algs"
    hint = "List {alg, from} entries of known signature algorithms, by rising id, each id once."


@dataclass(frozen=True, slots=True)
class AlgPolicy:
    """``allowed``: pairs (algorithm id, first height), by rising id, each id once, at least one."""

    allowed: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        ids = [alg for alg, _ in self.allowed]
        if not ids:
            raise AlgPolicyRefused("the policy allows no algorithm", field="algs")
        if ids != sorted(set(ids)):
            raise AlgPolicyRefused("the ids must rise and be unique", field="algs")
        for alg, height in self.allowed:
            if alg not in SIGNATURE_ALGORITHMS:
                raise AlgPolicyRefused(f"the id {alg} cannot sign", field="alg", alg=alg)
            if not 0 <= height <= U64_MAX:
                raise AlgPolicyRefused(f"the height of id {alg} is no u64", field="from", alg=alg)

    def allows(self, alg: int, height: int) -> bool:
        """Whether ``alg`` may sign in a block of ``height``."""
        return any(alg == known and height >= start for known, start in self.allowed)

    def to_map(self) -> dict[str, list[dict[str, int]]]:
        """``{"algs": [{"alg": id, "from": height}, …]}``, ready for the codec."""
        return {"algs": [{"alg": alg, "from": start} for alg, start in self.allowed]}

    @classmethod
    def from_map(cls, value: object) -> AlgPolicy:
        """Read the map form strictly; ``AlgPolicyRefused`` names the offending field."""
        if not isinstance(value, dict) or set(value) != {"algs"}:
            raise AlgPolicyRefused("the policy must be a map with the one key algs", field="algs")
        entries = value["algs"]
        if not isinstance(entries, list):
            raise AlgPolicyRefused("algs must be a list", field="algs")
        return cls(tuple(_entry(entry) for entry in entries))


def _entry(entry: object) -> tuple[int, int]:
    if not isinstance(entry, dict) or set(entry) != {"alg", "from"}:
        raise AlgPolicyRefused("an entry must be a map with the keys alg and from", field="algs")
    alg, start = entry["alg"], entry["from"]
    # bool is an int in Python, and is refused like every other type
    if type(alg) is not int:
        raise AlgPolicyRefused("alg must be an integer", field="alg")
    if type(start) is not int:
        raise AlgPolicyRefused("from must be an integer", field="from")
    return alg, start
