"""The peers' service of a composed node: the engine in this process, a plain peer at its port."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from animica_site import composition
from chain import service as chain
from p2p import service, store
from p2p.errors import PeerPortTaken, PeersAbsent
from p2p.rules.addresses import parse
from p2p.rules.events import Asked
from p2p.rules.limits import VERSION
from p2p.rules.session import Terms
from p2p.rules.wire import codec
from p2p.rules.wire.messages import (
    TX,
    Compact,
    Goodbye,
    Headers,
    Identify,
    Inv,
    Message,
    Ping,
)
from p2p.service import Peers
from rpc.metrics import REGISTRY
from tests.p2p.net.ends import RawPeer
from tests.site.composed import Composed
from tests.site.nodes import wait_for
from tests.support import key, transfer


@pytest.fixture
def peers(composed: Composed) -> Iterator[Peers]:
    found = composed.parts.peers
    assert found is not None
    found.start()
    yield found
    found.stop()


class Caller:
    """A peer that has said who it is, and hears what the node says."""

    def __init__(self, composed: Composed, peers: Peers) -> None:
        network = composed.network
        (address,) = peers.net().listen
        terms = Terms(VERSION, network.chain, chain.genesis_hash(), network.pins[0].alg)
        self.peer = RawPeer.of_a_node(parse(address).port, terms)
        self._most = network.block_bytes_most
        self.said = self.hear(Identify)
        self.say(
            Identify(
                agent="plain/1",
                listen=(),
                height=0,
                head=chain.genesis_hash(),
                work=bytes(32),
                bodies_from=0,
                snapshots=(),
            )
        )

    def say(self, message: Message) -> None:
        self.peer.send(codec.encode(message))

    def hear(self, *kinds: type) -> Message:
        """The next message of these kinds."""
        while True:
            while not self.peer.received:
                assert self.peer.read(), "the stream has ended"
            message = codec.decode(self.peer.received.popleft(), block_bytes=self._most)
            if isinstance(message, kinds):
                return message


@pytest.fixture
def caller(composed: Composed, peers: Peers) -> Caller:
    return Caller(composed, peers)


def test_a_peer_is_greeted_shown_and_counted(caller: Caller, peers: Peers) -> None:
    assert caller.said.agent.startswith("animica-node/") and caller.said.height == 0
    assert caller.said.listen == (("tcp", parse(peers.net().listen[0]).port),)
    (view,) = wait_for(peers.peers)
    assert (view.id, view.agent) == (caller.peer.session_id, "plain/1")
    assert peers.net().inbound == 1 and peers.net().bytes_in > 0
    assert peers.handshakes() == {"done": 1} and peers.notes()["peer_ready"] == 1
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
    }
    assert samples["animica_peers", "inbound"] == 1
    assert samples["animica_p2p_handshakes_total", "done"] == 1
    assert samples["animica_p2p_notes_total", "peer_ready"] == 1


def test_news_of_blocks_and_transactions_reach_peers(
    composed: Composed, caller: Caller, peers: Peers
) -> None:
    wait_for(peers.peers)  # only who has said who it is hears of news
    composed.mine()
    news = caller.hear(Headers, Compact)
    headers = news.headers if isinstance(news, Headers) else (news.header,)
    assert headers == (composed.tip.header.encoded,)
    tx = transfer(key(1), key(2).address, 5, nonce=0)
    composed.parts.pool.submit(tx.raw)
    assert caller.hear(Inv) == Inv(TX, (tx.txid,))


def test_operators_wishes_are_taken_and_bans_are_kept(caller: Caller, peers: Peers) -> None:
    store.add_wish(Asked("ban", caller.peer.session_id, ban_ms=3_600_000), at_ms=1)
    assert caller.hear(Goodbye).code == "banned"
    while caller.peer.read():
        pass
    wait_for(lambda: peers.net().bans)
    peers.stop()
    (ban,) = store.load_bans()
    assert ban.id == caller.peer.session_id


def test_a_node_that_stops_says_goodbye(caller: Caller, peers: Peers) -> None:
    peers.stop()
    assert caller.hear(Goodbye).code == "stopping"
    while caller.peer.read():
        pass
    peers.stop()
    assert peers.loop is None and peers.handshakes() == peers.notes() == {}


def test_a_taken_port_keeps_it_from_starting(composed: Composed, peers: Peers) -> None:
    other = composed.parts.peers
    taken = parse(peers.net().listen[0]).port
    config = other._config
    second = Peers(
        type(config)(port=taken), other._node, other._key
    )  # the same services: it never comes to use them
    with pytest.raises(PeerPortTaken):
        second.start()
    second.stop()


def test_the_service_is_found_while_it_is_installed(composed: Composed) -> None:
    assert service.current() is service.running() is composed.parts.peers
    composition.dismantle()
    assert service.running() is None
    with pytest.raises(PeersAbsent):
        service.current()


def test_pings_are_answered(caller: Caller) -> None:
    assert isinstance(caller.hear(Ping), Ping)
