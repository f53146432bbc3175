"""Random simple statements, as lines of text."""

# ruff: noqa: E501 - rows of productions

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.evaluator.drawn_expressions import (
    Scope,
    Signature,
    call_text,
    condition,
    expr,
    index,
    keys_text,
    own,
)
from tests.evaluator.drawn_productions import peer_call
from tests.evaluator.drawn_values import drawn_type
from tests.evaluator.kinds import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    STR,
    Type,
    listed,
    tupled,
)

INDENT = "    "
MAX_LOCALS = 60


@dataclass
class Body:
    """The function whose statements are drawn."""

    scope: Scope
    result: Type
    events: dict[str, dict[str, Type]]
    depth: int
    most: int
    nesting: int
    count: int = 0
    loops: int = 0
    fixed: set[str] = field(default_factory=set)

    def name(self) -> str:
        self.count += 1
        return f"v{self.count}"

    def changeable(self, *names: str) -> list[str]:
        """Variables of these kinds of type that may be assigned or changed."""
        found = self.scope.vars.items()
        return [n for n, of in found if of.name in names and n not in self.fixed]


Lines = list[str]
Statement = Callable[[Body, int], Lines]


# ------------------------------------------------------------------ assignments


def _declare(b: Body, level: int) -> Lines:
    if b.count > MAX_LOCALS:
        return []
    s = b.scope
    kind = drawn_type(s.rng)
    name = b.name()
    if s.rng.random() < 0.5:
        line = f"{name}: {kind} = {expr(s, kind, b.depth)}"
    else:
        line = f"{name} = {own(s, kind, b.depth)}"
    s.vars[name] = kind
    return [line]


def _assign(b: Body, level: int) -> Lines:
    s = b.scope
    names = [name for name in s.vars if name not in b.fixed]
    if not names:
        return []
    name = s.rng.choice(names)
    return [f"{name} = {expr(s, s.vars[name], b.depth)}"]


_AUGMENTS = ("+=", "+=", "-=", "*=", "//=", "%=", "**=", "<<=", ">>=", "&=", "|=", "^=")


def _change(b: Body, target: str, kind: Type) -> Lines:
    """An augmented assignment to a target of a type."""
    s = b.scope
    if kind == INT:
        mark = s.rng.choice(_AUGMENTS)
        small = mark in ("**=", "<<=", ">>=", "//=", "%=") and s.rng.random() < 0.8
        return [f"{target} {mark} {s.rng.choice('123') if small else own(s, INT, 1)}"]
    if kind.name in ("bytes", "str", "list"):
        if s.rng.random() < 0.2:
            return [f"{target} *= {s.rng.choice(('2', '3', own(s, INT, 0)))}"]
        return [f"{target} += {own(s, kind, 1)}"]
    return []


def _augment(b: Body, level: int) -> Lines:
    s = b.scope
    names = b.changeable("int", "int", "bytes", "str", "list")
    if not names:
        return []
    name = s.rng.choice(names)
    return _change(b, name, s.vars[name])


def _place(b: Body) -> tuple[str, Type] | None:
    """An item of a list, a dict or a stored map, and its type."""
    s = b.scope
    places: list[tuple[str, Type]] = []
    for name in b.changeable("list", "dict"):
        kind = s.vars[name]
        if kind.name == "list":
            places.append((f"{name}[{index(s)}]", kind.args[0]))
        else:
            places.append((f"{name}[{expr(s, kind.args[0], 1)}]", kind.args[1]))
    if not s.reads_only:
        places += [(f"{name}[{keys_text(s, name, 1)}]", of[1]) for name, of in s.maps.items()]
    return s.rng.choice(places) if places else None


def _assign_item(b: Body, level: int) -> Lines:
    place = _place(b)
    return [f"{place[0]} = {expr(b.scope, place[1], b.depth)}"] if place else []


def _augment_item(b: Body, level: int) -> Lines:
    place = _place(b)
    return _change(b, *place) if place else []


def _delete(b: Body, level: int) -> Lines:
    s = b.scope
    if s.maps and not s.reads_only and s.rng.random() < 0.5:
        name = s.rng.choice(list(s.maps))
        return [f"del {name}[{keys_text(s, name, 1)}]"]
    names = b.changeable("list", "dict")
    if not names:
        return []
    name = s.rng.choice(names)
    kind = s.vars[name]
    key = index(s) if kind.name == "list" else expr(s, kind.args[0], 1)
    if kind.name == "dict" and s.rng.random() < 0.7:
        return [f"if {key} in {name}:", f"{INDENT}del {name}[{key}]"] if level < 9 else []
    return [f"del {name}[{key}]"]


def _unpack(b: Body, level: int) -> Lines:
    s = b.scope
    if b.count > MAX_LOCALS:
        return []
    kinds = [drawn_type(s.rng, 1) for _ in range(s.rng.randint(2, 3))]
    roll = s.rng.random()
    if roll < 0.05:
        text = own(s, kinds[0], 1)
        name = b.name()
        s.vars[name] = kinds[0]
        return [f"{name}, = [{text}]"]
    if roll < 0.3:
        kinds = [kinds[0]] * len(kinds)
        size = len(kinds) if roll < 0.28 else 4
        value = "[" + ", ".join(own(s, kinds[0], 1) for _ in range(size)) + "]"
    elif roll < 0.6:
        value = ", ".join(own(s, kind, 1) for kind in kinds)
    else:
        value = own(s, tupled(*kinds), b.depth)
    targets = []
    for kind in kinds:
        old = [
            n for n, of in s.vars.items() if of == kind and n not in b.fixed and n not in targets
        ]
        place = _place(b)
        if old and s.rng.random() < 0.5:
            targets.append(s.rng.choice(old))
        elif place and place[1] == kind:
            targets.append(place[0])
        else:
            targets.append(b.name())
    for name, kind in zip(targets, kinds, strict=True):
        if "[" not in name:
            s.vars[name] = kind
    text = ", ".join(targets)
    return [f"{'(' + text + ')' if s.rng.random() < 0.2 else text} = {value}"]


# ------------------------------------------------------------------ calls


def _method(b: Body, level: int) -> Lines:
    s = b.scope
    names = b.changeable("list", "list", "dict")
    if not names:
        return []
    name = s.rng.choice(names)
    kind = s.vars[name]
    if kind.name == "dict":
        if s.rng.random() < 0.8:
            item = f"{own(s, kind.args[0], 1)}, {own(s, kind.args[1], 1)}"
            return [f"{name}.pop({item})"]
        forms = (
            "clear()",
            f"pop({own(s, kind.args[0], 1)})",
            f"pop({own(s, kind.args[0], 1)}, {own(s, kind.args[1], 1)})",
        )
        return [f"{name}.{s.rng.choice(forms)}"]
    if kind.args[0].name == "list" and s.rng.random() < 0.5:
        name, kind = f"{name}[{index(s)}]", kind.args[0]
    item = expr(s, kind.args[0], 1)
    forms = (
        f"append({item})", f"append({item})", f"extend({own(s, kind, 1)})", f"insert({own(s, INT, 0)}, {item})",
        "pop()", f"pop({index(s)})", "reverse()", "clear()", "sort()", f"sort(reverse={own(s, BOOL, 1)})",
    )  # fmt: skip
    form = s.rng.choice(forms)
    if form.startswith("sort") and kind.args[0] not in (INT, BYTES, STR, ADDRESS):
        return []
    return [f"{name}.{form}"]


def _function(b: Body, level: int) -> Lines:
    s = b.scope
    fit: list[Signature] = [f for f in s.functions if f.reads_only or not s.reads_only]
    return [call_text(s, s.rng.choice(fit), b.depth)] if fit else []


def _cell(b: Body, level: int) -> Lines:
    s = b.scope
    if not s.cells or s.reads_only:
        return []
    name = s.rng.choice(list(s.cells))
    return [f"{name}.set({expr(s, s.cells[name], b.depth)})"]


def _raw(b: Body, level: int) -> Lines:
    s = b.scope
    if s.reads_only:
        return []
    key = own(s, BYTES, 1)
    if s.rng.random() < 0.3:
        return [f"storage.delete({key})"]
    return [f"storage.set({key}, {own(s, BYTES, b.depth)})"]


def _emit(b: Body, level: int) -> Lines:
    s = b.scope
    if not b.events or s.reads_only:
        return []
    name = s.rng.choice(list(b.events))
    fields = list(b.events[name].items())
    split = s.rng.choice((0, len(fields), len(fields), s.rng.randint(0, len(fields))))
    words = [expr(s, kind, b.depth) for _, kind in fields[:split]]
    later = fields[split:]
    s.rng.shuffle(later)
    words += [f"{field}={expr(s, kind, b.depth)}" for field, kind in later]
    return [f"{name}.emit({', '.join(words)})"]


def _peer(b: Body, level: int) -> Lines:
    s = b.scope
    if not s.peers or not s.host:
        return []
    text = peer_call(s, b.depth)
    if s.rng.random() < 0.3 or b.count > MAX_LOCALS:
        return [text]
    ok, data = b.name(), b.name()
    s.vars |= {ok: BOOL, data: BYTES}
    return [f"{ok}, {data} = {text}"]


def _transfer(b: Body, level: int) -> Lines:
    s = b.scope
    if s.reads_only:
        return []
    to = s.rng.choice(("context.origin", "context.origin", own(s, ADDRESS, 1)))
    if s.rng.random() < 0.7:
        return [f"treasury.transfer(context.origin, treasury.balance() // {s.rng.choice('1239')})"]
    return [f"treasury.transfer({to}, {s.rng.choice(('0', '1', '2', own(s, INT, 0)))})"]


def _check(b: Body, level: int) -> Lines:
    s = b.scope
    likely = condition(s, b.depth)
    if s.rng.random() < 0.85:
        likely = s.rng.choice((f"(True or {own(s, BOOL, 1)})", f"{own(s, INT, 1)} != -12345"))
    forms = (
        f"assert {likely}",
        f"assert {likely}, {own(s, STR, 1)}",
        f"abi.require({likely}, {own(s, STR, 1)})",
    )
    return [s.rng.choice(forms)]


def _call_for_its_work(b: Body, level: int) -> Lines:
    s = b.scope
    forms = (
        f"len({own(s, listed(INT), 1)})",
        f"abs({own(s, INT, 1)})",
        "context.gas_left()",
        f"hash.sha256({own(s, BYTES, 1)})",
    )
    return [s.rng.choice(forms)]


def _pass(b: Body, level: int) -> Lines:
    return ["pass"]


_STRESS = (
    "{v} = b'ab' * 30000", "{v} = [0] * 65536\n{v}.append(1)", "{v} = 'x'\nwhile len({v}) > 0:\n    {v} += {v}",
    "{v} = 0\nwhile True:\n    {v} += 1\n    if {v} > 900:\n        break", "{v} = [1]\nfor {w} in {v}:\n    {v}.append({w})",
    "storage.set(b'k' * 1025, b'')", "storage.set(b'k', b'v' * 16382)", "storage.set(b'k', b'v' * 16381)",
    "{v} = sorted([3, 1, 2] * 200)", "{v} = abi.encode(b'q' * 65536)", "{v} = {{0: 0}}\nfor {w} in range(300):\n    {v}[{w}] = {w}",
    "{v} = 3\nfor {w} in range(9):\n    {v} *= {v}", "{v} = (1 << 254) - 1 + (1 << 254)", "{v} = ('\\u20ac' * 30000).encode()",
    "{v} = 0\nfor {w} in range(260):\n    E0.emit({w})" , "E1.emit(b'd' * 5000)", "E1.emit(b'd' * 4090)",
)  # fmt: skip


def _stress(b: Body, level: int) -> Lines:
    s = b.scope
    if s.rng.random() < 0.9 or b.count > MAX_LOCALS or level + 2 > 9:
        return []
    text = s.rng.choice(_STRESS)
    if s.reads_only and ("storage.set" in text or "emit" in text):
        return []
    return text.format(v=b.name(), w=b.name()).split("\n")


SIMPLE: tuple[Statement, ...] = (
    _declare, _declare, _declare, _declare, _assign, _assign, _augment, _augment, _assign_item, _assign_item,
    _augment_item, _augment_item, _delete, _unpack, _unpack, _method, _method, _method, _function, _cell, _cell,
    _raw, _emit, _peer, _peer, _transfer, _check, _check, _call_for_its_work, _pass, _stress,
)  # fmt: skip
