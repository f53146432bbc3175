"""The WebSocket at ``/ws``: the same JSON-RPC, plus subscriptions."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from rpc import desk, hub
from rpc.caller import Caller, Filter
from rpc.dispatch import body_too_long, failure
from rpc.errors import Busy, SubscriptionLimit
from rpc.news import Interest, News
from rpc.outbox import Outbox
from rpc.router import peer

MESSAGE_BYTES = 1024 * 1024
SUBSCRIPTIONS_MOST = 64
TOO_BIG, TRY_LATER = 1009, 1013


@dataclass(frozen=True)
class Subscription:
    """One subscription of a socket; ``head`` is its message up to the result."""

    topic: str
    wanted: Filter
    head: str


class Session:
    """The subscriptions of one socket.

    ``subscribe`` and ``unsubscribe`` run on a worker thread, one call at a time; what they change
    takes effect in ``settle``, on the event loop, right after the answer was queued. So no news
    overtake the answer that names their subscription.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._active: dict[str, Subscription] = {}
        self._planned: dict[str, Subscription] = {}
        self._count = 0

    def subscribe(self, topic: str, wanted: Filter) -> str:
        """See ``rpc.caller.Socket``."""
        if len(self._planned) >= SUBSCRIPTIONS_MOST:
            raise SubscriptionLimit(
                f"a socket has at most {SUBSCRIPTIONS_MOST} subscriptions",
                limit=SUBSCRIPTIONS_MOST,
            )
        self._count += 1
        subscription = f"s{self._count}"
        head = (
            '{"jsonrpc":"2.0","method":"subscription","params":{"subscription":"'
            f'{subscription}","topic":"{topic}","result":'
        )
        self._planned = {**self._planned, subscription: Subscription(topic, wanted, head)}
        return subscription

    def unsubscribe(self, subscription: str) -> bool:
        """See ``rpc.caller.Socket``."""
        planned = dict(self._planned)
        known = planned.pop(subscription, None) is not None
        self._planned = planned
        return known

    def settle(self) -> None:
        """Put into effect what the last message changed."""
        self._active = self._planned

    def wants(self, interest: Interest) -> None:
        """See ``rpc.hub.Listener``."""
        for subscription in self._active.values():
            interest.topics.add(subscription.topic)
            if subscription.topic == "receipts":
                interest.receipts.append(subscription.wanted)

    def hear(self, news: News, height: int | None) -> None:
        """See ``rpc.hub.Listener``."""
        for subscription in self._active.values():
            if subscription.topic != news.topic:
                continue
            if news.about is None or subscription.wanted.takes(*news.about):
                self._outbox.push(f"{subscription.head}{news.result}}}}}", height)

    def miss(self, topics: frozenset[str], height: int | None) -> None:
        """See ``rpc.hub.Listener``."""
        if any(subscription.topic in topics for subscription in self._active.values()):
            self._outbox.lose(height)


class RpcConsumer(AsyncWebsocketConsumer):
    """One connection: a message in, an answer out, and news in between."""

    # The hub brings the news; a channel of its own per socket would be a second, lossy queue.
    channel_layer_alias = "not used"

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Handle one ASGI message, without the base class's thread hop for database upkeep:
        nothing here touches the database outside the desk's threads.
        """
        handlers = {
            "websocket.connect": self.websocket_connect,
            "websocket.receive": self.websocket_receive,
            "websocket.disconnect": self.websocket_disconnect,
        }
        await handlers[message["type"]](message)

    async def connect(self) -> None:
        """Accept, unless there are as many sockets as may be."""
        self._outbox = Outbox()
        self._session = Session(self._outbox)
        self._caller = Caller(peer(self.scope), self._session)
        self._hub = hub.current()
        self._writer: asyncio.Task[None] | None = None
        await self.accept()
        if not self._hub.join(self._session):
            refusal = Busy(f"{hub.SOCKETS_MOST} sockets are open", limit=hub.SOCKETS_MOST)
            await self.send(text_data=failure(None, refusal).decode())
            await self.close(code=TRY_LATER)
            return
        self._writer = asyncio.create_task(self._write())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer one message; the next one is taken when the answer is on its way."""
        if self._writer is None or self._writer.done():
            return
        body = bytes_data if text_data is None else text_data.encode()
        if body is None or len(body) > MESSAGE_BYTES:
            await self._outbox.answer(failure(None, body_too_long(MESSAGE_BYTES)).decode())
            await self.close(code=TOO_BIG)
            return
        answer = await desk.current().answer(body, self._caller)
        sent = self._outbox.answer(answer.decode()) if answer else None
        self._session.settle()
        if sent is not None:
            await sent

    async def disconnect(self, code: int) -> None:
        """Forget the socket."""
        self._hub.leave(self._session)
        if self._writer is not None:
            self._writer.cancel()

    async def _write(self) -> None:
        """Send what the outbox has, as fast as the peer reads it."""
        while True:
            message, sent = await self._outbox.next()
            try:
                await self.send(text_data=message)
            finally:
                if sent is not None and not sent.done():
                    sent.set_result(None)
