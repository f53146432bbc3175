from __future__ import annotations

import pytest

from p2p.rules.addresses import parse
from p2p.rules.conduct.seats import to_evict
from p2p.rules.peer import Peer
from tests.p2p.world import id_of

SECRET = b"s" * 32


def peer(number, *, group=None, since=0, **facts) -> Peer:
    address = parse(f"tcp://{group or number % 100 + 1}.1.{number // 100}.1:1")
    made = Peer(number, id_of(number), 1, address, False, "", since_ms=since, heard_ms=0)
    for name, value in facts.items():
        setattr(made, name, value)
    return made


def crowd(count=64):
    """An attacker's peers: of one group, younger than everybody, fast, useless."""
    return [peer(1000 + n, group=77, since=10_000 + n, latency_ms=20) for n in range(count)]


def test_nobody_to_evict():
    assert to_evict([], 64, SECRET) is None
    assert to_evict([peer(1)], 64, SECRET) is None


@pytest.mark.parametrize(
    ("merit", "value"), [("latency_ms", 1), ("useful_ms", 9_000), ("since", 5)]
)
def test_merits_protect(merit, value):
    """One honest peer among a crowd stays by each merit alone, however often one has to go."""
    honest = peer(1, **({"since": 99_999, "latency_ms": 999} | {merit: value}))
    peers = [*crowd(), honest]
    for _ in range(len(peers)):
        gone = to_evict(peers, 64, SECRET)
        if gone is None:
            break
        assert gone is not honest
        peers.remove(gone)


def test_the_youngest_of_the_largest_group_goes():
    strangers = [peer(n, since=n, latency_ms=20) for n in range(1, 40)]
    strangers += [peer(n, since=99_999, latency_ms=20) for n in range(40, 60)]  # alone, younger
    few = crowd(25)
    assert to_evict([*strangers, *few], 64, SECRET) is few[-1]


def test_those_who_were_here_before_stay_though_they_are_the_largest_group():
    """The attacker has a group for each connection; six honest peers share one."""
    honest = [peer(500 + n, group=77, since=n, latency_ms=900) for n in range(6)]
    others = [peer(n, since=1_000 + n, latency_ms=9, useful_ms=9) for n in range(1, 59)]
    peers = [*honest, *others]
    for _ in range(20):
        gone = to_evict(peers, 64, SECRET)
        assert gone is not None and gone not in honest
        peers.remove(gone)


def test_which_groups_are_protected_is_the_nodes_secret():
    peers = [peer(n, since=100) for n in range(1, 60)]
    assert len({to_evict(peers, 64, bytes([n]) * 32).conn for n in range(40)}) > 1


def test_honest_peers_outlast_an_attack_by_many_connections():
    """A thousand connections from eight groups leave most of 40 honest peers their seats."""
    honest = [
        peer(n, since=n * 100, latency_ms=20 + n, useful_ms=500 * (n % 3)) for n in range(1, 41)
    ]
    peers = list(honest)
    for number in range(1000):
        if len(peers) >= 64:
            gone = to_evict(peers, 64, SECRET)
            if gone is None:
                continue
            peers.remove(gone)
        late = 50_000 + number
        peers.append(peer(2000 + number, group=110 + number % 8, since=late, latency_ms=1))
    assert len(set(honest) & set(peers)) >= 36
