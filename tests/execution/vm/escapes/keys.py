"""Keys and hashes: floods, values that are equal and should not be, slots that might meet."""

from __future__ import annotations

from tests.execution.vm.escapes.table import Gives, Refused, Reverts, go, rows

row = rows("keys")
STORAGE = "from stdlib import abi, storage\n\n"
M61 = 2**61 - 1
"""Python's hash of an int is its remainder by this."""


def flood(name: str, trick: str, type_: str, key: str, count: int = 20_000) -> None:
    """Many keys that some hash maps to one place; the sum of two look-ups of each."""
    row(
        name,
        trick,
        go(
            f"a: dict[{type_}, int] = {{}}",
            f"for n in range({count}):",
            f"    a[{key}] = 1",
            "t = 0",
            f"for n in range({count}):",
            f"    t += a[{key}]",
            "return t",
        ),
        Gives(count, "as fast as other keys"),
    )


flood("flood-ints", "ints of one hash in CPython", "int", f"n * {M61}")
flood("flood-negative", "the same below 0", "int", f"-n * {M61}")
flood("flood-low-bits", "ints that differ in high bits only", "int", "n << 200")
flood("flood-bytes", "byte strings that differ at the end", "bytes", 'n.to_bytes(32, "big")')
flood("flood-text", "texts that differ at the end", "str", '"aaaaaaaaaaaaaaaa" + str(n)')
flood(
    "flood-addresses",
    "addresses that differ at the end",
    "address",
    'address(n.to_bytes(34, "big"))',
)
row(
    "hash-of-minus-one",
    "-1 and -2, whose hash is one",
    go("a = {-1: 1, -2: 2}", "return a[-1] * 10 + a[-2]"),
    Gives(12),
)
row(
    "key-list",
    "a list as a key",
    go("a: dict[list[int], int] = {}", result=""),
    Refused("type", "a:"),
)
row(
    "key-tuple",
    "a tuple as a key",
    go("a: dict[tuple[int, int], int] = {}", result=""),
    Refused("type", "a:"),
)
row(
    "key-optional",
    "None as a key",
    go("a: dict[int | None, int] = {}", result=""),
    Refused("type", "a:"),
)
row("key-mixed", "keys of two types", go('a = {1: 1, "a": 2}', result=""), Refused("type", "a ="))
row("key-missing", "a key that is not there", go("return {1: 2}[3]"), Reverts("vm.key"))
row(
    "key-missing-deleted",
    "a key deleted twice",
    go("a = {1: 2}", "del a[1]", "del a[1]", "return 1"),
    Reverts("vm.key"),
)
row(
    "key-missing-popped",
    "a key popped twice",
    go("a = {1: 2}", "a.pop(1)", "return a.pop(1)"),
    Reverts("vm.key"),
)
row(
    "key-order",
    "the order of keys after a deletion",
    go("a = {3: 1, 1: 1, 2: 1}", "a.pop(3)", "a[3] = 1", "return list(a)", result="list[int]"),
    Gives([1, 2, 3]),
)
row(
    "key-order-encoded",
    "two orders of one dict, encoded",
    go(
        "return abi.encode({2: 1, 1: 1, -1: 1}) == abi.encode({-1: 1, 2: 1, 1: 1})",
        result="bool",
        head="from stdlib import abi\n\n\n",
    ),
    Gives(True),
)
row(
    "keys-of-ints-are-ints",
    "what a dict of ints keeps inside",
    go(
        "a = {-5: 1, 2**255 - 1: 2}",
        "t = 0",
        "for k in a:",
        "    t += k",
        "for k, v in a.items():",
        "    t += k",
        "return t - 2 * (2**255 - 1)",
    ),
    Reverts("vm.overflow"),
)
row(
    "keys-of-ints-listed",
    "the same, listed",
    go("return list({-5: 1, 7: 2})", result="list[int]"),
    Gives([-5, 7]),
)
row(
    "slot-of-a-map",
    "a raw slot whose bytes are a map's slot",
    STORAGE
    + "M = storage.map(int, int)\n\n\n"
    + go(
        'storage.set(b"\\x82" + b"\\x61M" + b"\\x58\\x20" + bytes(32), b"x")',
        "return M[0]",
    ),
    Gives(0),
)
row(
    "slot-of-a-value",
    "a raw slot whose bytes are a stored value's slot",
    STORAGE
    + "S = storage.cell(bytes)\n\n\n"
    + go('storage.set(b"\\x81\\x61S", b"x")', "return S.get()", result="bytes"),
    Gives(b""),
)
row(
    "slot-of-two-maps",
    "maps whose names and keys join to one text",
    STORAGE
    + "A = storage.map(str, int)\nAB = storage.map(str, int)\n\n\n"
    + go('A["BC"] = 1', 'return AB["C"]'),
    Gives(0),
)
row(
    "slot-of-two-keys",
    "two keys that join to one text",
    STORAGE
    + "A = storage.map(str, str, int)\n\n\n"
    + go('A["a", "bc"] = 1', 'return A["ab", "c"]'),
    Gives(0),
)
row(
    "slot-of-types",
    "an int and the bytes that encode it",
    STORAGE
    + "A = storage.map(int, int)\nB = storage.map(bytes, int)\n\n\n"
    + go("A[1] = 7", 'return B[(1).to_bytes(32, "big")]'),
    Gives(0),
)
row(
    "slot-key-long",
    "a raw key above 1,024 bytes",
    STORAGE + "\n" + go('storage.set(b"a" * 1_025, b"x")', result=""),
    Reverts("vm.size"),
)
row(
    "slot-value-long",
    "a value above 16,384 bytes",
    STORAGE + "\n" + go('storage.set(b"a", b"x" * 16_384)', result=""),
    Reverts("vm.size"),
)
row(
    "slot-default",
    "a default that leaves a record",
    STORAGE
    + "M = storage.map(int, int)\n\n\n"
    + go("M[1] = 5", "M[1] = 0", "return 1 in M", result="bool"),
    Gives(False),
)
row(
    "stored-alias",
    "a list changed after it was stored",
    STORAGE
    + "S = storage.cell(list[int])\n\n\n"
    + go("a = [1]", "S.set(a)", "a.append(2)", "return S.get()", result="list[int]"),
    Gives([1]),
)
row(
    "stored-alias-read",
    "a list changed after it was read",
    STORAGE
    + "S = storage.cell(list[int])\n\n\n"
    + go("S.set([1])", "a = S.get()", "a.append(2)", "return S.get()", result="list[int]"),
    Gives([1]),
)
row(
    "stored-change-lost",
    "a change of what was just read",
    STORAGE + "S = storage.cell(list[int])\n\n\n" + go("S.get().append(1)", result=""),
    Refused("type", "append"),
)
row(
    "default-alias",
    "a default that a call changes for the next",
    go("a.append(1)", "return len(a)", params="a: list[int] = []"),
    Refused("type", "def go"),
)
row(
    "constant-alias",
    "a constant that a call changes for the next",
    "A = [1]\n\n\n" + go("A.append(1)", "return len(A)"),
    Refused("type", "A ="),
)
