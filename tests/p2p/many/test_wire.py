"""The cables of the many-nodes harness: late, lossy, cut, and never for the harness itself."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from tests.p2p.many import wire
from tests.p2p.many.wire import HARNESS, Cables, address_of, target_of


def packet(target: int, data: bytes = b"") -> bytes:
    return bytes([0x45]) + bytes(15) + wire.SUBNET + bytes([target]) + data


def cables(delay_s: float = 0.1, loss: float = 0.0, seed: str = "s") -> Cables:
    return Cables(delay_s, loss, random.Random(seed))


def test_a_packet_is_for_the_last_byte_of_its_address():
    assert target_of(packet(3, b"x")) == 3
    assert address_of(3) == "10.213.0.3"
    for other in (b"", packet(3)[:19], b"\x60" + packet(3)[1:], packet(3)[:16] + b"\1\2\3\4"):
        assert target_of(other) is None


def test_packets_arrive_late_and_in_order():
    line = cables()
    line.send(1, packet(2, b"a"), 10.0)
    line.send(1, packet(2, b"b"), 10.0)
    line.send(2, packet(1, b"c"), 10.05)
    assert line.next_due() == 10.1
    assert line.arrived(10.09) == []
    assert line.arrived(10.1) == [(2, packet(2, b"a")), (2, packet(2, b"b"))]
    assert line.arrived(99) == [(1, packet(1, b"c"))]
    assert line.next_due() is None and line.count["carried"] == 3


def test_so_many_are_lost_and_the_same_with_the_same_seed():
    def lost(seed: str) -> list[int]:
        line = cables(loss=0.02, seed=seed)
        for number in range(10_000):
            line.send(1, packet(2, number.to_bytes(2, "big")), 0.0)
        there = {int.from_bytes(data[20:], "big") for _, data in line.arrived(1)}
        return [number for number in range(10_000) if number not in there]

    assert 150 < len(lost("a")) < 250
    assert lost("a") == lost("a") != lost("b")


def test_a_cut_stops_what_goes_across_and_what_is_under_way():
    line = cables()
    line.send(1, packet(3, b"under way"), 0.0)
    line.order({"sides": [[1, 2], [3, 4]]})
    line.send(1, packet(3), 0.0)
    line.send(4, packet(2), 0.0)
    line.send(1, packet(2), 0.0)
    line.send(4, packet(3), 0.0)
    assert line.arrived(1) == [(2, packet(2)), (3, packet(3))]
    assert line.count == {"cut": 3, "carried": 2}
    line.order({"sides": []})
    line.send(1, packet(3), 1.0)
    assert line.arrived(2) == [(3, packet(3))]


def test_who_is_on_no_side_hears_all():
    line = cables()
    line.order({"sides": [[1], [2]]})
    assert line.apart(1, 2) and not line.apart(1, 3) and not line.apart(3, 2)


def test_the_harness_is_no_part_of_the_experiment():
    line = cables(loss=1.0)
    line.order({"sides": [[1], [2]]})
    line.send(HARNESS, packet(1), 5.0)
    line.send(1, packet(HARNESS), 5.0)
    assert [target for target, _ in line.arrived(5.0)] == [1, HARNESS]
    line.send(1, packet(3), 5.0)
    assert line.arrived(9) == []


def test_orders_change_delay_and_loss():
    line = cables()
    line.order({"delay_s": 2, "loss": 1})
    line.send(1, packet(2), 0.0)
    assert line.count == {"lost": 1}
    line.order({"loss": 0})
    line.send(1, packet(2), 0.0)
    assert line.next_due() == 2.0


def test_a_flood_is_bounded(monkeypatch):
    monkeypatch.setattr(wire, "QUEUED_MOST", 3)
    line = cables()
    for _ in range(5):
        line.send(1, packet(2), 0.0)
    assert line.count == {"overflowed": 2} and len(line.arrived(1)) == 3


@given(st.lists(st.tuples(st.floats(0, 10), st.integers(1, 5), st.integers(1, 5)), max_size=30))
def test_without_loss_everything_arrives_once_and_not_early(sent):
    line, at = cables(), 0.0
    wanted = []
    for number, (pause, source, target) in enumerate(sent):
        at += pause
        line.send(source, packet(target, bytes([number])), at)
        wanted.append((target, bytes([number])))
    got = [(target, data[20:]) for target, data in line.arrived(at + 0.2)]
    assert got == wanted
    assert line.count["carried"] == len(sent)
