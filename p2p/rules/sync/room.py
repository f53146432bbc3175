"""Room for headers: their number is bounded, and the lightest runs make room first.

A run for which there is no room is measured instead: its headers are judged and forgotten. If it
turns out heavier than what is kept, the others make room and it is asked for once more.
"""

from __future__ import annotations

from p2p.rules.sync import numbers
from p2p.rules.sync.contact import Contact, Survey
from p2p.rules.sync.state import State


def has_room(state: State, contact: Contact, end: Survey) -> bool:
    """Whether one more header may be kept for a peer; otherwise it is measured, or waits."""
    if len(state.tree) < numbers.HEADERS_HELD:
        return True
    if _drop_lightest(state, contact, max(end.proven, contact.measured)):
        return True
    tip = state.tree.get(contact.tip)
    on_course = tip is not None and state.course.has(tip)
    if on_course and state.enough:
        contact.cut = True
        return False
    contact.survey = end
    if not on_course:
        forget(state, contact)
    return False


def _drop_lightest(state: State, keep: Contact, proven: int) -> bool:
    """Forget the lightest run beside the course that has less than so much work."""
    lightest: Contact | None = None
    for contact in state.contacts.values():
        node = state.tree.get(contact.tip)
        if node is None or contact is keep or state.course.has(node):
            continue
        if (weight := max(node.proven, contact.measured)) < proven:
            proven, lightest = weight, contact
    if lightest is None:
        return False
    size = len(state.tree)
    forget(state, lightest)
    return len(state.tree) < size or _drop_lightest(state, keep, proven)


def forget(state: State, contact: Contact) -> None:
    """Forget what a peer has shown."""
    state.tree.release(contact.tip)
    contact.tip = b""
    contact.shared = 0


def displace(state: State, contact: Contact, survey: Survey) -> None:
    """A measured run is heavier than all that is kept: it is asked for again, with room."""
    contact.measured = survey.proven
    course = state.course
    tip = course.tip
    mine = state.tree.get(contact.tip)
    if tip is None or (mine is not None and course.has(mine)):
        return
    others = (one.measured for one in state.contacts.values() if one.shared)
    if survey.proven <= max(tip.proven, *others, 0):
        return
    course.stop()
    for other in state.contacts.values():
        forget(state, other)
    contact.ask_ms = state.ms


def resume(state: State) -> None:
    """Runs that were cut for want of room go on."""
    if len(state.tree) < numbers.HEADERS_HELD * 3 // 4:
        for contact in state.contacts.values():
            if contact.cut:
                contact.cut = False
                contact.ask_ms = state.ms
