"""Operations on ints."""

from __future__ import annotations

from bench.gas_cases.case import case

INTS = "a = 2**254 + 12345678901234567890; b = -(2**253) + 987654321; c = 2**127 - 1; x = 0"
SMALL = "a = 7; b = 3; x = 0"
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
case("pow modular 7", "x = pow(a, a, 7)", before=INTS, times=2)
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
