"""What goes into the next block, against the rule written as a loop over everything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mempool.rules.selection import select
from tests.mempool.entries import entry
from tests.mempool.world import BASE_FEE, key

ROOM = {"base_fee": BASE_FEE, "gas": 10**9, "size": 10**9}


def naive(queues, base_fee, gas, size):
    """Again and again the best first of all queues; a first that does not fit ends its queue."""
    queues = [list(queue) for queue in queues]
    chosen = []
    while True:
        firsts = [q for q in queues if q and q[0].tx.unsigned.max_fee >= base_fee]
        if not firsts:
            return chosen

        def tip(queue):
            tx = queue[0].tx.unsigned
            return min(tx.max_tip, tx.max_fee - base_fee), -queue[0].arrival

        queue = max(firsts, key=tip)
        tx = queue[0].tx
        if tx.unsigned.gas > gas or len(tx.raw) - 1 > size:
            queue.clear()
            continue
        chosen.append(queue.pop(0))
        gas -= 6_000 + 10 * (len(tx.unsigned.encoded) + 3_400 + 1_952) + 3_000
        size -= len(tx.raw) - 1


fees = st.tuples(st.integers(90, 130), st.integers(0, 30))


@given(
    st.lists(st.lists(fees, max_size=4), max_size=5),
    st.integers(0, 400_000),
    st.integers(0, 40_000),
    st.integers(95, 110),
)
def test_like_the_naive_rule(shape, gas, size, base_fee):
    arrival = iter(range(1_000))
    queues = [
        [
            entry(key(number), nonce, max_fee=fee, max_tip=tip, arrival=next(arrival))
            for nonce, (fee, tip) in enumerate(sender)
        ]
        for number, sender in enumerate(shape)
    ]
    found = select(queues, base_fee=base_fee, gas=gas, size=size)
    assert found == naive(queues, base_fee, gas, size)


def test_the_best_tip_comes_first_and_nonces_stay_in_order(world):
    low = [world.submit(0, nonce, max_tip=1 if nonce == 0 else 500) for nonce in range(2)]
    high = world.submit(1, max_tip=20)
    assert [tx.txid for tx in world.pool.select(**ROOM)] == [high, *low]


def test_equal_tips_go_by_arrival(world):
    order = [world.submit(number) for number in (3, 1, 2)]
    assert [tx.txid for tx in world.pool.select(**ROOM)] == order


def test_held_transactions_are_not_selected(world):
    world.submit(nonce=1)
    assert world.pool.select(**ROOM) == []


def test_bytes_are_counted_exactly(world):
    txs = [world.tx(number) for number in range(3)]
    for tx in txs:
        world.pool.submit(tx.raw)
    exact = sum(len(tx.unsigned.encoded) + len(tx.witness.encoded) for tx in txs)
    assert len(world.pool.select(**{**ROOM, "size": exact})) == 3
    assert len(world.pool.select(**{**ROOM, "size": exact - 1})) == 2


def test_a_transaction_needs_room_for_all_the_gas_it_asks_for(world):
    tx = world.tx()
    world.pool.submit(tx.raw)
    assert world.pool.select(**{**ROOM, "gas": tx.unsigned.gas}) == [tx]
    assert world.pool.select(**{**ROOM, "gas": tx.unsigned.gas - 1}) == []


def test_a_block_that_is_begun_goes_on_behind_what_it_has(world):
    first, second = (world.submit(0, nonce, max_tip=5) for nonce in range(2))
    other = world.submit(1, max_tip=1)
    out = world.submit(2, max_tip=9)
    assert [tx.txid for tx in world.pool.select(**ROOM)] == [out, first, second, other]
    rest = world.pool.select(**ROOM, taken={first}, without={key(2).address})
    assert [tx.txid for tx in rest] == [second, other]
    rest = world.pool.select(**ROOM, taken={first, second}, without={key(1).address})
    assert [tx.txid for tx in rest] == [out]
