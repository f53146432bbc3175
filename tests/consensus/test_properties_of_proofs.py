"""Chains of blocks with drawn proofs, beside a plain count of what was used, credited and paid.

The work is a small set, so that most of it comes again and again: too late, for another's block,
after somebody else completed it, beyond what was burnt for it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain import queries, service
from consensus.rules import poies, tuning
from consensus.rules.poies import Work
from consensus.rules.tuning import Tuning
from core.errors import AnimicaError
from core.proof import AI, QUANTUM, SCORED, SHARE, STORAGE, Envelope
from tests.consensus.synthetic import VERIFIERS, Job, envelope, share, working_network
from tests.support import ChainBuilder, Made, import_all, key, new_importer

NETWORK = working_network()
POIES, PARAMS = NETWORK.at(0).poies, NETWORK.at(0).params
BUILDER = ChainBuilder(NETWORK, VERIFIERS)
PEOPLE = [key(number).address for number in (1, 2, 3)]
UNIT_PRICE = POIES.ai.price0 // POIES.ai.unit0


@dataclass(frozen=True)
class Piece:
    """A piece of work that may be proved again and again."""

    type: int
    job: bytes
    provider: bytes
    beneficiary: bytes
    assigned: int
    until: int
    units: int
    paid_units: int

    def proof(self, anchor: bytes, spent: int) -> Envelope:
        claim = Job(
            anchor=anchor,
            beneficiary=self.beneficiary,
            job=self.job,
            provider=self.provider,
            burnt=self.paid_units * UNIT_PRICE,
            spent=spent,
            units=self.units,
            assigned=self.assigned,
            until=self.until,
        )
        return envelope(self.type, claim)

    @property
    def work(self) -> tuple[int, bytes, bytes]:
        return self.type, self.job, self.provider


def pieces(rng: Random) -> list[Piece]:
    out = []
    for type in SCORED:
        for number in range(2):
            paid = rng.choice([0, 300, 1_000, 5_000])
            for provider in (b"one", b"two"):
                piece = Piece(
                    type=type,
                    job=b"%d" % number,
                    provider=provider,
                    beneficiary=rng.choice(PEOPLE),
                    assigned=rng.randrange(4),
                    until=rng.choice([4, 9, 500]),
                    units=rng.choice([1, 250, 900]),
                    paid_units=paid,
                )
                out.append(piece)
    return out


@dataclass
class Book:
    """What a plain reading of the rules remembers."""

    completed: set = field(default_factory=set)
    credited: set = field(default_factory=set)
    spent: Counter = field(default_factory=Counter)
    shares_paid: Counter = field(default_factory=Counter)

    def judge(self, chosen: list[Piece], height: int, coinbase: bytes) -> str | list[int]:
        """The code of the first refusal, or the units of each piece."""
        spent, units = Counter(self.spent), []
        for piece in chosen:
            if height > piece.until:
                return "proof.ended"
            in_time = height <= piece.assigned + POIES.credit_window_blocks
            claims = piece.beneficiary == coinbase and in_time and piece.work not in self.credited
            if piece.work in self.completed and not claims:
                return "proof.replayed"
            job = piece.type, piece.job
            counted = min(piece.units, max(0, piece.paid_units - spent[job])) if claims else 0
            spent[job] += counted
            units.append(counted)
        return units

    def enter(self, chosen: list[Piece], units: list[int], height: int, coinbase: bytes) -> None:
        for piece, counted in zip(chosen, units, strict=True):
            self.completed.add(piece.work)
            in_time = height <= piece.assigned + POIES.credit_window_blocks
            if piece.beneficiary == coinbase and in_time:
                self.credited.add(piece.work)
            self.spent[piece.type, piece.job] += counted


def block(rng: Random, universe: list[Piece], book: Book, parent: Made) -> Made | None:
    """A block of drawn proofs, judged by the book; None where it was rightly refused."""
    height, coinbase = parent.height + 1, rng.choice(PEOPLE)
    drawn = rng.sample(universe, rng.randrange(4))
    made = {p.proof(parent.hash, book.spent[p.type, p.job]): p for p in drawn}
    ordered = sorted(made, key=lambda proof: proof.place)
    chosen = [made[proof] for proof in ordered]
    worked = []
    if parent.height:
        worked = [share(BUILDER, parent, 20 + rng.randrange(3)) for _ in range(rng.randrange(2))]
    verdict = book.judge(chosen, height, coinbase)
    try:
        found = BUILDER.make(parent, coinbase=coinbase, envelopes=[*ordered, *worked])
    except AnimicaError as refusal:
        assert refusal.code == verdict
        return None
    assert isinstance(verdict, list), verdict
    receipts = [receipt for receipt in found.block.proofs if receipt.type != SHARE]
    assert [receipt.units for receipt in receipts] == verdict
    check_score(found, chosen, verdict, parent)
    book.enter(chosen, verdict, height, coinbase)
    book.shares_paid.update(r.payee for r in found.block.proofs if r.type == SHARE)
    return found


def check_score(found: Made, chosen: list[Piece], units: list[int], parent: Made) -> None:
    alphas = Tuning.decode(parent.records[tuning.RECORD]).alphas
    works = [Work(p.type, n, 10**6) for p, n in zip(chosen, units, strict=True)]
    assert found.header.psi == poies.score(works, alphas, POIES).psi <= POIES.gamma_unat
    assert found.header.psi == sum(receipt.psi for receipt in found.block.proofs)
    for receipt in found.block.proofs:
        assert receipt.psi == 0 or receipt.payee == found.header.coinbase


def grow(seed: int, blocks: int) -> tuple[list[Made], list[Piece], Book]:
    rng, book, parent = Random(seed), Book(), BUILDER.genesis
    universe, line = pieces(rng), []
    for _ in range(blocks):
        made = block(rng, universe, book, parent)
        if made is not None:
            parent = made
            line.append(made)
    return line, universe, book


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_every_block_is_judged_as_the_book_does(seed):
    line, universe, book = grow(seed, 16)
    for piece in universe:
        assert book.spent[piece.type, piece.job] <= piece.paid_units
    tip = line[-1] if line else BUILDER.genesis
    before = sum(BUILDER.genesis.balances.values())
    assert sum(tip.balances.values()) == before + tip.minted - tip.burnt
    assert tip.minted <= PARAMS.subsidy_start * len(line)
    slice_ = PARAMS.subsidy_start // 5 // POIES.shares_per_block
    for payee, count in book.shares_paid.items():
        if tip.height < PARAMS.subsidy_era_blocks and payee not in PEOPLE:
            assert tip.account(payee).balance == count * slice_
    kept = {id for module, id in tip.records if module == "nullifier" and len(id) == 32}
    known = {piece.proof(bytes(32), 0).nullifier: piece for piece in universe}
    for nullifier in kept & set(known):
        assert known[nullifier].work in book.completed
    for nullifier, piece in known.items():
        if piece.work in book.completed and piece.until > tip.height:
            assert nullifier in kept


@pytest.mark.django_db
def test_such_a_chain_imports():
    importer = new_importer(NETWORK, verifiers=VERIFIERS)
    line, _, book = grow(3, 40)
    assert len(line) > 12 and book.credited and book.shares_paid
    assert set(import_all(importer, line)) == {"added"}
    assert queries.totals().supply == sum(line[-1].balances.values())
    service.verify_state()


def test_the_draws_meet_every_case():
    """Else the property above would say little."""
    rng, met = Random(5), Counter()
    for _ in range(12):
        universe, book, parent = pieces(rng), Book(), BUILDER.genesis
        for _ in range(16):
            made = block(rng, universe, book, parent)
            if made is None:
                met["refused"] += 1
                continue
            parent = made
            met["capped"] += any(p.psi for p in made.block.proofs)
            for receipt in made.block.proofs:
                met[receipt.type] += 1
                met["credited"] += receipt.units > 0
                met["free"] += receipt.units == 0
    for case in ("refused", "credited", "free", SHARE, AI, QUANTUM, STORAGE):
        assert met[case] > 5, (case, met)
