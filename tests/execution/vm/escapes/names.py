"""Reaching Python through names, attributes and statements that the language does not have."""

from __future__ import annotations

from tests.execution.vm.escapes.table import Gives, Refused, go, rows

row = rows("names")


def refuse(name: str, trick: str, line: str, kind: str, at: str = "", **more: str) -> None:
    """A row of one line in the body of ``go``."""
    row(name, trick, go(line, **more), Refused(kind, at or line))


X = {"params": "x: int"}
refuse("dunder-attribute", "from a value to its class", "return x.__class__", "name", **X)
refuse(
    "dunder-walk",
    "from a value to all classes of the process",
    'return x.__class__.__base__.__subclasses__()[0]("id")',
    "name",
    **X,
)
refuse("dunder-import", "import by function", 'return __import__("os")', "name")
refuse("dunder-builtins", "the table of builtins", "return __builtins__", "name")
refuse("dunder-local", "a local that the engine might own", "__code__ = 1", "name")
row(
    "dunder-function",
    "a method that Python calls by itself",
    "def __init__() -> int:\n    return 1\n",
    Refused("name", "__init__"),
)
row(
    "dunder-parameter",
    "a mangled parameter",
    "def go(__x: int) -> int:\n    return 1\n",
    Refused("name", "__x"),
)
refuse("attribute", "an attribute of an int", "return x.real", "type", **X)
refuse("attribute-write", "write an attribute", "x.real = 1", "unsupported", result="", **X)
refuse("attribute-of-function", "a function's code", "return go.func_code", "type")
refuse(
    "generator-frame", "the frame of a generator", "return (i for i in [1]).gi_frame", "unsupported"
)
refuse(
    "method-as-value",
    "keep a bound method",
    "f = x.append",
    "type",
    result="",
    params="x: list[int]",
)
refuse("function-as-value", "keep a function", "f = go", "type", result="")
refuse(
    "format",
    "attributes by str.format",
    'return "{0.__class__}".format(x)',
    "type",
    result="str",
    **X,
)
refuse("percent", "attributes by %", 'return "%s" % x', "type", result="str", **X)
refuse("f-string", "an expression in a string", 'return f"{x!r}"', "unsupported", result="str", **X)
for missing in ("eval", "exec", "compile", "getattr", "open", "globals", "type", "super", "print"):
    refuse(f"builtin-{missing}", f"Python's {missing}", f'return {missing}("1")', "name")
row(
    "import-os",
    "import a module",
    "import os\n\n\n" + go("return 1"),
    Refused("unsupported", "import os"),
)
row(
    "import-from-os",
    "import from a module",
    "from os import system\n\n\n" + go("return 1"),
    Refused("unsupported", "from os"),
)
row(
    "import-star",
    "import all names",
    "from stdlib import *\n\n\n" + go("return 1"),
    Refused("unsupported", "import *"),
)
row(
    "import-unknown",
    "a module that stdlib does not have",
    "from stdlib import sys\n\n\n" + go("return 1"),
    Refused("name", "import sys"),
)
row(
    "import-as",
    "hide a module behind another name",
    "from stdlib import storage as len\n\n\n" + go("return 1"),
    Refused("unsupported", " as len"),
)
refuse(
    "import-inside", "import when it runs", "from stdlib import storage", "unsupported", result=""
)
refuse(
    "module-as-value",
    "hand a module on",
    "x = storage",
    "type",
    result="",
    head="from stdlib import storage\n\n\n",
)
refuse("lambda", "a function without a name", "f = lambda: 1", "unsupported", result="")
refuse("comprehension", "a hidden scope", "return sum([i for i in [1]])", "unsupported")
refuse("walrus", "assign inside an expression", "return (y := 1)", "unsupported")
refuse("star-call", "spread a list over arguments", "return max(*[1, 2])", "unsupported")
refuse("set", "a set", "x = {1, 2}", "unsupported", result="")
refuse("yield", "a generator", "yield 1", "unsupported", result="")
refuse("await", "a coroutine", "await go()", "unsupported", result="")
refuse("raise", "an exception of its own", "raise ValueError", "unsupported", result="")
refuse("global", "assign a module's name", "global go", "unsupported", result="")
refuse("nonlocal", "assign a name outside", "nonlocal go", "unsupported", result="")
row(
    "try",
    "catch what the engine raises",
    "def go() -> int:\n    try:\n        return 1\n    except:\n        return 2\n",
    Refused("unsupported", "try"),
)
row(
    "with",
    "a context manager",
    "def go() -> int:\n    with go:\n        return 1\n",
    Refused("unsupported", "with"),
)
row(
    "match",
    "patterns that read attributes",
    "def go(x: int) -> int:\n    match x:\n        case int(real=r):\n            return r\n",
    Refused("unsupported", "match"),
)
row("class", "a class", "class A:\n    pass\n", Refused("unsupported", "class"))
row(
    "async",
    "a coroutine",
    "async def go() -> int:\n    return 1\n",
    Refused("unsupported", "async"),
)
row(
    "nested-function",
    "a closure",
    go("def inner() -> int:", "    return 1", "return inner()"),
    Refused("unsupported", "def inner"),
)
row("decorator", "any decorator", "@property\n" + go("return 1"), Refused("name", "@property"))
row(
    "decorator-call",
    "a decorator's call",
    '@view("x")\n' + go("return 1"),
    Refused("syntax", "@view"),
)
row(
    "view-twice",
    "decorators against each other",
    "@view\n@payable\n" + go("return 1"),
    Refused("effect", "@payable"),
)
row(
    "recursion",
    "a function that calls itself",
    go("return go()"),
    Refused("effect", "go()"),
)
row(
    "recursion-in-a-ring",
    "three functions that call each other",
    "def a() -> int:\n    return b()\n\n\ndef b() -> int:\n    return c()\n\n\n"
    "def c() -> int:\n    return a()\n",
    Refused("effect", "()"),
)
row(
    "call-init",
    "run the constructor again from inside",
    "def init():\n    pass\n\n\ndef go():\n    init()\n",
    Refused("effect", "init()"),
)
row(
    "assign-constant",
    "change a constant",
    "A = 1\n\n\n" + go("A = 2", "return A"),
    Refused("name", "A = 2"),
)
refuse("assign-builtin", "another len", "len = 5", "name", result="")
refuse("assign-type", "another int", "int = 5", "name", result="")
refuse("assign-true", "another True", "True = 0", "type", result="")
row(
    "function-named-builtin",
    "another sum",
    "def sum() -> int:\n    return 1\n",
    Refused("name", "sum"),
)
row(
    "two-functions",
    "a second body of one name",
    go("return 1") + "\n\n" + go("return 2"),
    Refused("name", "def go"),
)
refuse("keyword-as-name", "Python's keyword as a name", "lambda = 1", "unsupported", result="")
refuse("del-name", "make a variable vanish", "del x", "unsupported", result="", **X)

row(
    "names-of-the-generator",
    "locals named like what the engine generates",
    go(
        *(
            "m = 1",
            "gas = 2",
            "t1 = 3",
            "h_out = 4",
            "h_over = 5",
            "v_x = 6",
            "f_go = 7",
            "c_A = 8",
        ),
        *("s_x = 9", "e_x = 10", "y_0 = 11", "_ = 12"),
        "n = m + gas + t1 + h_out + h_over + v_x + f_go + c_A + s_x + e_x + y_0 + _",
        "return n + A + h_key(1)",
        head="A = 100\n\n\ndef h_key(v_a: int) -> int:\n    return v_a + A\n\n\n",
    ),
    Gives(78 + 100 + 101),
)
row(
    "names-of-builtins",
    "locals named like Python's builtins",
    go(
        "eval = 1",
        "print = 2",
        "type = 3",
        "id = 4",
        "match = 5",
        "case = 6",
        "object = 7",
        "return eval + print + type + id + match + case + object",
    ),
    Gives(28),
)
row(
    "functions-named-like-generated",
    "functions that would replace the engine's helpers",
    "def f_go() -> int:\n    return 1\n\n\ndef h_out() -> int:\n    return 2\n\n\n"
    + go(
        "return f_go() + h_out() + IndexError()",
        head="def IndexError() -> int:\n    return 4\n\n\n",
    ),
    Gives(7),
)
row(
    "stored-named-like-generated",
    "a stored value that would replace the frame",
    "from stdlib import storage\n\nm = storage.cell(int)\nHOST = storage.map(int, int)\n\n\n"
    + go("m.set(3)", "HOST[1] += 4", "return m.get() + HOST[1]"),
    Gives(7),
)
