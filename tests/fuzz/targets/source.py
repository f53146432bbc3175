"""Contract source: refused by name, or a program that CPython's own parser would accept too."""

from __future__ import annotations

import ast
import re
import warnings
from random import Random

from execution.lang import parse_and_check
from execution.lang.errors import SourceRefused
from execution.lang.interface import interface_of
from execution.vm.program import Program, compile_module
from tests.execution.vm.escapes import ESCAPES
from tests.fuzz import mutate as mutations
from tests.fuzz.claims import attempt

MAX_BYTES = 25_000
_WORDS = (
    *(
        "if",
        "else",
        "elif",
        "for",
        "while",
        "in",
        "not",
        "and",
        "or",
        "is",
        "None",
        "True",
        "return",
    ),
    *("def", "pass", "break", "continue", "assert", "del", "from", "import", "stdlib", "lambda"),
    *("int", "bool", "bytes", "str", "address", "list", "dict", "tuple", "range", "len", "sorted"),
    *("storage", "events", "abi", "context", "hash", "x", "y", "self", "__x", "@view", "@payable"),
    *(
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        ".",
        "=",
        "+=",
        "**",
        "//",
        "<<",
        "->",
        "|",
        "~",
        "-",
    ),
    *(
        "0",
        "1",
        "0x_1",
        "2**255",
        "1.5",
        '"a"',
        'b"a"',
        '"""',
        "'",
        "\\",
        "#",
        "\n",
        "\n    ",
        "  ",
    ),
)
_TOKEN = re.compile(rb"\w+|\s+|[^\w\s]")


def one_input(data: bytes) -> None:
    module = attempt(parse_and_check, data, refusals=SourceRefused)
    if module is None:
        return
    interface_of(module)
    assert _python_takes(data), "Python has no such grammar"
    program = attempt(compile_module, module, refusals=SourceRefused)
    if program is not None:
        again = Program.from_bytes(program.to_bytes())
        assert again is not None and again.functions.keys() == program.functions.keys()


def _python_takes(data: bytes) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Python finds odd, such as `1 is None`
        try:
            ast.parse(data.decode("ascii"))  # as text: a comment may name any encoding
        except SyntaxError:
            return False
    return True


def mutate(data: bytes, rng: Random) -> bytes:
    """Tokens or lines moved, doubled, taken from other sources, or replaced by words."""
    way = rng.randrange(5)
    if way == 0:
        return mutations.flip(data, rng)
    parts = data.splitlines(keepends=True) if way == 1 else _TOKEN.findall(data)
    if not parts:
        return _other(rng)
    at = rng.randrange(len(parts))
    if way == 2:
        parts[at : at + 1] = [rng.choice(_WORDS).encode()] * rng.choice((1, 1, 1, 2, 40))
    elif way == 3:
        parts[at:at] = parts[rng.randrange(len(parts)) :][: rng.randrange(1, 9)]
    elif way == 4:
        other = _TOKEN.findall(_other(rng))
        parts[at : at + 3] = other[rng.randrange(len(other) + 1) :][: rng.randrange(1, 30)]
    else:
        to = rng.randrange(len(parts))
        parts[at], parts[to] = parts[to], parts[at]
    return b"".join(parts)


def _other(rng: Random) -> bytes:
    return rng.choice(list(seeds().values()))


def seeds() -> dict[str, bytes]:
    rows = [row for row in ESCAPES if len(row.source) < 1_500]
    sources = {
        f"{row.group}-{row.name}": row.source
        if isinstance(row.source, bytes)
        else row.source.encode()
        for row in rows
    }
    return {name: text for name, text in sources.items() if text}
