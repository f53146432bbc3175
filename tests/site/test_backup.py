"""Backups taken beside a writer, and taken back: whole, or not at all."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from animica_site.cli import cli
from animica_site.ledger import manifest as manifests
from animica_site.ledger.faults import BackupDamaged, BackupForm
from tests.site.ledgers import HEIGHT, Ledger, builder, chain, make_ledger
from tests.site.nodes import ROOT, devnet
from tests.site.test_ledger_tools import digests


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A ledger with a chain and a backup of it in ``backup``; no test changes either."""
    ledger = make_ledger(tmp_path_factory.mktemp("source"), "source")
    ledger.fill()
    said = ledger.ok("backup", ledger.folder / "backup")
    assert f"block {HEIGHT}, 0x{chain()[-1].hash.hex()}" in said
    return ledger


@pytest.fixture
def ledger(tmp_path):
    return make_ledger(tmp_path / "one", "one")


def restore(ledger: Ledger, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [*ledger.command("restore", folder, *options)]
    place = command.index("--network")
    del command[place : place + 2]
    return subprocess.run(
        command, cwd=ROOT, env=ledger.env(), capture_output=True, text=True, timeout=90
    )


def refused(ledger: Ledger, folder: Path, *options: str) -> str:
    done = restore(ledger, folder, *options)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    error, hint = done.stderr.strip().splitlines()[-2:]
    assert hint.startswith("Hint:  ")
    return error[error.rindex("[") + 1 : -1]


def copied(folder: Path, to: Path) -> Path:
    to.mkdir()
    for path in folder.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


def largest(folder: Path) -> Path:
    return max(folder.iterdir(), key=lambda path: path.stat().st_size)


def test_a_backup_comes_back_the_same(source, ledger):
    done = restore(ledger, source.folder / "backup")
    assert done.returncode == 0, done.stderr
    assert digests(ledger) == digests(source)
    assert json.loads((ledger.data / "network.json").read_text())["chain"] == 31337
    assert "hold together" in ledger.ok("verify-db")
    more = builder().make(chain()[-1])
    ledger.fill([more])  # new rows get numbers of their own
    assert ledger.height() == HEIGHT + 1
    assert not list(ledger.data.glob("*.restoring"))


def test_a_backup_says_what_it_is(source):
    told = json.loads((source.folder / "backup" / "backup.json").read_text())
    assert told["head"] == chain()[-1].hash.hex() and told["height"] == HEIGHT
    assert told["genesis"] == chain()[0].hash.hex() and told["chain"] == 31337
    assert "network.json" in told["files"]
    for path in (source.folder / "backup").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
    assert source.refused("backup", source.folder / "backup") == "ledger.file_exists"


def test_what_is_there_is_kept_unless_told_otherwise(source, ledger):
    ledger.fill(chain()[1:4])
    assert refused(ledger, source.folder / "backup") == "backup.occupied"
    assert ledger.height() == 3
    done = restore(ledger, source.folder / "backup", "--replace")
    assert done.returncode == 0, done.stderr
    assert digests(ledger) == digests(source)
    ledger.ok("verify-db")


def test_a_damaged_backup_replaces_nothing(source, ledger, tmp_path):
    ledger.fill(chain()[1:4])
    before = digests(ledger)

    def flip(folder: Path) -> None:
        path = largest(folder)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(bytes(data))

    def manifest(**changes: object):
        def change(folder: Path) -> None:
            path = folder / "backup.json"
            path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

        return change

    other = "sqlite" if ledger.database_url else "postgresql"
    cases = (
        (flip, "backup.damaged"),
        (manifest(files={"node.sqlite3": {"bytes": float("inf")}}), "backup.form"),
        (manifest(files={}), "backup.form"),
        (manifest(genesis="00" * 32), "backup.form"),
        (manifest(tables=["0001_initial", "9999_later"]), "backup.other_tables"),
        (manifest(database=other), "backup.other_database"),
    )
    for number, (damage, code) in enumerate(cases):
        folder = copied(source.folder / "backup", tmp_path / f"case{number}")
        damage(folder)
        assert refused(ledger, folder, "--replace") == code, number
    assert digests(ledger) == before
    ledger.ok("verify-db")


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "backup.json").unlink(),
        lambda folder: (folder / "network.json").unlink(),
        lambda folder: (folder / "backup.json").write_text("{"),
        lambda folder: (folder / "backup.json").write_text("[]"),
        lambda folder: (folder / "backup.json").write_text('{"format": 2}'),
        lambda folder: (folder / "backup.json").write_text('{"format": 1}'),
        lambda folder: (folder / "backup.json").write_text(" " * (2 << 20)),
        lambda folder: (folder / "backup.json").write_text("[" * (1 << 19)),
        lambda folder: (folder / "backup.json").write_text('{"format": 1, "files": 3}'),
    ],
)
def test_what_is_no_backup(source, tmp_path, damage):
    folder = copied(source.folder / "backup", tmp_path / "no")
    damage(folder)
    # In this process: it is refused before anything of a node is touched.
    done = CliRunner().invoke(cli, ["restore", str(folder), "--data-dir", str(tmp_path / "data")])
    assert done.exit_code == 1 and "[backup.form]" in done.stderr
    assert not (tmp_path / "data").exists()


def test_files_of_a_backup(source, tmp_path):
    folder = copied(source.folder / "backup", tmp_path / "no")
    known = manifests.read(folder)
    manifests.check_files(folder, known, lambda size: None)
    with pytest.raises(BackupForm):
        entry = {"bytes": 1, "sha3": ""}
        stray = replace(known, files={"../backup/backup.json": entry})
        manifests.check_files(folder, stray, lambda size: None)
    largest(folder).unlink()
    with pytest.raises(BackupDamaged):
        manifests.check_files(folder, known, lambda size: None)


def test_a_backup_of_a_broken_chain_is_not_made(ledger, tmp_path):
    ledger.fill(chain()[1:4])
    ledger.sql("UPDATE chain_meta SET minted = minted + 1")
    code = ledger.refused("backup", tmp_path / "backup")
    assert code in ("backup.damaged", "chain.totals_broken")
    assert not (tmp_path / "backup").exists()


def test_an_interrupted_backup_and_restore_start_anew(source, ledger, tmp_path):
    folder = tmp_path / "backup"
    part = tmp_path / "backup.part"
    part.mkdir()
    (part / "node.sqlite3").write_bytes(b"half")
    (part / "backup.json").write_text("half")
    source.ok("backup", folder)
    assert not part.exists()
    strange = tmp_path / "strange.part"
    strange.mkdir()
    (strange / "mine").write_text("precious")
    assert source.refused("backup", tmp_path / "strange") == "ledger.file"
    assert (strange / "mine").read_text() == "precious"
    command = ledger.command("restore", folder)
    place = command.index("--network")
    del command[place : place + 2]
    for delay in (0.6, 0.9, 1.2):
        process = subprocess.Popen(command, cwd=ROOT, env=ledger.env(), stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = restore(ledger, folder, "--replace")
    assert done.returncode == 0, done.stderr
    assert digests(ledger) == digests(source)


def test_a_backup_beside_a_node_that_goes_on(tmp_path):
    with devnet(tmp_path, "--block-time", "0.05") as node:
        node.height(5)
        running = Ledger(tmp_path, None)
        for number in range(2):
            running.ok("backup", tmp_path / f"backup{number}")
        assert refused(running, tmp_path / "backup0") == "node.data_dir_in_use"
    for number in range(2):
        restored = Ledger(tmp_path / f"restored{number}", None)
        restored.folder.mkdir()
        done = restore(restored, tmp_path / f"backup{number}")
        assert done.returncode == 0, done.stderr
        assert "hold together" in restored.ok("verify-db")
