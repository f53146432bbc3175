"""``python -m p2p.sign_once ALG``: one signature in a process of its own.

Standard input holds secret, message and context, each behind its length (u32be); standard output
gets the signature, which has been verified.
"""

from __future__ import annotations

import sys
from typing import BinaryIO

from pq.signing import PrivateKey


def main(alg: int, source: BinaryIO, target: BinaryIO) -> None:
    """Read an order, sign, answer."""
    secret, message, context = (_part(source) for _ in range(3))
    target.write(PrivateKey(alg, secret).sign(message, context))
    target.flush()


def _part(source: BinaryIO) -> bytes:
    return source.read(int.from_bytes(source.read(4)))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)
