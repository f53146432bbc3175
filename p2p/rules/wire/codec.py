"""Messages to bytes and back: a kind byte, then strict CBOR. Source: docs/spec/p2p.md."""

from __future__ import annotations

from typing import cast

from core import cbor
from core.errors import EncodingRefused
from core.fields import Fields, keys
from p2p.rules.limits import SHORT_ID_BYTES
from p2p.rules.wire import table
from p2p.rules.wire.messages import KINDS, Compact, GetParts, Message

_NUMBERS = {type: number for number, type in KINDS.items()}


class MessageUnknown(EncodingRefused):
    """A message of a kind that this version does not have."""

    code = "p2p.message_unknown"
    hint = "Send only the messages that docs/spec/p2p.md lists for this version."


class MessageForm(EncodingRefused):
    """A message whose fields do not belong together."""

    code = "p2p.message_form"
    hint = "docs/spec/p2p.md says what the fields of each message have to do with each other."


def encode(message: Message) -> bytes:
    """The kind byte and the canonical CBOR of a message."""
    # How fields are written does not depend on the network, only how much is read.
    kind = table.kinds(0)[_NUMBERS[type(message)]]
    value = {wire: form.write(getattr(message, own)) for wire, own, form in kind.fields}
    return bytes([kind.number]) + cbor.encode(value)


def kind_of(data: bytes, *, block_bytes: int) -> table.Kind:
    """The kind of the message in ``data``, whose size is within that kind's limit.

    Looks at the first byte only. Raises MessageUnknown or ``cbor.too_large``.
    """
    kind = table.kinds(block_bytes).get(data[0]) if data else None
    if kind is None:
        found = f"kind {data[0]}" if data else "no kind"
        raise MessageUnknown(f"there is no message of {found}", field="message")
    if len(data) > kind.bytes:
        raise cbor.CborTooLarge(
            f"{kind.what} has {len(data)} bytes, the limit is {kind.bytes}",
            field=kind.what,
            limit=kind.bytes,
        )
    return kind


def decode(data: bytes, *, block_bytes: int) -> Message:
    """The message in ``data``, within its kind's limits; ``block_bytes`` is the network's.

    Raises an ``EncodingRefused`` or ``MessageUnknown``.
    """
    kind = kind_of(data, block_bytes=block_bytes)
    value = cbor.decode(data[1:], limit=kind.bytes - 1, what=kind.what, most=kind.items)
    f = Fields(value, kind.what, keys(wire for wire, _, _ in kind.fields), frozenset())
    read = {own: form.read(f.raw(wire), f"{kind.what}.{wire}") for wire, own, form in kind.fields}
    message = cast(Message, kind.type(**read))
    if type(message) is Compact:
        _check_compact(message)
    elif type(message) is GetParts and not message.txs and not message.proofs:
        raise MessageForm("getParts asks for nothing", field="getParts")
    return message


def _check_compact(compact: Compact) -> None:
    count = len(compact.txs) // SHORT_ID_BYTES
    if len(compact.keyed) != -(-count // 8):
        raise MessageForm(
            f"compact.keyed has {len(compact.keyed)} bytes for {count} transactions",
            field="compact.keyed",
        )
    spare = -count % 8
    if spare and compact.keyed[-1] & ((1 << spare) - 1):
        raise MessageForm("compact.keyed has bits beyond its end", field="compact.keyed")
    if compact.prefilled and compact.prefilled[-1][0] >= count:
        raise MessageForm(
            f"compact.prefilled names place {compact.prefilled[-1][0]} of {count}",
            field="compact.prefilled",
        )
