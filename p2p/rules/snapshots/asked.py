"""What peers have been asked for and may still answer."""

from __future__ import annotations

from p2p.rules.snapshots import numbers

Thing = tuple[bytes, int]
"""A chunk by snapshot and number; number −1 is the manifest."""
MANIFEST = -1


class Asked:
    """Requests under way, by connection; those that took too long may still be answered."""

    def __init__(self) -> None:
        self._open: dict[int, dict[Thing, int]] = {}
        self._late: dict[int, dict[Thing, None]] = {}

    def ask(self, conn: int, thing: Thing, ms: int) -> None:
        """A request goes out."""
        self._open.setdefault(conn, {})[thing] = ms

    def answered(self, conn: int, thing: Thing) -> bool:
        """An answer has come; whether it was asked for."""
        if self._open.get(conn, {}).pop(thing, None) is not None:
            return True
        late = self._late.get(conn, {})
        found = thing in late
        late.pop(thing, None)
        return found

    def count(self, conn: int) -> int:
        """Requests of one peer that are waited for."""
        return len(self._open.get(conn, ()))

    def waits_for(self, thing: Thing) -> bool:
        """Whether anybody has been asked for it and may still be in time."""
        return any(thing in things for things in self._open.values())

    def overdue(self, ms: int) -> list[tuple[int, Thing]]:
        """Requests that took too long, with their connections; they are not waited for now."""
        out = []
        for conn, things in self._open.items():
            for thing, since in list(things.items()):
                manifest = thing[1] == MANIFEST
                if ms - since >= (numbers.MANIFEST_WAIT_MS if manifest else numbers.CHUNK_WAIT_MS):
                    self._give_up(conn, thing)
                    out.append((conn, thing))
        return out

    def let_go(self) -> None:
        """Nothing is waited for any more; what was asked for may still come."""
        for conn, things in self._open.items():
            for thing in list(things):
                self._give_up(conn, thing)

    def _give_up(self, conn: int, thing: Thing) -> None:
        del self._open[conn][thing]
        late = self._late.setdefault(conn, {})
        late[thing] = None
        if len(late) > numbers.LATE_MOST:
            del late[next(iter(late))]

    def gone(self, conn: int) -> None:
        """A connection has ended."""
        self._open.pop(conn, None)
        self._late.pop(conn, None)
