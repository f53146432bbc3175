"""Going back for good: refusals, steps, interruptions, and a start afterwards."""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.db import transaction

from chain import service
from chain.errors import RewindRefused
from chain.store import rewind
from chain.values import Part
from core import failpoints
from tests.chain.test_broken_off import Broken, breaking_at
from tests.support import (
    ChainBuilder,
    dump_database,
    fast_network,
    import_all,
    key,
    new_importer,
    transfer,
    wipe_database,
)

pytestmark = pytest.mark.django_db
NETWORK = fast_network()
HEIGHT = 9


@pytest.fixture(scope="module")
def line():
    builder = ChainBuilder(NETWORK)
    made = builder.genesis
    out = []
    for nonce in range(HEIGHT):
        made = builder.make(made, [transfer(key(1), key(30 + nonce).address, 3, nonce=nonce)])
        out.append(made)
    return out


@pytest.fixture
def chain(line):
    import_all(new_importer(NETWORK), line)
    return line


def fresh(blocks):
    """What a database holds that never saw more than these blocks."""
    wipe_database()
    import_all(new_importer(NETWORK), blocks)
    return dump_database()


@pytest.mark.parametrize("height", [0, 4, 8])
def test_what_is_left_is_what_never_saw_more(chain, height):
    while service.rewind_step(height=height).height > height:
        pass
    left = dump_database()
    assert left == fresh(chain[:height])


@pytest.mark.parametrize("height", [-1, HEIGHT + 1, 10**9])
def test_heights_that_are_none(chain, height):
    with pytest.raises(RewindRefused) as caught:
        service.rewind_plan(height=height)
    assert caught.value.facts == {"lowest": 0, "head": HEIGHT}
    before = dump_database()
    with pytest.raises(RewindRefused):
        service.rewind_step(height=height)
    assert dump_database() == before


@pytest.mark.parametrize("part", list(Part))
def test_not_below_what_is_kept(chain, part):
    service.prune(part=part, keep=5, window=1, most=100)
    with pytest.raises(RewindRefused) as caught:
        service.rewind_plan(height=3)
    assert caught.value.facts["lowest"] == 4
    assert service.rewind_plan(height=4).blocks == 5
    assert service.rewind_step(height=4).height == 4
    service.verify_head()
    import_all(new_importer(NETWORK), chain[4:])
    service.verify_state()


@pytest.fixture
def hooked():
    yield failpoints.install
    failpoints.install(None)


def test_a_step_is_whole_or_nothing_wherever_it_breaks_off(chain, hooked):
    passed: list[str] = []
    with suppress(Broken), transaction.atomic():
        hooked(passed.append)
        service.rewind_step(height=2)
        hooked(None)
        raise Broken
    before = dump_database()
    assert {"unit.begun", "meta.moved", "bodies.forgotten", "blocks.forgotten"} <= set(passed)
    for point in dict.fromkeys(passed):
        hooked(breaking_at(point, 1))
        with pytest.raises(Broken):
            service.rewind_step(height=2)
        hooked(None)
        assert dump_database() == before, point
    service.verify_state()


def test_between_two_steps_a_node_may_start_and_go_on(chain):
    assert rewind.step(2, most=3).height == HEIGHT - 3
    importer = new_importer(NETWORK)
    assert service.head().height == HEIGHT - 3
    import_all(importer, chain[HEIGHT - 3 : HEIGHT - 1])
    assert service.head().height == HEIGHT - 1
    assert service.rewind_step(height=2).height == 2


def test_blocks_beside_the_chain(chain, line):
    """Those that would be followed again go, with all that build on them; lighter ones stay."""
    builder = ChainBuilder(NETWORK)
    low = builder.make(line[1], extra=b"low")
    high = builder.grow(line[1], 5, extra=b"high")
    importer = new_importer(NETWORK)
    assert set(import_all(importer, [low, *high])) == {"side"}
    assert service.rewind_plan(height=4).side_blocks == 3
    service.rewind_step(height=4)
    kept = [block for block in (low, *high) if service.stored(block.hash)]
    assert kept == [low, high[0], high[1]]
    assert new_importer(NETWORK).import_block(line[4].raw, source="test").outcome == "added"
    assert not service.tips_heavier_than(service.head().total_work)


def test_a_heavier_block_of_the_same_height_goes_too():
    network = fast_network(params={"retarget": True})
    builder = ChainBuilder(network)
    slow = builder.grow(builder.genesis, 9, interval_ms=2_000)
    quick = builder.grow(builder.genesis, 6, interval_ms=1)
    assert slow[5].work < quick[5].work < slow[8].work
    importer = new_importer(network)
    assert import_all(importer, [*slow, *quick]) == ["added"] * 9 + ["side"] * 6
    service.rewind_step(height=6)
    assert service.stored(quick[5].hash) is None and service.stored(quick[4].hash)
    new_importer(network)
    assert service.head().hash == slow[5].hash
