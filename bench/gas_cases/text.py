"""Operations on bytes and str."""

from __future__ import annotations

from bench.gas_cases.case import case

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
for sought, name in ((99, "long"), (5, "short"), (20, "middle")):
    almost = f'"a" * {sought // 2} + "b" + "a" * {sought - sought // 2 - 1}'
    for whole in (2_499, 10_000, 29_999):
        before = f'a = "a" * {whole}; s = {almost}'
        case(f"str find, adversarial {name} in {whole}", "x = a.find(s)", before=before)
almost = 'b"a" * 600 + b"b" + b"a" * 599'
case("bytes count, adversarial in 2499", "x = a.count(s)", before=f'a = b"a" * 2_499; s = {almost}')
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
