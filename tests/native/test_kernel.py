"""The native kernel against the portable code: the same bytes, the same verdicts."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from hashlib import sha3_256
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from animica_site import kernel as choice
from animica_site.faults import KernelChoiceUnknown, KernelMissing
from core import cbor, kernel, merkle, statetree
from core.errors import EncodingRefused
from native import library
from native.library import KernelBroken, NativeKernel

SOURCE = Path(library.__file__).parent
pytestmark = pytest.mark.skipif(
    not library.PATH.exists(), reason="no C compiler was there when the project was installed"
)


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = kernel.native()
    yield
    kernel.install(before)


def on_both(compute: Callable[[], Any]) -> Any:
    """What both kernels give; they must agree."""
    kernel.install(None)
    portable = compute()
    kernel.install(NativeKernel())
    assert compute() == portable
    return portable


# ------------------------------------------------------------------ hashes

around_the_rate = st.sampled_from([0, 1, 133, 134, 135, 136, 137, 270, 271, 272, 273, 3309])
items = st.lists(st.builds(lambda n, b: bytes([b]) * n, around_the_rate, st.integers(0, 255)))


@given(items)
def test_digests_are_hashlibs(listed: list[bytes]) -> None:
    assert NativeKernel().sha3_each(listed) == [sha3_256(item).digest() for item in listed]


@given(items)
def test_merkle_roots(listed: list[bytes]) -> None:
    on_both(lambda: merkle.root(listed))


@pytest.mark.parametrize("count", [*range(1, 18), 31, 32, 33, 1000])
def test_merkle_roots_of_every_small_count(count: int) -> None:
    on_both(lambda: merkle.root([number.to_bytes(2) * 40 for number in range(count)]))


# ------------------------------------------------------------------ the state tree


class Pages(dict[bytes, bytes]):
    def load(self, paths: Any) -> dict[bytes, bytes]:
        return {path: self[path] for path in paths if path in self}

    def apply(self, changes: dict[bytes, bytes | None]) -> None:
        updated = on_both(lambda: statetree.update(self, changes))
        for path, data in updated.pages.items():
            if data is None:
                del self[path]
            else:
                self[path] = data


# Keys that part early, late and in the very last bit.
keys = st.one_of(
    st.integers(0, 40).map(lambda n: sha3_256(bytes([n])).digest()),
    st.integers(0, 15).map(lambda n: bytes(31) + bytes([n])),
    st.integers(0, 15).map(lambda n: bytes([n << 4]) + bytes(31)),
)
changes = st.dictionaries(keys, st.none() | st.binary(min_size=32, max_size=32), max_size=30)


@given(st.lists(changes, max_size=6))
def test_updates_of_the_state_tree(batches: list[dict[bytes, bytes | None]]) -> None:
    pages, records = Pages(), {}
    for batch in batches:
        pages.apply({k: v for k, v in batch.items() if v is not None or k in records})
        records.update(batch)
        records = {k: v for k, v in records.items() if v is not None}
    assert pages == Pages(statetree.build(records.items()).pages)


def damage(page: bytes) -> Iterator[bytes]:
    yield b""
    yield page[:3]
    yield page[:-1]
    yield page + b"\0"
    for at in range(4):
        for bit in range(8):
            yield page[:at] + bytes([page[at] ^ 1 << bit]) + page[at + 1 :]


def test_damaged_pages_are_refused_alike() -> None:
    leaves = [(sha3_256(bytes([n])).digest(), bytes(32)) for n in range(40)]
    whole = statetree.build(leaves).pages
    key = leaves[0][0]
    for path, page in whole.items():
        for bad in damage(page or b""):
            pages = Pages({**whole, path: bad})

            def attempt(pages: Pages = pages) -> object:
                try:
                    return statetree.update(pages, dict(leaves))
                except statetree.StatePageBroken as fault:
                    return str(fault)

            assert key
            on_both(attempt)


# ------------------------------------------------------------------ CBOR

values = st.recursive(
    st.one_of(
        st.integers(0, 2**64 - 1),
        st.sampled_from([0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1]),
        st.binary(max_size=300),
        st.text(max_size=30),
        st.booleans(),
    ),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text("abc", max_size=3), inner),
    max_leaves=20,
)


def verdict(data: bytes, most: int | None) -> object:
    try:
        return cbor.decode(data, limit=10_000, what="x", most=most)
    except EncodingRefused as refusal:
        return type(refusal), str(refusal)


@given(values, st.none() | st.integers(0, 30))
def test_canonical_values(value: Any, most: int | None) -> None:
    on_both(lambda: verdict(cbor.encode(value), most))


@settings(max_examples=500)
@given(values, st.data())
def test_altered_encodings(value: Any, data: st.DataObject) -> None:
    raw = bytearray(cbor.encode(value))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    on_both(lambda: verdict(bytes(raw), None))


@pytest.mark.parametrize(
    "raw",
    [
        "1817", "190017", "1a00000017", "1b0000000000000017",  # longer than need be
        "1818", "190100", "1a00010000", "1b0000000100000000",  # just as long as need be
        "5800", "7800", "9800", "b800", "9f00ff", "bf00ff", "5f4100ff",
        "20", "c000", "f4", "f5", "f6", "f7", "f814", "f820", "f90000", "fa00000000",
        "a2616101616102", "a2616201616102", "a262616101616102", "a161610161", "a10101", "a140f4",
        "61ff", "62c3a9", "a162c3a901", "81" * 16 + "01", "81" * 17 + "01", "81" * 15 + "80",
        "81" * 16 + "80", "a0", "80", "", "0101", "9bffffffffffffffff", "bbffffffffffffffff",
        "5bffffffffffffffff", "8201", "a16161",
    ],
)  # fmt: skip
def test_edges_of_the_form(raw: str) -> None:
    on_both(lambda: verdict(bytes.fromhex(raw), None))


def test_keys_of_one_length_are_compared_byte_by_byte() -> None:
    for first, second in [("ab", "aa"), ("aa", "ab"), ("aa", "aa"), ("b", "aa"), ("aa", "b")]:
        raw = b"\xa2" + cbor2.dumps(first) + b"\x00" + cbor2.dumps(second) + b"\x00"
        on_both(lambda raw=raw: verdict(raw, None))


@given(st.lists(values, min_size=1))
def test_ends_of_items(listed: list[Any]) -> None:
    raw = cbor.encode(listed)
    start = len(cbor.array_head(len(listed)))
    ends = on_both(lambda: cbor.item_ends(raw, start, len(listed)))
    assert [cbor2.loads(raw[a:b]) for a, b in zip([start, *ends], ends, strict=False)] == listed


def test_ends_outside_the_bytes_are_refused() -> None:
    for at, count in [(-1, 1), (5, 1), (0, 2), (0, 9)]:
        assert NativeKernel().item_ends(b"\x82\x01\x02", at, count) is None


# ------------------------------------------------------------------ choosing and building


def test_the_choice_of_the_operator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    choice.choose("portable")
    assert choice.name() == "portable"
    choice.choose("native")
    assert choice.name() == "native"
    with pytest.raises(KernelChoiceUnknown):
        choice.choose("fast")
    monkeypatch.setattr(choice, "PATH", tmp_path / "none.so")
    choice.choose("auto")
    assert choice.name() == "portable"
    with pytest.raises(KernelMissing):
        choice.choose("native")


def test_a_broken_library_is_not_passed_over(tmp_path: Path) -> None:
    broken = tmp_path / "broken.so"
    broken.write_bytes(b"not a library")
    with pytest.raises(KernelBroken):
        NativeKernel(broken)


def built(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    for name in ("kernel.c", "build.sh"):
        shutil.copy(SOURCE / name, folder)
    return subprocess.run(
        ["bash", folder / "build.sh"],
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", **environment},
    )


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("MOVE(1, 10, 1)", "MOVE(1, 10, 2)", "hashes"),
        ("push(&batch, 1, work", "push(&batch, 0, work", "Merkle"),
        ("return !((!right && left != 32)", "return ((!right && left != 32)", "pages"),
        ("if (value < (width == 1", "if (0 && value < (width == 1", "CBOR"),
    ],
)
def test_a_miscompiled_library_is_not_passed_over(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    source = (SOURCE / "kernel.c").read_text()
    assert source.count(right) == 1
    built(tmp_path)
    (tmp_path / "kernel.c").write_text(source.replace(right, wrong))
    subprocess.run(["bash", tmp_path / "build.sh"], check=True)
    with pytest.raises(KernelBroken, match=said):
        NativeKernel(tmp_path / "_kernel.so")


def test_a_library_of_another_version_is_not_passed_over(tmp_path: Path) -> None:
    built(tmp_path)
    with (tmp_path / "kernel.c").open("a") as source:
        source.write("/* newer */\n")
    with pytest.raises(KernelBroken, match="another version"):
        NativeKernel(tmp_path / "_kernel.so")


def test_a_compiler_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "_kernel.so").write_bytes(b"of another time")
    said = built(tmp_path, CC="/bin/false").stdout
    assert "does not compile here" in said
    assert not (tmp_path / "_kernel.so").exists()
