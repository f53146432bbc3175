"""What ``vm.gas`` measures: every operation with the operands that make it slow for its price.

A case is a body of statements that is repeated in a loop, and what is prepared before the loop.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """``work`` is repeated ``times`` in each turn, behind ``before`` and ``head`` (the module's)."""

    name: str
    work: tuple[str, ...]
    before: tuple[str, ...] = ()
    head: str = ""
    times: int = 10
    params: dict[str, object] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The contract: ``go(n)`` runs the work ``n * times`` times."""
        lines = [*self.before, "for turn in range(n):"]
        lines += [f"    {line}" for line in self.work * self.times]
        body = "".join(f"    {line}\n" for line in lines)
        imports = f"from stdlib import {', '.join(_MODULES)}\n\n" if _uses(body, self.head) else ""
        return f"{imports}{self.head}\n\ndef go(n: int):\n{body}"


_MODULES = ("abi", "context", "crypto", "events", "hash", "storage", "treasury")


def _uses(*texts: str) -> bool:
    return any(f"{module}." in text for module in _MODULES for text in texts)


CASES: list[Case] = []


def case(name: str, *work: str, before: str = "", head: str = "", times: int = 10) -> None:
    """Enter a case; statements of ``before`` are separated by ``;``, depth by its spaces."""
    prepared = tuple(before.split("; ")) if before else ()
    CASES.append(Case(name, work, prepared, head, times))


INTS = "a = 2**254 + 12345678901234567890; b = -(2**253) + 987654321; c = 2**127 - 1; x = 0"
SMALL = "a = 7; b = 3; x = 0"
# --- ints
case("int +", "x = a + b", before=INTS)
case("int -", "x = b - a", before=INTS)
case("int + small", "x = a + b", before=SMALL)
case("int +=", "x += c", before=INTS)
case("int *", "x = c * c", before=INTS)
case("int //", "x = a // c", before=INTS)
case("int // small", "x = a // 3", before=INTS)
case("int // negative", "x = b // c", before=INTS)
case("int %", "x = b % c", before=INTS)
case("divmod", "y = divmod(b, c)", before=INTS)
case("int ** 159", "x = 3 ** 159", before=INTS)
case("int ** 2", "x = c ** 2", before=INTS)
case("int ** of one", "x = d ** a", before=INTS + "; d = -1")
case("int ** of zero", "x = d ** a", before=INTS + "; d = 0")
case("int ** of two", "x = (-2) ** 255", before=INTS)
case("int <<", "x = d << 254", before=INTS + "; d = 1")
case("int >>", "x = b >> 3", before=INTS)
case("int &", "x = a & b", before=INTS)
case("int |", "x = a | b", before=INTS)
case("int ^", "x = a ^ b", before=INTS)
case("int ~", "x = ~b", before=INTS)
case("int unary -", "x = -b", before=INTS)
case("int ==", "y = a == b", before=INTS + "; b = a + 0")
case("int <", "y = b < a", before=INTS)
case("int chain", "y = b < x < a", before=INTS)
case("abs", "x = abs(b)", before=INTS)
case("min of ints", "x = min(a, b)", before=INTS)
case("max of 16 ints", f"x = max({', '.join('ab' * 8)})", before=INTS)
case("pow modular", "x = pow(a, a, a - 3)", before=INTS, times=2)
case("pow modular small", "x = pow(a, 3, 7)", before=INTS)
case("int(str)", "x = int(s)", before="s = str(2**254); x = 0")
case("int(bool)", "x = int(a)", before="a = True; x = 0")
case("str(int)", "s = str(a)", before=INTS)
case("str(str)", "s = str(t)", before='t = "abc"')
case("bool(int)", "y = bool(a)", before=INTS)
case("to_bytes 32", 'y = a.to_bytes(32, "big")', before=INTS)
case("to_bytes 256", 'y = b.to_bytes(256, "little", signed=True)', before=INTS)
case("bit_length", "x = b.bit_length()", before=INTS)
case(
    "from_bytes 32", 'x = int.from_bytes(s, "big", signed=True)', before='s = b"\\xff" * 32; x = 0'
)
case("from_bytes 65536", 'x = int.from_bytes(s, "big")', before="s = bytes(65_536); x = 0")
case(
    "from_bytes 65536 little",
    'x = int.from_bytes(s, "little", signed=True)',
    before='s = b"\\xff" * 65_536; x = 0',
)
# --- control
case("while", "while i < 20:", "    i += 1", "i = 0", before="i = 0")
case("for range", "for i in range(20):", "    pass")
case("for range in large ints", "for i in range(a, a + 20):", "    pass", before=INTS)
case("for list", "for i in s:", "    pass", before="s = [1] * 50")
case("for bytes", "for i in s:", "    pass", before='s = b"a" * 50')
case("for str", "for i in s:", "    pass", before='s = "\\U0001F600\\u1234" * 25')
case("for dict", "for i in s:", "    pass", before="s = {1: 1, 2: 2, 2**200: 3, -5: 4}")
case("for tuple", "for i in s:", "    pass", before="s = (1, 2, 3, 4)")
case("for enumerate", "for i, j in enumerate(s):", "    pass", before="s = [1] * 50")
case(
    "for enumerate large",
    "for i, j in enumerate(s, a):",
    "    pass",
    before=INTS + "; s = [1] * 50",
)
case("for zip", "for i, j, k in zip(s, s, s):", "    pass", before="s = [1] * 50")
case("for reversed", "for i in reversed(s):", "    pass", before="s = [1] * 50")
case("for reversed long, left", "for i in reversed(s):", "    break", before="s = [1] * 60_000")
case(
    "for dict long, left",
    "for i in s:",
    "    break",
    before="s: dict[int, int] = {}; for k in range(3_000):;     s[k] = 1",
)
case("for empty", "for i in s:", "    pass", before="s: list[int] = []")
case("if", "if a == 8:", "    pass", "elif a == 9:", "    pass", before=SMALL)
case("and or", "y = p and q or p and q", before="p = True; q = False")
case("choice", "x = a if p else b", before=SMALL + "; p = True")
case("not, is None", "y = not p", "y = o is None", before="p = True; o: int | None = 5")
case("narrow", "x = o + o", before="o: int | None = 5; x = 0")
case("truth of list", "if s:", "    pass", before="s = [1] * 10")
case("truth of str", "if s:", "    pass", before='s = "a" * 10')
case("assert", "assert p, t", before='p = True; t = "no"')
case("pass", "pass")
case("unpack tuple", "x, y = s", before="s = (1, 2)")
case("unpack 8", "c, d, e, f, g, h, i, j = s", before="s = (1, 2, 3, 4, 5, 6, 7, 8)")
case("unpack list", "x, y = s", before="s = [1, 2]")
case("call", "_f()", head="def _f():\n    pass\n")
case(
    "call of 16",
    "_f(" + ", ".join(["a"] * 16) + ")",
    before=SMALL,
    head="def _f(" + ", ".join(f"p{i}: int" for i in range(16)) + "):\n    pass\n",
)
case("call with result", "x = _f(a)", before=SMALL, head="def _f(p: int) -> int:\n    return p\n")
case(
    "call of a view",
    "x = _f(a)",
    before=SMALL,
    head="@view\ndef f(p: int) -> int:\n    return p\n\n\ndef _f(p: int) -> int:\n    return f(p)\n",
)
# --- bytes
BYTES = 'a = b"a" * 32_768; b = b"a" * 32_768; s = b"abc"; y = b""'
case("bytes + long", "y = a + b", before=BYTES)
case("bytes + short", "y = s + s", before=BYTES)
case("bytes += short", "y = s", "y += s", before=BYTES)
case("bytes * long", "y = s * 20_000", before=BYTES)
case("bytes * short", "y = s * 2", before=BYTES)
case("bytes slice long", "y = a[1:]", before=BYTES)
case("bytes slice whole", "y = a[:]", before=BYTES)
case("bytes slice short", "y = s[0:2]", before=BYTES)
case("bytes index", "x = a[-1]", before=BYTES)
case("bytes == long", "z = a == b", before=BYTES)
case("bytes == short", "z = s == y", before=BYTES)
case("bytes < long", "z = a < b", before=BYTES)
case("bytes in, absent", "z = s in a", before=BYTES)
case("bytes in, one byte", "z = s in a", before='a = b"a" * 65_000; s = b"b"')
case(
    "bytes find, adversarial 99",
    "x = a.find(s)",
    before='a = b"a" * 65_000; s = b"a" * 49 + b"b" + b"a" * 49',
)
case(
    "bytes find, adversarial 20",
    "x = a.find(s)",
    before='a = b"a" * 65_000; s = b"a" * 10 + b"b" + b"a" * 9',
)
case(
    "bytes find, adversarial 2000",
    "x = a.find(s)",
    before='a = b"a" * 65_000; s = b"a" * 1_000 + b"b" + b"a" * 999',
)
case(
    "bytes find, adversarial half",
    "x = a.find(s)",
    before='a = b"a" * 65_000; s = b"a" * 16_000 + b"b" + b"a" * 16_000',
)
case("bytes find, periodic", "x = a.find(s)", before='a = b"ab" * 32_000; s = b"ab" * 300 + b"b"')
case("bytes find, last differs", "x = a.find(s)", before='a = b"a" * 65_000; s = b"b" + b"a" * 98')
case(
    "bytes count, adversarial",
    "x = a.count(s)",
    before='a = b"a" * 65_000; s = b"a" * 49 + b"b" + b"a" * 49',
)
case("bytes count, one byte", "x = a.count(s)", before='a = b"a" * 65_000; s = b"a"')
case("bytes count, empty", "x = a.count(s)", before='a = b"a" * 65_000; s = b""')
case("bytes count, two", "x = a.count(s)", before='a = b"ab" * 32_000; s = b"ba"')
case("bytes startswith long", "z = a.startswith(b)", before=BYTES)
case("bytes endswith short", "z = a.endswith(s)", before=BYTES)
case("bytes join many empty", "y = s.join(l)", before='s = b""; l = [b""] * 60_000', times=2)
case("bytes join long", "y = s.join(l)", before='s = b""; l = [b"a" * 1_000] * 60', times=2)
case("bytes hex long", "t = a.hex()", before='a = b"a" * 32_768')
case("bytes hex short", "t = a.hex()", before='a = b"a" * 3')
case("bytes decode long", "t = a.decode()", before='a = b"a" * 65_536')
case("bytes decode 4-byte", "t = a.decode()", before='a = b"\\xf0\\x9f\\x98\\x80" * 16_384')
case("bytes decode 2-byte", "t = a.decode()", before='a = b"\\xc3\\xa4" * 32_768')
case("bytes(int)", "y = bytes(65_536)")
case("bytes(int) short", "y = bytes(1)")
case("bytes(bytes)", "y = bytes(s)", before=BYTES)
case("fromhex long", "y = bytes.fromhex(s)", before='s = "ab" * 32_768')
case("fromhex short", "y = bytes.fromhex(s)", before='s = "ab"')
case("len", "x = len(s)", before=BYTES)
# --- str
TEXT = 'a = "\\U0001F600" * 32_768; b = "\\U0001F600" * 32_768; s = "a\\u1234"; y = ""'
case("str + long", "y = a + b", before=TEXT)
case("str + short", "y = s + s", before=TEXT)
case("str + widening", "y = a + s", before='a = "a" * 65_000; s = "\\U0001F600"')
case("str * long", "y = s * 32_768", before=TEXT)
case("str slice long", "y = a[1:]", before=TEXT)
case("str slice narrowing", "y = a[1:]", before='a = "\\U0001F600" + "a" * 65_000')
case("str index", "y = a[5]", before=TEXT)
case("str == long", "z = a == b", before=TEXT)
case("str < long", "z = a < b", before=TEXT)
case(
    "str < of two widths", "z = a < b", before='a = "a" * 65_000; b = "a" * 65_000 + "\\U0001F600"'
)
case("str in, absent", "z = s in a", before=TEXT)
case(
    "str find, adversarial 99",
    "x = a.find(s)",
    before='a = "a" * 65_000; s = "a" * 49 + "b" + "a" * 49',
)
case(
    "str find, adversarial wide",
    "x = a.find(s)",
    before='a = "\\U0001F600" * 65_000; s = "\\U0001F600" * 49 + "b" + "\\U0001F600" * 49',
)
case(
    "str find, other width",
    "x = a.find(s)",
    before='a = "a" * 65_000 + "\\U0001F600"; s = "a" * 49 + "b" + "a" * 49',
)
case(
    "str find, adversarial 2000",
    "x = a.find(s)",
    before='a = "a" * 65_000; s = "a" * 1_000 + "b" + "a" * 999',
)
case("str count, two", "x = a.count(s)", before='a = "ab" * 32_000; s = "ba"')
case("str count, empty", "x = a.count(s)", before='a = "a" * 65_000; s = ""')
case("str join many", "y = s.join(l)", before='s = ""; l = ["\\u1234", "a"] * 30_000', times=2)
case("str encode long", "y = a.encode()", before='a = "\\U0001F600" * 16_384')
case("str encode ASCII", "y = a.encode()", before='a = "a" * 65_536')
case("str encode 2-byte", "y = a.encode()", before='a = "\\xe4" * 32_768')
case("str startswith", "z = a.startswith(b)", before=TEXT)
# --- list
LIST = "s = [2**200] * 60_000; t = [1, 2, 3]; x = 0"
case("list display", "y = [a, b, a]", before=SMALL)
case("list display 50", f"y = [{', '.join(['a'] * 50)}]", before=SMALL)
case("list index", "x = s[-1]", before=LIST)
case("list assign", "s[5] = x", before=LIST)
case("list +=, item", "s[5] += 1", before=LIST)
case("list append pop", "t.append(x)", "t.pop()", before=LIST)
case("list append", "t.append(x)", "if len(t) > 60_000:", "    t.clear()", before=LIST)
case("list insert first", "s.insert(0, x)", "s.pop()", before=LIST)
case("list pop first", "s.pop(0)", "s.append(x)", before=LIST)
case("list del first", "del s[0]", "s.append(x)", before=LIST)
case("list slice long", "y = s[1:]", before=LIST)
case("list slice short", "y = t[0:2]", before=LIST)
case("list +", "y = s[:30_000] + t", before=LIST)
case("list + short", "y = t + t", before=LIST)
case("list * long", "y = t * 20_000", before=LIST)
case("list * of one", "y = t * 60_000", before="t = [1]")
case("list extend", "y = [1]", "y.extend(s)", before=LIST)
case("list extend short", "y = [1]", "y.extend(t)", before=LIST)
case("list reverse long", "s.reverse()", before=LIST)
case("list copy", "y = s.copy()", before=LIST)
case("list(list)", "y = list(s)", before=LIST)
case("list clear", "y = s.copy()", "y.clear()", before=LIST)
case("list == ints", "z = s == y", before=LIST + "; y = [2**200 + 0] * 60_000")
case(
    "list == other ints",
    "z = s == y",
    before="s: list[int] = []; y: list[int] = []; for k in range(20_000):;     s.append(k + 2**200);     y.append(k + 2**200)",
)
case("list == lists", "z = s == y", before="s = [[1]] * 20_000; y = [[1]] * 20_000")
case(
    "list == empty lists",
    "z = s == y",
    before="e: list[int] = []; f: list[int] = []; s = [e] * 60_000; y = [f] * 60_000",
)
case("list == tuples", "z = s == y", before="s = [(1, 2)] * 20_000; y = [(1, 2)] * 20_000")
case(
    "list == strs",
    "z = s == y",
    before='s = ["a" * 100] * 10_000; y = ["a" * 50 + "a" * 50] * 10_000',
)
case("list in ints, absent", "z = 5 in s", before=LIST)
case("list in large ints, absent", "z = a in s", before=LIST + "; a = 2**200 + 1")
case("list index, absent-like", "x = s.index(a)", before=LIST + "; a = 2**200 + 1; s.append(a)")
case("list count ints", "x = s.count(a)", before=LIST + "; a = 2**200 + 0")
case(
    "list count strs",
    "x = s.count(a)",
    before='s = ["a" * 99 + "b"] * 50_000; a = "a" * 99 + "c"; x = 0',
)
case("list count short strs", "x = s.count(a)", before='s = ["ab"] * 50_000; a = "ac"; x = 0')
case("list count lists", "x = s.count(a)", before="s = [[1, 2, 3]] * 50_000; a = [1, 2, 4]; x = 0")
case(
    "list count empty lists",
    "x = s.count(a)",
    before="e: list[int] = []; s = [e] * 60_000; a: list[int] = []; x = 0",
)
case("list count dicts", "x = s.count(a)", before="s = [{1: 1}] * 50_000; a = {1: 2}; x = 0")
case("list count tuples", "x = s.count(a)", before="s = [(1, 2)] * 50_000; a = (1, 3); x = 0")
case(
    "list count optional",
    "x = s.count(o)",
    before="o: int | None = 5; s: list[int | None] = [o] * 50_000; s[0] = None; o = 2**200; x = 0",
)
MIX = "s: list[int] = []; k = 1; for i in range({n}):;     k = k * 6_364_136_223_846_793_005 % 2**250;     s.append(k)"
case("sorted random ints", "y = sorted(s)", before=MIX.format(n=20_000), times=1)
case("sorted few random ints", "y = sorted(s)", before=MIX.format(n=30))
case("sorted 2 ints", "y = sorted(s)", before="s = [2, 1]")
case("sorted same ints", "y = sorted(s)", before="s = [2**200] * 60_000", times=2)
case("sorted reversed flag", "y = sorted(s, reverse=True)", before=MIX.format(n=20_000), times=1)
case("sort random ints", "y = s.copy()", "y.sort()", before=MIX.format(n=20_000), times=1)
case(
    "sorted random bytes",
    "y = sorted(t)",
    before=MIX.format(n=20_000) + '; t = [b""]; for i in s:;     t.append(i.to_bytes(32, "big"))',
    times=1,
)
case(
    "sorted long bytes",
    "y = sorted(t)",
    before=MIX.format(n=3_000)
    + '; t = [b""]; for i in s:;     t.append(b"a" * 1_000 + i.to_bytes(32, "big"))',
    times=1,
)
case(
    "sorted random strs",
    "y = sorted(t)",
    before=MIX.format(n=20_000) + '; t = [""]; for i in s:;     t.append(str(i))',
    times=1,
)
case(
    "sorted wide strs",
    "y = sorted(t)",
    before=MIX.format(n=3_000)
    + '; t = [""]; for i in s:;     t.append("\\U0001F600" * 300 + str(i))',
    times=1,
)
case(
    "sorted mixed-width strs",
    "y = sorted(t)",
    before=MIX.format(n=5_000)
    + '; t = [""]; for i in s:;     t.append("a" * 300 + str(i) + "\\u1234");     t.append("a" * 300 + str(i + 1))',
    times=1,
)
case(
    "sorted addresses",
    "y = sorted(t)",
    before=MIX.format(n=20_000)
    + '; t = [address(bytes(34))]; for i in s:;     t.append(address(i.to_bytes(34, "big")))',
    times=1,
)
case("min of list", "x = min(s)", before=MIX.format(n=20_000))
case(
    "max of list, rising",
    "x = max(s)",
    before="s: list[int] = []; for i in range(20_000):;     s.append(i + 2**200)",
)
case("max of strs", "y = max(s)", before='s = ["a" * 100, "a" * 99 + "b"] * 10_000; y = ""')
case("max of short strs", "y = max(s)", before='s = ["ab", "ac"] * 10_000; y = ""')
case("max of 2 bytes", "y = max(s, t)", before='s = b"a" * 60_000; t = b"a" * 60_000; y = b""')
case("sum", "x = sum(s)", before="s = [2**200] * 20_000")
case("sum short", "x = sum(s)", before="s = [2**200]")
case("any", "z = any(s)", before="s = [False] * 60_000")
case("all short", "z = all(s)", before="s = [True]")
# --- dict
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
    before="d: dict[str, int] = {}; for k in range(3_000):;     d[str(k)] = k; e: dict[str, int] = {}; for k in range(3_000):;     e[str(k)] = k",
)
case(
    "dict, spread in memory",
    "x = d[k]",
    "k = (k * 75 + 74) % 49_999",
    before="d: dict[int, int] = {}; k = 1; for k in range(50_000):;     d[k] = k",
)
# --- tuple, address
case("tuple display", "y = (a, b)", before=SMALL)
case("tuple index", "x = s[1]", before="s = (1, 2); x = 0")
case("tuple ==", "z = s == t", before="s = (1, 2, 3, 4, 5, 6, 7, 8); t = (1, 2, 3, 4, 5, 6, 7, 8)")
case("address ==", "z = s == t", before="s = address(bytes(34)); t = address(bytes(34))")
case("address <", "z = s < t", before="s = address(bytes(34)); t = address(bytes(34))")
case("address(bytes)", "y = address(s)", before="s = bytes(34)")
case(
    "address(str)",
    "y = address(s)",
    before='s = "anim1zqpqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"',
    times=2,
)
case("bytes(address)", "y = bytes(s)", before="s = address(bytes(34))")
# --- abi
case("abi.encode int", "y = abi.encode(a)", before=INTS)
case("abi.encode ints", "y = abi.encode(s)", before="s = [2**200] * 1_500", times=2)
case("abi.encode bools", "y = abi.encode(s)", before="s = [True] * 60_000", times=2)
case(
    "abi.encode empty lists",
    "y = abi.encode(s)",
    before="e: list[int] = []; s = [e] * 60_000",
    times=2,
)
case("abi.encode nested", "y = abi.encode(s)", before="e = [[[True]]]; s = [e] * 10_000", times=2)
case("abi.encode strs", "y = abi.encode(s)", before='s = ["\\u1234"] * 15_000', times=2)
case("abi.encode long str", "y = abi.encode(s)", before='s = "\\U0001F600" * 16_000', times=2)
case("abi.encode long bytes", "y = abi.encode(s)", before='s = b"a" * 65_000', times=2)
case(
    "abi.encode dict",
    "y = abi.encode(s)",
    before="s: dict[int, int] = {}; for k in range(800):;     s[-k * 7_919] = k",
    times=2,
)
case(
    "abi.encode dict of strs",
    "y = abi.encode(s)",
    before="s: dict[str, bool] = {}; for k in range(5_000):;     s[str(k * 7_919)] = True",
    times=2,
)
case(
    "abi.encode optionals",
    "y = abi.encode(s)",
    before="s: list[int | None] = [None] * 60_000",
    times=2,
)
case("abi.encode tuples", "y = abi.encode(s)", before="s = [(True, False)] * 20_000", times=2)


def decode(name: str, kind: str, before: str) -> None:
    """Decoding what was encoded before."""
    case(
        f"abi.decode {name}",
        f"y = abi.decode(data, {kind})",
        before=f"{before}; data = abi.encode(s)",
        times=2,
    )


decode("int", "int", "s = 2**200")
decode("bool", "bool", "s = True")
decode("ints", "list[int]", "s = [2**200] * 1_500")
decode("bools", "list[bool]", "s = [True] * 60_000")
decode("empty lists", "list[list[int]]", "e: list[int] = []; s = [e] * 60_000")
decode("empty strs", "list[str]", 's = [""] * 60_000')
decode("nested", "list[list[list[list[bool]]]]", "e = [[[True]]]; s = [e] * 15_000")
decode("long str", "str", 's = "\\U0001F600" * 16_000')
decode("long bytes", "bytes", 's = b"a" * 65_000')
decode(
    "dict", "dict[int, int]", "s: dict[int, int] = {}; for k in range(800):;     s[-k * 7_919] = k"
)
decode(
    "dict of strs",
    "dict[str, bool]",
    "s: dict[str, bool] = {}; for k in range(5_000):;     s[str(k)] = True",
)
decode("optionals", "list[int | None]", "s: list[int | None] = [None] * 60_000")
decode("tuples", "list[tuple[bool, bool]]", "s = [(True, False)] * 20_000")
decode("addresses", "list[address]", "s = [address(bytes(34))] * 1_500")
# --- storage, events, host
CELL = (
    "S = storage.cell(int)\nM = storage.map(int, int)\nT = storage.map(str, address, bytes, int)\n"
)
BOOLS = "S = storage.cell(list[bool])\n"
EMPTY = "S = storage.cell(list[list[int]])\n"
case("cell.get", "x = S.get()", before="S.set(5)", head=CELL)
case("cell.get, absent", "x = S.get()", head=CELL)
case("cell.get bools", "y = S.get()", before="S.set([True] * 16_000)", head=BOOLS, times=2)
case(
    "cell.get empty lists",
    "y = S.get()",
    before="e: list[int] = []; S.set([e] * 16_000)",
    head=EMPTY,
    times=2,
)
case(
    "cell.get str",
    "y = S.get()",
    before='S.set("\\U0001F600" * 4_000)',
    head="S = storage.cell(str)\n",
    times=2,
)
case(
    "cell.get dict",
    "y = S.get()",
    before="s: dict[str, bool] = {}; for k in range(2_000):;     s[str(k)] = True; S.set(s)",
    head="S = storage.cell(dict[str, bool])\n",
    times=2,
)
case(
    "cell.get ints",
    "y = S.get()",
    before="S.set([2**200] * 450)",
    head="S = storage.cell(list[int])\n",
    times=2,
)
case("cell.set same", "S.set(5)", head=CELL)
case("cell.set other", "S.set(n)", "n += 1", head=CELL)
case(
    "cell.set bools",
    "S.set(s)",
    "s[0] = not s[0]",
    before="s = [True] * 16_000",
    head=BOOLS,
    times=2,
)
case(
    "cell.set empty lists",
    "S.set(s)",
    before="e: list[int] = []; s = [e] * 16_000",
    head=EMPTY,
    times=2,
)
case("map.get", "x = M[5]", before="M[5] = 1", head=CELL)
case("map.get, cold", "x = M[k]", "k += 1", before="k = 0", head=CELL)
case("map.set, fresh", "M[k] = k", "k += 1", before="k = 1", head=CELL)
case("map.set, same", "M[5] = 1", head=CELL)
case("map +=", "M[5] += 1", head=CELL)
case("map del, set", "M[5] = 1", "del M[5]", head=CELL)
case("map in", "z = 5 in M", head=CELL)
case(
    "map.get, three keys",
    "x = T[t, a, s]",
    before='t = "\\U0001F600" * 200; a = address(bytes(34)); s = b"a" * 500; x = 0',
    head=CELL,
)
case(
    "map.get, long key",
    "x = U[t]",
    before='t = "\\U0001F600" * 10_000; x = 0',
    head="U = storage.map(str, int)\n",
    times=2,
)
case("storage.get", 'y = storage.get(b"k")', before='storage.set(b"k", b"v")')
case("storage.get long", 'y = storage.get(b"k")', before='storage.set(b"k", b"v" * 16_000)')
case("storage.get, long key", "y = storage.get(k)", before='k = b"k" * 1_024')
case("storage.set long", 'storage.set(b"k", v)', before='v = b"v" * 16_000')
case("storage.has", 'z = storage.has(b"k")')
case("storage.delete", 'storage.delete(b"k")')
case("hash.sha3_256 short", "y = hash.sha3_256(s)", before='s = b"a"')
case("hash.sha3_256 long", "y = hash.sha3_256(s)", before='s = b"a" * 60_000', times=2)
case("hash.sha3_512 short", "y = hash.sha3_512(s)", before='s = b"a"')
case("hash.sha3_512 long", "y = hash.sha3_512(s)", before='s = b"a" * 60_000', times=2)
case("hash.sha256 long", "y = hash.sha256(s)", before='s = b"a" * 60_000', times=2)
case("hash.sha512 long", "y = hash.sha512(s)", before='s = b"a" * 60_000', times=2)
case("context.sender", "y = context.sender")
case("context.txid", "y = context.txid")
case("context.gas_left", "x = context.gas_left()")
case("treasury.balance", "x = treasury.balance()")
case("treasury.transfer", "treasury.transfer(context.sender, 1)")
case("treasury.transfer nothing", "treasury.transfer(context.sender, 0)")
case("crypto.verify, other address", 'z = crypto.verify(context.this, b"", b"", b"")')
case("crypto.verify, wrong length", 'z = crypto.verify(context.sender, b"", b"", b"")')
case("require", 'abi.require(p, "no")', before="p = True")
case("abi.call of itself", 'y = abi.call(context.this, "go", 1)')
case("abi.call of nobody", 'y = abi.call(context.sender, "go", 1)')
