"""How a node behaves when its surroundings fail: database, miner, files, signals, strangers."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import InterfaceError, OperationalError
from django.test import Client

from animica_site import files, logs
from animica_site import networks as shipped
from animica_site.cli import cli
from animica_site.commands import running
from animica_site.commands import status as status_command
from animica_site.config import NodeConfig, keep_network, point_to
from animica_site.faults import DataDirUnusable
from animica_site.runtime import Node
from chain import queries
from consensus import errors
from mining.search import SearchPool
from mining.service import Miner
from mining.values import MinerState
from rpc import software
from rpc.openrpc import snapshot
from tests.mining.conftest import make_world
from tests.site.composed import Composed
from tests.site.nodes import devnet, refused
from wallet.errors import RpcRefused

# ------------------------------------------------------------------ a database that is away


@pytest.fixture(params=[OperationalError, InterfaceError])
def away(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def head() -> None:
        raise request.param("no route\nto the server")

    monkeypatch.setattr(queries, "head", head)


def test_status_answers_without_a_database(composed: Composed, away: None) -> None:
    status = composed.parts.status.status()
    assert status["state"] == "database down"
    assert "head" not in status and "supply" not in status
    assert status["network"] == composed.network.name and status["mempool"]["count"] == 0
    (warning,) = status["warnings"]
    assert (
        warning["code"] == "node.database" and warning["reason"] == "the database does not answer"
    )
    assert warning["hint"]
    line = composed.parts.status.line()
    assert line == {"state": "database down", "mempool": 0, "peers": 0}
    assert composed.parts.status.health()["ready"] is False


def test_a_connection_that_has_ended_is_no_database_that_is_away(
    composed: Composed, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, asked = queries.head, []

    def once_gone() -> Any:
        asked.append(1)
        if len(asked) == 1:
            raise InterfaceError("connection already closed")
        return head()

    monkeypatch.setattr(queries, "head", once_gone)
    assert composed.parts.status.status()["head"]["height"] == 0 and len(asked) == 2


def test_the_screen_of_a_node_without_a_database(
    composed: Composed, away: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = composed.parts.status.status()
    monkeypatch.setattr(status_command, "_ask", lambda url: facts)
    shown = CliRunner().invoke(status_command.status)
    assert shown.exit_code == 0
    assert "database down" in shown.stdout and "node.database" in shown.stdout
    assert "mempool" in shown.stdout and not re.search(r"^head ", shown.stdout, re.M)


def test_pages_and_metrics_without_a_database(composed: Composed, away: None) -> None:
    from rpc.metrics import exposition

    page = Client().get("/")
    assert page.status_code == 503 and b"database" in page.content
    text = exposition().decode()
    assert "animica_mempool_bytes" in text and "animica_head_height" not in text


def test_the_screen_of_a_node_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def __init__(self, url: str) -> None: ...

        def __enter__(self) -> Refusing:
            return self

        def __exit__(self, *_: object) -> None: ...

        def call(self, method: str) -> Any:
            data = {"code": "rpc.internal", "reason": "a defect", "hint": "report it"}
            raise RpcRefused("Internal error", rpc_code=-32603, data=data)

    monkeypatch.setattr(status_command, "NodeClient", Refusing)
    shown = CliRunner().invoke(status_command.status, ["--json"])
    assert shown.exit_code == 2
    facts = json.loads(shown.stdout)
    assert facts["state"] == "cannot tell" and facts["warnings"][0]["code"] == "rpc.internal"
    assert "report it" in CliRunner().invoke(status_command.status).stdout


def test_the_last_flush_may_fail(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def flush() -> None:
        raise OperationalError("gone")

    node = Node(NodeConfig(network=None, data_dir=tmp_path))
    node._stopping.set()
    parts: Any = SimpleNamespace(pool=SimpleNamespace(flush=flush))
    node._tick_loop(parts)
    (record,) = caplog.records
    assert record.exc_info is None and "gone" in record.getMessage()


# ------------------------------------------------------------------ a miner in trouble


@pytest.fixture
def refusing() -> tuple[Any, Miner]:
    """A miner whose blocks are refused, and the world that refuses them."""
    world = make_world(shipped.load("fast"))
    world.chain.refuse_with = errors.StateRootWrong("as if template and import disagreed")
    miner = Miner(
        network=world.network,
        ledger=world.chain,
        importer=world.chain,
        pool=world.pool,
        proofs=world.proofs,
        search=SearchPool(0),
        clock=world.clock,
        coinbase=world.coinbase,
    )
    return world, miner


def test_the_miner_tries_again_with_longer_and_longer_rests(
    refusing: tuple[Any, Miner], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, miner = refusing
    now = [1_000.0]
    monkeypatch.setattr("mining.service.monotonic", lambda: now[0])
    for _ in range(3):
        miner._step_or_back_off()
    refusals = 3
    for rest in (60, 120, 240, 480, 600, 600):
        stats = miner.stats()
        assert stats.troubled and miner._paused
        now[0] += rest - 1
        miner._step_or_back_off()
        assert miner.stats().blocks_refused == refusals
        now[0] += 1
        miner._step_or_back_off()
        refusals += 1
        assert miner.stats().blocks_refused == refusals
    world.chain.refuse_with = None
    now[0] += 600
    miner._step_or_back_off()
    stats = miner.stats()
    assert stats.blocks_found == 1 and not stats.troubled and stats.reason is None
    miner._step_or_back_off()
    assert miner.stats().blocks_found == 2


def test_a_pause_that_somebody_asked_for_lasts(
    refusing: tuple[Any, Miner], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, miner = refusing
    for _ in range(3):
        miner._step_or_back_off()
    miner.pause("maintenance")
    assert not miner.stats().troubled
    world.chain.refuse_with = None
    monkeypatch.setattr("mining.service.monotonic", lambda: 1e12)
    miner._step_or_back_off()
    assert miner.stats().blocks_found == 0 and miner.stats().reason == "maintenance"


@pytest.mark.parametrize("state", [MinerState.PAUSED, MinerState.FAULT])
def test_a_miner_in_trouble_is_not_healthy(composed: Composed, state: MinerState) -> None:
    miner, status = composed.parts.miner, composed.parts.status
    assert miner is not None
    composed.mine()
    miner._state = MinerState.SEARCHING
    if state is MinerState.PAUSED:
        miner._rest("the reason of it")
        code, word = "node.miner_paused", "miner paused"
    else:
        miner._state, miner._reason = state, "the reason of it"
        code, word = "node.miner_fault", "miner in trouble"
    health = status.health()
    check = next(check for check in health["checks"] if check["name"] == "miner")
    assert check == {"name": "miner", "ok": False, "reason": "the reason of it"}
    assert health["ready"] is False
    told = status.status()
    assert told["state"] == word
    warning = next(each for each in told["warnings"] if each["code"] == code)
    assert warning["reason"] == "the reason of it" and warning["hint"]
    assert "the reason of it" in status_command._miner_words(told["miner"])


def test_a_miner_that_somebody_paused_is_healthy(composed: Composed) -> None:
    miner, status = composed.parts.miner, composed.parts.status
    assert miner is not None
    miner._state = MinerState.SEARCHING
    miner.pause("maintenance")
    assert status.health()["ready"] is True
    assert status.status()["state"] == "starting"  # its peers' part has not begun
    assert not [each for each in status.status()["warnings"] if "miner" in each["code"]]


# ------------------------------------------------------------------ files


@pytest.fixture
def own_process() -> Iterator[None]:
    """Takes back what a start does to its process: mask of modes, and where the data lies."""
    mask, environ = os.umask(0o022), dict(os.environ)
    os.umask(mask)
    yield
    os.umask(mask)
    os.environ.clear()
    os.environ.update(environ)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_first_text_is_kept_and_an_empty_one_is_none(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    path.touch()
    assert files.keep_first(path, lambda: "one") == "one"
    assert files.keep_first(path, lambda: "two") == "one"
    assert mode(path) == 0o600 and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("empty", [False, True])
def test_all_who_ask_at_once_get_one_text(tmp_path: Path, empty: bool) -> None:
    path = tmp_path / "secret_key"
    if empty:
        path.touch()
    start, got = threading.Barrier(8), []

    def make() -> str:
        time.sleep(0.02)  # long enough for the others to find no file either
        return str(threading.get_ident())

    def ask() -> None:
        start.wait()
        got.append(files.keep_first(path, make))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8 and set(got) == {path.read_text()}


def test_a_draft_that_cannot_be_finished_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "network.json"
    keep_network({"name": "old"}, tmp_path)

    def full(handle: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        keep_network({"name": "new"}, tmp_path)
    assert json.loads(path.read_text()) == {"name": "old"} and list(tmp_path.iterdir()) == [path]


def test_secrets_narrow_the_mode_of_a_file_and_reach_pipes(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text("something longer than what follows")
    path.chmod(0o644)
    files.write_secrets(path, "short")
    assert path.read_text() == "short" and mode(path) == 0o600
    files.write_secrets(Path("/dev/null"), "short")
    assert mode(Path("/dev/null")) == 0o666


@pytest.mark.parametrize("place", ["file", "file/below", "x" * 300])
def test_a_data_directory_that_cannot_be(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    before = dict(os.environ)
    with pytest.raises(DataDirUnusable):
        point_to(tmp_path / place)
    assert dict(os.environ) == before


def test_links_in_a_circle_are_no_data_directory(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(DataDirUnusable):
        point_to(running.data_dir(tmp_path / "a", "devnet"))


def test_bad_paths_are_refused_before_anything_starts(tmp_path: Path, own_process: None) -> None:
    (tmp_path / "file").touch()
    for options, code in (
        (["--json-out", str(tmp_path / "none" / "x.json")], "node.json_out"),
        (["--json-out", str(tmp_path)], "node.json_out"),
        (["--json-out", str(tmp_path / "file" / "x.json")], "node.json_out"),
        (["--data-dir", str(tmp_path / "file")], "node.data_dir"),
        (["--data-dir", "/proc/none"], "node.data_dir"),
    ):
        data = [] if "--data-dir" in options else ["--data-dir", str(tmp_path / "data")]
        shown = CliRunner().invoke(cli, ["devnet", "--http-port", "0", *data, *options])
        assert shown.exit_code == 1 and f"[{code}]" in shown.stderr
        lines = shown.stderr.splitlines()
        assert lines[0].startswith("Error: ") and lines[1].startswith("Hint:  ")
        assert not (tmp_path / "data").exists()


def test_a_network_file_that_is_no_text(tmp_path: Path, own_process: None) -> None:
    path = tmp_path / "net.toml"
    path.write_bytes(b"\xff\xfe\x00")
    shown = CliRunner().invoke(cli, ["node", "--network", str(path)])
    assert shown.exit_code == 1 and "[network.invalid]" in shown.stderr


# ------------------------------------------------------------------ a process, once


def test_many_interrupts_end_a_node_in_good_order(tmp_path: Path) -> None:
    with devnet(tmp_path, "--accounts", "2", "--block-time", "1") as node:
        data = tmp_path / "data"
        modes = {path.name: mode(path) for path in data.iterdir() if path.is_file()}
        assert modes["node.sqlite3"] == modes["network.json"] == modes["secret_key"] == 0o600
        assert set(modes.values()) == {0o600}
        assert mode(tmp_path / "facts.json") == 0o600
        workers = node.process.descendants()
        popen = node.process.popen
        for turn in range(400):
            if popen.poll() is not None:
                break
            popen.send_signal((signal.SIGINT, signal.SIGTERM)[turn % 2])
            time.sleep(0.02)
        assert popen.wait(20) == 0, node.process.err
        assert "continues the chain" in node.process.out
        assert "Traceback" not in node.process.err
        assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_a_directory_below_a_file_is_refused_by_the_process_too(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    ended = refused(tmp_path, "--http-port", "0")
    assert ended.returncode == 1 and "[node.data_dir]" in ended.stderr
    assert "Traceback" not in ended.stderr


# ------------------------------------------------------------------ strangers, versions, URLs


def test_a_strangers_form_gets_a_page_of_ours_and_no_log_line(
    composed: Composed, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        logs.configure(json_lines=True)
        answers = [Client(enforce_csrf_checks=True).post(path) for path in ("/", "/admin/login/")]
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = before
        root.setLevel(level)
    for answer in answers:
        assert answer.status_code == 403
        assert b"Not allowed" in answer.content and b"<style" not in answer.content
        assert "Content-Security-Policy" in answer.headers
    assert capsys.readouterr().err == ""


def test_every_door_says_the_same_version(composed: Composed) -> None:
    declared = re.search(r'^version = "(.+)"$', Path("pyproject.toml").read_text(), re.M)
    assert declared is not None
    assert software.version() == declared[1]
    assert json.loads(snapshot())["info"]["version"] == declared[1]
    assert composed.parts.status.version()["version"] == declared[1]
    assert declared[1] in CliRunner().invoke(cli, ["--version"]).stdout


@pytest.mark.parametrize(
    ("host", "base"),
    [
        ("127.0.0.1", "127.0.0.1:5"),
        ("0.0.0.0", "127.0.0.1:5"),
        ("::", "[::1]:5"),
        ("::1", "[::1]:5"),
        ("2001:db8::7", "[2001:db8::7]:5"),
        ("node.example", "node.example:5"),
    ],
)
def test_urls_can_be_opened(host: str, base: str) -> None:
    urls = running.urls(host, 5)
    assert urls["explorer"] == f"http://{base}/" and urls["ws"] == f"ws://{base}/ws"
