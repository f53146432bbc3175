"""``subscribe`` and ``unsubscribe``: news over a WebSocket."""

from __future__ import annotations

from typing import Annotated

from rpc.caller import Caller, Filter
from rpc.errors import NeedsSocket, ParamsInvalid, SubscriptionLimit, SubscriptionUnknown
from rpc.news import TOPICS
from rpc.params import BYTES32, Address, choice, list_of, text
from rpc.registry import method

_TXIDS = 100


@method("subscribe", errors=[NeedsSocket, SubscriptionLimit])
def subscribe(
    caller: Caller,
    topic: Annotated[str, choice(*TOPICS), "What to hear of."],
    txids: Annotated[
        tuple[bytes, ...] | None, list_of(BYTES32, most=_TXIDS), "receipts: only of these."
    ] = None,
    from_: Annotated[Address | None, "receipts: only of this sender's transactions."] = None,
) -> str:
    """Send news of a topic on this socket from now on; returns the subscription's id.

    News arrive as notifications of method `subscription` with params {subscription, topic,
    result}. If the socket falls behind, one notification of method `overflow` tells how many were
    `dropped` and the height to `resumeFrom`.
    """
    if caller.socket is None:
        raise NeedsSocket("subscribe works on a WebSocket only")
    if topic != "receipts" and (txids is not None or from_ is not None):
        field = "txids" if txids is not None else "from"
        raise ParamsInvalid(f"{field} filters the topic receipts only", field=field)
    return caller.socket.subscribe(topic, Filter(frozenset(txids or ()), from_))


@method("unsubscribe", errors=[NeedsSocket, SubscriptionUnknown])
def unsubscribe(
    caller: Caller, subscription: Annotated[str, text(most=32), "The id from subscribe."]
) -> bool:
    """End a subscription of this socket."""
    if caller.socket is None:
        raise NeedsSocket("unsubscribe works on a WebSocket only")
    if not caller.socket.unsubscribe(subscription):
        raise SubscriptionUnknown(f"there is no subscription {subscription!r} on this socket")
    return True
