"""Random expressions of each type, as text."""

# ruff: noqa: E501 - rows of productions

from __future__ import annotations

from tests.evaluator.drawn_expressions import (
    RISK,
    TYPED,
    Draw,
    Scope,
    condition,
    expr,
    items_text,
    keys_text,
    own,
    pair_text,
)
from tests.evaluator.drawn_values import drawn_type, str_text
from tests.evaluator.kinds import (
    ADDRESS,
    BOOL,
    BYTES,
    CALL_RESULT,
    INT,
    STR,
    Type,
    listed,
    optional,
    tupled,
)

# ------------------------------------------------------------------ by type


def _pick(s: Scope, depth: int, draws: tuple[Draw, ...], risky: tuple[Draw, ...] = ()) -> str:
    """One of the productions, seldom one that mostly fails."""
    return s.rng.choice(risky if risky and s.rng.random() < RISK else draws)(s, depth)


def _form(text: str, *kinds: Type) -> Draw:
    """A production: ``{}`` for operands of the given types."""

    def draw(s: Scope, depth: int) -> str:
        return text.format(*(operand(s, kind, depth) for kind in kinds))

    return draw


def operand(s: Scope, kind: Type, depth: int) -> str:
    """An operand: sometimes an optional that has to be narrowed."""
    if s.rng.random() < 0.05 and (found := s.named(optional(kind))):
        return s.rng.choice(found)
    return own(s, kind, depth)


def _operator(s: Scope, depth: int) -> str:
    left, right = operand(s, INT, depth), operand(s, INT, depth)
    match s.rng.randrange(10):
        case 0 | 1 | 2:
            return f"({left} {s.rng.choice('+-')} {right})"
        case 3:
            return f"({left} * {right})"
        case 4:
            return f"({left} {s.rng.choice(('//', '%'))} {s.rng.choice(('3', '7', '(-2)'))})"
        case 5:
            return f"({left} ** {s.rng.choice(('0', '1', '2', '3'))})"
        case 6:
            return f"({left} {s.rng.choice(('<<', '>>'))} {s.rng.choice(('0', '1', '8'))})"
        case 7 | 8:
            return f"({left} {s.rng.choice('&|^')} {right})"
    return f"({s.rng.choice('-+~')}{left})"


def _risky_operator(s: Scope, depth: int) -> str:
    mark = s.rng.choice(("//", "%", "**", "<<", ">>"))
    return f"({own(s, INT, depth)} {mark} {own(s, INT, depth)})"


def _context_int(s: Scope, depth: int) -> str:
    if not s.host:
        return "1"
    names = ("value", "height", "time", "chain", "gas_left()")
    return s.rng.choice((*(f"context.{name}" for name in names), "treasury.balance()"))


LISTS = (listed(INT), listed(STR), listed(BYTES), listed(BOOL), listed(ADDRESS))


def _length(s: Scope, depth: int) -> str:
    kinds = (BYTES, STR, *LISTS, Type("dict", (STR, INT)), tupled(INT, BOOL))
    return f"len({own(s, s.rng.choice(kinds), depth)})"


def _list_question(s: Scope, depth: int) -> str:
    kind = s.rng.choice((INT, STR, BYTES, ADDRESS, tupled(INT, BOOL)))
    name = "index" if s.rng.random() < RISK else "count"
    return f"{own(s, listed(kind), depth)}.{name}({own(s, kind, depth)})"


def _extreme(kind: Type) -> Draw:
    def draw(s: Scope, depth: int) -> str:
        name = s.rng.choice(("min", "max"))
        if s.rng.random() < 0.3:
            return f"{name}({own(s, listed(kind), depth)})"
        count = s.rng.randint(2, 3)
        return f"{name}({', '.join(own(s, kind, depth) for _ in range(count))})"

    return draw


_ORDER = ('"big"', '"little"')
_SIGNED = ("", ", signed=True", ", signed=False")


def _from_bytes(s: Scope, depth: int) -> str:
    tail = s.rng.choice(_ORDER) + s.rng.choice(_SIGNED)
    return f"int.from_bytes({own(s, BYTES, depth)}, {tail})"


def _to_bytes(s: Scope, depth: int) -> str:
    count = s.rng.choice(("32", "33", "40"))
    return f"({own(s, INT, depth)}).to_bytes({count}, {s.rng.choice(_ORDER)}, signed=True)"


def _risky_to_bytes(s: Scope, depth: int) -> str:
    count = s.rng.choice(("1", "4", "32", own(s, INT, 0)))
    tail = s.rng.choice(_ORDER) + s.rng.choice(_SIGNED)
    return f"len(({own(s, INT, depth)}).to_bytes({count}, {tail}))"


_INT: tuple[Draw, ...] = (
    _operator, _operator, _operator, _operator, _operator, _context_int, _length, _list_question,
    _extreme(INT), _from_bytes,
    _form("abs({})", INT), _form("sum({})", listed(INT)),
    _form("pow({}, 5, 97)", INT), _form("int({})", BOOL), _form("int({})", INT), _form("int(str({}))", INT),
    _form("({}).bit_length()", INT), _form("{}.find({})", BYTES, BYTES),
    _form("{}.find({})", STR, STR), _form("{}.count({})", STR, STR), _form("{}.count({})", BYTES, BYTES),
    _form("divmod({}, 7)[1]", INT),
)  # fmt: skip
_RISKY_INT: tuple[Draw, ...] = (
    _form("int({})", STR), _form("divmod({}, {})[0]", INT, INT), _form("{}[0]", BYTES), _risky_operator,
    _form("pow({}, {}, {})", INT, INT, INT), _risky_to_bytes,
)  # fmt: skip


def _comparison(s: Scope, depth: int) -> str:
    kind = s.rng.choice((INT, INT, BYTES, STR, ADDRESS))
    parts = [operand(s, kind, depth)]
    for _ in range(s.rng.choice((1, 1, 1, 2, 3))):
        parts += [s.rng.choice(("<", "<=", ">", ">=", "==", "!=")), operand(s, kind, depth)]
    return f"({' '.join(parts)})"


def _equality(s: Scope, depth: int) -> str:
    kind = drawn_type(s.rng)
    other = kind.args[0] if kind.name == "optional" and s.rng.random() < 0.4 else kind
    sides = [own(s, kind, depth), own(s, other, depth)]
    s.rng.shuffle(sides)
    if kind.name in ("list", "dict", "optional") and s.rng.random() < 0.2:
        sides = [own(s, kind, depth), expr(s, kind, 0)]
    return f"({sides[0]} {s.rng.choice(('==', '!='))} {sides[1]})"


def _membership(s: Scope, depth: int) -> str:
    word = s.rng.choice(("in", "not in"))
    if s.maps and s.host and s.rng.random() < 0.3:
        name = s.rng.choice(list(s.maps))
        keys = keys_text(s, name, depth)
        return f"({f'({keys})' if len(s.maps[name][0]) > 1 else keys} {word} {name})"
    kind = s.rng.choice((INT, STR, BYTES, ADDRESS))
    if kind in (STR, BYTES) and s.rng.random() < 0.4:
        return f"({own(s, kind, depth)} {word} {own(s, kind, depth)})"
    whole = s.rng.choice((listed(kind), Type("dict", (kind, INT))))
    return f"({own(s, kind, depth)} {word} {own(s, whole, depth)})"


def _is_none(s: Scope, depth: int) -> str:
    kind = optional(s.rng.choice((INT, STR, listed(INT))))
    return f"({own(s, kind, depth)} {s.rng.choice(('is', 'is not'))} None)"


def _host_bool(s: Scope, depth: int) -> str:
    if not s.host:
        return "True"
    if s.rng.random() < 0.5:
        return f"storage.has({own(s, BYTES, depth)})"
    if s.rng.random() < 0.03:
        return f"zk.verify({own(s, BYTES, 0)}, b'', b'')"
    words = ", ".join(own(s, kind, 0) for kind in (ADDRESS, BYTES, BYTES, BYTES))
    return f"crypto.verify({words})"


def _logic(s: Scope, depth: int) -> str:
    word = s.rng.choice((" and ", " or "))
    return "(" + word.join(own(s, BOOL, depth) for _ in range(s.rng.choice((2, 2, 3)))) + ")"


def _negated(s: Scope, depth: int) -> str:
    return s.rng.choice(("(not {})", "bool({})")).format(condition(s, depth))


_BOOL: tuple[Draw, ...] = (
    _comparison, _comparison, _comparison, _equality, _equality, _membership, _membership, _is_none,
    _host_bool, _logic, _logic, _negated, _form("any({})", listed(BOOL)), _form("all({})", listed(BOOL)),
    _form("{}.startswith({})", STR, STR), _form("{}.endswith({})", BYTES, BYTES),
    _form("{}.startswith({})", BYTES, BYTES), _form("{}.endswith({})", STR, STR),
)  # fmt: skip


def _cut(kind: Type) -> Draw:
    def draw(s: Scope, depth: int) -> str:
        low, high = (s.rng.choice(("", "1", "2", "(-1)", own(s, INT, 0))) for _ in range(2))
        return f"{own(s, kind, depth)}[{low}:{high}]"

    return draw


def _hashed(s: Scope, depth: int) -> str:
    if not s.host:
        return 'b"h"'
    name = s.rng.choice(("sha3_256", "sha3_512", "sha256", "sha512"))
    return f"hash.{name}({own(s, BYTES, depth)})"


def _encoded(s: Scope, depth: int) -> str:
    if not s.host:
        return 'b"e"'
    kinds = [drawn_type(s.rng) for _ in range(s.rng.choice((1, 1, 2, 3)))]
    return f"abi.encode({', '.join(own(s, kind, min(depth, 1)) for kind in kinds)})"


def _host_bytes(s: Scope, depth: int) -> str:
    if not s.host:
        return 'b"s"'
    if s.rng.random() < RISK / 2:
        return s.rng.choice(
            ("beacon.random(beacon.round(), 3)", "syscalls.read_result(b'')",
             "syscalls.blob_pin(b'', b'')", "syscalls.ai_enqueue(b'', b'', 1)",
             "syscalls.quantum_enqueue(b'', 1, 2)")
        )  # fmt: skip
    return s.rng.choice((f"storage.get({own(s, BYTES, depth)})", "context.txid"))


_BYTES: tuple[Draw, ...] = (
    _form("({} + {})", BYTES, BYTES), _form("({} * 3)", BYTES), _cut(BYTES),
    _to_bytes, _to_bytes, _hashed, _encoded, _host_bytes, _host_bytes, _form("bytes({})", ADDRESS),
    _form("bytes({})", BYTES), _form("bytes(5)"), _form("bytes.fromhex('0aFf')"),
    _form("bytes.fromhex({}.hex())", BYTES), _form("{}.encode()", STR),
    _form("{}.join({})", BYTES, listed(BYTES)), _extreme(BYTES),
)  # fmt: skip
_RISKY_BYTES: tuple[Draw, ...] = (
    _form("({} * {})", BYTES, INT), _form("bytes({})", INT), _form("bytes.fromhex({})", STR),
)  # fmt: skip
_STR: tuple[Draw, ...] = (
    _form("({} + {})", STR, STR), _form("({} * 2)", STR), _cut(STR),
    _form("str({})", INT), _form("str({})", STR), _form("{}.hex()", BYTES),
    _form("{}.encode().decode()", STR), _form("{}.join({})", STR, listed(STR)), _extreme(STR),
)  # fmt: skip
_RISKY_STR: tuple[Draw, ...] = (
    _form("({} * {})", STR, INT), _form("{}.decode()", BYTES), _form("{}[0]", STR),
)  # fmt: skip
_TEXT_ADDRESS = "anim1qqqxjqz0qn7279pszsk6r64vuuj690elf98d3glmwn7eu3qjvmem70qln5ms3"
_ADDRESS: tuple[Draw, ...] = (
    _form("address({})", ADDRESS), _form("address(bytes({}))", ADDRESS),
    _form(f'address("{_TEXT_ADDRESS}")'),
)  # fmt: skip
_RISKY_ADDRESS: tuple[Draw, ...] = (_form("address({})", BYTES), _form("address({})", STR))


def _int(s: Scope, kind: Type, depth: int) -> str:
    return _pick(s, depth, _INT, _RISKY_INT)


def _bool(s: Scope, kind: Type, depth: int) -> str:
    return _pick(s, depth, _BOOL)


def _bytes(s: Scope, kind: Type, depth: int) -> str:
    return _pick(s, depth, _BYTES, _RISKY_BYTES)


def _str(s: Scope, kind: Type, depth: int) -> str:
    return _pick(s, depth, _STR, _RISKY_STR)


def _address(s: Scope, kind: Type, depth: int) -> str:
    return _pick(s, depth, _ADDRESS, _RISKY_ADDRESS)


def _list(s: Scope, kind: Type, depth: int) -> str:
    item = kind.args[0]
    forms = ["({} + {})", "({} * 2)", "list({})", "{}.copy()", "{}[1:]", "{}[:(-1)]"]
    if item in (INT, BYTES, STR, ADDRESS):
        forms += ["sorted({})", "sorted({}, reverse=True)"] * 2
        forms.append("list({{}: 0})")
    form = s.rng.choice(forms)
    if form == "list({{}: 0})":
        name = s.rng.choice(("list({})", "{}.keys()"))
        return name.format(own(s, Type("dict", (item, INT)), depth))
    if s.rng.random() < 0.15:
        return own(s, Type("dict", (STR, item)), depth) + ".values()"
    if (
        item.name == "tuple"
        and len(item.args) == 2
        and item.args[0].name in ("int", "str", "bytes")
    ):
        return own(s, Type("dict", item.args), depth) + ".items()"
    return form.format(*(own(s, kind, depth) for _ in range(form.count("{}"))))


def _tuple(s: Scope, kind: Type, depth: int) -> str:
    if kind == CALL_RESULT and s.peers and s.host:
        return peer_call(s, depth)
    if kind == tupled(INT, INT):
        return f"divmod({own(s, INT, depth)}, {own(s, INT, depth)})"
    return items_text(s, list(kind.args), depth, "()", own)


def peer_call(s: Scope, depth: int) -> str:
    """An ``abi.call`` or ``abi.forward`` to the other contract."""
    to, target = s.rng.choice(s.peers)
    if s.rng.random() < 0.15:
        to = own(s, ADDRESS, 0)
    tail = ""
    if s.rng.random() < 0.2:
        tail += ", value=" + s.rng.choice(("0", "1", "5", own(s, INT, 0)))
    if s.rng.random() < 0.25:
        tail += ", gas=" + s.rng.choice(("100", "3000", "30000", own(s, INT, 0)))
    if s.rng.random() < 0.1:
        return f"abi.forward({to}, {own(s, BYTES, depth)}{tail})"
    words = [own(s, kind, min(depth, 1)) for kind in target.params.values()]
    if s.rng.random() < 0.1 and words:
        words.pop()
    named = "missing" if s.rng.random() < 0.05 else target.name
    return f"abi.call({', '.join([to, str_text(named), *words])}{tail})"


def _dict(s: Scope, kind: Type, depth: int) -> str:
    if s.rng.random() < 0.5:
        return s.rng.choice(("dict({})", "{}.copy()")).format(own(s, kind, depth))
    count = s.rng.randint(1, 3)
    return "{" + ", ".join(pair_text(s, kind, depth) for _ in range(count)) + "}"


def _optional(s: Scope, kind: Type, depth: int) -> str:
    key = s.rng.choice((INT, STR, BYTES, ADDRESS))
    return f"{own(s, Type('dict', (key, kind.args[0])), depth)}.get({own(s, key, depth)})"


def _none(s: Scope, kind: Type, depth: int) -> str:
    return ""


TYPED |= {
    "int": _int, "bool": _bool, "bytes": _bytes, "str": _str, "address": _address, "list": _list,
    "tuple": _tuple, "dict": _dict, "optional": _optional, "None": _none,
}  # fmt: skip
