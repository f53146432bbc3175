"""Refusals of the RPC surface, and the JSON-RPC number of every branch of the error tree.

Source: JSON-RPC 2.0, section 5.1 (numbers from -32700 to -32600); docs/spec/rpc.md.
"""

from __future__ import annotations

from core.errors import (
    AnimicaError,
    BlockRefused,
    EncodingRefused,
    NodeFault,
    Refused,
    RequestRefused,
    TxRefused,
)


class ParseFailed(RequestRefused):
    """The body is not JSON."""

    code = "rpc.parse"
    hint = "Send one JSON object, or an array of them, encoded in UTF-8."


class EnvelopeInvalid(RequestRefused):
    """JSON, but not a JSON-RPC 2.0 request."""

    code = "rpc.envelope"
    hint = 'Send {"jsonrpc": "2.0", "id": 1, "method": "chain.getHead", "params": []}.'


class BatchEmpty(RequestRefused):
    """A batch without requests."""

    code = "rpc.batch_empty"
    hint = "Put at least one request into a batch."


class BatchTooLong(RequestRefused):
    """A batch of more requests than the limit."""

    code = "rpc.batch_too_long"
    hint = "Split the batch."


class BodyTooLong(RequestRefused):
    """A body or message of more bytes than the limit."""

    code = "rpc.body_too_long"
    hint = "Send less at once; whole blocks go to POST /api/v1/blocks as raw CBOR."


class BodyTooSlow(RequestRefused):
    """The body did not arrive in time."""

    code = "rpc.body_too_slow"
    hint = "Send the body without pausing."


class MethodUnknown(RequestRefused):
    """No method of that name."""

    code = "rpc.method_unknown"
    hint = "rpc.listMethods names every method; rpc.discover describes them."


class ParamsInvalid(RequestRefused):
    """A parameter that is missing, unknown or not of its type. ``field`` names it."""

    code = "rpc.params"
    hint = "Mend the parameter in `field`; rpc.discover describes each."


class Busy(RequestRefused):
    """More requests are waiting than the node will queue."""

    code = "rpc.busy"
    hint = "Wait a moment and try again."


class RateLimited(RequestRefused):
    """The caller's allowance of requests is used up."""

    code = "rpc.rate_limited"
    hint = "Wait `retryAfterMs` milliseconds, and send fewer requests."


class HostRefused(RequestRefused):
    """The Host header names a host that this node does not serve."""

    code = "rpc.host_refused"
    hint = "Use an allowed host name, or add this one to ANIMICA_ALLOWED_HOSTS."


class OriginRefused(RequestRefused):
    """A web page of another origin tried to open a socket."""

    code = "rpc.origin_refused"
    hint = "Add the page's origin to ANIMICA_CORS_ORIGINS."


class HttpMethodRefused(RequestRefused):
    """The address does not answer to this HTTP method."""

    code = "rpc.http_method"
    hint = "Use the HTTP method in `allowed`."


class NeedsSocket(RequestRefused):
    """A method that only a WebSocket connection can serve."""

    code = "rpc.needs_socket"
    hint = "Open a WebSocket at /ws and call the method there."


class SubscriptionLimit(RequestRefused):
    """The socket has as many subscriptions as it may have."""

    code = "rpc.subscription_limit"
    hint = "Unsubscribe from something, or open another socket."


class SubscriptionUnknown(RequestRefused):
    """The socket has no subscription of that id."""

    code = "rpc.subscription_unknown"
    hint = "Use the id that subscribe returned on this very socket."


class AlwaysFails(RequestRefused):
    """A deployment or call that fails on the head however much gas it gets.

    ``revert`` is the reason as a receipt would have it; the hint of each is that of its reason.
    """

    code = "contract.reverted"
    hint = "Mend the arguments or the contract; `state.call` runs the call and shows more of it."

    def __init__(self, message: str, *, hint: str, **facts: object) -> None:
        super().__init__(message, **facts)
        self.__dict__["hint"] = hint


class InternalError(NodeFault):
    """A defect of the node met while serving a request. The log has the details."""

    code = "rpc.internal"
    hint = "Report the number in `reference` to the node's operator; the log explains it."


class DatabaseAway(NodeFault):
    """The database did not answer while the request was served."""

    code = "rpc.database"
    hint = "Try again shortly; the node's operator sees the reason in the log and at /readyz."


class NodeAbsent(NodeFault):
    """The web process runs, but no node has been started in it."""

    code = "rpc.node_absent"
    hint = "Start the node with `animica devnet` or `animica node`."


NUMBERS: dict[type[AnimicaError], int] = {
    ParseFailed: -32700,
    EnvelopeInvalid: -32600,
    BatchEmpty: -32600,
    BatchTooLong: -32600,
    BodyTooLong: -32600,
    BodyTooSlow: -32600,
    MethodUnknown: -32601,
    ParamsInvalid: -32602,
    EncodingRefused: -32602,
    InternalError: -32603,
    RequestRefused: -32000,
    Refused: -32000,
    Busy: -32005,
    RateLimited: -32005,
    TxRefused: -32010,
    BlockRefused: -32020,
    NodeFault: -32050,
}
"""The JSON-RPC number of each branch; the nearest ancestor of an error's class decides."""


def number_of(error: type[AnimicaError]) -> int:
    """The JSON-RPC error number of a class."""
    return next(NUMBERS[base] for base in error.__mro__ if base in NUMBERS)
