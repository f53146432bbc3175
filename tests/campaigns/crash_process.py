"""A life in a child process of its own, forked with everything imported, that reports in lines.

What was written into the pipe is read to its end whatever became of the writer.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass

STUCK_S = 120.0

Say = Callable[[str], None]


@dataclass
class Child:
    """A running child; ``reports`` to the end, then ``wait``."""

    pid: int
    pipe: int

    def reports(self, moment: float | None) -> Iterator[tuple[str, str]]:
        """(word, rest) of every line; kills the child ``moment`` seconds from now, if given."""
        started = time.monotonic()
        knife = None if moment is None else started + moment
        rest = b""
        while True:
            until = started + STUCK_S if knife is None else knife
            ready, _, _ = select.select([self.pipe], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                os.kill(self.pid, signal.SIGKILL)
                if knife is None:
                    raise SystemExit(f"a child did not come to an end in {STUCK_S:.0f} s")
                knife = None
                continue
            chunk = os.read(self.pipe, 65536)
            if not chunk:
                return
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                word, _, value = line.decode().partition(" ")
                yield word, value

    def wait(self) -> int:
        """Exit status, minus the signal for one that was killed."""
        os.close(self.pipe)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def fork(work: Callable[[Say], None]) -> Child:
    """Run ``work`` in a child. Nothing may hold a thread or a database connection here."""
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        return Child(pid, read)
    os.close(read)

    def say(line: str) -> None:
        os.write(write, f"{line}\n".encode())

    status = 1
    try:
        work(say)
        status = 0
    finally:
        if status:
            traceback.print_exc()
            say(f"failed {sys.exc_info()[1]!r}".replace("\n", " "))
        os._exit(status)
