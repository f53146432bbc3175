"""The corpus: cases with what comes of them, a line of JSON each.

``corpus/written.jsonl`` holds the cases of ``tests/evaluator/written``, ``corpus/drawn.jsonl``
those of the generator. Long events or writes are kept as a hash; the evaluator shows them whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.hashing import sha3
from tests.evaluator.cases import ME, OTHER, Case, Effect, Step, deployed, run
from tests.evaluator.grammar import Shape, drawn_case
from tests.evaluator.written import WRITTEN

FOLDER = Path(__file__).parent / "corpus"
FILES = ("written.jsonl", "drawn.jsonl")
DRAWN = 320
LARGEST, LONGEST = 5_000, 500
"""Characters of the sources of a drawn case; of what is written out."""
_NAMES = {ME: "me", OTHER: "other"} | {deployed(n): f"#{n}" for n in range(70)}


def place(address: bytes) -> str:
    """An address, by its name in the case where it has one."""
    return _NAMES.get(address, address.hex())


def effect_form(effect: Effect) -> dict[str, Any]:
    """What came of a step, as the corpus holds it; only what is not empty."""
    form: dict[str, Any] = {"status": effect.status, "used": effect.used}
    if effect.status == 1:
        form["reason"] = effect.ret.decode()
    elif effect.ret:
        form["ret"] = _brief(effect.ret.hex())
    if effect.refund:
        form["refund"] = effect.refund
    if effect.events:
        rows = [
            [place(who), [topic.hex() for topic in topics], data.hex()]
            for who, topics, data in effect.events
        ]
        form["events"] = _brief(rows)
    if effect.writes:
        form["writes"] = _brief(
            {
                f"{place(who)} {slot.hex()}": value.hex()
                for (who, slot), value in effect.writes.items()
            }
        )
    if effect.moved:
        form["moved"] = {place(who): amount for who, amount in effect.moved.items()}
    return form


def _brief(form: Any) -> Any:
    text = json.dumps(form, sort_keys=True)
    return form if len(text) <= LONGEST else "sha3 " + sha3(text.encode()).hex()[:32]


def case_form(case: Case, effects: list[Effect]) -> dict[str, Any]:
    """A line of the corpus."""
    kinds = list(dict.fromkeys(case.sources))
    form: dict[str, Any] = {"name": case.name, "sources": kinds}
    if len(kinds) != len(case.sources):
        form["contracts"] = [kinds.index(source) for source in case.sources]
    form["steps"] = [step.to_json() for step in case.steps]
    form["gives"] = [effect_form(effect) for effect in effects]
    return form


def read_case(form: dict[str, Any]) -> Case:
    """The case of a line."""
    kinds = form["sources"]
    sources = [kinds[index] for index in form.get("contracts", range(len(kinds)))]
    return Case(form["name"], sources, list(map(Step.from_json, form["steps"])))


def differences(form: dict[str, Any], effects: list[Effect]) -> list[str]:
    """The steps of a case of which something else came."""
    found = []
    for index, effect in enumerate(effects):
        is_form, wanted = effect_form(effect), form["gives"][index]
        names = sorted(is_form.keys() | wanted.keys())
        found += [
            f"step {index} {name}: {is_form.get(name)}, expected {wanted.get(name)}"
            for name in names
            if is_form.get(name) != wanted.get(name)
        ]
    return found


def drawn_cases() -> Iterator[Case]:
    """The first ``DRAWN`` seeds whose programs are small enough to be read."""
    found = seed = 0
    while found < DRAWN:
        case = drawn_case(seed, Shape(functions=3, statements=4, calls=5))
        if sum(map(len, case.sources)) <= LARGEST:
            found += 1
            yield case
        seed += 1


def text(name: str) -> str:
    """What a file of the corpus should hold."""
    cases = drawn_cases() if name == "drawn.jsonl" else (written.case for written in WRITTEN)
    lines = (case_form(case, run(case)) for case in cases)
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)


def path(name: str) -> Path:
    return FOLDER / name


def stored() -> list[dict[str, Any]]:
    """Every line of the corpus."""
    return [json.loads(line) for name in FILES for line in path(name).read_text().splitlines()]
