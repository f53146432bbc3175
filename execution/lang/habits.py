"""What Python developers write that contracts do not have, and what to write instead.

Each entry is (why, instead).
"""

from __future__ import annotations

Advice = tuple[str, str]

KEYWORDS: dict[str, Advice] = {
    "class": (
        "there are no classes",
        "declare storage.cell and storage.map at the top, and write functions",
    ),
    "try": (
        "there is no `try`: a failure undoes the call",
        "check first; abi.call tells whether another contract failed",
    ),
    "except": ("there is no `except`: a failure undoes the call", "check first, with `if`"),
    "finally": ("there is no `finally`: a failure undoes the call", "check first, with `if`"),
    "raise": ("there is no `raise`", 'abi.revert("reason") or assert condition, "reason"'),
    "lambda": ("there is no `lambda`", "write a function of the module"),
    "with": ("there is no `with`", "write the statements in a row"),
    "global": ("there is no `global`", "keep state in storage.cell or storage.map"),
    "nonlocal": ("there is no `nonlocal`", "keep state in storage.cell or storage.map"),
    "yield": ("there are no generators", "build a list and return it"),
    "async": ("there is no `async`", "write a plain `def`"),
    "await": ("there is no `await`", "call the function"),
    "as": ("there is no `as`", "use the name that stdlib has"),
}

OPERATORS: dict[str, Advice] = {
    "/": ("`/` would make a float", "// for the quotient, rounded down"),
    "/=": ("`/=` would make a float", "//= for the quotient, rounded down"),
    "@": ("`@` is no operator here", "write the products out"),
    "@=": ("`@=` is no operator here", "write the products out"),
    ":=": ("`:=` does not exist", "assign on a line of its own"),
    "...": ("`...` does not exist", "`pass` for an empty body; list[T] for any number of items"),
    ";": ("one statement a line", "begin a new line"),
    "*": ("`*` does not unpack here", "write the items one by one"),
    "**": ("`**` does not unpack here", "write the arguments one by one"),
}

UNUSABLE = frozenset(("/", "/=", "@", "@=", ":=", "...", ";"))
"""Those that no grammar rule has."""

SOFT: dict[str, Advice] = {
    "match": ("there is no `match`", "if … elif … else"),
    "switch": ("there is no `switch`", "if … elif … else"),
    "print": ("there is no `print`", "declare an event and emit it"),
    "function": ("there is no `function`", "def name(parameter: type) -> type:"),
    "type": ("there is no `type` statement", "write the type out"),
    "emit": ("there is no `emit` statement", "Name.emit(…), Name = events.event(…)"),
    "let": ("there is no `let`", "name = value"),
    "var": ("there is no `var`", "name = value"),
}

UNKNOWN: dict[str, Advice] = {
    "print": ("there is no `print`", "declare an event with events.event(…) and emit it"),
    "isinstance": ("there is no `isinstance`: every expression has one type", "take it away"),
    "type": ("there is no `type`: every expression has one type", "take it away"),
    "hasattr": ("there is no `hasattr`", "use a dict, and `in`"),
    "getattr": ("there is no `getattr`", "use a dict"),
    "setattr": ("there is no `setattr`", "use a dict"),
    "eval": ("there is no `eval`", "write the expression"),
    "exec": ("there is no `exec`", "write the statements"),
    "float": ("there are no floats", "count in a smaller unit, with int"),
    "round": ("there are no floats to round", "(a + b // 2) // b for the nearest quotient"),
    "set": ("there are no sets", "dict[T, bool], or a list"),
    "frozenset": ("there are no sets", "dict[T, bool], or a list"),
    "map": ("there is no `map` function", "a `for` loop; storage.map(…) declares a stored map"),
    "filter": ("there is no `filter`", "a `for` loop with `if`"),
    "self": ("there are no objects, so no `self`", "call the function, or name the declaration"),
    "msg": ("there is no `msg`", "context.sender, context.value"),
    "this": ("there is no `this`", "context.this is the address of the contract"),
    "require": ("`require` is in the module abi", 'abi.require(condition, "reason")'),
    "revert": ("`revert` is in the module abi", 'abi.revert("reason")'),
    "emit": ("`emit` belongs to an event", "Name.emit(…), Name = events.event(…)"),
    "super": ("there are no classes", "call the function"),
    "input": ("there is no input", "take it as a parameter"),
    "open": ("there are no files", "storage keeps what must last"),
    "hex": ("there is no `hex` function", "b.hex() of bytes"),
    "ord": ("there is no `ord`", "s.encode()[0], an int from 0 to 255, for ASCII"),
    "chr": ("there is no `chr`", 'i.to_bytes(1, "big").decode() for ASCII'),
    "bytearray": ("there is no `bytearray`", "bytes, joined with +"),
    "Exception": ("there are no exceptions", 'abi.revert("reason")'),
    "true": ("there is no `true`", "True"),
    "false": ("there is no `false`", "False"),
    "null": ("there is no `null`", "None"),
    "uint256": ("there is no `uint256`", "int, from -2**255 to 2**255 - 1"),
    "Address": ("there is no `Address`", "address"),
    "string": ("there is no `string`", "str"),
    "Optional": ("there is no `Optional`", "T | None"),
    "List": ("there is no `List`", "list[T]"),
    "Dict": ("there is no `Dict`", "dict[K, V]"),
    "Tuple": ("there is no `Tuple`", "tuple[A, B]"),
}


def character(code: int) -> Advice:
    """A byte that source may not hold."""
    if code == 9:
        return "a tab", "four spaces; in a string \\t"
    if code == 13:
        return "a carriage return", "end lines with a line feed alone; in a string \\r"
    if code > 126:
        return "a character beyond ASCII", "ASCII; in a string \\xHH, \\uHHHH or \\UHHHHHHHH"
    return f"the control character {code:#04x}", f"take it away; in a string \\x{code:02x}"


def stray(text: str) -> Advice:
    """A character that begins no token."""
    if text == "\\":
        return "a backslash joins no lines here", "put the expression into parentheses"
    if text == "!":
        return "`!` is no operator", "not"
    return f"`{text}` means nothing here", "take it away"
