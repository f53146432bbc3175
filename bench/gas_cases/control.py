"""Statements, loops and calls inside of a module."""

from __future__ import annotations

from bench.gas_cases.case import case

INTS = "a = 2**254 + 12345678901234567890"
SMALL = "a = 7; b = 3; x = 0"
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
    head="@view\ndef f(p: int) -> int:\n    return p\n\n\n"
    "def _f(p: int) -> int:\n    return f(p)\n",
)
