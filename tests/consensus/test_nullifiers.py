"""Records of used work against a plain model, block by block."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from consensus.rules import nullifiers
from consensus.rules.nullifiers import UNUSED, Used
from core import cbor
from execution.view import View
from tests.support import DictState

WORKS = [bytes([n]) * 32 for n in range(6)]
completed, claimed = Used(completed=True), Used(completed=True, credited=True)


class Chain:
    """A state that blocks follow each other on."""

    def __init__(self) -> None:
        self.records: dict = {}
        self.height = 0

    def block(self, uses: list[tuple[bytes, Used, int | None]]) -> None:
        """One block: its uses, then its end."""
        self.height += 1
        view = View(DictState(self.records))
        for work, used, until in uses:
            nullifiers.write(view, work, used, until)
        nullifiers.end(view, self.height)
        changes, _ = view.changes()
        merged = {**self.records, **changes}
        self.records = {record: value for record, value in merged.items() if value is not None}

    def read(self, work: bytes) -> Used:
        return nullifiers.read(View(DictState(self.records)), work)


def test_the_records_byte_by_byte():
    chain = Chain()
    chain.block([(WORKS[1], claimed, 2), (WORKS[0], completed, 2), (WORKS[2], completed, None)])
    ends = ("nullifier", (2).to_bytes(8, "big"))
    assert chain.records == {
        ("nullifier", WORKS[0]): cbor.encode({"completed": True, "credited": False}),
        ("nullifier", WORKS[1]): cbor.encode({"completed": True, "credited": True}),
        ("nullifier", WORKS[2]): cbor.encode({"completed": True, "credited": False}),
        ends: cbor.encode([WORKS[1], WORKS[0]]),
    }
    chain.block([])
    assert set(chain.records) == {("nullifier", WORKS[2])}  # it ends by its own rules


def test_records_that_end_are_read_in_one_go():
    """A block may end hundreds of them."""
    chain = Chain()
    chain.block([(work, completed, 2) for work in WORKS])
    asked: list[int] = []

    class Counting(DictState):
        def get_many(self, records):
            asked.append(len(records))
            return super().get_many(records)

    nullifiers.end(View(Counting(chain.records)), 2)
    assert asked == [1, len(WORKS)]


def test_work_that_completes_first_and_is_claimed_later_is_listed_once():
    chain = Chain()
    chain.block([(WORKS[0], completed, 3)])
    chain.block([(WORKS[0], claimed, 3)])
    assert chain.read(WORKS[0]) == claimed
    assert chain.records["nullifier", (3).to_bytes(8, "big")] == cbor.encode([WORKS[0]])
    chain.block([])
    assert chain.records == {}


def test_work_used_in_the_last_block_that_may_leaves_nothing():
    chain = Chain()
    chain.block([(WORKS[0], completed, 1)])
    assert chain.read(WORKS[0]) == UNUSED
    assert chain.records == {}


uses = st.lists(
    st.tuples(st.sampled_from(WORKS), st.sampled_from([completed, claimed]), st.integers(0, 5)),
    max_size=5,
)


@given(st.lists(uses, max_size=12))
def test_remembered_exactly_as_long_as_it_can_be_used(blocks):
    """Each work has one end, like the rules of its type give it."""
    chain, model = Chain(), {}
    ends: dict[bytes, int] = {}
    for listed in blocks:
        height = chain.height + 1
        block = []
        for work, used, later in listed:
            if ends.get(work, 0) < height:
                ends[work] = height + later
            block.append((work, used, ends[work]))
            model[work] = used
        chain.block(block)
        model = {work: used for work, used in model.items() if ends[work] > height}
        assert {work: chain.read(work) for work in WORKS} == {
            work: model.get(work, UNUSED) for work in WORKS
        }
    for _ in range(6):
        chain.block([])
    assert chain.records == {}
