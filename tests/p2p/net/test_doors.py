"""How many handshakes hosts get."""

from __future__ import annotations

import pytest

from p2p.net.doors import Allowance, Doors
from p2p.net.limits import (
    HANDSHAKE_EVERY_MS,
    HANDSHAKES_BURST,
    HOST_HANDSHAKE_EVERY_MS,
    HOST_HANDSHAKES_BURST,
    HOSTS_REMEMBERED,
)
from p2p.rules.addresses import Address

NOW = 10**9


def at(host: str) -> Address:
    return Address("tcp", host, 50_000)


@pytest.fixture
def doors() -> Doors:
    return Doors()


def test_an_allowance_is_a_burst_and_then_one_at_a_time():
    allowance = Allowance(3, 100)
    assert [allowance.take(NOW) for _ in range(4)] == [True] * 3 + [False]
    assert not allowance.take(NOW + 99)
    assert allowance.take(NOW + 100)
    assert not allowance.take(NOW + 199)
    # What was not used is saved up to the burst, and no further.
    assert [allowance.take(NOW + 10**6) for _ in range(4)] == [True] * 3 + [False]


def test_a_host_has_its_rate(doors):
    told = [doors.refuses(at("192.0.2.1"), NOW) for _ in range(HOST_HANDSHAKES_BURST + 2)]
    assert told == [""] * HOST_HANDSHAKES_BURST + ["host_rate"] * 2
    assert doors.refuses(at("192.0.2.2"), NOW) == ""
    assert doors.refuses(at("192.0.2.1"), NOW + HOST_HANDSHAKE_EVERY_MS) == ""


def test_an_ipv6_site_is_one_host(doors):
    for number in range(HOST_HANDSHAKES_BURST):
        assert doors.refuses(at(f"2001:db8::{number:x}"), NOW) == ""
    assert doors.refuses(at("2001:db8::ffff"), NOW) == "host_rate"
    assert doors.refuses(at("2001:db8:0:1::1"), NOW) == ""


def test_all_hosts_together_have_one(doors):
    hosts = [at(f"198.51.{number // 200}.{number % 200 + 1}") for number in range(600)]
    told = [doors.refuses(host, NOW) for host in hosts]
    assert told == [""] * HANDSHAKES_BURST + ["rate"] * (600 - HANDSHAKES_BURST)
    assert doors.refuses(at("203.0.113.9"), NOW + HANDSHAKE_EVERY_MS) == ""


def test_this_machine_is_exempt(doors):
    for host in ("127.0.0.1", "::1", "127.9.9.9"):
        assert [doors.refuses(at(host), NOW) for _ in range(500)] == [""] * 500


def test_the_banned_are_asked_first(doors):
    doors.banned = lambda address: address.site == "127.0.0.1"
    assert doors.refuses(at("127.0.0.1"), NOW) == "banned"
    assert doors.refuses(at("127.0.0.2"), NOW) == ""


def test_remembered_hosts_are_bounded(doors):
    for number in range(HOSTS_REMEMBERED + 50):
        doors.refuses(
            at(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"), NOW + number * 50
        )
    assert len(doors._sites) == HOSTS_REMEMBERED
