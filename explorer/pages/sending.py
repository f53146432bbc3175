"""A signed transaction that a reader pastes."""

from __future__ import annotations

from core.errors import EncodingRefused, RequestRefused
from core.limits import TX_BYTES
from explorer import format
from explorer.errors import NotRaw
from mempool import service as mempool
from mempool import sources


class Malformed(RequestRefused):
    """Hex of bytes that are no transaction in canonical form."""

    code = "explorer.malformed"
    hint = "Paste the whole of it: the hex of CBOR of [unsigned, witness]."


def submit(text: str, ip: str) -> str:
    """Hand the transaction in hex to the pool; its txid in hex.

    Raises ``NotRaw``, ``Malformed``, or the ``TxRefused`` of the first rule that it breaks.
    """
    digits = "".join(text.split()).removeprefix("0x")
    if len(digits) > 2 * TX_BYTES:
        raise NotRaw(f"this has {len(digits) // 2} bytes, a transaction at most {TX_BYTES}")
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raise NotRaw("this is not hex: it has other characters, or an odd number of them") from None
    if not raw:
        raise NotRaw("there is nothing here")
    try:
        return format.hex0x(mempool.current().submit(raw, sources.of_ip(ip)).txid)
    except EncodingRefused as refusal:
        raise Malformed(refusal.message, cause=refusal.code) from None
