"""Where programs come from: memory, artifacts, the source; and that nothing else can come of it."""

from __future__ import annotations

import gc
import tracemalloc
from hashlib import sha3_256
from threading import Thread

import pytest

from execution.lang import parse_and_check
from execution.lang.errors import SourceRefused
from execution.vm import codes
from execution.vm.codes import Codes
from execution.vm.program import Program, compile_module


def source(number: int) -> bytes:
    return b"def f() -> int:\n    return %d\n" % number


def digest(text: bytes) -> bytes:
    return sha3_256(text).digest()


class Meter:
    gas = 10**6


def answer(cache: Codes, number: int) -> int:
    text = source(number)
    return cache.of(digest(text), text).call(Meter(), "f")


class Files(dict):
    """Artifacts in a dict."""

    def load(self, code_hash: bytes) -> bytes | None:
        return self.get(code_hash)

    def save(self, code_hash: bytes, data: bytes) -> None:
        self[code_hash] = data


@pytest.fixture
def compiled(monkeypatch) -> list[bytes]:
    """The sources that were compiled."""
    seen: list[bytes] = []
    real = codes.lang.parse_and_check

    def counting(text: bytes):
        seen.append(text)
        return real(text)

    monkeypatch.setattr(codes.lang, "parse_and_check", counting)
    return seen


def test_a_source_is_compiled_once(compiled):
    cache = Codes()
    assert [answer(cache, n) for n in (1, 2, 1, 2)] == [1, 2, 1, 2]
    assert compiled == [source(1), source(2)]


def test_the_program_used_longest_ago_makes_room(compiled):
    cache = Codes(count_most=2)
    for number in (1, 2, 1, 3, 1, 2):
        answer(cache, number)
    assert len(cache) == 2
    assert compiled == [source(n) for n in (1, 2, 3, 2)]


def test_programs_are_bounded_by_their_bytes(compiled):
    size = len(compile_module(parse_and_check(source(1))).to_bytes())
    size += codes.PROGRAM_BYTES + codes.FUNCTION_BYTES
    cache = Codes(bytes_most=2 * size)
    for number in (1, 2, 3, 1):
        answer(cache, number)
    assert len(cache) == 2
    assert compiled == [source(n) for n in (1, 2, 3, 1)]


WIDE = b"def f(a: int | None):\n" + b" a = a + a + a + a + a + a + a\n" * 500
LONG = b"A = b'a' * 65536\nB = A + b''\n"
MANY = b"".join(b"def f%d():\n pass\n" % number for number in range(128))


@pytest.mark.parametrize("text", [WIDE, LONG, MANY, source(1)])
def test_what_a_program_counts_as_is_what_it_takes(text):
    """A source of a few bytes may make a program of many."""
    Codes().of(digest(text), text)  # what the first one leaves behind is not its own
    tracemalloc.start()
    try:
        cache = Codes()
        cache.of(digest(text), text)
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken / 2 < cache.size_bytes < taken * 2


def test_artifacts_count_as_what_was_compiled():
    files, sizes = Files(), []
    for _ in range(2):
        cache = Codes()
        cache.artifacts = files
        answer(cache, 1)
        sizes.append(cache.size_bytes)
    assert sizes[0] == sizes[1]


def test_bytes_that_were_miscounted_are_counted_again(compiled):
    cache = Codes(count_most=100)
    cache._bytes = -(10**9)  # as if threads had lost what they added
    for number in range(64):
        answer(cache, number)
    assert cache._bytes == cache.size_bytes > 64 * codes.PROGRAM_BYTES
    cache._bytes = 10**9
    answer(cache, 64)
    assert len(cache) == 65


def test_one_that_fits_nowhere_still_runs():
    cache = Codes(bytes_most=1)
    assert answer(cache, 7) == 7
    assert len(cache) == 0


def test_artifacts_outlive_memory(compiled):
    files = Files()
    for _ in range(2):
        cache = Codes()
        cache.artifacts = files
        assert answer(cache, 5) == 5
    assert compiled == [source(5)]
    cache.clear()
    assert answer(cache, 5) == 5
    assert compiled == [source(5)]


def damages(good: bytes, other: bytes):
    yield b""
    yield good[:10]
    yield good[:-1]
    yield good + b"\0"
    yield other
    for at in (0, 31, 32, 40, len(good) // 2, len(good) - 1):
        yield good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]


def test_a_damaged_artifact_is_a_miss_and_is_mended(compiled):
    files = Files()
    cache = Codes()
    cache.artifacts = files
    answer(cache, 5)
    answer(cache, 6)
    name = digest(source(5))
    good = files[name]
    for damaged in damages(good, files[digest(source(6))]):
        files[name] = damaged
        cache.clear()
        compiled.clear()
        assert answer(cache, 5) == 5
        assert compiled == [source(5)]
        assert files[name] == good


def test_an_artifact_of_another_engine_is_a_miss(compiled, monkeypatch):
    files = Files()
    cache = Codes()
    cache.artifacts = files
    answer(cache, 5)
    cache.clear()
    monkeypatch.setattr(Program, "from_bytes", classmethod(lambda cls, data: None))
    assert answer(cache, 5) == 5
    assert len(compiled) == 2


def test_refused_source_is_kept_nowhere():
    cache = Codes()
    cache.artifacts = Files()
    for _ in range(2):
        with pytest.raises(SourceRefused):
            cache.of(digest(b"x ="), b"x =")
    assert (len(cache), cache.artifacts) == (0, {})


def test_threads_share_a_cache_that_is_too_small():
    cache, wrong = Codes(count_most=3), []

    def run(salt: int) -> None:
        for turn in range(150):
            number = (turn * salt) % 7
            if answer(cache, number) != number:
                wrong.append(number)

    threads = [Thread(target=run, args=(salt,)) for salt in (1, 2, 3, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(cache) <= 3
    cache.clear()
    assert (len(cache), cache.size_bytes) == (0, 0)
