"""Operations on dicts, tuples and addresses."""

from __future__ import annotations

from bench.gas_cases.case import case
from pq import addresses

SMALL = "a = 7; b = 3; x = 0"
DICT = "d: dict[int, int] = {}; for k in range(3_000):;     d[k] = k"
case("dict display", "y = {1: a, 2: b, 3: a}", before=SMALL)
case("dict display of bytes", 'y = {b"a": a, b"b": b}', before=SMALL)
case("dict item, int", "x = d[a]", before="a = 2**200; d = {a: 1}")
case("dict item, small int", "x = d[5]", before=DICT)
case("dict assign, int", "d[5] = x", before=DICT + "; x = 0")
case(
    "dict assign, fresh",
    "d[k] = k",
    "k += 1",
    "if k > 50_000:",
    "    d.clear()",
    "    k = 0",
    before="d: dict[int, int] = {}; k = 0",
)
case("dict +=", "d[5] += 1", before=DICT)
case("dict item, bytes", "x = d[k]", before='k = b"a" * 60_000; d = {k: 1}')
case("dict item, fresh bytes", "x = d[k + e]", before='k = b"a" * 60_000; e = b"b"; d = {k + e: 1}')
case(
    "dict item, fresh short bytes", "x = d[k + e]", before='k = b"a" * 20; e = b"b"; d = {k + e: 1}'
)
case(
    "dict item, fresh str",
    "x = d[k + e]",
    before='k = "\\U0001F600" * 60_000; e = "b"; d = {k + e: 1}',
)
case("dict item, address", "x = d[k]", before="k = address(bytes(34)); d = {k: 1}")
case("dict in", "z = 5 in d", before=DICT)
case("dict not in", "z = -5 not in d", before=DICT)
case("dict get", "x = d.get(5, 1)", before=DICT)
case("dict get None", "o = d.get(-5)", before=DICT)
case("dict pop and put", "d.pop(5)", "d[5] = 1", before=DICT)
case("dict pop default", "x = d.pop(-5, 1)", before=DICT)
case("dict del and put", "del d[5]", "d[5] = 1", before=DICT)
case("dict keys", "y = d.keys()", before=DICT)
case(
    "dict keys of bytes",
    "y = d.keys()",
    before='d: dict[bytes, int] = {}; for k in range(3_000):;     d[k.to_bytes(32, "big")] = k',
)
case("dict values", "y = d.values()", before=DICT)
case("dict items", "y = d.items()", before=DICT)
case("dict list(d)", "y = list(d)", before=DICT)
case("dict copy", "y = d.copy()", before=DICT)
case("dict dict(d)", "y = dict(d)", before=DICT)
case("dict copy, clear", "y = d.copy()", "y.clear()", before=DICT)
case("dict ==", "z = d == e", before=DICT + "; e = d.copy(); e.pop(0); e[0] = 0")
case(
    "dict == of strs",
    "z = d == e",
    before="d: dict[str, int] = {}; for k in range(3_000):;     d[str(k)] = k; "
    "e: dict[str, int] = {}; for k in range(3_000):;     e[str(k)] = k",
)
case(
    "dict, spread in memory",
    "x = d[k]",
    "k = (k * 75 + 74) % 49_999",
    before="d: dict[int, int] = {}; k = 1; for k in range(50_000):;     d[k] = k",
)
case("tuple display", "y = (a, b)", before=SMALL)
case("tuple index", "x = s[1]", before="s = (1, 2); x = 0")
case("tuple ==", "z = s == t", before="s = (1, 2, 3, 4, 5, 6, 7, 8); t = (1, 2, 3, 4, 5, 6, 7, 8)")
case("address ==", "z = s == t", before="s = address(bytes(34)); t = address(bytes(34))")
case("address <", "z = s < t", before="s = address(bytes(34)); t = address(bytes(34))")
case("address(bytes)", "y = address(s)", before="s = bytes(34)")
case(
    "address(str)",
    "y = address(s)",
    before=f's = "{addresses.to_text(bytes(34))}"',
    times=2,
)
case("bytes(address)", "y = bytes(s)", before="s = address(bytes(34))")
