"""Characters, comments, strings and lines that a reader and a parser may take differently."""

from __future__ import annotations

from tests.execution.vm.escapes.table import Gives, Refused, go, rows

row = rows("text")
ONE = go("return 1")


def character(name: str, trick: str, text: str) -> None:
    """A module that would be fine without one character."""
    row(name, trick, text.encode("utf-8", "surrogatepass"), Refused("characters", ""))


character("look-alike", "a Cyrillic letter in a name", go("о = 1", "return о"))
character("wide-digit", "a full-width digit, which int() reads", go("return １"))
character("wide-name", "a name that Python folds to another", go("return ｌen([1])"))
character("zero-width", "a space that nobody sees", go("return 1\u200b"))
character("right-to-left", "a comment that reverses the line", go("return 1  # \u202e # nur"))
character("in-a-string", "letters outside of ASCII in text", go('return "ä"', result="str"))
character("byte-order-mark", "a mark in front", "\ufeff" + ONE)
character("null-byte", "a null, where C code stops reading", go("return 1\x00"))
character("null-in-comment", "a null in a comment", go("return 1  # \x00"))
character(
    "carriage-return", "a line for Python, none for others", go("x = 1  # \rx = 2", "return x")
)
character("form-feed", "a form feed resets the indentation", "def go() -> int:\n    \x0creturn 1\n")
character("tab", "a tab is eight columns or one", "def go() -> int:\n\treturn 1\n")
character("line-separator", "U+2028 ends a line for str.splitlines", go("return 1  # \u2028"))
character("delete", "a control character in text", go('return "\x7f"', result="str"))
row(
    "not-utf-8",
    "bytes that are no text",
    b"def go() -> int:\n    return \xff\n",
    Refused("characters", ""),
)
row("empty", "no source at all", b"", Gives(None, "a contract without functions"), steps=())
row("too-long", "more than 24,576 bytes", ONE + "#" * 24_576, Refused("limit", ""))

row(
    "encoding-comment",
    "a comment that chooses the encoding",
    "# -*- coding: utf-7 -*-\n" + ONE,
    Gives(1),
)
row(
    "type-comment",
    "a comment for a type checker",
    go("x = 1  # type: list[str]", "return x"),
    Gives(1),
)
row(
    "comment-with-backslash",
    "a comment that goes on below",
    go("x = 1  # \\", "return x"),
    Gives(1),
)
row(
    "comment-with-quotes", "a comment that opens a string", go('x = 1  # """', "return x"), Gives(1)
)
row("long-line", "a line as long as a module", go("x = 1  #" + "x" * 24_000, "return x"), Gives(1))

row("backslash", "two lines that are one", go("return 1 + \\", "    1"), Refused("syntax", "\\"))
row("semicolon", "two statements on a line", go("x = 1; return x"), Refused("unsupported", ";"))
row(
    "body-behind-colon",
    "a body on the line of its head",
    "def go() -> int: return 1\n",
    Refused("unsupported", "def"),
)
row(
    "dedent-to-nowhere",
    "a line between two depths",
    "def go() -> int:\n        x = 1\n    return x\n",
    Refused("syntax", "return"),
)
row(
    "indent-without-head",
    "a deeper line without a reason",
    go("x = 1", "    return x"),
    Refused("syntax", "return"),
)
row(
    "quote-breaks-out",
    "text that ends the string in generated code",
    go(
        "return len(A) + len(B)",
        head="A = \"');__import__('os').abort();('\"\nB = b'\"\"\"\\\\'\n\n\n",
    ),
    Gives(34),
)
row(
    "reason-breaks-out",
    "the same in a reason",
    go('assert x == 0, "\' % m.gas\\n"', "return 1", params="x: int = 0"),
    Gives(1),
)
row(
    "documentation-breaks-out",
    "the same in documentation",
    '"""\\"\\"\\" + m"""\n\n\n' + go("'''\\\\\\'\\'\\''''", "return 1"),
    Gives(1),
)
row(
    "dunder-in-text",
    "a forbidden name inside text",
    go('return "__class__"', result="str"),
    Gives("__class__"),
)
for prefix in ("r", "u", "f", "rb", "B", "t"):
    row(
        f"prefix-{prefix}",
        f"a string with prefix {prefix}",
        go(f'x = {prefix}"a"', result=""),
        Refused("unsupported", "x ="),
    )
row(
    "adjacent-strings",
    "two strings that join",
    go('return "a" "b"', result="str"),
    Refused("unsupported", "return"),
)
row(
    "open-string",
    "a string without an end",
    go('return "a', result="str"),
    Refused("syntax", "return"),
)
row(
    "open-long-string",
    "a long string without an end",
    go('return """a', result="str"),
    Refused("syntax", ""),
)
row(
    "escape-name",
    "a character by its name",
    go('return "\\N{DIGIT ONE}"', result="str"),
    Refused("syntax", "return"),
)
row(
    "escape-octal",
    "a character in octal",
    go('return "\\101"', result="str"),
    Refused("syntax", "return"),
)
row(
    "surrogate",
    "half a character, which no encoding takes",
    go('return "\\ud800"', result="str"),
    Refused("syntax", "return"),
)
row(
    "beyond-unicode",
    "a character above U+10FFFF",
    go('return "\\U00110000"', result="str"),
    Refused("syntax", "return"),
)
row(
    "unicode-in-bytes",
    "an escape that bytes do not have",
    go('return b"\\u0041"', result="bytes"),
    Refused("syntax", "return"),
)
row(
    "null-in-text",
    "a null in text that C code might cut",
    go('return "a\\0b"', result="str"),
    Gives("a\0b"),
)

for name, literal, kind in (
    ("float", "1.5", "unsupported"),
    ("exponent", "1e3", "unsupported"),
    ("imaginary", "1j", "unsupported"),
    ("leading-zero", "007", "syntax"),
    ("two-underscores", "1__0", "syntax"),
    ("last-underscore", "1_", "syntax"),
    ("glued-keyword", "1if x else 2", "syntax"),
    ("not-binary", "0b12", "syntax"),
    ("too-large", "0x8" + "0" * 63, "limit"),
    ("very-long", "9" * 20_000, "limit"),
    ("very-long-hex", "0x" + "f" * 20_000, "limit"),
):
    row(
        f"literal-{name}",
        f"a number written as `{literal[:14]}`",
        go(f"y = {literal}", params="x: bool", result=""),
        Refused(kind, "y ="),
    )
