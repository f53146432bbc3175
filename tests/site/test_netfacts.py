"""What RPC and pages are told of the network part: plain JSON in the described shapes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import pytest

from animica_site.netfacts import NetFacts
from p2p.rules.limits import VERSION
from p2p.values import BanView, NetView, PeerView, SyncView
from rpc import schema
from rpc.results import net as results
from tests.support import fast_network

PEER = PeerView(
    id=b"\2" * 32,
    alg="ML-DSA-65",
    address="tcp://192.0.2.7:8546",
    outbound=True,
    transport="tcp",
    connected_ms=900,
    agent="animica/0.1",
    height=7,
    head=b"\3" * 32,
    latency_ms=12,
    points=3,
    in_mesh=True,
    pinned=False,
    bytes_in=5,
    bytes_out=6,
)
NET = NetView(
    id=b"\1" * 32,
    alg="ML-DSA-65",
    listen=("tcp://127.0.0.1:8546",),
    inbound=1,
    outbound=2,
    known_addresses=40,
    bans=(BanView(b"\4" * 32, "192.0.2.9", 5, 1, "points"),),
    bytes_in=50,
    bytes_out=60,
)


@dataclass
class Played:
    listed: tuple[PeerView, ...] = (PEER,)
    place: NetView = NET
    far: SyncView = field(default_factory=lambda: SyncView("syncing", 50, 200, 12_500, 9_000))

    def net(self):
        return self.place

    def peers(self):
        return self.listed

    def sync(self):
        return self.far


def facts(source: Played | None, height: int = 10) -> NetFacts:
    return NetFacts(
        network=fast_network(),
        genesis=b"\5" * 32,
        agent="animica-node/0.1",
        height=lambda: height,
        source=lambda: source,
    )


TYPES = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "number": float,
    "null": type(None),
    "array": list,
    "object": dict,
}


def fits(value: object, described: dict, components: dict) -> bool:
    """Whether a value is what its JSON schema says, as far as ``rpc.schema`` writes any."""
    if "$ref" in described:
        return fits(value, components[described["$ref"].rpartition("/")[2]], components)
    if "oneOf" in described:
        return sum(fits(value, one, components) for one in described["oneOf"]) == 1
    if "enum" in described:
        return value in described["enum"]
    if type(value) is not TYPES[described["type"]]:
        return False
    if isinstance(value, str):
        return re.search(described.get("pattern", ""), value) is not None
    if isinstance(value, list):
        return all(fits(one, described["items"], components) for one in value)
    if isinstance(value, dict):
        parts = described["properties"]
        return set(value) == set(parts) == set(described["required"]) and all(
            fits(value[name], parts[name], components) for name in parts
        )
    return True


def is_a(value: object, shape: object) -> bool:
    components: dict[str, object] = {}
    return fits(value, schema.schema_of(shape, components), components)


@pytest.mark.parametrize("source", [None, Played()])
def test_every_answer_has_the_described_shape(source):
    told = facts(source)
    assert is_a(told.info(), results.NetInfo)
    assert is_a(told.version(), results.NetVersion)
    assert is_a(told.sync(), results.SyncNews)
    assert is_a(told.peers(), list[results.PeerView])
    assert not is_a({**told.sync(), "height": "7"}, results.SyncNews)
    assert not is_a({**told.sync(), "more": 1}, results.SyncNews)


def test_a_node_without_a_network_part():
    told = facts(None)
    assert told.peers() == []
    assert told.info()["listening"] is False and told.info()["id"] is None
    assert told.sync() == {
        "state": "following",
        "height": 10,
        "target": 10,
        "percent": 100,
        "records": 0,
        "blocksPerSecond": 0.0,
        "etaMs": None,
        "peers": 0,
    }
    assert told.version()["protocol"] == VERSION


def test_a_peer_without_its_address():
    (peer,) = facts(Played()).peers()
    assert peer["group"] == "192.0.0.0/16" and "192.0.2.7" not in str(peer)
    assert (peer["direction"], peer["lag"], peer["latencyMs"]) == ("outbound", 3, 12)
    assert peer["id"] == "0x" + "02" * 32
    ahead = replace(PEER, height=99, outbound=False, latency_ms=None)
    (peer,) = facts(Played((ahead,))).peers()
    assert (peer["direction"], peer["lag"], peer["latencyMs"]) == ("inbound", 0, None)


def test_the_longest_connected_comes_first():
    peers = [replace(PEER, id=bytes([n]) * 32, connected_ms=ms) for n, ms in ((1, 5), (2, 3))]
    listed = facts(Played((*peers, replace(PEER, id=b"\0" * 32, connected_ms=5)))).peers()
    assert [peer["id"][2:4] for peer in listed] == ["02", "00", "01"]


def test_the_nodes_own_place():
    info = facts(Played()).info()
    assert info["listening"] and info["listen"] == ["tcp://127.0.0.1:8546"]
    assert (info["peers"], info["inbound"], info["outbound"], info["bans"]) == (3, 1, 2, 1)
    assert facts(Played(place=replace(NET, listen=()))).info()["listening"] is False


@pytest.mark.parametrize(
    ("height", "target", "percent"), [(50, 200, 25), (199, 200, 99), (0, 0, 100), (8, 3, 100)]
)
def test_progress(height, target, percent):
    told = facts(Played(far=SyncView("syncing", height, target, 12_500, None))).sync()
    assert told["percent"] == percent and told["target"] == max(height, target)
    assert (told["blocksPerSecond"], told["etaMs"], told["peers"]) == (12.5, None, 1)
