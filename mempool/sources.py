"""Whom the pool counts a transaction as coming from."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address

IPV6_PREFIX = 64
"""Whoever has one IPv6 address usually has all that share these first bits."""


@lru_cache(maxsize=4096)
def of_ip(ip: str) -> str:
    """The source of a peer's address in text: an IPv4 address, or the network of an IPv6 one."""
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return f"rpc:{ip}"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return f"rpc:{address.ipv4_mapped}"
        return f"rpc:{int(address) >> (128 - IPV6_PREFIX):x}::/{IPV6_PREFIX}"
    return f"rpc:{address}"
