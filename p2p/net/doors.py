"""Who may come in: a handshake costs this node a signature, so they are counted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from p2p.net.limits import (
    HANDSHAKE_EVERY_MS,
    HANDSHAKES_BURST,
    HOST_HANDSHAKE_EVERY_MS,
    HOST_HANDSHAKES_BURST,
    HOSTS_REMEMBERED,
)
from p2p.rules.addresses import LOOPBACK, Address


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
    """Counts inbound handshakes, of all and of each site; ``banned`` says who gets none."""

    def __init__(self) -> None:
        self._all = Allowance(HANDSHAKES_BURST, HANDSHAKE_EVERY_MS)
        self._sites: OrderedDict[str, Allowance] = OrderedDict()
        self.banned: Callable[[Address], bool] = lambda address: False

    def refuses(self, address: Address, now_ms: int) -> str:
        """Why nobody may come in from there now; "" if one may, who is then counted."""
        if self.banned(address):
            return "banned"
        if address.reach == LOOPBACK:
            return ""
        if not self._of(address.site).take(now_ms):
            return "host_rate"
        return "" if self._all.take(now_ms) else "rate"

    def _of(self, site: str) -> Allowance:
        known = self._sites.pop(site, None)
        self._sites[site] = known or Allowance(HOST_HANDSHAKES_BURST, HOST_HANDSHAKE_EVERY_MS)
        while len(self._sites) > HOSTS_REMEMBERED:
            self._sites.popitem(last=False)
        return self._sites[site]
