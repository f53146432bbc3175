"""Operations on lists."""

from __future__ import annotations

from bench.gas_cases.case import case

SMALL = "a = 7; b = 3; x = 0"
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
    before="s: list[int] = []; y: list[int] = []; for k in range(20_000):; "
    "    s.append(k + 2**200);     y.append(k + 2**200)",
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
case(
    "list == optionals",
    "z = s == y",
    before="s: list[str | None] = [None] * 60_000; y: list[str | None] = [None] * 60_000",
)
case("list == tuples of str", "z = s == y", before='s = [("a", True)] * 20_000; y = s.copy()')
case("list == lists of lists", "z = s == y", before="s = [[[1]]] * 20_000; y = [[[1]]] * 20_000")
case(
    "list == empty dicts",
    "z = s == y",
    before="e: dict[str, int] = {}; f: dict[str, int] = {}; s = [e] * 20_000; y = [f] * 20_000",
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
MIX = (
    "s: list[int] = []; k = 1; for i in range({n}):; "
    "    k = (k * 6_364_136_223_846_793_005 + 1) % 2**190;     s.append(k)"
)
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
    + '; t = [""]; for i in s:;     t.append("a" * 300 + str(i) + "\\u1234"); '
    '    t.append("a" * 300 + str(i + 1))',
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
