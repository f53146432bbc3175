"""The ledger commands as an operator runs them: real processes on real databases."""

from __future__ import annotations

import re
import shlex
import signal
import sqlite3
import subprocess
import time

import psycopg
import pytest
from click.testing import CliRunner

from animica_site.cli import cli
from tests.site.ledgers import HEIGHT, Ledger, block_file, builder, chain, make_ledger
from tests.site.nodes import ANIMICA, ROOT, devnet, environment


@pytest.fixture
def ledger(tmp_path):
    return make_ledger(tmp_path / "one", "one")


@pytest.fixture
def other(tmp_path):
    return make_ledger(tmp_path / "two", "two")


def digests(ledger: Ledger) -> list[tuple]:
    """What two ledgers with the same chain have in common: state, undo, rows."""
    queries = (
        "SELECT key, value FROM chain_staterecord ORDER BY key",
        "SELECT path, data FROM chain_statepage ORDER BY path",
        "SELECT height, key, value FROM chain_undo ORDER BY height, key",
        "SELECT txid, height, receipt_at FROM chain_tx ORDER BY txid",
        "SELECT hash, total_work, supply FROM chain_block WHERE canonical ORDER BY height",
        "SELECT head_hash, minted, burnt FROM chain_meta",
    )
    return [ledger.sql(query) for query in queries]


# ------------------------------------------------------------------ import and export


def test_what_is_exported_is_what_is_described_and_comes_back_the_same(ledger, other, tmp_path):
    ledger.fill()
    file = tmp_path / "chain.blocks"
    assert "30 blocks" in ledger.ok("export", file)
    raws = [made.raw for made in chain()[1:]]
    assert file.read_bytes() == block_file(raws)
    assert "30 blocks imported, 0 were here; the head is 30" in other.ok("import", file)
    assert digests(other) == digests(ledger)
    assert "0 blocks imported, 30 were here" in other.ok("import", file)
    assert "hold together: head 30, 31 blocks from 0" in other.ok("verify-db")


def test_a_part_of_the_chain(ledger, other, tmp_path):
    ledger.fill()
    ledger.ok("export", tmp_path / "low", "--to", "12")
    ledger.ok("export", tmp_path / "high", "--from", "13", "--to", "20")
    assert other.refused("import", tmp_path / "high") == "blockfile.gap"
    other.ok("import", tmp_path / "low")
    other.ok("import", tmp_path / "high")
    assert other.height() == 20
    assert ledger.refused("export", tmp_path / "none", "--from", "31") == "ledger.range"
    assert ledger.refused("export", tmp_path / "none", "--from", "9", "--to", "8") == "ledger.range"
    assert ledger.refused("export", tmp_path / "low") == "ledger.file_exists"
    assert not (tmp_path / "none").exists()


def test_an_export_goes_on_with_what_is_there(ledger, tmp_path):
    ledger.fill()
    whole = block_file([made.raw for made in chain()[1:]])
    file, part = tmp_path / "chain.blocks", tmp_path / "chain.blocks.part"
    damaged = bytearray(whole[:5_000])
    damaged[3_000] ^= 1
    for left in (b"", whole[:30], whole[:5_000], bytes(damaged), b"other" * 999, whole + b"tail"):
        part.write_bytes(left)
        ledger.ok("export", file)
        assert file.read_bytes() == whole
        assert not part.exists()
        file.unlink()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_import_that_was_broken_off_goes_on(ledger, tmp_path, number):
    file = tmp_path / "chain.blocks"
    file.write_bytes(block_file([made.raw for made in chain()[1:]]))
    for _ in range(9):
        process = subprocess.Popen(
            ledger.command("import", file),
            cwd=ROOT,
            env=ledger.env(),
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for_blocks(ledger, process)
        process.send_signal(number)
        _, said = process.communicate()
        if process.returncode in (-signal.SIGKILL, 130) and 0 < ledger.height() < HEIGHT:
            assert number == signal.SIGKILL or "goes on where it stopped" in said
            assert "Traceback" not in said
            break
        ledger.ok("rewind", "0", "--yes")
    else:
        raise AssertionError("it was never killed in the middle")
    done = ledger.ok("import", file)
    assert "the head is 30" in done
    ledger.ok("verify-db")


def wait_for_blocks(ledger: Ledger, process: subprocess.Popen[bytes]) -> None:
    before = None
    while process.poll() is None:
        try:
            now = ledger.height()
        except (sqlite3.Error, psycopg.Error, IndexError):  # not made yet
            time.sleep(0.01)
            continue
        if before is not None and now > before:
            return
        before = now


HOSTILE = {
    "empty": (b"", "blockfile.form"),
    "other": (b"GIF89a" * 100, "blockfile.form"),
    "head": (lambda whole: whole[:40], "blockfile.cut"),
    "version": (lambda whole: whole[:8] + b"\x00\x00\x00\x02" + whole[12:], "blockfile.form"),
    "genesis": (lambda whole: whole[:20] + bytes(32) + whole[52:], "blockfile.other_chain"),
    "middle": (lambda whole: whole[: len(whole) // 2], "blockfile.cut"),
    "end": (lambda whole: whole[:-1], "blockfile.cut"),
    "tail": (lambda whole: whole + b"\x00", "blockfile.damaged"),
    "flip": (
        lambda whole: whole[:900] + bytes([whole[900] ^ 1]) + whole[901:],
        "blockfile.damaged",
    ),
    "length": (lambda whole: whole[:60] + b"\xff\xff\xff\xff" + whole[64:], "blockfile.damaged"),
    "count": (lambda whole: whole[:-33] + b"\x07" + whole[-32:], "blockfile.damaged"),
    "digest": (lambda whole: whole[:-1] + bytes([whole[-1] ^ 1]), "blockfile.damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_is_not_as_it_was_written_changes_nothing(ledger, tmp_path, name):
    whole = block_file([made.raw for made in chain()[1:]])
    make, code = HOSTILE[name]
    file = tmp_path / "hostile"
    file.write_bytes(make(whole) if callable(make) else make)
    # In this process: such a file is refused before anything of a node is touched.
    done = CliRunner().invoke(cli, ledger.command("import", file)[3:])
    assert done.exit_code == 1
    assert f"[{code}]" in done.stderr and "Hint:  " in done.stderr
    assert not ledger.data.exists()


def test_a_file_with_a_bad_block(ledger, tmp_path):
    raws = [made.raw for made in chain()[1:]]
    raws[9] = raws[9][:-40] + bytes([raws[9][-40] ^ 1]) + raws[9][-39:]
    file = tmp_path / "hostile"
    file.write_bytes(block_file(raws))
    assert ledger.refused("import", file) == "blockfile.refused"
    assert ledger.height() == 9
    file.write_bytes(block_file([b"\x00" * 50]))
    assert ledger.refused("import", file) == "blockfile.refused"
    file.write_bytes(block_file(raws[15:], first=10))  # its place is not what it says
    assert ledger.refused("import", file) == "blockfile.gap"
    assert ledger.refused("import", tmp_path / "absent") == "ledger.file"
    assert ledger.height() == 9


# ------------------------------------------------------------------ rewind


def test_a_rewound_chain_stays_where_it_is_put(ledger, tmp_path):
    heavier = builder().grow(chain()[20], 9)  # beside the chain, heavier than block 24
    ledger.fill()
    side = tmp_path / "side"
    side.write_bytes(block_file([made.raw for made in heavier], first=21))
    ledger.ok("import", side)
    assert ledger.sql("SELECT COUNT(*) FROM chain_block WHERE NOT canonical") == [(9,)]
    assert ledger.refused("rewind", "24") == "ledger.unconfirmed"
    assert ledger.refused("rewind", "31", "--yes") == "chain.rewind"
    assert ledger.height() == HEIGHT
    done = ledger.run("rewind", "24", "--yes")
    assert done.returncode == 0, done.stderr
    assert "deletes 6 blocks with 6 transactions, and 5 blocks beside the chain" in done.stderr
    assert ledger.height() == 24
    ledger.ok("verify-db")
    empty = tmp_path / "empty"
    empty.write_bytes(block_file([]))
    assert "the head is 24" in ledger.ok("import", empty)  # the importer starts as a node does
    ledger.fill()
    assert ledger.height() == HEIGHT
    ledger.ok("verify-db")
    ledger.ok("rewind", "0", "--yes")
    ledger.ok("verify-db")
    ledger.fill()
    assert ledger.height() == HEIGHT


def test_tools_that_write_keep_off_a_running_node(tmp_path):
    with devnet(tmp_path, "--block-time", "0.2") as node:
        node.height(3)
        running = Ledger(tmp_path, None)
        file = tmp_path / "chain.blocks"
        running.ok("export", file)
        assert "hold together" in running.ok("verify-db")
        assert running.refused("import", file) == "node.data_dir_in_use"
        assert running.refused("rewind", "1", "--yes") == "node.data_dir_in_use"


# ------------------------------------------------------------------ verify-db


def test_verify_db_says_what_is_wrong_and_where(ledger):
    ledger.fill()
    ledger.sql("UPDATE chain_tx SET value = value + 1 WHERE height = 17")
    done = ledger.run("verify-db")
    assert done.returncode == 1
    error, hint = done.stderr.strip().splitlines()[-2:]
    assert error.startswith("Error: block 17 (") and error.endswith("[chain.damaged]")
    assert "value of the row of transaction 0 is wrong" in error
    assert "animica restore" in hint
    assert "13 blocks from 18" in ledger.ok("verify-db", "--last", "13")
    assert ledger.refused("verify-db", "--last", "14") == "chain.damaged"
    assert "13 blocks from 18" in ledger.ok("verify-db", "--from", "18", "--skip-state")


def test_nothing_is_made_where_nothing_is(ledger):
    if ledger.database_url is None:
        for command in (("verify-db",), ("export", ledger.folder / "f"), ("rewind", "1", "--yes")):
            assert ledger.refused(*command) == "chain.empty"
        assert not ledger.data.exists()
    else:
        assert ledger.refused("verify-db") == "node.database_outdated"


def test_a_pruned_ledger(ledger, tmp_path):
    ledger.fill()
    ledger.ok("prune", "--bodies-older-than", "10", "--yes", "--no-compact")
    said = ledger.ok("verify-db")
    for section in ("txs", "witnesses", "proofs", "envelopes"):
        assert f"not kept, so not checked: {section} of 19 blocks" in said
    assert ledger.refused("export", tmp_path / "all") == "chain.pruned"
    ledger.ok("export", tmp_path / "new", "--from", "20")
    assert ledger.refused("rewind", "19", "--yes") == "chain.rewind"
    assert "0 blocks imported, 30 were here" in ledger.ok("import", ledger.folder / "fill.blocks")
    ledger.ok("rewind", "20", "--yes")
    assert "10 blocks imported, 1 were here" in ledger.ok("import", tmp_path / "new")
    ledger.ok("verify-db")


# ------------------------------------------------------------------ the document


def documented() -> list[str]:
    text = (ROOT / "docs" / "operations" / "ledger.md").read_text("utf-8")
    return re.findall(r"^    \.venv/bin/animica (.+)$", text, re.M)


def test_the_commands_of_the_document_run(tmp_path):
    """In their order, in a directory with nothing but a chain in ``var/devnet``."""
    (tmp_path / "var").mkdir()
    ledger = Ledger(tmp_path / "var", None)
    ledger.fill()
    ledger.data.rename(tmp_path / "var" / "devnet")
    lines = documented()
    assert {shlex.split(line)[0] for line in lines} == {
        *("verify-db", "export", "import", "rewind", "backup", "restore", "snapshot"),
    }
    for line in lines:
        done = subprocess.run(
            [*ANIMICA, *shlex.split(line)],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=90,
        )
        assert done.returncode == 0, (line, done.stderr)
