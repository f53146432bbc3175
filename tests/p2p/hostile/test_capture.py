"""All bytes between two real nodes, recorded on the line: nothing of what they say is in them.

That the identities' secrets open nothing is shown where every key of a session is known:
``tests/p2p/session/test_attacks.py``, the patient listener.
"""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from pq.signing import PrivateKey
from tests.site.nodes import follower, wait_for
from tests.site.test_peers import Chain, agree, send
from tests.support import key, transfer

pytestmark = pytest.mark.timeout(300)
RUN = 16
"""No run of so many bytes of a secret or a block is on the line."""


class Tap:
    """A TCP proxy in front of a node, that keeps all it sees, of each direction apart."""

    def __init__(self, address: str) -> None:
        host, port = address.removeprefix("tcp://").rsplit(":", 1)
        self._to = host, int(port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.seen: list[bytearray] = []
        self._sockets: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.getsockname()[1]}"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, far = self._server.accept()[0], socket.create_connection(self._to)
                self._sockets += [near, far]
                for source, target in ((near, far), (far, near)):
                    kept = bytearray()
                    self.seen.append(kept)
                    Thread(target=self._copy, args=(source, target, kept), daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket, kept: bytearray) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                kept += data
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        for one in (self._server, *self._sockets):
            one.close()


def runs(data: bytes) -> set[bytes]:
    return {data[at : at + RUN] for at in range(len(data) - RUN + 1)}


def is_shown(secret: bytes, seen: set[bytes]) -> bool:
    """Whether any run of it is on the line; runs of one byte are in everything."""
    return any(len(set(run)) > 2 and run in seen for run in runs(secret))


def test_nothing_of_what_two_nodes_say_is_on_the_line(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    with follower(tmp_path / "first", chain.file) as first:
        tap = Tap(str(first.facts["p2p"]))
        with follower(tmp_path / "second", chain.file, "--connect", tap.address) as second:
            chain.grow(first, 3)
            agree(chain, first, second)
            wait_for(lambda: second.rpc("node.status")["state"] == "following")
            tx = transfer(key(1), key(2).address, 5, nonce=0)
            send(first, tx)
            wait_for(lambda: second.rpc("mempool.content")["items"])
            chain.grow(second, 2, [tx])
            agree(chain, first, second)
            ids = [bytes.fromhex(str(one.facts["peerId"])[2:]) for one in (first, second)]
        tap.close()
    files = [tmp_path / name / "data" / "node_key.json" for name in ("first", "second")]
    keys = [made(file) for file in files]
    lines = [bytes(one) for one in tap.seen]
    assert sum(map(len, lines)) > len(chain.tip.raw) + len(tx.raw)
    # The terms of a hello are public; a header of a block has the same policy.
    policy = b"fpolicyX " + chain.network.pins[0].alg
    seen = set().union(*map(runs, lines)) - runs(policy)
    hello = next(line for line in lines if begins_with_hello(line))
    assert is_shown(chain.builder.genesis.hash, runs(hello)), "what is in the clear is found"
    secrets = [*ids, *(one.public_key for one in keys), tx.raw, tx.txid]
    secrets += [made.raw for made in (chain.tip, chain.tip.parent)]
    secrets += [made.hash for made in (chain.tip, chain.tip.parent)]
    assert not [secret for secret in secrets if is_shown(secret, seen)]


def made(file: Path) -> PrivateKey:
    """A node's key, read as its owner could."""
    table = json.loads(file.read_text())
    return PrivateKey(table["alg"], bytes.fromhex(str(table["secret"]).removeprefix("0x")))


def begins_with_hello(line: bytes) -> bool:
    """Whether a direction begins with a hello."""
    size = int.from_bytes(line[:4], "big")
    return 0 < size < 4_096 and b"version" in line[: 4 + size]
