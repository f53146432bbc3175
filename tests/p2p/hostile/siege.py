"""A node that mines, an honest follower, and what attackers did to them: rhythm, memory, cores."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from animica_site import networks
from core.network import Network
from tests.p2p.hostile.attacker import Attacker
from tests.site.nodes import Node, devnet, follower, read_json, wait_for

BLOCK_S = 1.0
RSS_MOST = 160 * 1024 * 1024
"""How much a node may grow under any attack here."""
CORES_MOST = 1.5
"""Cores that a node may use: its engine, its event loop, and the miner beside them."""
GAP_S = 12.0
"""No attack here may keep blocks from the follower for so long."""


@dataclass
class Toll:
    """What an attack cost the node that it hit."""

    seconds: float = 0.0
    cores: float = 0.0
    grown: int = 0
    blocks: int = 0
    gap_s: float = 0.0
    """The longest time in which the follower got no block."""


@dataclass
class Siege:
    """``node`` is attacked; ``friend`` follows it."""

    node: Node
    friend: Node
    network: Network
    genesis: bytes
    names: int = 1_000
    guests: list[Attacker] = field(default_factory=list)

    def attacker(self) -> Attacker:
        """Somebody new at the node's door."""
        self.names += 1
        made = Attacker(str(self.node.facts["p2p"]), self.network, self.genesis, self.names)
        self.guests.append(made)
        return made

    def leave(self) -> None:
        """All attackers hang up."""
        while self.guests:
            self.guests.pop().close()

    # ------------------------------------------------------------ what is measured

    def rss(self) -> int:
        """Bytes of memory of the node's own process."""
        status = Path(f"/proc/{self.node.process.popen.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) * 1024  # type: ignore[union-attr]

    def cpu_s(self) -> float:
        """Seconds of processor time that it has used."""
        fields = Path(f"/proc/{self.node.process.popen.pid}/stat").read_text().rsplit(")", 1)[1]
        return sum(map(int, fields.split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def metric(self, pattern: str) -> float:
        """The sum of the metrics that a pattern names."""
        text = self.node.rpc.http.get(f"{self.node.base}/metrics").text
        return sum(map(float, re.findall(rf"^{pattern} (\S+)$", text, re.M)))

    def offences(self, word: str) -> int:
        """How often the node's log blames somebody for something."""
        return self.node.process.err.count(f'"offence": "{word}"')

    def under(self, attack: Callable[[Siege], Any], seconds: float) -> Toll:
        """Call ``attack`` again and again for so long; it does a little each time.

        It goes on until the follower has got a block meanwhile, or the bound is broken.
        """
        toll, before, cpu = Toll(), self.rss(), self.cpu_s()
        height = first = self.friend.head()["height"]
        began = moved = time.monotonic()
        looked = 0.0
        while (now := time.monotonic()) < began + seconds or (
            height == first and toll.gap_s <= GAP_S
        ):
            attack(self)
            if now - looked > 0.25:
                looked, found = now, self.friend.head()["height"]
                if found > height:
                    height, moved = found, now
                toll.gap_s = max(toll.gap_s, now - moved)
                toll.grown = max(toll.grown, self.rss() - before)
        toll.seconds = time.monotonic() - began
        toll.cores = (self.cpu_s() - cpu) / toll.seconds
        toll.blocks = height - first
        return toll

    def check(self, toll: Toll) -> None:
        """What no attack may do."""
        assert toll.grown <= RSS_MOST, toll
        assert toll.cores <= CORES_MOST, toll
        assert toll.gap_s <= GAP_S, toll
        assert toll.blocks > 0, toll
        assert "Traceback" not in self.node.process.err, self.node.process.err[-4_000:]

    def recovers(self) -> None:
        """With the attackers gone both nodes agree and blocks go on."""
        self.leave()
        height = self.node.head()["height"]
        self.friend.height(height + 1)
        (one,) = wait_for(lambda: self.friend.rpc("net.peers"))
        assert one["id"] == self.node.facts["peerId"]


@contextmanager
def siege(folder: Path, *options: str) -> Iterator[Siege]:
    """Start both nodes; they have met when the block begins."""
    common = ("--p2p-port", "0", "--block-time", str(BLOCK_S), "--json-logs", *options)
    with devnet(folder / "node", *common) as node:
        file = folder / "node" / "data" / "network.json"
        network = networks.parse(read_json(file) or {})
        to_node = ("--connect", str(node.facts["p2p"]))
        with follower(folder / "friend", file, *to_node) as friend:
            genesis = bytes.fromhex(
                node.rpc("chain.getHeaders", fromHeight=0, count=1)[0]["hash"][2:]
            )
            made = Siege(node, friend, network, genesis)
            friend.height(2)
            yield made
            made.leave()
