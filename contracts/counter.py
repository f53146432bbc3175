"""Counter: a number that everybody may raise and its owner may set back.

Roles: the owner (who deployed it) may reset; everybody may increment and read. What can go wrong:
`counter.step` (not from 1 to 100), `counter.owner` (a reset by somebody else).
"""

from stdlib import context, events, storage

MOST_STEP = 100

owner = storage.cell(address)
count = storage.cell(int)

Counted = events.event(who=address, count=int)


def init(start: int = 0):
    """Deploy with the number to start from."""
    owner.set(context.sender)
    count.set(start)


@view
def get() -> int:
    """The number now."""
    return count.get()


def add(step: int = 1) -> int:
    """Raise the number by `step` and return what it is then."""
    # Without an upper bound one call could fill the counter up, and nobody could count any more.
    assert 1 <= step <= MOST_STEP, "counter.step"
    count.set(count.get() + step)
    Counted.emit(who=context.sender, count=count.get())
    return count.get()


def reset():
    """Set the number back to 0; the owner only."""
    assert context.sender == owner.get(), "counter.owner"
    count.set(0)
    Counted.emit(who=context.sender, count=0)
