"""Snapshots on disk: made, proven, loaded; by the functions here, and as commands at the end."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from django.db import connection

from animica_site import composition
from animica_site.config import NodeConfig
from animica_site.ledger import shelf as shelves
from animica_site.ledger import snapshots
from animica_site.ledger.faults import (
    FileUnusable,
    SnapshotDamaged,
    SnapshotEmpty,
    SnapshotForm,
    SnapshotHeadersMissing,
)
from animica_site.ledger.shelf import SnapshotMaker, SnapshotShelf
from chain import loading, queries
from chain import service as ledger_service
from chain.errors import SnapshotInvalid
from chain.store import pages
from consensus.errors import BaseFeeWrong, SealInvalid
from consensus.events import BlockAdded, ChainReorganised
from consensus.rules.seal import block_work, threshold
from consensus.snapshots import SnapshotLoader, checked_headers
from core.header import Header
from p2p.config import PeersConfig
from p2p.rules import limits
from p2p.rules.snapshots.manifest import Manifest
from tests.site.ledgers import HEIGHT, Ledger, builder, chain, make_ledger
from tests.support import import_all, new_importer, recording_bus

RECORDS = 8
NOW_MS = 2 * 10**12


@pytest.fixture
def importer(transactional_db, monkeypatch):
    """A node with thirty blocks; chunks are small."""
    monkeypatch.setattr(limits, "CHUNK_RECORDS", RECORDS)
    pages.forget()
    importer = new_importer(builder().network, now=NOW_MS)
    import_all(importer, chain()[1:])
    return importer


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def empty_again() -> None:
    """The database as a new node finds it."""
    with connection.cursor() as cursor:
        for table in (
            "blockbody",
            "tx",
            "log",
            "undo",
            "staterecord",
            "statepage",
            "meta",
            "block",
        ):
            cursor.execute(f"DELETE FROM chain_{table}")
    pages.forget()


# ------------------------------------------------------------------ making and proving


def test_what_is_made_is_the_state_and_all_headers(importer, tmp_path):
    made = snapshots.make(tmp_path / "out")
    opened = snapshots.read(tmp_path / "out")
    assert opened.manifest == made
    assert made.header == chain()[HEIGHT].header
    assert [header.hash for header in opened.headers()] == [one.hash for one in chain()[1:]]
    found = {}
    for piece in opened.verified():
        assert len(piece.records) <= RECORDS
        found.update(piece.records)
    assert found == chain()[HEIGHT].records
    assert made.records == len(found) and made.chunks == len(found) // RECORDS + 1
    assert made.size == sum(len(data) for name, data in files(opened.path).items() if "/" in name)
    assert not (tmp_path / "out.part").exists()


def test_a_block_has_one_snapshot_whenever_it_is_made(importer, tmp_path):
    """Of an older block by its undo, and when it was the head: the same bytes."""
    snapshots.make(tmp_path / "late", height=22)
    empty_again()
    again = new_importer(builder().network, now=NOW_MS)
    import_all(again, chain()[1:23])
    snapshots.make(tmp_path / "then")
    assert files(tmp_path / "late") == files(tmp_path / "then")


class Enough(Exception):
    """Breaks off."""


def breaking_off(after: int):
    left = after

    def step(count: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Enough

    return step


def test_an_interrupted_one_goes_on_where_it_was(importer, tmp_path):
    snapshots.make(tmp_path / "whole", height=HEIGHT)
    for after in (0, 2, 4):
        out = tmp_path / f"out{after}"
        with pytest.raises(Enough):
            snapshots.make(out, step=breaking_off(after))
        assert not out.exists()
        skipped: list[int] = []
        snapshots.make(out, skip=skipped.append)
        assert skipped == [RECORDS * (after + 1)]
        assert files(out) == files(tmp_path / "whole")


def test_it_goes_on_with_its_own_block_though_the_head_has_moved(importer, tmp_path):
    with pytest.raises(Enough):
        snapshots.make(tmp_path / "out", step=breaking_off(1))
    import_all(importer, [builder().make(chain()[HEIGHT])])
    made = snapshots.make(tmp_path / "out")
    assert made.header.height == HEIGHT


@pytest.mark.parametrize("damage", ["cut", "flipped", "other header", "no header"])
def test_what_was_left_damaged_is_made_anew(importer, tmp_path, damage):
    snapshots.make(tmp_path / "whole", height=HEIGHT)
    with pytest.raises(Enough):
        snapshots.make(tmp_path / "out", step=breaking_off(2))
    part = tmp_path / "out.part"
    if damage == "cut":
        path = part / "chunks" / "000001"
        path.write_bytes(path.read_bytes()[:40])
    elif damage == "flipped":
        path = part / "chunks" / "000002"
        data = bytearray(path.read_bytes())
        data[60] ^= 1
        path.write_bytes(data)
    elif damage == "other header":
        (part / "of.cbor").write_bytes(builder().make(chain()[3]).header.encoded)
    else:
        (part / "of.cbor").unlink()
    snapshots.make(tmp_path / "out")
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_files_of_others_stay(importer, tmp_path):
    (tmp_path / "out.part").mkdir()
    (tmp_path / "out.part" / "letter").write_text("dear")
    with pytest.raises(FileUnusable):
        snapshots.make(tmp_path / "out")
    assert (tmp_path / "out.part" / "letter").read_text() == "dear"


def test_genesis_has_none(transactional_db, tmp_path):
    new_importer(builder().network)
    with pytest.raises(SnapshotEmpty):
        snapshots.make(tmp_path / "out")


@pytest.fixture
def made(importer, tmp_path) -> Path:
    snapshots.make(tmp_path / "made")
    return tmp_path / "made"


def prove(folder: Path) -> None:
    opened = snapshots.read(folder)
    list(opened.verified())
    list(opened.headers())


def test_no_byte_of_a_chunk_can_be_altered(made):
    for name in ("000001", "000005"):  # one inside, the last one
        path = made / "chunks" / name
        whole = path.read_bytes()
        for at in range(0, len(whole), 7):
            altered = bytearray(whole)
            altered[at] ^= 1 << at % 8
            path.write_bytes(altered)
            with pytest.raises(SnapshotDamaged):
                prove(made)
        path.write_bytes(whole)
    prove(made)


@pytest.mark.parametrize("kind", ["missing", "swapped", "twice", "fewer said", "more said"])
def test_chunks_follow_each_other_to_the_end(made, kind):
    one, two = made / "chunks" / "000001", made / "chunks" / "000002"
    opened = snapshots.read(made)
    if kind == "missing":
        one.unlink()
    elif kind == "swapped":
        held = one.read_bytes()
        one.write_bytes(two.read_bytes())
        two.write_bytes(held)
    elif kind == "twice":
        two.write_bytes(one.read_bytes())
    else:
        step = -1 if kind == "fewer said" else 1
        said = Manifest(opened.manifest.header, opened.manifest.chunks + step, 1, 1)
        (made / "manifest.cbor").write_bytes(said.encode())
    with pytest.raises(SnapshotDamaged):
        prove(made)


@pytest.mark.parametrize("kind", ["cut", "zero", "long", "empty", "short", "nonsense"])
def test_damaged_headers_are_found(made, kind):
    path = made / "headers.bin"
    whole = path.read_bytes()
    first = 4 + int.from_bytes(whole[:4])
    path.write_bytes(
        {
            "cut": whole[:-1],
            "zero": bytes(4) + whole,
            "long": b"\xff" * 4 + whole,
            "empty": b"",
            "short": whole[:first],
            "nonsense": whole[:4] + bytes(first - 4) + whole[first:],
        }[kind]
    )
    with pytest.raises(SnapshotDamaged):
        prove(made)


def test_what_is_no_snapshot_is_refused(made, tmp_path):
    with pytest.raises(SnapshotForm):
        snapshots.read(tmp_path)
    (made / "manifest.cbor").write_bytes(b"\xa0")
    with pytest.raises(SnapshotForm):
        snapshots.read(made)
    (made / "manifest.cbor").write_bytes(bytes(limits.MANIFEST_BYTES + 1))
    with pytest.raises(SnapshotForm):
        snapshots.read(made)


# ------------------------------------------------------------------ headers by the rules


def _unsealing(header: Header) -> bytes:
    """A nonce with which the header has no seal; on this network most nonces give one."""
    below = threshold(header.theta, header.psi)
    nonces = (number.to_bytes(8) for number in count())
    return next(nonce for nonce in nonces if header.sealed(nonce).draw >= below)


def test_headers_are_held_to_every_rule():
    network = builder().network
    line = [one.header for one in chain()[1:]]
    found = list(checked_headers(line, network, NOW_MS))
    assert [header for header, _ in found] == line
    assert found[-1][1] == chain()[HEIGHT].work

    def altered(at: int, **changes: object) -> list[Header]:
        from dataclasses import replace

        return [*line[:at], replace(line[at], **changes), *line[at + 1 :]]

    for headers, error in (
        (altered(4, nonce=_unsealing(line[4])), SealInvalid),
        (altered(4, base_fee=10**6), BaseFeeWrong),
        ([*line[:4], *line[5:]], SnapshotInvalid),
        (line[1:], SnapshotInvalid),
    ):
        with pytest.raises(error):
            list(checked_headers(headers, network, NOW_MS))


# ------------------------------------------------------------------ loading into a running node


def store_all(loader: SnapshotLoader, opened, start: int = 0) -> None:
    hash = opened.manifest.header.hash
    for index, piece in enumerate(opened.verified()):
        if index >= start:
            loader.store(
                hash=hash,
                index=index,
                first=piece.first,
                last=piece.last,
                records=piece.records,
            )


@pytest.fixture
def fresh(importer, tmp_path) -> Iterator[tuple]:
    """A snapshot of block 20, and a node that stands at genesis."""
    snapshots.make(tmp_path / "s", height=20)
    empty_again()
    bus, recorder = recording_bus()
    again = new_importer(builder().network, now=NOW_MS, bus=bus)
    yield again, SnapshotLoader(again, bus), snapshots.read(tmp_path / "s"), recorder


def test_a_node_goes_on_from_a_snapshot_as_if_it_had_executed_all(fresh):
    importer, loader, opened, recorder = fresh
    headers = [one.header for one in chain()[1:21]]
    begun = loader.begin(headers)
    assert (begun.chunks, begun.height) == (0, 20)
    store_all(loader, opened)
    assert ledger_service.head().height == 0 and not recorder.events
    head = loader.finish(headers[-1].hash)
    assert (head.hash, head.total_work) == (chain()[20].hash, chain()[20].work)
    (news,) = recorder.events
    assert isinstance(news, ChainReorganised) and recorder.in_transaction == [False]
    assert (news.old_head.height, news.new_head.height) == (0, 20)
    assert import_all(importer, chain()[21:]) == ["added"] * 10
    assert (
        ledger_service.reader().get_many(list(chain()[HEIGHT].records)) == chain()[HEIGHT].records
    )
    with ledger_service.snapshot():
        ledger_service.verify_head()
        ledger_service.verify_state()
        list(ledger_service.audit_blocks(first=0, work_of=block_work))
        ledger_service.audit_rest()
        list(ledger_service.audit_undo_to(20))
    # Started again, it holds together; a branch from the snapshot's block is followed.
    again = new_importer(builder().network, now=NOW_MS)
    assert again.import_block(chain()[25].raw, source="test").outcome == "known"
    assert again.import_block(chain()[5].raw, source="test").outcome == "known"


def test_a_branch_from_the_snapshots_block_is_followed(fresh):
    importer, loader, opened, _ = fresh
    loader.begin([one.header for one in chain()[1:21]])
    store_all(loader, opened)
    loader.finish(opened.manifest.header.hash)
    import_all(importer, chain()[21:23])
    branch = builder().grow(chain()[20], 3, extra=b"other")
    assert import_all(importer, branch)[-1] == "reorg"
    assert ledger_service.head().hash == branch[-1].hash


def test_a_load_goes_on_after_a_restart(fresh):
    importer, loader, opened, _ = fresh
    headers = [one.header for one in chain()[1:21]]
    loader.begin(headers)
    for index, piece in zip(range(3), opened.verified(), strict=False):
        loader.store(
            hash=headers[-1].hash,
            index=index,
            first=piece.first,
            last=piece.last,
            records=piece.records,
        )
    again = SnapshotLoader(importer, recording_bus()[0])
    begun = again.begin(headers)
    assert begun.chunks == 3 and begun.records == 3 * RECORDS
    store_all(again, opened, start=3)
    assert again.finish(headers[-1].hash).height == 20
    assert loading.progress() is None


@pytest.mark.parametrize("case", ["wanted", "unwanted", "no peers", "a block came"])
def test_a_start_tells_of_a_half_loaded_one_and_goes_on_or_drops_it(fresh, tmp_path, caplog, case):
    importer, loader, *_ = fresh
    loader.begin([one.header for one in chain()[1:21]])
    if case == "a block came":
        import_all(importer, chain()[1:2])
    peers = None if case == "no peers" else PeersConfig(snapshot_sync=case != "unwanted")
    with caplog.at_level("INFO", logger="animica.node"):
        composition._tidy_load(NodeConfig(importer.network, tmp_path, peers=peers))
    assert (loading.progress() is not None) is (case == "wanted")
    assert "a snapshot of block 20 is loaded to 0 records" in caplog.text
    assert ("dropped" in caplog.text) is (case != "wanted")
    caplog.clear()
    loading.drop()
    composition._tidy_load(NodeConfig(importer.network, tmp_path, peers=peers))
    assert not caplog.text


def test_another_snapshot_begins_anew(fresh):
    _, loader, opened, _ = fresh
    loader.begin([one.header for one in chain()[1:21]])
    piece = next(opened.verified())
    loader.store(
        hash=opened.manifest.header.hash,
        index=0,
        first=piece.first,
        last=piece.last,
        records=piece.records,
    )
    begun = loader.begin([one.header for one in chain()[1:16]])
    assert (begun.height, begun.chunks, begun.records) == (15, 0, 0)


# ------------------------------------------------------------------ the shelf


def test_the_shelf_serves_what_is_deep_enough_and_on_the_chain(importer, tmp_path):
    shelf = SnapshotShelf(tmp_path)
    maker = SnapshotMaker(shelf, every=4)
    assert shelf.heights() == []
    (tmp_path / "snapshots").mkdir()
    for height in (16, 20):
        maker.make(height)
    deepest = HEIGHT - limits.SNAPSHOT_DEPTH
    assert deepest == 18
    assert shelf.heights() == [(16, chain()[16].hash)]
    import_all(importer, builder().grow(chain()[HEIGHT], 2))
    assert shelf.heights() == [(20, chain()[20].hash), (16, chain()[16].hash)]
    hash = chain()[16].hash
    manifest = Manifest.decode(shelf.manifest(hash))
    assert manifest.header.hash == hash
    assert shelf.chunk(hash, 0) and shelf.chunk(hash, manifest.chunks - 1)
    assert shelf.chunk(hash, manifest.chunks) is None
    assert shelf.chunk(bytes(32), 0) is None and shelf.manifest(bytes(32)) is None
    assert [one.manifest.header.height for one in SnapshotShelf(tmp_path).all()] == [20, 16]


def test_a_chunk_that_cannot_be_read_is_not_there(importer, tmp_path, caplog):
    shelf = SnapshotShelf(tmp_path)
    (tmp_path / "snapshots").mkdir()
    SnapshotMaker(shelf, every=4).make(16)
    (folder,) = shelf.folder.iterdir()
    (folder / "chunks" / "000000").unlink()
    (folder / "chunks" / "000000").mkdir()
    assert shelf.chunk(chain()[16].hash, 0) is None
    assert "cannot be read" in caplog.text


def test_a_snapshot_of_another_branch_is_not_served(importer, tmp_path):
    shelf = SnapshotShelf(tmp_path)
    (tmp_path / "snapshots").mkdir()
    SnapshotMaker(shelf, every=4).make(16)
    assert shelf.heights()
    import_all(importer, builder().grow(chain()[14], HEIGHT - 14 + 1, extra=b"other"))
    assert ledger_service.head().height == HEIGHT + 1
    assert shelf.heights() == []


def test_the_oldest_goes(importer, tmp_path):
    shelf = SnapshotShelf(tmp_path)
    maker = SnapshotMaker(shelf, every=4)
    (tmp_path / "snapshots").mkdir()
    for height in (8, 12, 16):
        maker.make(height)
    assert sorted(path.name.split("-")[0] for path in shelf.folder.iterdir()) == ["12", "16"]
    assert [one.manifest.header.height for one in shelf.all()] == [16, 12]
    assert len(shelf.all()) == shelves.KEPT


def test_damaged_ones_are_left_out_and_told(importer, tmp_path, caplog):
    shelf = SnapshotShelf(tmp_path)
    (tmp_path / "snapshots" / "9-aa").mkdir(parents=True)
    (tmp_path / "snapshots" / "9-aa" / "manifest.cbor").write_bytes(b"\x00")
    shelf.look()
    assert shelf.all() == [] and "not serving a snapshot" in caplog.text


def until(condition) -> None:
    for _ in range(500):
        if condition():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it did not happen")


def test_the_maker_makes_one_of_every_so_many_blocks_beside_the_node(importer, tmp_path):
    shelf = SnapshotShelf(tmp_path)
    left = shelf.folder / "3-left.part"
    left.mkdir(parents=True)
    maker = SnapshotMaker(shelf, every=5)
    maker.start()
    assert not left.exists()
    try:
        more = builder().grow(chain()[HEIGHT], 6)
        import_all(importer, more)
        for one in more:
            maker.on_block(BlockAdded(one.header, ()))
        until(lambda: len(shelf.all()) == 1)
    finally:
        maker.stop()
    assert shelf.all()[0].manifest.header.height == 35


def test_a_busy_node_makes_none_and_a_stopping_one_gives_up(importer, tmp_path, monkeypatch):
    shelf = SnapshotShelf(tmp_path)
    asked: list[bool] = []
    busy = SnapshotMaker(shelf, every=1, busy=lambda: asked.append(True) or True)
    busy.start()
    busy.on_block(BlockAdded(chain()[HEIGHT].header, ()))
    until(lambda: asked)
    busy.stop()
    assert shelf.all() == []

    began = threading.Event()
    real = snapshots.make

    def slow(*args: object, step, **options: object):
        def wait(count: int) -> None:
            began.set()
            step(count)

        monkeypatch.setattr(shelves, "_PAUSE_S", 30)
        return real(*args, step=wait, **options)

    monkeypatch.setattr(snapshots, "make", slow)
    maker = SnapshotMaker(shelf, every=1)
    maker.start()
    maker.on_block(BlockAdded(chain()[HEIGHT].header, ()))
    assert began.wait(10)
    maker.stop()
    assert not maker._thread.is_alive()
    assert shelf.all() == []


def test_a_block_that_left_the_chain_gets_none(importer, tmp_path, caplog):
    shelf = SnapshotShelf(tmp_path)
    maker = SnapshotMaker(shelf, every=1)
    maker._try(99)
    assert "no snapshot of block 99" in caplog.text


# ------------------------------------------------------------------ as commands


@pytest.fixture
def one(tmp_path) -> Ledger:
    ledger = make_ledger(tmp_path / "one", "one")
    ledger.fill()
    return ledger


def test_the_commands_make_check_and_load_one(one, tmp_path):
    two, folder = make_ledger(tmp_path / "two", "two"), tmp_path / "snap"
    said = one.ok("snapshot", "create", "--out", folder)
    assert f"block {HEIGHT}" in said and chain()[HEIGHT].hash.hex() in said
    said = two.ok("snapshot", "verify", folder)
    assert "all proven, none left out" in said and "Not proven" in said
    assert f"{chain()[HEIGHT].work:,} draws of work" in said
    assert f"the head is block {HEIGHT}" in two.ok("snapshot", "load", folder)
    state = "SELECT key, module, ident, value FROM chain_staterecord ORDER BY key"
    tree = "SELECT path, data FROM chain_statepage ORDER BY path"
    assert (two.sql(state), two.sql(tree)) == (one.sql(state), one.sql(tree))
    two.fill([*chain()[1:], *builder().grow(chain()[HEIGHT], 3)])
    assert two.height() == HEIGHT + 3
    assert "hold together: head 33, 34 blocks from 0" in two.ok("verify-db")
    assert two.refused("snapshot", "load", folder) == "snapshot.occupied"


def test_the_commands_refuse_what_is_not_as_it_was_made(made, tmp_path):
    two = make_ledger(tmp_path / "two", "two")
    shutil.copytree(made, tmp_path / "bare")
    (tmp_path / "bare" / "headers.bin").unlink()
    assert two.refused("snapshot", "load", tmp_path / "bare") == "snapshot.headers_missing"
    path = made / "chunks" / "000001"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert two.refused("snapshot", "load", made) == "snapshot.damaged"
    assert two.height() == 0


def test_headers_missing_is_said_by_the_folder_too(made):
    (made / "headers.bin").unlink()
    with pytest.raises(SnapshotHeadersMissing):
        prove(made)


def test_records_are_read_as_they_were(made):
    """The last look: a folder's records and the ledger's are the same."""
    first = next(snapshots.read(made).verified())
    for (module, id), value in first.records:
        assert queries.record(module, id) == value
