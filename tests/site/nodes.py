"""Real node processes for tests: started, asked over the wire, stopped, killed.

What these helpers know of the node is its command line, its URLs and its JSON; they share no code
with it but the funded keys of a network file that a test writes.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
START_S = 90.0
"""How long a node may take to start before a test gives up; what is promised is asserted apart."""
FOREIGN = ("ANIMICA_", "DJANGO_", "SECRET_KEY", "DATABASE_URL", "REDIS_URL")


class RpcError(Exception):
    """The ``error`` member of an answer."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.number: int = error["code"]
        self.data: dict[str, Any] = error["data"]

    @property
    def code(self) -> str:
        return str(self.data["code"])


class Rpc:
    """JSON-RPC over HTTP, as plain as it gets."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(timeout=30, trust_env=False)

    def __call__(self, method: str, **params: Any) -> Any:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self.http.post(self.url, json=request)
        assert answer.status_code == 200, answer.text
        document = answer.json()
        if "error" in document:
            raise RpcError(document["error"])
        return document["result"]

    def refusal(self, method: str, **params: Any) -> RpcError:
        try:
            result = self(method, **params)
        except RpcError as error:
            return error
        raise AssertionError(f"{method} was not refused: {result}")

    def until(self, wanted: Callable[[], Any], seconds: float = 30) -> Any:
        """The first true answer of ``wanted``, asked again and again."""
        return wait_for(wanted, seconds)


def wait_for(wanted: Callable[[], Any], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        if value := wanted():
            return value
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


def environment(**extra: str) -> dict[str, str]:
    """This process's environment without what would point a node at other data."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    if kept.pop("PYTHONDONTWRITEBYTECODE", ""):
        # Compiling everything anew would double the time of each start: keep it elsewhere.
        kept["PYTHONPYCACHEPREFIX"] = str(ROOT / ".pytest_cache" / "bytecode")
    return {**kept, "PYTHONPATH": str(ROOT), **extra}


def waited_s(pid: int) -> float:
    """Seconds that a process has been ready to run without getting a core; 0 where unknown."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    return 0.0


@dataclass
class Process:
    """A process of ours with its output in files."""

    popen: subprocess.Popen[bytes]
    folder: Path
    began: float = field(default_factory=time.monotonic)
    start_s: float = 0.0
    """How long the start took, without the time spent waiting for a free core."""

    @property
    def out(self) -> str:
        return (self.folder / "stdout").read_text()

    @property
    def err(self) -> str:
        return (self.folder / "stderr").read_text()

    def wait_until(self, ready: Callable[[], Any], seconds: float = START_S) -> Any:
        """The first true value of ``ready``; fails at once when the process ends before."""
        while True:
            ended = self.popen.poll() is not None
            if value := ready():
                seconds_taken = time.monotonic() - self.began
                self.start_s = seconds_taken - waited_s(self.popen.pid)
                return value
            assert not ended, f"it ended with {self.popen.returncode}: {self.err}"
            assert time.monotonic() - self.began < seconds, f"not ready: {self.err}"
            time.sleep(0.05)

    def end(self, number: int = signal.SIGTERM, seconds: float = 30) -> tuple[int, float]:
        """Send a signal; the exit code and how many seconds it took."""
        began = time.monotonic()
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        return self.popen.wait(seconds), time.monotonic() - began

    def descendants(self) -> list[int]:
        """Process ids of its children, and theirs."""
        found: list[int] = []
        for parent in (self.popen.pid, *found):
            for task in Path(f"/proc/{parent}/task").glob("*/children"):
                found += [int(pid) for pid in task.read_text().split()]
        return found


@contextmanager
def running(
    command: Sequence[str], folder: Path, *, env: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> Iterator[Process]:
    """Run a command until the block ends; it is killed if it still runs then."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        popen = subprocess.Popen(
            list(command), cwd=cwd, env=dict(env or environment()), stdout=out, stderr=err
        )
    process = Process(popen, folder)
    try:
        yield process
    finally:
        if popen.poll() is None:
            popen.kill()
        popen.wait(30)


@dataclass
class Node:
    """A running ``animica devnet``: its process, what it wrote, and its RPC."""

    process: Process
    facts: dict[str, Any]
    rpc: Rpc

    @property
    def base(self) -> str:
        return str(self.facts["explorer"]).rstrip("/")

    def head(self) -> dict[str, Any]:
        return dict(self.rpc("chain.getHead"))

    def height(self, wanted: int, seconds: float = 60) -> dict[str, Any]:
        """The head, once it has at least this height."""
        return wait_for(lambda: (head := self.head())["height"] >= wanted and head, seconds)


ANIMICA = (sys.executable, "-m", "animica_site")


@contextmanager
def devnet(folder: Path, *options: str, cwd: Path = ROOT, **variables: str) -> Iterator[Node]:
    """``animica devnet`` with its data in ``folder``/data; the same folder continues the chain.

    ``variables`` go into its environment.
    """
    folder.mkdir(parents=True, exist_ok=True)
    facts_file = folder / "facts.json"
    facts_file.unlink(missing_ok=True)
    command = [*ANIMICA, "devnet", "--http-port", "0", "--data-dir", str(folder / "data")]
    command += ["--json-out", str(facts_file), *options]
    env = environment(**{"PYTHONPATH": str(cwd), **variables})
    with running(command, folder, env=env, cwd=cwd) as process:
        facts = process.wait_until(lambda: read_json(facts_file))
        node = Node(process, facts, Rpc(facts["rpc"]))
        yield node
        node.rpc.http.close()


@contextmanager
def follower(folder: Path, network: Path, *options: str) -> Iterator[Node]:
    """``animica node`` on a network file, say one that a devnet keeps in its data directory.

    Its facts are what it prints; its data is in ``folder``/data.
    """
    command = [*ANIMICA, "node", "--network", str(network), "--data-dir", str(folder / "data")]
    command += ["--http-port", "0", "--p2p-port", "0", *options]

    with running(command, folder) as process:

        def facts() -> dict[str, Any]:
            rows = [line.split(maxsplit=1) for line in process.out.splitlines()]
            found = {row[0]: row[1] for row in rows if len(row) == 2}
            return found if {"rpc", "p2p"} <= set(found) else {}

        found = process.wait_until(facts)
        node = Node(process, found, Rpc(found["rpc"]))
        yield node
        node.rpc.http.close()


def refused(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """A ``devnet`` that is expected to end by itself."""
    command = [*ANIMICA, "devnet", "--data-dir", str(folder / "data"), *options]
    return subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=START_S
    )


def read_json(path: Path) -> dict[str, Any] | None:
    """A JSON file that may still be in the making."""
    try:
        return dict(json.loads(path.read_text()))
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def free_port() -> int:
    """A port that nobody listens on, below the range that clients get theirs from."""
    for port in range(21_400 + os.getpid() % 1_000, 32_000, 7):
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")
