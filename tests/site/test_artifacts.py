"""Compiled contracts on disk: whole or not at all, bounded, and never a reason to stop."""

from __future__ import annotations

import os
import stat

import pytest

from animica_site import artifacts
from animica_site.artifacts import ArtifactFiles


def name(number: int) -> bytes:
    return bytes([number]) * 32


@pytest.fixture
def folder(tmp_path):
    return tmp_path / artifacts.FOLDER


def test_what_is_saved_is_there_for_the_next_process(folder):
    assert ArtifactFiles(folder).load(name(1)) is None
    assert not folder.exists()
    ArtifactFiles(folder).save(name(1), b"program")
    assert ArtifactFiles(folder).load(name(1)) == b"program"
    assert [path.name for path in folder.iterdir()] == [name(1).hex()]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    ArtifactFiles(folder).save(name(1), b"other")
    assert ArtifactFiles(folder).load(name(1)) == b"other"


def test_files_that_were_not_used_make_room(folder):
    files = ArtifactFiles(folder, most=8)
    for number in range(8):
        files.save(name(number), b"x")
        os.utime(folder / name(number).hex(), (number, number))
    assert files.load(name(0)) == b"x"
    files.save(name(9), b"x")
    kept = {n for n in range(10) if (folder / name(n).hex()).exists()}
    assert kept == {0, 3, 4, 5, 6, 7, 9}


def test_the_bound_counts_what_was_there_before(folder):
    for number in range(8):
        ArtifactFiles(folder, most=100).save(name(number), b"x")
    ArtifactFiles(folder, most=8).save(name(9), b"x")
    assert len(list(folder.iterdir())) == 7


def test_a_disk_that_fails_is_told_of_and_stops_nothing(tmp_path, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    files = ArtifactFiles(blocked)
    files.save(name(1), b"x")
    assert files.load(name(1)) is None
    assert len(caplog.records) == 2


def test_a_draft_that_cannot_be_finished_is_removed(folder, monkeypatch):
    def fails(self, target):
        raise OSError(28, "no space left")

    monkeypatch.setattr(artifacts.Path, "replace", fails)
    ArtifactFiles(folder).save(name(1), b"x")
    assert list(folder.iterdir()) == []
