"""Pages about what this node has pruned: they say so, and who may have it."""

from __future__ import annotations

import pytest

from chain import queries, service
from chain.values import Part
from pq import addresses
from tests.explorer.conftest import ALICE, BOB
from tests.explorer.test_pages import hex_of, read

pytestmark = pytest.mark.django_db
KEEP = 4
ASK = "Ask a node that keeps all history"


def prune(part: Part) -> None:
    service.prune(part=part, keep=KEEP, window=KEEP, most=1_000)


@pytest.fixture
def txid(busy) -> bytes:
    """A transfer of 1.23456789 ANM in block 2 of 16."""
    return queries.block_txs(2).items[0].txid


@pytest.mark.parametrize("part", [Part.WITNESSES, Part.BODIES])
def test_downloads_are_gone_with_a_reason(client, txid, part):
    prune(part)
    for url in ("/block/2/raw", f"/tx/{hex_of(txid)}/raw"):
        page = read(client, url, 410)
        assert "Pruned here" in page and "from block 12 on" in page
        assert ASK in page and "chain.pruned" in page
    assert client.get("/block/13/raw").status_code == 200
    assert client.get("/block/0/raw").status_code == 200


@pytest.mark.parametrize("part", [Part.WITNESSES, Part.BODIES])
def test_the_page_of_a_block_stays_and_offers_no_download(client, txid, part):
    whole = read(client, "/block/2")
    prune(part)
    page = read(client, "/block/2")
    assert "Download the whole block" in whole and "Download the whole block" not in page
    assert "so this node cannot give the whole block" in page and ASK in page
    start, end = "Transactions", "Header in full"
    assert page[page.index(start) : page.index(end)] == whole[whole.index(start) : whole.index(end)]
    assert "Download the whole block" in read(client, "/block/13")


def test_a_transaction_without_its_witness_still_says_what_it_is(client, txid):
    prune(Part.WITNESSES)
    page = read(client, f"/tx/{hex_of(txid)}")
    assert "Signature pruned" in page and ASK in page
    for text in ("succeeded", "1.23456789 ANM", addresses.to_text(BOB.address), "Most it would"):
        assert text in page
    assert "Download it" not in page


def test_a_transaction_without_its_body_shows_its_row_and_receipt(client, txid):
    fee = queries.outcome(txid).charge
    prune(Part.BODIES)
    page = read(client, f"/tx/{hex_of(txid)}")
    assert "the body of block 2 is pruned" in page.replace("The body", "the body") and ASK in page
    for key in (ALICE, BOB):
        assert addresses.to_text(key.address) in page
    assert "1.23456789 ANM" in page and "It emitted no events" in page
    assert f"{fee.price:,}" in page and "dropped" not in page


def test_lists_and_search_lose_nothing(client, txid):
    urls = ["/", "/blocks", f"/address/{addresses.to_text(ALICE.address)}"]
    whole = [read(client, url) for url in urls]
    prune(Part.BODIES)
    prune(Part.STATE)
    assert [read(client, url) for url in urls] == whole
    assert client.get(f"/search?q={txid.hex()}").status_code == 302


def test_a_side_block_keeps_its_header_only(client, world):
    aside = world.template(extra=b"aside")
    for _ in range(8):
        world.mine()
    service.add_side_block(block=aside, total_work=1)
    prune(Part.BODIES)
    page = read(client, f"/block/{hex_of(aside.hash)}")
    assert "no longer keeps the body" in page and ASK in page
