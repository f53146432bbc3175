"""A shell that is fed one command after the other, as a person at a terminal does."""

from __future__ import annotations

import os
import secrets
import select
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

_CHUNK = 65_536


class ShellStuck(Exception):
    """A command did not come to an end, or ended the shell; its output is the text."""


class Shell:
    """One bash: variables, ``cd`` and ``export`` last from command to command.

    ``env`` is its whole environment. What it started is killed at the end.
    """

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=dict(env),
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        try:
            os.killpg(self._bash.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it is gone, with all its children
        self._bash.communicate()

    def run(self, command: str, timeout_s: float) -> tuple[int, str]:
        """Exit status and output, both streams together. Raises ``ShellStuck``.

        The command reads nothing: whatever would ask a person fails or takes its default.
        """
        mark = secrets.token_hex(8)
        # `eval` keeps an open quote from swallowing what follows.
        text = f"eval {shlex.quote(command)} </dev/null\nprintf '\\n{mark} %d\\n' $?\n"
        assert self._bash.stdin is not None
        try:
            self._bash.stdin.write(text.encode())
            self._bash.stdin.flush()
        except BrokenPipeError:
            raise ShellStuck("the shell has ended before") from None
        output, status = self._until(f"\n{mark} ".encode(), timeout_s)
        return int(status), output.decode("utf-8", "replace")

    def value(self, name: str) -> str:
        """What a variable holds; nothing when it is not set."""
        return self.run(f'printf %s "${{{name}}}"', 10)[1]

    def _until(self, mark: bytes, timeout_s: float) -> tuple[bytes, bytes]:
        """What comes before the mark, and what stands behind it on its line."""
        assert self._bash.stdout is not None
        pipe, deadline, data = self._bash.stdout.fileno(), time.monotonic() + timeout_s, b""
        while True:
            output, found, rest = data.partition(mark)
            if found and rest.endswith(b"\n"):
                return output, rest
            left = max(0.0, deadline - time.monotonic())
            ready = select.select([pipe], [], [], left)[0]
            chunk = os.read(pipe, _CHUNK) if ready else b""
            if not chunk:
                why = "the shell ended" if ready else f"no end after {timeout_s:g} s"
                raise ShellStuck(f"{data.decode('utf-8', 'replace')}\n({why})")
            data += chunk
