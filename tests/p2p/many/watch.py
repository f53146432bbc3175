"""When each node took each block as its head, told by the nodes' own WebSockets.

All nodes share this machine's clock, and news reach the harness over cables without delay, so a
difference of two times is how long a block was under way, give or take a few milliseconds.
"""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from tests.p2p.many.nodes import HTTP_PORT, ManyNode

_SUBSCRIBE = {"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": {"topic": "newHeads"}}


@dataclass
class Seen:
    """Times at which nodes took blocks, by hash and node."""

    times: dict[str, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    heights: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, node: int, head: dict, at: float) -> None:
        """A node has a new head."""
        with self.lock:
            self.times[head["hash"]].setdefault(node, at)
            self.heights[head["hash"]] = head["height"]

    def delays(self, since: float, until: float, nodes: int) -> list[float]:
        """Of each block that came up in that time and reached all ``nodes``: how long to each."""
        out: list[float] = []
        with self.lock:
            for times in self.times.values():
                first = min(times.values())
                if since <= first <= until and len(times) == nodes:
                    out += sorted(at - first for at in times.values())[1:]
        return out


class Watch:
    """Follows every node's heads; nodes may come and go."""

    def __init__(self, nodes: Sequence[ManyNode]) -> None:
        self.seen = Seen()
        self._stopping = threading.Event()
        for node in nodes:
            name = f"watch-{node.number}"
            threading.Thread(target=self._follow, args=(node,), name=name, daemon=True).start()

    def stop(self) -> None:
        """Hear of nothing more."""
        self._stopping.set()

    def _follow(self, node: ManyNode) -> None:
        while not self._stopping.is_set():
            try:
                url = f"ws://{node.host}:{HTTP_PORT}/ws"
                with connect(url, open_timeout=5, proxy=None) as socket:
                    socket.send(json.dumps(_SUBSCRIBE))
                    self._hear(node, socket)
            except (OSError, WebSocketException, TimeoutError):
                self._stopping.wait(0.5)

    def _hear(self, node: ManyNode, socket) -> None:
        while not self._stopping.is_set():
            try:
                message = json.loads(socket.recv(timeout=1))
            except TimeoutError:
                continue
            at = time.monotonic()
            if message.get("method") == "subscription":
                self.seen.note(node.number, message["params"]["result"], at)


def words(delays: Sequence[float], link_s: float) -> str:
    """Propagation in a line: seconds, and multiples of one link's delay."""
    if not delays:
        return "no block reached every node"
    parts = statistics.quantiles(delays, n=20) if len(delays) > 1 else [delays[0]] * 19
    named = {"median": parts[9], "95 %": parts[18], "most": max(delays)}
    told = [f"{name} {s:.3f} s = {s / link_s:.1f} delays" for name, s in named.items()]
    return f"{', '.join(told)} ({len(delays)} arrivals)"
