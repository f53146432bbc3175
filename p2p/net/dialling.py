"""How an address is connected to, by its scheme."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from p2p.net import ws
from p2p.net.tcp import TcpWire
from p2p.net.wires import End, Wire
from p2p.rules.addresses import Address, AddressInvalid


def check(address: Address) -> Address:
    """The address, if this node can connect to it. Raises AddressInvalid."""
    if address.scheme not in _SCHEMES:
        raise AddressInvalid(
            f"this node speaks {' and '.join(_SCHEMES)}, not {address.scheme}", field="address"
        )
    return address


async def dial(address: Address, attach: Callable[[Wire], End | None]) -> None:
    """Connect and attach the wire. Raises OSError, TimeoutError or AddressInvalid."""
    await _SCHEMES[check(address).scheme](address, attach)


async def _tcp(address: Address, attach: Callable[[Wire], End | None]) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: TcpWire(attach), address.host, address.port)


_SCHEMES = {"tcp": _tcp, "ws": ws.dial}
