"""Looking ahead in a row of blocks: one is taken in, the next verified, the one after decoded.

Nothing is judged here. What is prepared lands in caches that the importer asks in its own order,
so a block that comes this way meets the same checks as any other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from itertools import islice

from consensus.rules import pipeline, seal
from consensus.rules.pipeline import Decoded
from consensus.witnesses import WitnessChecker
from core.errors import Refused
from core.network import Network
from core.ports import Pending, StateReader


def decoded_ahead(
    raws: Iterable[bytes], *, network: Network, witnesses: WitnessChecker, state: StateReader
) -> Iterator[Decoded]:
    """The blocks decoded, in order; take in each before asking for the next.

    ``state`` is the ledger's present state, for the keys of senders. Raises the ``EncodingRefused``
    of a block that cannot be decoded, and whatever ``raws`` raises, in its turn.
    """
    source = iter(raws)
    decoding: deque[Pending[Decoded]] = deque()

    def decode_one_more() -> None:
        try:
            for raw in islice(source, 1):
                decoding.append(witnesses.runner.start(lambda raw: _decode(raw, network), raw))
        except Exception as error:  # noqa: BLE001 - raised in its turn, after the blocks before it
            failed: Future[Decoded] = Future()
            failed.set_exception(error)
            decoding.append(failed)

    decode_one_more()
    current: Decoded | None = None
    while decoding:
        decode_one_more()
        try:
            following = decoding.popleft().result()
        except Exception:
            if current is not None:
                yield current
            raise
        _begin(following, network, witnesses, state)
        if current is not None:
            yield current
        current = following
    if current is not None:
        yield current


def _begin(
    decoded: Decoded, network: Network, witnesses: WitnessChecker, state: StateReader
) -> None:
    """Have a block's signatures verified, if somebody spent work on this very body.

    Whatever is wrong with it, the importer finds in its turn.
    """
    try:
        seal.check_claims(decoded.block.header, network)
        pipeline.check_body_roots(decoded.block)
        witnesses.begin(pipeline.signatures_ahead(decoded.block, state))
    except Refused:
        return


def _decode(raw: bytes, network: Network) -> Decoded:
    decoded = pipeline.decode(raw, network)
    _ = decoded.block.body_roots  # kept by the block; hashing it here costs the importer nothing
    return decoded
