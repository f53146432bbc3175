from __future__ import annotations

import os
import stat

import pytest

from pq.signing import from_seed
from wallet.errors import (
    KeyFileFormat,
    WalletExists,
    WalletFolder,
    WalletName,
    WalletNotFound,
)
from wallet.keyfile import Cost, KeyFile
from wallet.store import WalletStore

FILE = KeyFile.seal(from_seed(bytes(32)), "correct horse", Cost(32, 1, 1))


@pytest.fixture
def store(tmp_path) -> WalletStore:
    return WalletStore(tmp_path / "deep" / "wallets")


def test_a_written_wallet_reads_back(store):
    path = store.write("alice", FILE)
    assert path == store.folder / "alice.json"
    assert store.read("alice") == FILE
    assert store.names() == ["alice"]


def test_only_the_owner_may_read(store):
    before = os.umask(0)
    try:
        path = store.write("alice", FILE)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


def test_nothing_is_ever_overwritten(store):
    path = store.write("alice", FILE)
    before = path.read_bytes()
    other = KeyFile.seal(from_seed(bytes(range(32))), "correct horse", Cost(32, 1, 1))
    with pytest.raises(WalletExists):
        store.write("alice", other)
    with pytest.raises(WalletExists):
        store.require_free("alice")
    assert path.read_bytes() == before
    assert [entry.name for entry in store.folder.iterdir()] == ["alice.json"]


def test_even_a_dangling_link_is_not_overwritten(store):
    store.folder.mkdir(parents=True)
    store.path("alice").symlink_to(store.folder / "elsewhere")
    with pytest.raises(WalletExists):
        store.require_free("alice")
    with pytest.raises(WalletExists):
        store.write("alice", FILE)
    assert not (store.folder / "elsewhere").exists()


def test_a_write_that_fails_leaves_nothing(store, monkeypatch):
    store.folder.mkdir(parents=True)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WalletFolder):
        store.write("alice", FILE)
    assert list(store.folder.iterdir()) == []


def test_the_file_appears_whole_or_not_at_all(store, monkeypatch):
    """When the name appears, all bytes are on the disk already."""
    order = []
    fsync, link = os.fsync, os.link
    monkeypatch.setattr(os, "fsync", lambda fd: order.append("sync") or fsync(fd))
    monkeypatch.setattr(os, "link", lambda *a, **k: order.append("link") or link(*a, **k))
    store.write("alice", FILE)
    assert order == ["sync", "link", "sync"]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", ".hidden", "-x", "1x", "a" * 65, "a\n", "ä", "anim1x"]
)
def test_names_that_are_no_file_names_are_refused(store, name):
    for act in (store.read, store.require_free, store.path):
        with pytest.raises(WalletName):
            act(name)


def test_a_missing_wallet_and_folder(store):
    assert store.names() == []
    with pytest.raises(WalletNotFound):
        store.read("alice")


def test_the_list_holds_wallets_only(store):
    store.write("bob", FILE)
    store.write("alice", FILE)
    for name in ("notes.txt", ".new-abc", "-.json"):
        (store.folder / name).write_text("x")
    assert store.names() == ["alice", "bob"]


def test_what_cannot_be_read_is_refused(store):
    store.folder.mkdir(parents=True)
    store.path("folder").mkdir()
    with pytest.raises(WalletFolder):
        store.read("folder")
    store.path("binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KeyFileFormat):
        store.read("binary")
    store.path("long").write_bytes(b" " * 10**6)
    with pytest.raises(KeyFileFormat):
        store.read("long")


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("x")
    store = WalletStore(tmp_path / "file")
    with pytest.raises(WalletFolder):
        store.names()
    with pytest.raises(WalletFolder):
        store.write("alice", FILE)
