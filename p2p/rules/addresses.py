"""Where a node can be reached: a transport, a host and a port.

Text: ``tcp://192.0.2.1:8546``, ``ws://…``, ``quic://…``; without a scheme it is TCP; IPv6 hosts in
brackets. Peers may tell IP addresses only; names are for operators. Source: docs/spec/p2p.md.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache

from core.errors import RequestRefused

SCHEMES = ("tcp", "ws", "quic")
HOST_CHARS = 255
CACHED = 8_192
"""Hosts whose network is remembered: more than the address book has."""

IP = ipaddress.IPv4Address | ipaddress.IPv6Address

NAMED, NOWHERE, LOOPBACK, PRIVATE, PUBLIC = range(-2, 3)
"""How far an address reaches: a name; no host's address; this machine; this network; all."""

_PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"),
        *("fc00::/7", "fe80::/10"),
    )
)
_NOBODY = tuple(ipaddress.ip_network(text) for text in ("0.0.0.0/8", "240.0.0.0/4", "::/128"))


class AddressInvalid(RequestRefused):
    """Text that is not the address of a peer."""

    code = "p2p.address_invalid"
    hint = "Write host:port, tcp://host:port or ws://host:port; IPv6 hosts in brackets."


@lru_cache(maxsize=CACHED)
def _ip(host: str) -> IP | None:
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return None
    # An IPv4 host is one host, however a socket for both families writes it.
    return getattr(ip, "ipv4_mapped", None) or ip


@lru_cache(maxsize=CACHED)
def _net(host: str, bits4: int, bits6: int) -> str:
    ip = _ip(host)
    if ip is None:
        return host
    return str(ipaddress.ip_network((ip, bits4 if ip.version == 4 else bits6), strict=False))


@lru_cache(maxsize=CACHED)
def _reach(host: str) -> int:
    ip = _ip(host)
    if ip is None:
        return NAMED
    if ip.is_loopback:
        return LOOPBACK
    if ip.is_multicast or any(ip in net for net in _NOBODY):
        return NOWHERE
    return PRIVATE if any(ip in net for net in _PRIVATE) else PUBLIC


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """``host`` is an IP address in its usual text, or a name that an operator gave."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def ip(self) -> IP | None:
        """The host as an IP address; None for a name."""
        return _ip(self.host)

    @property
    def group(self) -> str:
        """What an attacker gets many of cheaply: IPv4 /16, IPv6 /32, or the name."""
        return _net(self.host, 16, 32)

    @property
    def site(self) -> str:
        """What one host has for itself: an IPv4 address, an IPv6 /64, or the name."""
        ip = self.ip
        return str(ip) if ip is not None and ip.version == 4 else _net(self.host, 32, 64)

    @property
    def reach(self) -> int:
        """NAMED, NOWHERE, LOOPBACK, PRIVATE or PUBLIC."""
        return _reach(self.host)

    @property
    def near(self) -> bool:
        """On this machine or this network, where addresses say nothing of who owns them."""
        return self.reach in (LOOPBACK, PRIVATE)


def parse(text: str) -> Address:
    """The address in ``text``. Raises AddressInvalid."""
    scheme, found, rest = text.partition("://")
    if not found:
        scheme, rest = "tcp", text
    host, colon, port = rest.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        colon = ""
    plain = port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536
    sound = host.isascii() and 0 < len(host) <= HOST_CHARS and not set(host) & set(" /@?#[]%")
    if scheme not in SCHEMES or not colon or not plain or not sound:
        raise AddressInvalid(f"{text[:100]!r} is not the address of a peer", field="address")
    if (ip := Address(scheme, host, int(port)).ip) is not None:
        host = str(ip)
    return Address(scheme, host.lower(), int(port))
