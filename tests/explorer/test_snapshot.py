"""Pages of a node that began from a snapshot: what it never had is said, never made up."""

from __future__ import annotations

import pytest

from chain import queries
from pq import addresses
from tests.explorer.conftest import ALICE, BOB
from tests.explorer.test_pages import hex_of, read
from tests.loaded import begin_from

pytestmark = pytest.mark.django_db
BASE = 10


@pytest.fixture
def old(busy) -> bytes:
    """A transfer in block 2; then the node begins anew from a snapshot of block 10."""
    txid = queries.block_txs(2).items[0].txid
    begin_from(busy.importer, BASE)
    assert queries.head().header.height == 16
    return txid


@pytest.mark.parametrize("height", [1, 2, BASE])
def test_the_page_of_a_block_below_shows_its_header_and_says_what_is_missing(client, old, height):
    page = read(client, f"/block/{height}")
    assert "began from a snapshot above this block" in page
    assert "never had the body of this block" in page
    assert "has no transactions" not in page and "Download the whole block" not in page
    assert "Minted" not in page and "None" not in page
    assert ("the sum of the balances in the snapshot" in page) is (height == BASE)
    assert f"from a snapshot of block {BASE}" in page
    assert "chain.pruned" in read(client, f"/block/{height}/raw", 410)


def test_blocks_above_are_shown_as_ever(client, old):
    page = read(client, f"/block/{BASE + 1}")
    assert "Minted" in page and "Download the whole block" in page
    assert client.get(f"/block/{BASE + 1}/raw").status_code == 200


def test_lists_and_front_page_do_not_make_up_figures(client, old):
    home = read(client, "/")
    assert f"at block {BASE}, where this node began from a snapshot" in home
    page = read(client, "/blocks")
    assert "None" not in page
    raw = client.get("/blocks").content.decode()
    assert raw.count("Only the header is here") == BASE
    assert read(client, "/consensus") and read(client, "/mempool")


@pytest.mark.parametrize("who", [ALICE, BOB])
def test_the_list_of_an_account_says_where_it_begins(client, old, who):
    page = read(client, f"/address/{addresses.to_text(who.address)}")
    assert f"This node began from a snapshot of block {BASE}" in page


def test_an_old_transaction_is_unknown(client, old):
    assert client.get(f"/tx/{hex_of(old)}").status_code == 404
