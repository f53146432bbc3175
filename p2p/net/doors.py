"""Who may come in: a handshake costs this node a signature, so they are counted. Pure bookkeeping."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Collection

from p2p.net.limits import (
    HANDSHAKE_EVERY_MS,
    HANDSHAKES_BURST,
    HOST_HANDSHAKE_EVERY_MS,
    HOST_HANDSHAKES_BURST,
    HOSTS_REMEMBERED,
)


class Allowance:
    """So many at once, and one more every so many milliseconds."""

    def __init__(self, burst: int, every_ms: int) -> None:
        self._full_ms = burst * every_ms
        self._every_ms = every_ms
        self._saved_ms = self._full_ms
        self._at_ms = 0

    def take(self, now_ms: int) -> bool:
        """Whether one more is allowed; then it is counted."""
        self._saved_ms = min(self._full_ms, self._saved_ms + now_ms - self._at_ms)
        self._at_ms = now_ms
        if self._saved_ms < self._every_ms:
            return False
        self._saved_ms -= self._every_ms
        return True


class Doors:
    """Counts inbound handshakes, of all and of each host. ``banned`` hosts get none."""

    def __init__(self) -> None:
        self._all = Allowance(HANDSHAKES_BURST, HANDSHAKE_EVERY_MS)
        self._hosts: OrderedDict[str, Allowance] = OrderedDict()
        self.banned: Collection[str] = frozenset()

    def refuses(self, host: str, now_ms: int) -> str:
        """Why a host may not come in now; "" if it may, which is then counted."""
        if host in self.banned:
            return "banned"
        if not is_loopback(host):
            if not self._host(host).take(now_ms):
                return "host_rate"
            if not self._all.take(now_ms):
                return "rate"
        return ""

    def _host(self, host: str) -> Allowance:
        known = self._hosts.pop(host, None)
        self._hosts[host] = known or Allowance(HOST_HANDSHAKES_BURST, HOST_HANDSHAKE_EVERY_MS)
        while len(self._hosts) > HOSTS_REMEMBERED:
            self._hosts.popitem(last=False)
        return self._hosts[host]


def is_loopback(host: str) -> bool:
    """Whether a connection from there never left this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
