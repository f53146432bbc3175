"""The database is asked a fixed number of times a page, however long the chain is.

Beginning and ending the snapshot that a page reads from count as two.
"""

from __future__ import annotations

import pytest

from chain import queries
from pq import addresses
from tests.explorer.conftest import BOB

# Real transactions, so that the snapshot's own statements are there to be counted.
pytestmark = pytest.mark.django_db(transaction=True)


def pages(world) -> dict[str, int]:
    txid = queries.block_txs(2).items[0].txid.hex()
    return {
        "/": 8,
        "/blocks": 5,
        "/block/2": 12,
        f"/tx/0x{txid}": 5,
        f"/address/{addresses.to_text(BOB.address)}": 7,
        "/consensus": 6,
        "/mempool": 3,
        "/network": 3,
        "/search": 1,
        f"/search?q={txid}": 2,
    }


@pytest.mark.parametrize("more_blocks", [0, 20])
def test_pages_ask_a_bounded_number_of_times(
    client, busy, django_assert_max_num_queries, more_blocks
):
    for number in range(more_blocks):
        busy.mine([busy.transfer(1, 2 + number)])
    for url, most in pages(busy).items():
        client.get(url)
        with django_assert_max_num_queries(most):
            client.get(url)


def test_a_full_block_costs_as_many_queries_as_an_empty_one(
    client, world, django_assert_max_num_queries
):
    world.mine([world.transfer(1, nonce) for nonce in range(60)])
    client.get("/block/1")
    with django_assert_max_num_queries(12):
        client.get("/block/1")
