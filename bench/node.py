"""A real node in a process of its own, for the benchmarks that go over the wire."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_START_S = 60


@dataclass(frozen=True)
class RunningNode:
    """Its process id and what ``--json-out`` says of it."""

    pid: int
    facts: dict[str, Any]


@contextmanager
def devnet(*options: str) -> Iterator[RunningNode]:
    """A fresh devnet on a free port, stopped and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="animica-bench-") as folder:
        facts = Path(folder) / "facts.json"
        command = [sys.executable, "-m", "animica_site", "devnet", "--http-port", "0"]
        command += ["--data-dir", str(Path(folder) / "data"), "--json-out", str(facts), *options]
        command += ["--log-level", "WARNING"]
        # All load comes from one address here, which the limit per address would stop.
        environment = {**os.environ, "ANIMICA_RPC_RATE": "0"}
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdout=quiet, env=environment) as process:
            try:
                yield RunningNode(process.pid, _wait(process, facts))
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=20)


def _wait(process: subprocess.Popen[bytes], facts: Path) -> dict[str, Any]:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        if facts.exists() and (text := facts.read_text("utf-8")):
            return dict(json.loads(text))
        time.sleep(0.05)
    raise RuntimeError(f"the node did not start (exit code {process.poll()})")


@contextmanager
def follower(network: Path, data: Path, *options: str) -> Iterator[RunningNode]:
    """``animica node`` of a network file on free ports; its facts are the lines that it prints."""
    command = [sys.executable, "-m", "animica_site", "node", "--network", str(network)]
    command += ["--data-dir", str(data), "--http-port", "0", "--p2p-port", "0", *options]
    command += ["--log-level", "WARNING"]
    environment = {**os.environ, "ANIMICA_RPC_RATE": "0"}
    with (
        tempfile.TemporaryFile("w+") as told,
        subprocess.Popen(command, stdout=told, env=environment) as process,
    ):
        try:
            yield RunningNode(process.pid, _printed(process, told))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def _printed(process: subprocess.Popen[bytes], told: IO[str]) -> dict[str, Any]:
    until = time.monotonic() + 10 * _START_S
    while time.monotonic() < until and process.poll() is None:
        told.seek(0)
        rows = [line.split(maxsplit=1) for line in told.read().splitlines()]
        found = {row[0]: row[1].strip() for row in rows if len(row) == 2}
        if {"rpc", "p2p"} <= found.keys():
            return found
        time.sleep(0.05)
    raise RuntimeError(f"the node did not start (exit code {process.poll()})")
