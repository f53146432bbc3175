"""Compiled contracts on disk: whole or not at all, bounded, and never a reason to stop."""

from __future__ import annotations

import os
import stat

import pytest

from animica_site import artifacts
from animica_site.artifacts import FILE_BYTES
from animica_site.artifacts import ArtifactFiles as Files

ENGINE = bytes(32)


def files_in(folder, files: int = 1_000) -> Files:
    """Room for so many small files."""
    return Files(folder, ENGINE, most=files * FILE_BYTES)


def name(number: int) -> bytes:
    return bytes([number]) * 32


@pytest.fixture
def folder(tmp_path):
    return tmp_path / artifacts.FOLDER


def test_what_is_saved_is_there_for_the_next_process(folder):
    assert files_in(folder).load(name(1)) is None
    assert not folder.exists()
    files_in(folder).save(name(1), b"program")
    assert files_in(folder).load(name(1)) == b"program"
    assert [path.name for path in folder.iterdir()] == [name(1).hex()]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files_in(folder).save(name(1), b"other")
    assert files_in(folder).load(name(1)) == b"other"


def test_files_that_were_not_used_make_room(folder):
    files = files_in(folder, files=8)
    for number in range(8):
        files.save(name(number), b"x")
        os.utime(folder / name(number).hex(), (number, number))
    assert files.load(name(0)) == b"x"
    files.save(name(9), b"x")
    kept = {n for n in range(10) if (folder / name(n).hex()).exists()}
    assert kept == {0, 4, 5, 6, 7, 9}


def test_the_bound_counts_what_was_there_before(folder):
    for number in range(8):
        files_in(folder, files=100).save(name(number), b"x")
    files_in(folder, files=8).save(name(9), b"x")
    assert len(list(folder.iterdir())) == 6


def test_a_disk_that_fails_is_told_of_and_stops_nothing(tmp_path, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    files = files_in(blocked)
    files.save(name(1), b"x")
    assert files.load(name(1)) is None
    assert len(caplog.records) == 2


def test_a_draft_that_cannot_be_finished_is_removed(folder, monkeypatch):
    def fails(self, target):
        raise OSError(28, "no space left")

    monkeypatch.setattr(artifacts.Path, "replace", fails)
    files_in(folder).save(name(1), b"x")
    assert list(folder.iterdir()) == []


def test_large_files_make_room_as_what_they_are(folder):
    files = files_in(folder, files=8)
    for number in range(5):
        assert len(list(folder.iterdir()) if number else []) == number
        files.save(name(number), os.urandom(2 * FILE_BYTES - len(ENGINE) - 16))
        os.utime(folder / name(number).hex(), (number, number))
    assert {path.name for path in folder.iterdir()} == {name(n).hex() for n in (2, 3, 4)}


def test_what_only_looks_large_takes_no_room(folder):
    files = files_in(folder, files=2)
    for number in range(2):
        files.save(name(number), bytes(100 * FILE_BYTES))
    assert [files.load(name(number)) for number in range(2)] == [bytes(100 * FILE_BYTES)] * 2


def test_a_torn_file_is_not_there(folder):
    files = files_in(folder)
    files.save(name(1), os.urandom(1_000))
    whole = (folder / name(1).hex()).read_bytes()
    for torn in (
        b"",
        whole[:10],
        whole[:32],
        whole[:500],
        whole[:40] + bytes([whole[40] ^ 1]) + whole[41:],
    ):
        (folder / name(1).hex()).write_bytes(torn)
        assert files.load(name(1)) is None


def test_files_of_another_engine_are_not_there(folder):
    """Gas is in them: what an older node compiled must never be charged by a newer one."""
    Files(folder, b"a" * 32).save(name(1), b"program")
    assert Files(folder, b"b" * 32).load(name(1)) is None
    assert Files(folder, b"a" * 32).load(name(1)) == b"program"


def test_the_engine_is_all_of_its_sources(tmp_path, monkeypatch):
    (tmp_path / "vm").mkdir()
    (tmp_path / "__init__.py").write_text("")
    (tmp_path / "vm" / "costs.py").write_text("ADD = 6")
    mine = artifacts.engine_of_this_node()
    monkeypatch.setattr(artifacts.execution, "__file__", str(tmp_path / "__init__.py"))
    seen = {mine, artifacts.engine_of_this_node()}
    (tmp_path / "vm" / "costs.py").write_text("ADD = 7")
    seen.add(artifacts.engine_of_this_node())
    (tmp_path / "vm" / "costs.py").rename(tmp_path / "costs.py")
    seen.add(artifacts.engine_of_this_node())
    assert len(seen) == 4 and {len(each) for each in seen} == {32}
