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
    leads = not state.course or contact.shared in (state.course.height, _height(state, contact))
    if leads and state.enough:
        contact.cut = True
        return False
    contact.survey = end
    if not leads:
        forget(state, contact)
    return False


def _height(state: State, contact: Contact) -> int | None:
    node = state.tree.get(contact.tip)
    return None if node is None else node.height


def _drop_lightest(state: State, keep: Contact, proven: int) -> bool:
    """Forget the lightest run beside the course that has less than so much work."""
    lightest: Contact | None = None
    for contact in state.contacts.values():
        node = state.tree.get(contact.tip)
        leads = state.course and contact.shared == state.course.height
        if node is None or contact is keep or leads or state.course.has(node):
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
    if state.tree.get(contact.tip) is not None:
        contact.cut = True  # what was measured goes on where its run ends
        return
    kept = [
        max(node.proven, one.measured)
        for one in state.contacts.values()
        if (node := state.tree.get(one.tip)) is not None
    ]
    if survey.proven <= max(kept, default=0):
        return
    state.course.stop()
    for other in state.contacts.values():
        forget(state, other)
    contact.ask_ms = state.ms + numbers.ASK_AGAIN_MS


def resume(state: State) -> None:
    """Runs that were cut for want of room go on."""
    if len(state.tree) < numbers.HEADERS_HELD * 3 // 4:
        for contact in state.contacts.values():
            if contact.cut:
                contact.cut = False
                contact.ask_ms = state.ms
