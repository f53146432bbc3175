from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2p.rules.addresses import (
    LOOPBACK,
    NAMED,
    NOWHERE,
    PRIVATE,
    PUBLIC,
    Address,
    AddressInvalid,
    parse,
)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("192.0.2.1:8546", "tcp://192.0.2.1:8546"),
        ("ws://Node.Example:80", "ws://node.example:80"),
        ("quic://[2001:DB8:0::1]:1", "quic://[2001:db8::1]:1"),
        ("[::ffff:5.6.7.8]:9", "tcp://5.6.7.8:9"),
    ],
)
def test_reading(text, read):
    assert str(parse(text)) == read


@pytest.mark.parametrize(
    "text",
    [
        *("", "tcp://", "host", ":1", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:-1", "1.2.3.4:1x"),
        *("http://1.2.3.4:1", "1.2.3.4:¹", "::1:5", "a b:1", "[::1%eth0]:5", "ü.example:1"),
        *("tcp://tcp://1.2.3.4:1", "x" * 256 + ":1", "u@h:1", "h:000001"),
    ],
)
def test_what_is_no_address(text):
    with pytest.raises(AddressInvalid):
        parse(text)


@pytest.mark.parametrize(
    ("host", "reach", "group", "site"),
    [
        ("node.example", NAMED, "node.example", "node.example"),
        ("127.9.9.9", LOOPBACK, "127.9.0.0/16", "127.9.9.9"),
        ("::1", LOOPBACK, "::/32", "::/64"),
        ("10.1.2.3", PRIVATE, "10.1.0.0/16", "10.1.2.3"),
        ("172.31.0.1", PRIVATE, "172.31.0.0/16", "172.31.0.1"),
        ("172.32.0.1", PUBLIC, "172.32.0.0/16", "172.32.0.1"),
        ("192.168.1.1", PRIVATE, "192.168.0.0/16", "192.168.1.1"),
        ("169.254.1.1", PRIVATE, "169.254.0.0/16", "169.254.1.1"),
        ("100.64.0.1", PRIVATE, "100.64.0.0/16", "100.64.0.1"),
        ("fd12::1", PRIVATE, "fd12::/32", "fd12::/64"),
        ("fe80::1", PRIVATE, "fe80::/32", "fe80::/64"),
        ("5.6.7.8", PUBLIC, "5.6.0.0/16", "5.6.7.8"),
        ("::ffff:5.6.7.8", PUBLIC, "5.6.0.0/16", "5.6.7.8"),
        ("::ffff:127.0.0.1", LOOPBACK, "127.0.0.0/16", "127.0.0.1"),
        ("2001:db8:1:2:3::4", PUBLIC, "2001:db8::/32", "2001:db8:1:2::/64"),
        ("0.0.0.0", NOWHERE, "0.0.0.0/16", "0.0.0.0"),
        ("::", NOWHERE, "::/32", "::/64"),
        ("224.0.0.1", NOWHERE, "224.0.0.0/16", "224.0.0.1"),
        ("255.255.255.255", NOWHERE, "255.255.0.0/16", "255.255.255.255"),
        ("ff02::1", NOWHERE, "ff02::/32", "ff02::/64"),
    ],
)
def test_where_a_host_is(host, reach, group, site):
    address = Address("tcp", host, 1)
    assert (address.reach, address.group, address.site) == (reach, group, site)
    assert address.near == (reach in (LOOPBACK, PRIVATE))


@given(
    st.sampled_from(["tcp", "ws", "quic"]),
    st.ip_addresses().map(str),
    st.integers(1, 65535),
)
def test_text_and_back(scheme, host, port):
    address = parse(str(Address(scheme, host, port)))
    assert parse(str(address)) == address
    assert (address.scheme, address.port) == (scheme, port)
    assert address.ip == Address(scheme, host, port).ip
