"""A worker process: takes ranges of nonces from its parent, one at a time, and answers each.

Started as ``python -m mining.worker FD``, FD being its end of a socket pair. It ends when the
parent kills it or goes away, whichever way, and lets the parent handle Ctrl-C.
"""

from __future__ import annotations

import os
import signal
import sys
from multiprocessing.connection import Connection

from mining.nonces import carry_out

_NICENESS = 10  # the node verifies and answers before its own miner hashes


def serve(connection: Connection) -> None:
    """Answer orders until the parent's end closes."""
    try:
        while True:
            connection.send(carry_out(connection.recv()))
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
