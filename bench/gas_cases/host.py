"""The standard library: ABI, storage, hashes, money, other contracts."""

from __future__ import annotations

from bench.gas_cases.case import case

INTS = "a = 2**254 + 12345678901234567890"
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
decode("empty dicts", "list[dict[str, bool]]", "e: dict[str, bool] = {}; s = [e] * 60_000")
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
    "cell.get empty dicts",
    "y = S.get()",
    before="e: dict[str, int] = {}; S.set([e] * 16_000)",
    head="S = storage.cell(list[dict[str, int]])\n",
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
