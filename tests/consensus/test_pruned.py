"""A pruned node follows the chain as any other, back to where its history starts."""

from __future__ import annotations

import pytest

from chain import queries, service
from chain.values import Part
from core.errors import AnimicaError
from tests.support import (
    ChainBuilder,
    Made,
    dump_database,
    fast_network,
    import_all,
    key,
    new_importer,
    transfer,
    wipe_database,
)

pytestmark = pytest.mark.django_db
MOST = 4
HASTY = {"retarget_tau_ms": 1_000}  # Θ follows the intervals at once
NETWORK = fast_network(local={"max_reorg_blocks": MOST}, params=HASTY)
BUILDER = ChainBuilder(NETWORK)
GENESIS = BUILDER.genesis
SLOW = 60_000
"""An interval (ms) that keeps Θ at its least, so that branches weigh by their length."""


def grow(parent: Made, length: int, salt: bytes, *, interval_ms: int = SLOW) -> list[Made]:
    """Blocks with a transfer each."""
    line: list[Made] = []
    for _ in range(length):
        nonce = parent.account(key(1).address).nonce
        tx = transfer(key(1), key(2).address, 1 + parent.height, nonce=nonce)
        parent = BUILDER.make(parent, [tx], extra=salt, interval_ms=interval_ms)
        line.append(parent)
    return line


def prune_all(keep: int = MOST) -> None:
    for part in Part:
        service.prune(part=part, keep=keep, window=MOST, most=1_000)


def rows_without_marks() -> dict:
    """The best chain's rows from the kept heights on, and the whole state."""
    low = service.kept().lowest_head + 1
    out = dump_database(best_chain_only=True)
    del out["chain_meta"]
    kept = {service.canonical_header(h).hash for h in range(low, service.head().height + 1)}
    out["chain_blockbody"] = [r for r in out["chain_blockbody"] if dict(r)["block_id"] in kept]
    out["chain_undo"] = [row for row in out["chain_undo"] if dict(row)["height"] >= low]
    return out


def test_a_reorganisation_as_deep_as_allowed_still_works(db):
    importer = new_importer(NETWORK)
    common = grow(GENESIS, 8, b"common")
    loser = grow(common[-1], MOST, b"loser")
    winner = grow(common[-1], MOST + 1, b"winner")
    import_all(importer, common + loser)
    prune_all()
    assert service.kept().lowest_head == common[-1].height
    assert import_all(importer, winner) == ["side"] * MOST + ["reorg"]
    assert service.head().hash == winner[-1].hash
    service.verify_head()
    service.verify_state()
    for address, balance in winner[-1].balances.items():
        assert queries.account(address)[1] == balance
    mixed = rows_without_marks()
    marks = service.kept()

    # The same without the loser, pruned afterwards.
    wipe_database()
    import_all(new_importer(NETWORK), common + winner)
    for part in Part:
        service.prune(part=part, keep=winner[-1].height - marks.state_from, window=MOST, most=99)
    assert service.kept() == marks
    assert rows_without_marks() == mixed


def test_no_reorganisation_reaches_below_what_is_kept(db):
    """More was pruned than this node may take back now: refused, not tried and broken."""
    importer = new_importer(NETWORK)
    common = grow(GENESIS, 6, b"common")
    import_all(importer, common)
    prune_all()  # block 2 and all above can be returned to
    assert service.kept().lowest_head == 2
    wider = fast_network(local={"max_reorg_blocks": 50}, params=HASTY)
    assert wider.pins == NETWORK.pins
    importer = new_importer(wider)
    before = dump_database()
    deep = grow(common[0], 7, b"deep")
    for made in deep:
        with pytest.raises(AnimicaError) as caught:
            importer.import_block(made.raw, source="test")
        assert caught.value.code == "block.reorg_too_deep"
    assert caught.value.facts["most"] == 4
    assert importer.alarm is not None
    importer.syncing = True  # lifts maxReorg, not what has been forgotten
    with pytest.raises(AnimicaError) as caught:
        importer.import_block(deep[0].raw, source="test")
    assert caught.value.code == "block.reorg_too_deep"
    assert caught.value.facts["most"] == 4
    assert dump_database() == before
    shallow = grow(common[1], 5, b"shallow")
    assert import_all(importer, shallow) == ["side"] * 4 + ["reorg"]
    service.verify_state()


def test_a_pruned_node_starts_again_and_goes_on(db):
    line = grow(GENESIS, 9, b"line")
    import_all(new_importer(NETWORK), line[:8])
    prune_all()
    importer = new_importer(NETWORK)
    assert importer.import_block(line[8].raw, source="test").outcome == "added"
    assert importer.import_block(line[0].raw, source="test").outcome == "known"
    assert queries.account(key(2).address)[1] == line[8].balances[key(2).address]


def test_a_stored_branch_from_below_what_is_kept_is_alarmed_about_at_start(db):
    """Stored and heavier when the node died, but its fork has been pruned since."""
    importer = new_importer(NETWORK)
    common = grow(GENESIS, 6, b"common")
    import_all(importer, common)
    branch = grow(common[0], 6, b"branch")
    for made in branch:
        service.add_side_block(block=made.block, total_work=made.work)
    prune_all()
    importer = new_importer(fast_network(local={"max_reorg_blocks": 50}, params=HASTY))
    assert service.head().hash == common[-1].hash
    assert importer.alarm is not None and importer.alarm.code == "block.reorg_too_deep"


def test_fewer_but_heavier_blocks_lower_the_head_and_the_next_fork_stays_above_the_marks(db):
    importer = new_importer(NETWORK)
    common = grow(GENESIS, 6, b"common")
    loser = grow(common[-1], MOST, b"loser")
    import_all(importer, common + loser)
    prune_all()
    quick = grow(common[-1], MOST - 1, b"quick", interval_ms=1)
    assert quick[-1].work > loser[-1].work
    assert "reorg" in import_all(importer, quick)
    head = service.head().height
    assert head < loser[-1].height
    # maxReorg would allow this fork, one below the last; what it needs is gone.
    assert head - common[-2].height <= MOST
    other = grow(common[-2], MOST + 2, b"other", interval_ms=1)
    assert other[-1].work > quick[-1].work
    with pytest.raises(AnimicaError) as caught:
        import_all(importer, other)
    assert caught.value.code == "block.reorg_too_deep"
    again = grow(common[-1], MOST, b"again", interval_ms=1)
    assert "reorg" in import_all(importer, again)
    service.verify_state()
