"""Looking ahead in a row of blocks: one is taken in, the next verified, the one after decoded.

Nothing is judged here. What is prepared lands in caches that the importer asks in its own order,
so a block that comes this way meets the same checks as any other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
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
    of a block that cannot be decoded, in its turn.
    """
    source = iter(raws)
    decoding: deque[Pending[Decoded]] = deque()

    def decode_one_more() -> None:
        for raw in islice(source, 1):
            decoding.append(witnesses.runner.start(lambda raw: _decode(raw, network), raw))

    decode_one_more()
    current: Decoded | None = None
    while decoding:
        decode_one_more()
        try:
            following = decoding.popleft().result()
        except Refused:
            if current is not None:
                yield current
            raise
        if _shows_work(following, network):
            witnesses.begin(pipeline.signatures_ahead(following.block, state))
        if current is not None:
            yield current
        current = following
    if current is not None:
        yield current


def _decode(raw: bytes, network: Network) -> Decoded:
    decoded = pipeline.decode(raw, network)
    _ = decoded.block.body_roots  # kept by the block; hashing it here costs the importer nothing
    return decoded


def _shows_work(decoded: Decoded, network: Network) -> bool:
    """Whether somebody spent work on this very body: signatures are not verified for free."""
    try:
        seal.check_claims(decoded.block.header, network)
        pipeline.check_body_roots(decoded.block)
    except Refused:
        return False
    return True
