"""A contract that uses every construct of the language once."""

SOURCE = b'''"""Everything there is."""
from stdlib import storage, events, abi, hash, crypto, context
from stdlib import treasury, beacon, syscalls, zk

# Constants
LIMIT: int = 10 * 3
NAMES = ("a", b"b", (1, True))
MAYBE: int | None = None
WHO = address(b"\\x00" * 34)
HEXED = bytes.fromhex("00ff") + "\\u00e9".encode()

total = storage.cell(int)
book = storage.cell(dict[str, list[int | None]])
balances = storage.map(address, int)
deep = storage.map(int, bool, str, tuple[int, bytes] | None)
Sent = events.event(sender=address, to=address, amount=int)
Nothing = events.event()


@payable
def init(start: int = 5, who: address | None = None, pair: tuple[int, str] = (1, "x")):
    """Begin."""
    total.set(start)
    if who is not None:
        balances[who] = start


@view
def get() -> int:
    return total.get()


@view
def numbers(n: int) -> tuple[int, list[int]]:
    out: list[int] = []
    a, b = 0, 1
    for i in range(1, n, 2):
        if i % 2 == 0 and not a == 3:
            out.append(a)
        elif i > 0x64:
            break
        else:
            continue
        a, b = b, a + b
    while a > 1:
        a //= 2
        a **= 1
        a <<= 1
        a >>= 1
        a &= ~a | a ^ +a
        a %= 7
        a -= -1
        a *= 2 ** 3
        a |= 1
        a ^= 1
    return a, out


def _loops(xs: list[int], s: str, b: bytes, d: dict[int, str]) -> int:
    n = LIMIT - 30
    for x in xs:
        n += x
    for c in s:
        n += len(c)
    for byte in b:
        n += byte
    for k in d:
        n += k
    for x in (1, 2, 3):
        n += x
    for i, x in enumerate(xs):
        n += i * x
    for i, x in enumerate(xs, 5):
        n += i
    for x, y in zip(xs, [1, 2]):
        n += x * y
    for triple in zip(xs, xs, [s]):
        n += triple[0] + len(triple[2])
    for x in reversed(xs):
        n -= x
    for key, text in d.items():
        n += key + len(text)
    while True:
        if n > 3:
            return n
        n += 1


def _values(xs: list[int], o: int | None, t: str | None) -> bool:
    ys = xs[1:] + xs[:-1] + [] + [o, 2] * 2
    ys[0] = 5
    ys[o] += 1
    del ys[0]
    zs = [[1], [2]]
    zs[0].append(3)
    zs[0][0] = 4
    zs += [[5]]
    d = {"a": 1, "b": 2}
    d["c"] = o
    d["c"] += 1
    del d["a"]
    e: dict[int, bytes] = {}
    e[1] = b"x"[0:1]
    x: int = o if o is not None else 0
    m: int | None = None if x == 0 else x
    m = x
    p = (x, "s")
    q, r = p
    first, = [[1]]
    i, xs[i] = 0, 1
    found = d.get("a")
    got = d.get("a", 0) + d.pop("a") + d.pop("b", 1)
    ok = 1 < x <= o and x in xs and "a" not in d and b"a" in b"abc" and "a" in "abc"
    ok = ok or x == o or t != None or found is None or (x if ok else o) > 1
    return ok and bool(x) and not xs and xs != [] and p == (1, "a") and 1 == x == 2 != o


def _builtins(xs: list[int], b: bytes, s: str, a: address) -> list[int]:
    n = len(b) + len(xs) + len((1, 2)) + abs(-1) + min(1, 2, 3) + max(xs) + sum(xs)
    n += divmod(n, 3)[1] + pow(2, 3, 5) + int(True) + int("12") + int(n)
    n += int.from_bytes(b, "big") + int.from_bytes(b, "little", signed=True)
    s2 = str(n) + str(s) + s.join(["a"]) + b.decode() + b.hex()
    b2 = bytes(a) + bytes(b) + bytes(3) + s2.encode() + n.to_bytes(32, "big", signed=True)
    if any([True]) or all([n == 1]) or s.startswith("a") or b.endswith(b2) or a == address(s):
        n = s.find("a") + s.count("b") + n.bit_length() + xs.index(1) + xs.count(2)
    ys = sorted(xs, reverse=n > 3) + sorted(xs) + list(xs) + list({1: 2}) + xs.copy()
    ys.extend(xs)
    ys.insert(0, 1)
    ys.reverse()
    ys.sort()
    ys.sort(reverse=True)
    n = ys.pop() + ys.pop(0)
    ys.clear()
    d = dict({1: a})
    d.clear()
    e = d.copy()
    keys = e.keys()
    vs = e.values()
    return ys


def library(to: address, data: bytes) -> tuple[bool, bytes]:
    abi.require(len(data), "empty")
    assert to != context.sender
    assert to != context.origin or to != context.this, "who " + str(context.value)
    n = context.height + context.time + context.chain + context.gas_left()
    storage.set(data, storage.get(context.txid))
    if storage.has(data):
        storage.delete(data)
    balances[to] += 1
    del balances[to]
    if to in balances or (1, True, "x") not in deep:
        deep[1, True, "x"] = (n, data)
    both = deep[(1, True, "x")]
    Sent.emit(to, amount=1, to=to)
    Nothing.emit()
    h = hash.sha3_256(data) + hash.sha3_512(data) + hash.sha256(data) + hash.sha512(data)
    good = crypto.verify(to, data, h, h) and zk.verify(data, data, data)
    treasury.transfer(to, treasury.balance())
    h = beacon.random(beacon.round(), 2) + syscalls.blob_pin(data, data)
    h += syscalls.ai_enqueue(h, h, 1) + syscalls.quantum_enqueue(h, 1, 2) + syscalls.read_result(h)
    one = abi.decode(abi.encode(1), int)
    several = abi.decode(abi.encode(1, [True]), int, list[bool] | None)
    done, answer = abi.forward(to, data, value=1)
    if not done:
        abi.revert("no")
    _loops([], "", b"", {})
    return abi.call(to, "f", 1, [good], gas=5, value=0)
'''
