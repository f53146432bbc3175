"""The parts of the runtime that take too long, or too much luck, to see from outside."""

from __future__ import annotations

import json
import logging
import threading
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connections

from animica_site import logs, runtime
from animica_site.asgi_server import bind
from animica_site.config import NodeConfig
from animica_site.faults import DataDirInUse, PortTaken
from animica_site.lockfile import DataDirLock
from animica_site.runtime import Node
from chain import queries
from tests.site.composed import Composed


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A status line at each tick."""
    monkeypatch.setattr(runtime, "_STATUS_LINE_S", 1)


def test_a_status_line_comes_every_thirty_seconds() -> None:
    assert runtime._STATUS_LINE_S == 30


def test_the_status_line_has_the_figures(
    composed: Composed, quick: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    node = Node(NodeConfig(network=composed.network, data_dir=tmp_path))
    composed.mine()
    with caplog.at_level(logging.INFO, "animica.node"):
        node._start_ticks(composed.parts)
        wait = threading.Event()
        for _ in range(100):
            if caplog.records:
                break
            wait.wait(0.1)
        node.stop()
    line = next(record for record in caplog.records if record.getMessage() == "status")
    assert (line.state, line.height, line.mempool) == ("stalled", 1, 0)
    assert line.age_ms == composed.parts.status.status()["head"]["ageMs"]


def test_a_database_that_is_away_makes_the_node_unready(
    composed: Composed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert composed.parts.status.health()["checks"][0] == {
        "name": "database",
        "ok": True,
        "reason": "head 0",
    }

    def away() -> None:
        raise OperationalError("connection refused\nis the server running?")

    monkeypatch.setattr(queries, "head", away)
    assert composed.parts.status.health() == {
        "ready": False,
        "checks": [{"name": "database", "ok": False, "reason": "the database does not answer"}],
    }


def test_a_tick_that_failed_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        ticks = 0

        def tick(self) -> None:
            self.ticks += 1
            raise OperationalError("gone")

    closed: list[int] = []
    monkeypatch.setattr(connections, "close_all", lambda: closed.append(1))
    importer = Broken()
    node = Node(NodeConfig(network=None, data_dir=tmp_path))
    monkeypatch.setattr(node._stopping, "wait", lambda seconds: importer.ticks >= 3)
    pool = SimpleNamespace(tick=lambda: None, flush=lambda: None)
    proofs = SimpleNamespace(settle=lambda: None)
    watch = SimpleNamespace(tick=lambda: None)
    parts = SimpleNamespace(
        importer=importer, pool=pool, proofs=proofs, pruner=None, sync_watch=watch
    )
    node._tick_loop(parts)
    assert importer.ticks == 3 and len(closed) == 4


def test_a_part_that_fails_to_stop_does_not_keep_the_others(tmp_path: Path) -> None:
    node = Node(NodeConfig(network=None, data_dir=tmp_path))
    stopped: list[str] = []

    def fail() -> None:
        raise OSError("no")

    node._undo = [lambda: stopped.append("first"), fail, lambda: stopped.append("last")]
    node.stop()
    node.stop()
    assert stopped == ["last", "first"]


def test_the_lock_is_given_back(tmp_path: Path) -> None:
    first, second = DataDirLock(tmp_path), DataDirLock(tmp_path)
    first.take()
    with pytest.raises(DataDirInUse):
        second.take()
    first.release()
    second.take()
    second.release()


def test_ports_are_bound_once() -> None:
    taken = bind("127.0.0.1", 0)
    try:
        with pytest.raises(PortTaken) as refusal:
            bind("127.0.0.1", taken.getsockname()[1])
    finally:
        taken.close()
    assert refusal.value.facts["port"] > 0


def test_warnings_and_foreign_loggers_speak_json(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        logs.configure(json_lines=True)
        warnings.warn("mind the gap", stacklevel=1)
        try:
            int("nothing")
        except ValueError:
            logging.getLogger("somebody.else").exception("it broke", extra={"height": 3})
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = before
        root.setLevel(level)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert "mind the gap" in lines[0]["event"]
    assert lines[1]["event"] == "it broke" and lines[1]["height"] == 3
    assert "nothing" in lines[1]["exception"]
