"""A real node that mines and an honest follower, attacked over TCP. The long form of this is
``make campaign-hostile``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.header import Header
from p2p.rules.limits import FRAME_BYTES
from p2p.rules.wire import codec
from p2p.rules.wire import messages as m
from tests.p2p.hostile import attacks
from tests.p2p.hostile.attacker import hello_parts
from tests.p2p.hostile.siege import Siege, siege

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def besieged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    with siege(tmp_path_factory.mktemp("siege")) as made:
        yield made
        made.recovers()
        assert "Traceback" not in made.node.process.err + made.friend.process.err


JUNK = {
    "no kind": b"\xfe",
    "no message": codec.encode(m.Ping(1)) + b"\0",
    "nested": codec.encode(m.Ping(1))[:1] + b"\x81" * 60_000 + b"\0",
    "huge count": codec.encode(m.Ping(1))[:1] + b"\x9b" + b"\xff" * 8,
    "huge text": codec.encode(m.Ping(1))[:1] + b"\x7b" + b"\xff" * 8 + b"x",
    "too many ids": codec.encode(m.Ping(1))[:1] + bytes(900_000),
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
def test_what_is_no_message_costs_a_ban(besieged: Siege, junk: bytes) -> None:
    guest = besieged.attacker().greet()
    guest.plain(junk)
    assert guest.goodbye() == "banned"


def test_a_giant_frame_is_refused_by_its_length(besieged: Siege) -> None:
    before = besieged.rss()
    for length in (FRAME_BYTES - 3, 2**31, 2**32 - 1):
        guest = besieged.attacker().greet()
        guest.wire(length.to_bytes(4, "big") + bytes(1_000))
        assert guest.goodbye() == ""
    assert besieged.rss() - before < 8 * FRAME_BYTES


def test_who_stalls_in_the_handshake_keeps_nobody_out(besieged: Siege) -> None:
    """At every byte where it may: others shake hands meanwhile."""
    for part in list(hello_parts(besieged.attacker())):
        besieged.attacker().wire(part)
    assert besieged.attacker().greet().answer(m.Identify).height >= 0
    besieged.leave()


def test_what_nobody_asked_for_costs_points(besieged: Siege) -> None:
    guest = besieged.attacker().greet()
    for _ in range(5):
        guest.say(m.Body(b"\xa0"))
    assert guest.goodbye() == "banned"
    guest = besieged.attacker().greet()
    for _ in range(5):
        guest.say(m.Peers(("tcp://203.0.113.9:1",)))
    assert guest.goodbye() == "banned"


def test_a_header_without_work_costs_a_ban_and_its_block_nothing(besieged: Siege) -> None:
    head = besieged.node.head()["height"]
    guest = besieged.attacker().greet()
    guest.say(m.GetHeaders((besieged.genesis,), 256))
    raw = guest.answer(m.Headers).headers[-1]
    real = Header.decode(raw)
    fake = replace(real, height=real.height + 1, parent=real.hash)
    while fake.draw < 2**255:
        fake = fake.sealed((int.from_bytes(fake.nonce, "little") + 1).to_bytes(8, "little"))
    guest.say(m.Headers((fake.encoded,), asked=False))
    assert guest.goodbye() == "banned"
    besieged.friend.height(head + 1)


def test_many_floods_at_once_leave_the_chain_its_rhythm(besieged: Siege) -> None:
    mixed = [attacks.flood(make, 1, reads=True) for make in attacks.FLOODS.values()]
    toll = besieged.under(lambda one: [attack(one) for attack in mixed], 4)
    besieged.recovers()
    besieged.check(toll)
    assert besieged.offences("flood") > 0
