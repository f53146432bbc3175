"""Random well-typed contracts and calls of them, from a seed.

A case is two contracts that know each other's address, and calls of both. ``Shape`` says how large.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from random import Random

from tests.evaluator import abi
from tests.evaluator.cases import ME, OTHER, Case, Step, deployed
from tests.evaluator.drawn_expressions import Scope, Signature
from tests.evaluator.drawn_statements import INDENT, Body, returned, statement
from tests.evaluator.drawn_values import (
    CONSTANTS,
    address_text,
    drawn_type,
    drawn_value,
    literal,
)
from tests.evaluator.kinds import ADDRESS, BOOL, BYTES, INT, NONE, STR, Type, bare, optional, tupled

IMPORT = (
    "from stdlib import storage, events, abi, hash, crypto, context, treasury, beacon, syscalls, zk"
)
NOBODY = bytes(2) + b"\x77" * 32
MAX_SOURCE = 24_576
KEY_TYPES = (INT, BOOL, BYTES, STR, ADDRESS)


@dataclass(frozen=True)
class Shape:
    """How large programs are: functions, statements in a row, depth of expressions and suites."""

    functions: int = 5
    statements: int = 6
    depth: int = 3
    nesting: int = 3
    calls: int = 6
    gas: tuple[int, ...] = (3_000, 30_000, 200_000, 600_000)


@dataclass
class Contract:
    source: str
    signatures: list[Signature]
    payable: set[str]


def drawn_case(seed: int, shape: Shape | None = None) -> Case:
    """The case that a seed gives."""
    shape = shape or Shape()
    rng = Random(seed)
    first = drawn_contract(rng, shape, peer=deployed(1), known=[])
    second = drawn_contract(rng, shape, peer=deployed(0), known=first.signatures)
    contracts = [second, first]
    shape = rng.choice((shape, Shape(2, 3, 2, 2)))
    places = [deployed(0), deployed(1), NOBODY, ME, OTHER]
    steps = [_deploy(rng, index, contract, places) for index, contract in enumerate(contracts)]
    for _ in range(rng.randint(1, shape.calls)):
        steps.append(_call(rng, shape, contracts, places))
    return Case(f"drawn-{seed}", [contract.source for contract in contracts], steps)


def _arguments(rng: Random, target: Signature, places: list[bytes]) -> list[object]:
    kinds = list(target.params.values())
    if rng.random() < 0.3:
        kinds = kinds[: len(kinds) - rng.randint(0, target.defaults)]
    return [abi.plain(drawn_value(rng, kind, places), kind) for kind in kinds]


def _deploy(rng: Random, index: int, contract: Contract, places: list[bytes]) -> Step:
    init = next((f for f in contract.signatures if f.name == "init"), None)
    args = _arguments(rng, init, places) if init else []
    value = 5 if "init" in contract.payable else 0
    return Step.deploy(index, args, gas=20_000_000, value=value)


def _call(rng: Random, shape: Shape, contracts: list[Contract], places: list[bytes]) -> Step:
    index = rng.choice((0, 0, 1))
    public = [f for f in contracts[index].signatures if f.public]
    if not public or rng.random() < 0.03:
        return Step.call(index, ["nothing"], gas=50_000)
    target = rng.choice(public)
    words = [target.name, *_arguments(rng, target, places)]
    if rng.random() < 0.04:
        words.append(rng.choice((None, True, b"")))
    elif rng.random() < 0.04 and len(words) > 1:
        words[rng.randrange(1, len(words))] = rng.choice((None, "no", b"no"))
    payable = target.name in contracts[index].payable
    value = rng.choice((0, 9)) if payable else int(rng.random() < 0.03)
    access = (deployed(1),) if rng.random() < 0.3 else ()
    return Step.call(index, words, gas=rng.choice(shape.gas), value=value, access=access)


# ------------------------------------------------------------------ a contract


def drawn_contract(rng: Random, shape: Shape, peer: bytes, known: list[Signature]) -> Contract:
    """A module that calls the contract at ``peer`` by the signatures in ``known``."""
    while len((drawn := _contract(rng, shape, peer, known)).source) > MAX_SOURCE:
        pass
    return drawn


def _contract(rng: Random, shape: Shape, peer: bytes, known: list[Signature]) -> Contract:
    lines = ['"""Drawn."""', IMPORT] if rng.random() < 0.3 else [IMPORT]
    peers = [("PEER", f) for f in known if f.public] or [("PEER", Signature("nothing", {}, NONE))]
    scope = Scope(rng, {"PEER": ADDRESS}, {}, {}, [], peers)
    lines.append(f"PEER = {address_text(peer)}")
    lines += _constants(rng, scope) + _storage(rng, scope)
    events, declared = _events(rng)
    lines += declared
    payable: set[str] = set()
    blocks = [
        _function(rng, shape, scope, events, index, payable)
        for index in range(rng.randint(1, shape.functions))
    ]
    if rng.random() < 0.4:
        blocks.append(_function(rng, shape, scope, events, -1, payable))
    rng.shuffle(blocks)
    for block in blocks:
        lines += ["", *block] if rng.random() < 0.9 else block
    return Contract(_shaped(rng, "\n".join(lines) + "\n"), scope.functions, payable)


def _shaped(rng: Random, source: str) -> str:
    """Half of the programs lose the parentheses that precedence makes needless."""
    if rng.random() < 0.5:
        return source
    short = ast.unparse(ast.parse(source)) + "\n"
    return short if short.isascii() and "\\t" not in short else source


def _constants(rng: Random, scope: Scope) -> list[str]:
    lines = []
    for index in range(rng.randrange(4)):
        kind = rng.choice(CONSTANTS)
        text = literal(rng, kind)
        if kind == INT and rng.random() < 0.5:
            forms = ("{} + 1", "2 ** 10 - {}", "max({}, 5)", "({}) * -1", "~{}", "(7 if {} else 8)")
            text = rng.choice(forms).format(rng.choice(("0", "3", "0x1f", "1_000")))
        name = f"K{index}"
        if rng.random() < 0.1:
            kind, text = optional(INT), rng.choice(("None", "5", "len('abc'.encode())"))
            lines.append(f"{name}: {kind} = {text}")
            scope.constants[name] = kind
            continue
        if rng.random() < 0.2:
            kind, text = tupled(INT, kind), f"(7, {text})"
        lines.append(f"{name}: {kind} = {text}" if rng.random() < 0.4 else f"{name} = {text}")
        scope.constants[name] = kind
    return lines


def _storage(rng: Random, scope: Scope) -> list[str]:
    lines = []
    for index in range(rng.randint(1, 3)):
        kind = drawn_type(rng)
        scope.cells[f"c{index}"] = kind
        lines.append(f"c{index} = storage.cell({kind})")
    for index in range(rng.randint(1, 3)):
        keys = tuple(rng.choice(KEY_TYPES) for _ in range(rng.choice((1, 1, 2, 3))))
        kind = INT if rng.random() < 0.5 else drawn_type(rng)
        scope.maps[f"m{index}"] = (keys, kind)
        lines.append(f"m{index} = storage.map({', '.join(map(str, (*keys, kind)))})")
    return lines


def _events(rng: Random) -> tuple[dict[str, dict[str, Type]], list[str]]:
    events = {"E0": {"n": INT}, "E1": {"data": BYTES}}
    for index in range(2, rng.randint(2, 4)):
        events[f"E{index}"] = {f"f{n}": drawn_type(rng) for n in range(rng.randint(1, 5))}
    lines = []
    for name, fields in events.items():
        words = ", ".join(f"{field}={kind}" for field, kind in fields.items())
        lines.append(f"{name} = events.event({words})")
    return events, lines


def _function(
    rng: Random,
    shape: Shape,
    module: Scope,
    events: dict[str, dict[str, Type]],
    index: int,
    payable: set[str],
) -> list[str]:
    """The lines of a function, which may call those that were drawn before; -1 is ``init``."""
    view, private = rng.random() < 0.25 and index >= 0, rng.random() < 0.3 and index > 0
    name = "init" if index < 0 else f"{'_' * private}f{index}"
    params = {f"p{n}": drawn_type(rng) for n in range(rng.choice((0, 1, 2, 2, 3, 4)))}
    if rng.random() < 0.02:
        params = {f"p{n}": INT for n in range(16)}
    result = NONE if rng.random() < 0.2 or index < 0 else drawn_type(rng)
    signature = Signature(name, params, result, view, 0, not private and index >= 0)
    words = _parameters(rng, signature)
    body = _body(rng, shape, module, events, signature)
    lines = []
    if view and not private:
        lines = ["@view"]
    elif rng.random() < 0.3 and (not private or index < 0):
        lines = ["@payable"]
        payable.add(name)
    arrow = f" -> {result}" if result != NONE or rng.random() < 0.1 else ""
    lines.append(f"def {name}({', '.join(words)}){arrow}:")
    lines += [INDENT + line for line in body]
    module.functions.append(signature)
    return lines


def _parameters(rng: Random, signature: Signature) -> list[str]:
    words, begun = [], False
    for name, kind in signature.params.items():
        simple = bare(kind).name in ("int", "bool", "bytes", "str", "address")
        last = list(signature.params)[-1] == name
        if simple and (begun or (last and rng.random() < 0.3)):
            text = "None" if kind.name == "optional" else literal(rng, kind)
            words.append(f"{name}: {kind} = {text}")
            signature.defaults += 1
            begun = True
        else:
            words.append(f"{name}: {kind}")
    return words


def _body(
    rng: Random,
    shape: Shape,
    module: Scope,
    events: dict[str, dict[str, Type]],
    signature: Signature,
) -> list[str]:
    callable_now = [f for f in module.functions if f.name != "init"]
    scope = Scope(
        rng, module.constants, module.cells, module.maps, callable_now, module.peers,
        dict(signature.params), signature.reads_only,
    )  # fmt: skip
    if signature.name == "init" and rng.random() < 0.8:
        shape = Shape(depth=1, nesting=0)
    nesting = 8 if rng.random() < 0.03 else shape.nesting
    depth = 8 if rng.random() < 0.01 else shape.depth
    body = Body(scope, signature.result, events, depth, 3, nesting)
    lines = ['"""Does what chance says."""'] if rng.random() < 0.1 else []
    for _ in range(rng.randint(1, 2 if signature.name == "init" else shape.statements)):
        lines += statement(body, 0)
    if rng.random() < 0.03:
        lines.append("deep = " + "(1 + " * 28 + "1" + ")" * 28)
    if signature.result != NONE or rng.random() < 0.1:
        lines += returned(body)
    return lines or ["pass"]
