"""The page of peers: what it shows of a node, of its peers, and of nobody."""

from __future__ import annotations

import re

import pytest

from explorer import network
from explorer.pages.network import format_rate
from tests.explorer.test_pages import read
from tests.rpc.played import PlayedNet, played_peer


@pytest.fixture
def played(world) -> PlayedNet:
    made = PlayedNet()
    network.install(made)
    return made


def test_a_node_that_is_behind(client, played):
    page = read(client, "/network")
    assert "syncing" in page and "25 % of the 4 blocks" in page
    assert "3 blocks to go" in page and "about 2.0 s to go" in page and "1.5 blocks/s" in page
    assert "0x" + "01" * 32 in page and "tcp://127.0.0.1:8546" in page


def test_peers_are_listed_with_what_they_claim(client, played):
    played.listed = [
        played_peer(height=4_321, lag=12, latencyMs=7, pinned=True),
        played_peer(id="0x" + "0a" * 32, direction="inbound", latencyMs=None, inMesh=False),
    ]
    page = read(client, "/network")
    assert "4 321 12 7 ms" in page
    assert "outbound pinned mesh 192.0.0.0/16 tcp a/1" in page
    assert "inbound 192.0.0.0/16 tcp a/1" in page
    source = client.get("/network").content.decode()
    assert 'title="0x' + "0a" * 32 + '"' in source
    assert source.count('<th scope="row">') == 2


def test_what_a_peer_says_of_itself_is_text(client, played):
    played.listed = [played_peer(agent="<script>alert(1)</script>")]
    source = client.get("/network").content.decode()
    assert "&lt;script&gt;alert" in source and "<script>alert" not in source


def test_a_node_alone(client, played):
    played.listed = []
    played.far = {**played.far, "state": "following", "target": 1, "percent": 100, "etaMs": None}
    alone = {"listening": False, "id": None, "alg": None, "listen": [], "peers": 0, "outbound": 0}
    told = {**played.info(), **alone}
    played.info = lambda: told
    page = read(client, "/network")
    assert "runs without a network part" in page and "No peer is connected" in page
    assert "this node asks no others" in page and "no time to tell" in page


def test_a_snapshot_that_is_being_loaded(client, played):
    played.far = {**played.far, "state": "loading a snapshot", "etaMs": None, "records": 12_345}
    assert "12 345 records of a snapshot so far" in read(client, "/network")


def test_a_node_that_only_calls_others(client, played):
    told = {**played.info(), "listening": False, "listen": []}
    played.info = lambda: told
    assert "nowhere: it only calls others" in read(client, "/network")


def test_where_no_node_runs_the_page_says_so(client, world):
    network.install(None)
    assert "Not ready" in read(client, "/network", 503)


def test_every_page_leads_there(client, world):
    assert 'href="/network"' in client.get("/").content.decode()
    source = client.get("/network").content.decode()
    assert re.search(r'href="/network" aria-current="page"', source)


@pytest.mark.parametrize(
    ("rate", "text"), [(0.0, "0"), (1.5, "1.5"), (0.001, "0.001"), (1200.0, "1200"), (10.0, "10")]
)
def test_rates(rate, text):
    assert format_rate(rate) == text
