"""What a node behind another server takes from the environment."""

from __future__ import annotations

import pytest

from animica_site import hosted
from p2p.errors import PeerPortInvalid
from p2p.rules.addresses import Address, AddressInvalid


def test_without_a_word_it_keeps_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANIMICA_P2P_PORT", raising=False)
    monkeypatch.delenv("ANIMICA_CONNECT", raising=False)
    assert hosted._peers() is None


def test_peers_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANIMICA_P2P_PORT", "0")
    monkeypatch.setenv("ANIMICA_P2P_HOST", "0.0.0.0")
    monkeypatch.setenv("ANIMICA_CONNECT", "192.0.2.1:8546,ws://[2001:db8::1]:80")
    config = hosted._peers()
    assert (config.host, config.port) == ("0.0.0.0", 0)
    assert config.connect == (Address("tcp", "192.0.2.1", 8546), Address("ws", "2001:db8::1", 80))
    monkeypatch.delenv("ANIMICA_P2P_PORT")
    assert hosted._peers().port is None


@pytest.mark.parametrize("port", ["x", "65536", "-1", "٣"])
def test_what_is_no_port_is_refused(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("ANIMICA_P2P_PORT", port)
    with pytest.raises(PeerPortInvalid):
        hosted._peers()


def test_what_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANIMICA_CONNECT", "quic://192.0.2.1:1")
    with pytest.raises(AddressInvalid):
        hosted._peers()
