"""Asking peers for headers, and what they answer and tell."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from consensus.errors import ChainWrong, KnownInvalid, PolicyWrong, TimeAhead
from core.errors import EncodingRefused, Refused
from core.header import Header
from p2p.rules.actions import RefusedBranch
from p2p.rules.limits import HEADERS_MOST
from p2p.rules.offences import Offence
from p2p.rules.peer import Peer
from p2p.rules.sync import checks, numbers
from p2p.rules.sync.checks import Line
from p2p.rules.sync.contact import Ask, Contact, Survey
from p2p.rules.sync.locator import locator
from p2p.rules.sync.room import displace, has_room
from p2p.rules.sync.state import State
from p2p.rules.wire.messages import GetHeaders, Headers


class HeaderChase:
    """Follows the chains of all peers by their headers."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ctx = state.ctx

    # -------------------------------------------------------------- asking

    def tick(self) -> None:
        """Ask whose turn it is; who has not answered in time is asked again later."""
        now = self._state.ms
        for contact in self._state.reachable:
            ask = contact.asked
            if ask is not None and now - ask.since_ms >= numbers.HEADERS_WAIT_MS:
                contact.waiting = False
                contact.silences = min(contact.silences + 1, 8)
                contact.ask_ms = now + (numbers.ASK_AGAIN_MS << contact.silences)
                self._ctx.note("debug", "headers_overdue", peer=contact.peer.name)
            if not contact.waiting and now >= contact.ask_ms:
                self.ask(contact)

    def ask(self, contact: Contact) -> None:
        """Ask for the headers that follow what we think is known to both; one at a time."""
        now = self._state.ms
        if contact.waiting or self._wait_turn(contact):
            return
        hashes = self._locator(contact)
        contact.asks.append(Ask(hashes, now))
        while len(contact.asks) > numbers.ASKS_OPEN:
            contact.asks.popleft()
        contact.waiting = True
        contact.ask_ms = now + self._interval(contact)
        self._ctx.send(contact.peer, GetHeaders(hashes, HEADERS_MOST))

    def _interval(self, contact: Contact) -> int:
        outbound = contact.peer.outbound
        return numbers.ASK_OUTBOUND_MS if outbound else numbers.ASK_INBOUND_MS

    def _wait_turn(self, contact: Contact) -> bool:
        """Whether another is being asked for what follows the very header that this one has."""
        tip = self._state.tree.get(contact.tip)
        if tip is None:
            return False
        for other in self._state.reachable:
            ask = other.asked
            if other is not contact and ask is not None and ask.locator[0] == tip.hash:
                contact.ask_ms = self._state.ms + numbers.ASK_AGAIN_MS
                return True
        return False

    def _locator(self, contact: Contact) -> tuple[bytes, ...]:
        """From the end of its own run, or of the course if it may have that.

        Of what it has not shown yet, the last block is left out: a peer that has it then sends it,
        where an empty answer would leave open whether it does.
        """
        state = self._state
        tree, ledger = state.tree, self._ctx.ledger
        if contact.survey is not None:
            return (contact.survey.last.hash, *locator(ledger.head().hash, tree, ledger)[:-1][:62])
        tip = tree.get(contact.tip)
        end = state.course.tip
        beside = end is None or (tip is not None and not state.course.has(tip))
        if tip is not None and (beside or contact.own or tip is end):
            return locator(tip.hash, tree, ledger)
        stored = ledger.stored(contact.tip)
        if stored is not None and (contact.own or not stored.canonical):
            return locator(contact.tip, tree, ledger)
        if end is not None:
            return locator(end.parent, tree, ledger)
        head = ledger.head()
        known = contact.tip == head.hash or head.height == 0
        return locator(head.hash if known else head.header.parent, tree, ledger)

    # -------------------------------------------------------------- hearing

    def take(self, peer: Peer, message: Headers) -> None:
        """Headers: the answer to a request, or news of a new head."""
        contact = self._state.contact(peer)
        try:
            headers = [Header.decode(raw) for raw in message.headers]
        except EncodingRefused as refusal:
            self._ctx.blame(peer, Offence.MALFORMED, str(refusal))
            return
        if any(b.parent != a.hash for a, b in pairwise(headers)):
            self._ctx.blame(peer, Offence.HEADERS_DETACHED, "headers not in a row")
            return
        if message.asked:
            self._answer(contact, headers)
        elif headers and len(headers) <= numbers.NEWS_MOST:
            self.news(contact, headers)
        else:
            self._ctx.blame(peer, Offence.MALFORMED, "news of no headers, or of too many")

    def news(self, contact: Contact, headers: Sequence[Header]) -> None:
        """New blocks of a peer: they extend what is known, or we ask for what is missing."""
        first, last = headers[0], headers[-1]
        contact.peer.head, contact.peer.height = last.hash, last.height
        try:
            for header in headers:
                checks.check_alone(header, self._ctx.network)
        except (ChainWrong, PolicyWrong) as refusal:
            self._ctx.close(contact.peer, "other_rules", str(refusal)[:128])
            return
        except Refused as refusal:
            self._ctx.blame(contact.peer, Offence.HEADER_INVALID, str(refusal))
            return
        known = self._known(first.hash) or self._known(first.parent)
        if known and contact.survey is None:
            if self._extend(contact, headers):
                contact.whole = True
                self._shown(contact)
        else:
            self._ask_for_news(contact)

    def _ask_for_news(self, contact: Contact) -> None:
        """Ask at once, and if that was just so, a while later: news are cheaper than questions."""
        now, last = self._state.ms, contact.news_ms
        if last is not None and now < last + numbers.ASK_AGAIN_MS:
            contact.ask_ms = min(contact.ask_ms, last + numbers.ASK_AGAIN_MS)
            return
        contact.news_ms = now
        self.ask(contact)

    def _known(self, hash: bytes) -> bool:
        state = self._state
        return state.tree.get(hash) is not None or self._ctx.ledger.stored(hash) is not None

    def _answer(self, contact: Contact, headers: Sequence[Header]) -> None:
        """What follows one of the hashes that were sent."""
        asks = contact.asks
        if not asks:
            self._ctx.blame(contact.peer, Offence.UNASKED, "headers")
            return
        contact.waiting = False
        if not headers:
            asks.popleft()
        elif (ask := _match(contact, headers[0].parent)) is not None:
            asks.remove(ask)
            contact.own = headers[0].parent != ask.locator[0]
        else:
            self._ctx.blame(contact.peer, Offence.HEADERS_DETACHED, "not from the locator")
            return
        contact.silences = 0
        if headers and not self._extend(contact, headers):
            return
        contact.whole = len(headers) < HEADERS_MOST and not contact.cut
        if contact.whole:
            contact.own = False
            self._shown(contact)
        elif not contact.cut:
            self._ask_on(contact, headers[-1].height)

    def _ask_on(self, contact: Contact, height: int) -> None:
        """The next ones; a peer whose full answers do not rise is asked again after a while."""
        rises, contact.reach = height > contact.reach, height
        if rises:
            self.ask(contact)
        else:
            contact.ask_ms = self._state.ms + numbers.ASK_AGAIN_MS

    def _shown(self, contact: Contact) -> None:
        """The peer has no more headers: what it has shown takes the place of what it claimed."""
        peer, state = contact.peer, self._state
        if (survey := contact.survey) is not None:
            peer.head, peer.height, peer.work = survey.last.hash, survey.last.height, survey.work
        elif (node := state.tree.get(contact.tip)) is not None:
            peer.head, peer.height, peer.work = node.hash, node.height, node.work
        elif (stored := self._ctx.ledger.stored(contact.tip)) is not None:
            peer.head, peer.height, peer.work = stored.hash, stored.height, stored.total_work
        else:
            peer.work = 0
        contact.measured = 0
        if survey is not None:
            contact.survey = None
            if survey.fork_height is None:
                displace(self._state, contact, survey)
        least = self._ctx.network.local.minimum_work
        if contact.tip and peer.outbound and peer.work < least:
            self._ctx.close(peer, "low_work", "a chain of less work than this network has")

    # -------------------------------------------------------------- judging

    def _extend(self, contact: Contact, headers: Sequence[Header]) -> bool:
        """Judge headers and move the peer's tip up to the last; False: no more is to be done."""
        state = self._state
        survey = contact.survey
        line: Line | None
        known = 0
        if survey is not None and headers[0].parent == survey.last.hash:
            line = Line(survey)
        else:
            contact.survey = None
            known = self._count_known(headers)
            parent = headers[known - 1].hash if known else headers[0].parent
            if known:
                state.set_tip(contact, parent)
                if known == len(headers):
                    return True
            try:
                line = checks.line_from(parent, state.tree, self._ctx.ledger)
            except Refused as refusal:
                return self._refuse(contact, refusal)
            if line is None:
                contact.ask_ms = state.ms
                return False
            self._mark_deep(contact, line, parent)
        return self._judge(contact, line, headers[known:])

    def _count_known(self, headers: Sequence[Header]) -> int:
        for place, header in enumerate(headers):
            if not self._known(header.hash):
                return place
        return len(headers)

    def _mark_deep(self, contact: Contact, line: Line, parent: bytes) -> None:
        """A branch that this node would not follow is measured only."""
        state = self._state
        if state.tree.get(parent) is None:
            fork = state.fork_height(parent)
            if state.too_deep(fork):
                line.end.fork_height = fork
                contact.survey = line.end

    def _judge(self, contact: Contact, line: Line, headers: Sequence[Header]) -> bool:
        """Judge headers one by one: each goes into the tree, or into the survey of its branch."""
        state = self._state
        for header in headers:
            if header.hash in state.bad:
                return self._refuse(contact, KnownInvalid("a header of a refused block"))
            try:
                line.add(header, self._ctx.network, self._ctx.now.wall_ms)
            except Refused as refusal:
                return self._refuse(contact, refusal)
            if contact.survey is None and has_room(state, contact, line.end):
                state.tree.add(line.node())
                state.set_tip(contact, header.hash)
            elif contact.survey is None:
                return True
            else:
                contact.survey = line.end
                state.proven = max(state.proven, line.end.proven)
        if contact.survey is not None:
            self._measured(contact.survey)
        return True

    def _measured(self, survey: Survey) -> None:
        """Raise the alarm once a branch that forks too deep has more work than the head."""
        state, head = self._state, self._ctx.ledger.head().total_work
        if survey.fork_height is None or survey.proven <= head or state.alarmed > head:
            return
        state.alarmed = survey.proven
        last = survey.last
        self._ctx.act(RefusedBranch(last.hash, last.height, survey.proven, survey.fork_height))

    def _refuse(self, contact: Contact, refusal: Refused) -> bool:
        """What a header's refusal means for who sent it; False: no more is to be done."""
        contact.whole = True
        contact.ask_ms = self._state.ms + numbers.ASK_CLOCK_MS
        if isinstance(refusal, TimeAhead):
            self._ctx.blame(contact.peer, Offence.CLOCK, str(refusal))
        elif isinstance(refusal, ChainWrong | PolicyWrong):
            self._ctx.close(contact.peer, "other_rules", str(refusal)[:128])
        else:
            self._ctx.blame(contact.peer, Offence.HEADER_INVALID, str(refusal))
        return False


def _match(contact: Contact, parent: bytes) -> Ask | None:
    """The latest request that headers after ``parent`` may be the answer to."""
    return next((ask for ask in reversed(contact.asks) if parent in ask.locator), None)
