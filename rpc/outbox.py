"""What one socket is about to be sent: answers, and news up to a bound.

A socket that reads too slowly loses news rather than costing the node memory; it is told how many
and from which height to catch up. Used on the event loop only.
"""

from __future__ import annotations

import asyncio
from collections import deque

import orjson

from rpc import metrics

NEWS_MOST = 256


class Outbox:
    """Messages in the order they will be sent. Answers have no bound: one is made at a time."""

    def __init__(self) -> None:
        self._messages: deque[tuple[str, asyncio.Future[None] | None]] = deque()
        self._news = 0
        self._dropped = 0
        self._resume_from: int | None = None
        self._filled = asyncio.Event()

    def push(self, message: str, height: int | None) -> None:
        """Queue news; when there is no room, count it as dropped, with its height."""
        # After the first loss nothing more is queued until the notice has gone out: what is
        # sent after the notice is then all that happened after it.
        if self._dropped or self._news >= NEWS_MOST:
            self.lose(height)
            return
        self._messages.append((message, None))
        self._news += 1
        self._filled.set()

    def lose(self, height: int | None) -> None:
        """Count news that cannot be sent. ``height`` is where a reader has to look again."""
        self._dropped += 1
        metrics.DROPPED.inc()
        if height is not None and (self._resume_from is None or height < self._resume_from):
            self._resume_from = height
        self._filled.set()

    def answer(self, message: str) -> asyncio.Future[None]:
        """Queue an answer; the future is done when it has been handed to the transport."""
        sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._messages.append((message, sent))
        self._filled.set()
        return sent

    async def next(self) -> tuple[str, asyncio.Future[None] | None]:
        """The next message, waiting for one; the overflow notice comes when the rest is out."""
        while True:
            if self._messages:
                message, sent = self._messages.popleft()
                self._news -= sent is None
                return message, sent
            if self._dropped:
                return self._overflow(), None
            self._filled.clear()
            await self._filled.wait()

    def _overflow(self) -> str:
        params = {"dropped": self._dropped, "resumeFrom": self._resume_from}
        self._dropped, self._resume_from = 0, None
        return orjson.dumps({"jsonrpc": "2.0", "method": "overflow", "params": params}).decode()
