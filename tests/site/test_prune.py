"""``animica prune`` on a stopped node, and a node that prunes as it runs."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from animica_site import pruning
from animica_site.commands import node as node_command
from animica_site.commands import status as status_command
from animica_site.ledger import compaction
from animica_site.lockfile import DataDirLock
from chain import service as chain
from chain.errors import PruneWindow
from pq import addresses
from tests.site.composed import Composed
from tests.site.nodes import ANIMICA, ROOT, START_S, Rpc, environment, free_port, running, wait_for
from tests.site.stored_chain import MAX_REORG
from tests.support import key, transfer

HEIGHT = 40
TABLES = ("chain_block", "chain_blockbody", "chain_tx", "chain_log", "chain_undo", "chain_meta")
DIES = """
import os, signal
from animica_site.commands import prune
from animica_site.cli import main
from core import failpoints
prune.BLOCKS_PER_STEP = 4
marks = []
def die(name):
    marks.append(name) if name == "marks.moved" else None
    if len(marks) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
failpoints.install(die)
main()
"""


def command(*arguments: str, program: tuple[str, ...] = ANIMICA) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*program, *arguments], cwd=ROOT, env=environment(), capture_output=True, text=True,
        timeout=START_S, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with forty blocks; tests work on copies."""
    folder = tmp_path_factory.mktemp("stored") / "data"
    maker = (sys.executable, "-m", "tests.site.stored_chain")
    made = command(str(folder), str(HEIGHT), program=maker)
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture
def data(stored: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(stored, tmp_path / "data"))


def rows(data: Path) -> dict[str, list]:
    with sqlite3.connect(data / "node.sqlite3") as database:
        return {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}


def pruned(data: Path, *options: str) -> subprocess.CompletedProcess:
    return command("prune", "--data-dir", str(data), *options)


ALL = (
    *("--witnesses-older-than", "5", "--bodies-older-than", "10", "--undo-older-than", "3"),
    "--yes",
)


def test_it_tells_drops_and_shrinks(data: Path) -> None:
    before = rows(data)
    told = pruned(data, *ALL[:-1], "--dry-run")
    assert told.returncode == 0 and rows(data) == before
    assert re.search(r"bodies +of blocks 0 to 29, 0\.\d MB: transactions", told.stdout)
    assert re.search(r"witnesses +of blocks 30 to 34, ", told.stdout)
    assert re.search(r"undo +of blocks 0 to 36, ", told.stdout)
    assert "A node that was never pruned still has it" in told.stdout
    unsaid = pruned(data, *ALL[:-1])
    assert unsaid.returncode == 1 and "ledger.unconfirmed" in unsaid.stderr
    assert rows(data) == before

    size = (data / "node.sqlite3").stat().st_size
    done = pruned(data, *ALL)
    assert done.returncode == 0, done.stderr
    assert "pruning: 72 of 72 blocks" in done.stderr
    now = (data / "node.sqlite3").stat().st_size
    assert now < size
    figures = f"database {size / 1e6:,.1f} MB before, {now / 1e6:,.1f} MB now"
    assert f"{figures}: {(size - now) / 1e6:,.1f} MB given back" in done.stdout
    after = rows(data)
    assert [row[2:] for row in after["chain_blockbody"][1:30]] == [(None,) * 4] * 29
    with sqlite3.connect(data / "node.sqlite3") as database:
        query = "SELECT bodies_from, witnesses_from, state_from FROM chain_meta"
        assert database.execute(query).fetchone() == (30, 35, 37)
    again = pruned(data, *ALL)
    assert again.stdout.count("nothing so old is left") == 3 and "given back" not in again.stdout
    with sqlite3.connect(data / "node.sqlite3") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_killed_half_way_it_ends_as_if_it_had_not_been(data: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(data, tmp_path / "other"))
    died = command("prune", "--data-dir", str(data), *ALL, program=(sys.executable, "-c", DIES))
    assert died.returncode == -9, died.stderr
    half = rows(data)
    assert 0 < sum(row[2] is None for row in half["chain_blockbody"]) < 29
    assert pruned(data, *ALL).returncode == 0
    assert pruned(other, *ALL).returncode == 0
    assert rows(data) == rows(other)


def test_what_it_refuses(data: Path, tmp_path: Path) -> None:
    before = rows(data)
    inside = pruned(data, "--undo-older-than", str(MAX_REORG - 1), "--yes")
    assert inside.returncode == 1 and "chain.prune_window" in inside.stderr
    assert pruned(data).returncode == 2
    nothing = pruned(tmp_path / "none", "--bodies-older-than", "9")
    assert "chain.empty" in nothing.stderr and not (tmp_path / "none").exists()
    lock = DataDirLock(data)
    lock.take()
    try:
        assert "node.data_dir_in_use" in pruned(data, *ALL).stderr
    finally:
        lock.release()
    assert rows(data) == before


def test_without_room_the_file_stays_and_the_command_says_how(
    composed: Composed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from animica_site.commands import prune

    monkeypatch.setattr(compaction, "room_missing", lambda: 5_000_000)
    monkeypatch.setattr(compaction, "compact", lambda: pytest.fail("no room for it"))
    prune._compact(9_000_000)
    told = capsys.readouterr().out
    assert "free 5.0 MB more of the disk and run `animica prune --compact`" in told


@pytest.mark.django_db(transaction=True)
def test_postgresql_rewrites_the_tables_that_pruning_empties() -> None:
    """By the files they lie in: what a file loses depends on other sessions of the server too."""
    if connection.vendor != "postgresql":
        return  # SQLite's is seen above, in a file
    tables = ["chain_blockbody", "chain_undo", "chain_tx"]

    def files() -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_relation_filenode(t::regclass) FROM unnest(%s::text[]) t", [tables]
            )
            return [row[0] for row in cursor.fetchall()]

    before = files()
    assert compaction.room_missing() == 0 and compaction.size() > 0
    compaction.compact()
    assert [new != old for new, old in zip(files(), before, strict=True)] == [True, True, False]


def test_a_pruner_follows_the_head_a_bounded_step_at_a_time(composed: Composed) -> None:
    for nonce in range(50):
        composed.mine(transfer(key(1), key(2).address, 5, nonce=nonce))
    with pytest.raises(PruneWindow):
        pruning.Pruner(parts=pruning.POLICIES["all"], keep=2, window=3)
    pruner = pruning.Pruner(parts=pruning.POLICIES["all"], keep=3, window=3)
    seen = []
    for _ in range(3):
        composed.parts.importer.between_blocks(pruner.tick)
        seen.append(chain.kept())
    marks = [(kept.bodies_from, kept.witnesses_from, kept.state_from) for kept in seen]
    assert marks == [(32, 32, 32), (47, 47, 47), (47, 47, 47)]
    composed.mine()
    pruner.tick()
    status = composed.parts.status.status()["history"]
    assert status == {
        "witnessesFrom": 48,
        "bodiesFrom": 48,
        "stateFrom": 48,
        "snapshotAt": 0,
    }


def test_every_policy_can_be_chosen() -> None:
    option = next(o for o in node_command.node.params if o.name == "prune")
    assert set(option.type.choices) == set(pruning.POLICIES)


def test_the_status_screen_says_what_is_kept() -> None:
    words = status_command._history_words
    assert words({"witnessesFrom": 0, "bodiesFrom": 0, "stateFrom": 0}) == "all of it"
    assert words({"witnessesFrom": 2_000, "bodiesFrom": 10, "stateFrom": 0}) == (
        "witnesses from block 2,000, bodies from block 10"
    )


def test_a_node_prunes_while_it_mines(data: Path, tmp_path: Path) -> None:
    port = free_port()
    options = ["node", "--network", str(data / "network.json"), "--data-dir", str(data)]
    options += ["--http-port", str(port), "--mine", addresses.to_text(key(0).address)]
    with running([*ANIMICA, *options, "--prune", "all"], tmp_path / "node") as process:
        process.wait_until(lambda: "explorer" in process.out)
        rpc = Rpc(f"http://127.0.0.1:{port}/rpc")
        history = wait_for(
            lambda: (h := rpc("node.status")["history"])["stateFrom"] > HEIGHT - MAX_REORG and h
        )
        assert history["bodiesFrom"] == history["witnessesFrom"] > HEIGHT - MAX_REORG
        assert rpc.refusal("chain.getBlockByNumber", block=5, fullTxs=True).code == "chain.pruned"
        assert rpc("chain.getBlockByNumber", block=5)["txCount"] == 1
        code, _ = process.end()
    assert code == 0
