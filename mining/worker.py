"""A worker process: takes ranges of nonces from its parent, one at a time, and answers each.

Started as ``python -m mining.worker FD``, FD being its end of a socket pair. It ends when the
parent says so or goes away, whichever way, and lets the parent handle Ctrl-C.
"""

from __future__ import annotations

import os
import signal
import sys
from multiprocessing.connection import Connection
from time import perf_counter_ns
from typing import NamedTuple

from mining.nonces import search_range

_NICENESS = 10  # the node verifies and answers before its own miner hashes


class Order(NamedTuple):
    """A range to search: ``job`` tells searches apart, the rest as in ``search_range``."""

    job: int
    seal_prefix: bytes
    start: int
    count: int
    threshold: int


class Answer(NamedTuple):
    """What came of an order: the nonce if found, hashes done, and how long they took."""

    job: int
    nonce: int | None
    hashes: int
    elapsed_ns: int


def carry_out(order: Order) -> Answer:
    """Search one range."""
    began = perf_counter_ns()
    nonce = search_range(order.seal_prefix, order.start, order.count, order.threshold)
    hashes = order.count if nonce is None else nonce - order.start + 1
    return Answer(order.job, nonce, hashes, perf_counter_ns() - began)


def serve(connection: Connection) -> None:
    """Answer orders until the parent sends None or its end closes."""
    try:
        while (order := connection.recv()) is not None:
            connection.send(carry_out(order))
    except (EOFError, OSError):
        # The parent is gone; there is nobody left to tell.
        return


def main() -> None:
    """Entry of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICENESS)
    serve(Connection(int(sys.argv[1])))


if __name__ == "__main__":
    main()
