"""Generated text, line by line, with the line of the source that each comes from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Lines:
    """Indented lines; ``sources`` has a source line for each."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self.sources: list[int] = []
        self._indent = ""

    def add(self, source: int, *lines: str) -> None:
        """Lines at the indentation of now, all from one line of the source."""
        for line in lines:
            self._text.append(self._indent + line)
            self.sources.append(source)

    @contextmanager
    def indented(self) -> Iterator[None]:
        """What is added inside stands one level deeper."""
        outer = self._indent
        self._indent = outer + " "
        yield
        self._indent = outer

    @property
    def depth(self) -> int:
        """How many levels deep the next line stands."""
        return len(self._indent)

    def text(self) -> str:
        """The whole text."""
        return "\n".join(self._text) + "\n"
