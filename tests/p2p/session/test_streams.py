"""However a stream is cut, the same messages come out, in both directions at once."""

from __future__ import annotations

from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from p2p.rules import limits
from p2p.rules.session import frames
from tests.p2p.session.wire import End, ends

PAYLOAD = 50
"""A frame's payload in these tests, so that short messages take several frames."""


class Streams(RuleBasedStateMachine):
    """Two sessions, and what is on the way between them."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = [
            mock.patch.object(frames, "PAYLOAD_MOST", PAYLOAD),
            mock.patch.object(limits, "REKEY_BYTES", 400),
        ]
        for patch in self.patches:
            patch.start()
        self.ends = ends()
        self.sent: list[list[bytes]] = [[], []]
        self.way = [self.ends[0].start(), b""]

    @initialize(met=st.booleans())
    def meet(self, met: bool) -> None:
        while met and any(self.way):
            for side in (0, 1):
                self._carry(side, len(self.way[side]))

    def teardown(self) -> None:
        try:
            while any(self.way):
                for side in (0, 1):
                    self._carry(side, len(self.way[side]))
            for side in (0, 1):
                assert self.ends[1 - side].messages == self.sent[side]
                assert self.ends[side].session.established and self.ends[side].session.held == 0
        finally:
            for patch in self.patches:
                patch.stop()

    def _carry(self, side: int, size: int) -> None:
        data, self.way[side] = self.way[side][:size], self.way[side][size:]
        self.way[1 - side] += self.ends[1 - side].take(data)

    @rule(side=st.sampled_from([0, 1]), size=st.integers(1, 6_000))
    def carry(self, side: int, size: int) -> None:
        self._carry(side, size)

    @rule(side=st.sampled_from([0, 1]), pieces=st.lists(st.integers(1, 30), max_size=8))
    def carry_little(self, side: int, pieces: list[int]) -> None:
        for size in pieces:
            self._carry(side, size)

    @precondition(lambda self: any(end.session.established for end in self.ends))
    @rule(side=st.sampled_from([0, 1]), sizes=st.lists(st.integers(1, 4 * PAYLOAD), max_size=4))
    def send(self, side: int, sizes: list[int]) -> None:
        end: End = self.ends[side]
        for size in sizes if end.session.established else ():
            message = bytes([len(self.sent[side]) % 256]) * size
            self.way[side] += end.send(message)
            self.sent[side].append(message)

    @rule(side=st.sampled_from([0, 1]))
    def wait(self, side: int) -> None:
        self.ends[side].now_ms += limits.REKEY_MS

    @invariant()
    def what_came_is_the_beginning_of_what_was_sent(self) -> None:
        for side in (0, 1):
            got = self.ends[1 - side].messages
            assert got == self.sent[side][: len(got)]
            assert self.ends[side].code == ""


Streams.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestStreams = Streams.TestCase


def test_a_stream_of_single_bytes():
    a, b = ends()
    way = [a.start(), b""]
    while any(way):
        for side, end in ((0, b), (1, a)):
            for byte in way[side]:
                way[1 - side] += end.take(bytes([byte]))
            way[side] = b""
    for byte in a.send(b"message") + a.send(b"another"):
        b.take(bytes([byte]))
    assert b.messages == [b"message", b"another"]
