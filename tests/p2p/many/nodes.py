"""Real node processes, each in its own namespace, mining and knowing two others to begin with."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from animica_site import devnet, networks
from tests.p2p.many import spaces
from tests.p2p.many.spaces import Space
from tests.p2p.many.wire import address_of
from tests.site.nodes import ANIMICA, ROOT, Rpc, environment

HTTP_PORT, P2P_PORT = 8545, 8546
ACCOUNTS = 1_000
"""The first are the miners', one a node; of the others each sends once."""
START_S = 120.0


def network_file(folder: Path, *, interval_ms: int, theta_unat: int) -> Path:
    """A network like the development one whose miners race: Θ follows the hash rate."""
    table = devnet.network_table(devnet.accounts(devnet.DEFAULT_SEED, ACCOUNTS), retarget=True)
    table["genesis"]["time_ms"] = time.time_ns() // 1_000_000
    table["params"] |= {"target_interval_ms": interval_ms, "theta_start_unat": theta_unat}
    networks.parse(table)
    path = folder / "network.json"
    path.write_text(json.dumps(table))
    return path


@dataclass
class ManyNode:
    """One node: started, killed and started again on the same data."""

    number: int
    space: Space
    folder: Path
    network: Path
    miner: str
    seeds: tuple[int, ...]
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    kills: list[float] = field(default_factory=list)
    """When it was killed, by the monotonic clock."""
    rpc: Rpc = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.rpc = Rpc(f"http://{self.host}:{HTTP_PORT}/rpc")
        self.rpc.http.timeout = httpx.Timeout(10.0)

    @property
    def host(self) -> str:
        """Its IP address."""
        return address_of(self.number)

    @property
    def log(self) -> Path:
        """All that it has said on standard error, over all its starts."""
        return self.folder / "log"

    def start(self) -> None:
        """Start the process; ``wait_ready`` waits for it."""
        self.starts += 1
        command = [*ANIMICA, "node", "--network", str(self.network), "--json-logs"]
        command += ["--data-dir", str(self.folder / "data"), "--mine", self.miner]
        command += ["--host", self.host, "--http-port", str(HTTP_PORT)]
        command += ["--p2p-host", self.host, "--p2p-port", str(P2P_PORT)]
        for seed in self.seeds:
            command += ["--seed", f"tcp://{address_of(seed)}:{P2P_PORT}"]
        env = environment(ANIMICA_ALLOWED_HOSTS=self.host, ANIMICA_RPC_RATE="0")
        with self.log.open("ab") as err, (self.folder / "out").open("ab") as out:
            self.process = subprocess.Popen(
                self.space.command(command),
                cwd=ROOT,
                env=env,
                stdout=out,
                stderr=err,
                preexec_fn=spaces.die_with_parent,
            )

    def wait_ready(self) -> None:
        """Until it answers; fails when it ends instead."""
        deadline = time.monotonic() + START_S
        while self.asked("node.version") is None:
            assert self.running, f"node {self.number} has ended: {self.tail()}"
            assert time.monotonic() < deadline, f"node {self.number} does not answer"
            time.sleep(0.2)

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.kills.append(time.monotonic())
        self.process.kill()
        self.process.wait(30)

    def stop(self) -> int:
        """End it as an operator does; its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def asked(self, method: str, **params: Any) -> Any:
        """The answer, or None where nobody answers."""
        try:
            return self.rpc(method, **params)
        except httpx.HTTPError:
            return None

    def head(self) -> dict[str, Any] | None:
        """Its head, None where nobody answers."""
        return self.asked("chain.getHead")

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-2_000:]

    def traces(self) -> list[str]:
        """Lines of its log that tell of a defect."""
        found = []
        for line in self.log.read_text(errors="replace").splitlines():
            if "Traceback" in line or '"level": "critical"' in line:
                found.append(line[:2_000])
        return found


def wait_for(what: str, wanted: Callable[[], Any], seconds: float, pause: float = 0.1) -> float:
    """Until ``wanted`` is true; how many seconds that took. Raises AssertionError after them."""
    began = time.monotonic()
    while not wanted():
        assert time.monotonic() - began < seconds, f"not within {seconds:g} s: {what}"
        time.sleep(pause)
    return time.monotonic() - began
