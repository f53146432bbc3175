"""Every page on a real chain: what it says, what it refuses, and that it never answers 500."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from math import log
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain import queries
from consensus import service as consensus
from consensus.deep import Alarm
from core.block import Block
from execution.accounts import AICF, TREASURY
from explorer import format, frame
from mining import service as mining
from pq import addresses
from tests.explorer.conftest import ALICE, BOB, INTERVAL_MS, MINER, World, network


def text_of(page: str) -> str:
    """What a reader sees, white space folded."""

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.parts: list[str] = []

        def handle_data(self, data: str) -> None:
            self.parts.append(data)

    reader = Reader()
    reader.feed(page)
    return re.sub(r"[\s\u202f]+", " ", " ".join(reader.parts))


def read(client, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status, response.content.decode()[:2000]
    assert response["Content-Type"].startswith("text/html")
    return text_of(response.content.decode())


def hex_of(data: bytes) -> str:
    return "0x" + data.hex()


# ------------------------------------------------------------------ genesis only


def test_a_node_that_knows_genesis_only_has_words_for_it(client, world):
    assert "No transaction has been mined yet" in read(client, "/")
    assert "no interval to show" in read(client, "/")
    consensus_page = read(client, "/consensus")
    assert "no path to show" in consensus_page and "No hash share was included" in consensus_page
    assert "Nothing is waiting" in read(client, "/mempool")
    genesis = read(client, "/block/0")
    assert "Genesis needs no seal" in genesis
    assert "has no transactions" in genesis
    read(client, "/blocks")
    read(client, "/search")
    stranger = addresses.to_text(MINER.address)
    assert "neither sent nor received" in read(client, f"/address/{stranger}")


def test_a_database_without_a_chain_is_not_ready(client, db):
    bare = SimpleNamespace(alarm=None, network=network())
    consensus.install(bare)
    try:
        for url in ("/", "/block/1", "/consensus", "/mempool", "/network", "/search?q=1"):
            assert "Not ready" in read(client, url, 503)
    finally:
        consensus.install(None)


# ------------------------------------------------------------------ home and blocks


def test_home_shows_where_the_chain_stands(client, busy):
    page = read(client, "/")
    head = queries.head()
    assert head.header.height == 16
    assert "Newest block 16" in page
    assert "Safe block 4" in page
    assert "1 ready, 1 held" in page
    assert "median 1.5 s, shortest 1.5 s, longest 1.5 s" in page
    totals = queries.totals()
    for amount in (totals.supply, totals.minted, totals.burnt):
        assert format.anm(amount).replace("\u202f", " ") in page
    source = client.get("/").content.decode()
    assert hex_of(head.hash) in source
    # Fifteen intervals: the one after genesis says nothing about the network.
    assert source.count('<rect class="bar') == 15
    assert head.header.height * INTERVAL_MS > 0


def test_an_old_head_is_a_warning_unless_blocks_are_made_on_demand(client, busy):
    assert "The newest block is old" in read(client, "/")

    mining.install(SimpleNamespace(stats=lambda: SimpleNamespace(block_time_ms=0)))
    try:
        assert "The newest block is old" not in read(client, "/")
    finally:
        mining.install(None)


def test_a_fresh_head_is_no_warning(client, busy, monkeypatch):
    monkeypatch.setattr(frame, "now_ms", lambda: queries.head().header.time + 1_000)
    assert "The newest block is old" not in read(client, "/")


def test_a_refused_reorganisation_is_an_alert_on_every_page(client, busy):
    busy.importer.deep.alarm = Alarm("fork.too_deep", "101 blocks", b"\xaa" * 32, 1)
    for url in ("/", "/blocks", "/consensus", "/mempool", "/network", "/block/3"):
        assert 'role="alert"' in client.get(url).content.decode()
        assert "refuses a reorganisation" in read(client, url)


def test_blocks_are_paged_down_to_genesis(client, world):
    for _ in range(30):
        world.mine()
    first = client.get("/blocks").content.decode()
    older = re.search(r'href="(/blocks\?before=\d+)" rel="next"', first)
    assert older
    second = client.get(older[1]).content.decode()
    heights = [int(h) for h in re.findall(r'<a href="/block/(\d+)">', first + second)]
    assert heights == list(range(30, -1, -1))
    assert 'rel="next"' not in second


def test_a_block_by_height_and_by_hash_is_the_same_page(client, busy):
    block = queries.block_by_height(2)
    by_hash = read(client, f"/block/{hex_of(block.hash)}")
    assert read(client, "/block/2") == by_hash
    assert "settled 14 blocks" in by_hash
    assert "1 transaction" in by_hash
    assert addresses.to_text(MINER.address) in by_hash


def test_the_score_of_a_block_adds_up(client, busy):
    header = queries.block_by_height(5).header
    page = read(client, "/block/5")
    draw, surplus, theta = (
        int(part.replace(".", ""))
        for part in re.search(
            r"draw is worth ([\d.]+) nats *, which is ([\d.]+) above the threshold Θ = ([\d.]+)\.",
            page,
        ).groups()
    )
    assert theta == header.theta
    assert header.psi == 0
    assert surplus == draw - theta >= 0
    # −ln u by the standard library's floats, good to the sixth decimal at this size
    assert abs(draw / 1e6 + log((header.draw + 1) / 2**256)) < 2e-6


def test_credits_of_a_block_are_its_minted_and_burnt_money(client, busy):
    source = client.get("/block/2").content.decode()
    listed = source[
        source.index('class="credits"') : source.index("</ul>", source.index("credits"))
    ]
    page = text_of(listed)
    for word in ("the producer,", "Treasury", "AICF fund", "burnt", "tips", "the subsidy"):
        assert word in page
    amounts = re.findall(r"([\d.\u202f]+) ANM</strong> (of|from) ([a-z ]+)", listed)
    whole = {"minted": 0, "burnt": 0}
    for amount, verb, source_name in amounts:
        nanm = round(float(amount.replace("\u202f", "")) * 10**9)
        if verb == "of":
            whole["burnt"] += nanm
        elif source_name.startswith("the subsidy"):
            whole["minted"] += nanm
    block = queries.block_by_height(2)
    assert whole == {"minted": block.minted, "burnt": block.burnt}


def test_a_block_beside_the_chain_says_so(client, world):
    loser = world.template([world.transfer(3, 0)], extra=b"loser")
    winner = world.template(extra=b"winner")
    world.take(winner)
    world.take(loser)
    assert not queries.block_by_hash(loser.hash).canonical
    page = read(client, f"/block/{hex_of(loser.hash)}")
    assert "not part of the chain" in page
    assert "transfer from" in page
    assert "not part of the chain" not in read(client, "/block/1")
    assert hex_of(loser.hash) not in client.get("/block/1").content.decode()


def test_raw_downloads_decode_to_what_is_stored(client, busy):
    block = queries.block_by_height(2)
    response = client.get("/block/2/raw")
    assert response["Content-Disposition"].startswith("attachment")
    decoded = Block.decode(response.content, limit=10**7, items=10**5)
    assert decoded.hash == block.hash
    txid = decoded.txs[0].txid
    assert client.get(f"/tx/{hex_of(txid)}/raw").content == decoded.txs[0].raw
    assert client.get(f"/tx/{hex_of(bytes(32))}/raw").status_code == 404
    assert client.get("/block/99/raw").status_code == 404


# ------------------------------------------------------------------ transactions


def test_a_mined_transaction_tells_what_it_did_and_paid(client, busy):
    line = queries.block_txs(2).items[0]
    view = queries.tx(line.txid)
    page = read(client, f"/tx/{hex_of(line.txid)}")
    assert "succeeded" in page
    assert "It is in block 2, with 14 blocks on top of it: deep enough" in page
    assert "1.23456789 ANM" in page
    assert addresses.to_text(ALICE.address) in page
    assert addresses.to_text(BOB.address) in page
    charge = view.outcome.charge
    paid = charge.base_fee_paid + charge.tip_paid
    assert f"Fee paid {format.anm(paid)} ANM" in page
    assert "50 % burnt, 25 % treasury, 25 % AICF fund" in page
    assert "90 % producer, 10 % AICF fund" in page
    assert view.tx.raw.hex() in page
    assert "It emitted no events" in page


def test_a_recent_transaction_is_not_yet_settled(client, busy):
    line = queries.block_txs(16).items[0]
    assert "with 0 blocks on top of it: readers usually wait for 12" in read(
        client, f"/tx/{hex_of(line.txid)}"
    )


def test_waiting_held_and_dropped_transactions_say_why(client, busy):
    waiting = busy.transfer(7, 2)
    held = busy.transfer(8, 4)
    assert "pending The next block may take it" in read(client, f"/tx/{hex_of(waiting.txid)}")
    page = read(client, f"/tx/{hex_of(held.txid)}")
    assert "held Waits for the sender's transaction of nonce 3" in page
    richer = busy.transfer(7, 2, max_fee=50, max_tip=20)
    busy.pool.submit(richer.raw)
    page = read(client, f"/tx/{hex_of(waiting.txid)}")
    assert "dropped" in page
    assert "pool.replaced" in page
    assert "Follow the transaction named" in page


def test_a_transaction_that_is_mined_while_it_is_looked_up_is_found(client, busy, monkeypatch):
    """Between asking the ledger and asking the pool it can move from one to the other."""
    tx = busy.transfer(7, 2)
    pool = busy.pool
    get = pool.get

    def mined_meanwhile(txid):
        if get(txid) is not None:
            busy.mine([tx])
        return get(txid)

    monkeypatch.setattr(pool, "get", mined_meanwhile)
    assert "It is in block 17" in read(client, f"/tx/{hex_of(tx.txid)}")


# ------------------------------------------------------------------ addresses and pool


def test_an_account_shows_balance_nonce_and_transactions(client, busy):
    page = read(client, f"/address/{addresses.to_text(ALICE.address)}")
    nonce, balance, _ = queries.account(ALICE.address)
    assert nonce == 2
    assert f"{format.anm(balance)} ANM" in page
    assert "Next nonce 2" in page
    assert "not stored: each transaction carries it" in page
    assert page.count("this account") == 2
    assert "nonce 2" in page
    assert "waits for the sender's transaction of nonce 3" in page


def test_a_stored_key_is_told(client, world):
    world.mine([world.transfer(1, 0, gas=180_000, keep=True)])
    assert "stored on the chain" in read(client, f"/address/{addresses.to_text(ALICE.address)}")


@pytest.mark.parametrize(("address", "name"), [(TREASURY, "Treasury"), (AICF, "AICF fund")])
def test_system_accounts_have_names(client, busy, address, name):
    page = read(client, f"/address/{addresses.to_text(address)}")
    assert name in page
    assert "no key can spend from it" in page
    assert "Next nonce" not in page


def test_transactions_of_an_address_are_paged(client, world):
    world.mine([world.transfer(1, nonce) for nonce in range(30)])
    url = f"/address/{addresses.to_text(BOB.address)}"
    first = client.get(url).content.decode()
    older = re.search(r'href="([^"]+\?cursor=[^"]+)" rel="next"', first)
    second = client.get(older[1]).content.decode()
    seen = [
        re.findall(r'scope="row"><a class="hash" href="/tx/(0x\w+)"', p) for p in (first, second)
    ]
    assert [len(part) for part in seen] == [25, 5]
    assert len({txid for part in seen for txid in part}) == 30
    assert 'rel="next"' not in second


def test_the_mempool_counts_and_lists(client, busy):
    page = read(client, "/mempool")
    assert "Waiting 2 " in page
    assert "waits for the sender's transaction of nonce 3" in page
    assert "Ready transactions offer tips from 2 to 2" in page
    source = client.get("/mempool").content.decode()
    assert source.count('<rect class="bar') == 1
    assert re.findall(r'scope="row"><a class="hash" href="/tx/0x\w+"', source)
    assert "waits for a block with room" in page
    assert "any tip is taken now" in page and "Below the low watermark" in page
    assert 'class="draw" x="0" y="1" width="0"' in source
    assert 'class="watermark" x1="50"' in source and 'class="watermark" x1="90"' in source


def test_a_crowded_mempool_tells_its_floor(client, busy, monkeypatch):
    stats = busy.pool.stats()
    crowded = {
        10: "and that halves every ten minutes",
        60: "no source may take up more than 25 % of the room",
        95: "the least tip rises: now 1 234 nANM per gas",
    }
    for percent, sentence in crowded.items():
        shown = replace(stats, floor=1_234, fill_percent=percent)
        monkeypatch.setattr(busy.pool, "stats", lambda shown=shown: shown)
        page = read(client, "/mempool")
        assert sentence in page, percent
        assert "Floor 1 234 nANM/gas least tip taken now" in page
        assert f"{percent} % of the room is taken, with the watermarks at 50 % and 90 %" in page
        assert f'width="{percent}"' in client.get("/mempool").content.decode()


def test_a_dropped_transaction_says_that_it_waited_too_long(client, busy):
    txid = busy.transfer(7, 2).txid
    busy.pool._sweep(10**15)
    page = read(client, f"/tx/{hex_of(txid)}")
    assert "pool.ttl" in page and "It waited longer than 180 minutes" in page


# ------------------------------------------------------------------ search


def test_search_leads_to_every_kind_of_thing(client, busy):
    block = queries.block_by_height(2)
    txid = queries.block_txs(2).items[0].txid
    waiting = busy.transfer(7, 2).txid
    address = addresses.to_text(BOB.address)
    found = {
        "2": "/block/2",
        " #2 ": "/block/2",
        "0,016": "/block/16",
        hex_of(block.hash): f"/block/{hex_of(block.hash)}",
        block.hash.hex().upper(): f"/block/{hex_of(block.hash)}",
        hex_of(txid): f"/tx/{hex_of(txid)}",
        hex_of(waiting): f"/tx/{hex_of(waiting)}",
        address: f"/address/{address}",
        address.upper(): f"/address/{address}",
    }
    for words, url in found.items():
        response = client.get("/search", {"q": words})
        assert (response.status_code, response.headers.get("Location")) == (302, url), words
        read(client, url)


UNFINDABLE = (
    ("17", "explorer.not_found"),
    ("9" * 19, "explorer.not_found"),
    ("9" * 40, "explorer.not_searchable"),
    ("ab" * 32, "explorer.not_found"),
    ("0x1234", "explorer.not_searchable"),
    ("ab" * 31, "explorer.not_searchable"),
    ("hello world", "explorer.not_searchable"),
    ("x" * 300, "explorer.not_searchable"),
    ("<script>alert(1)</script>", "explorer.not_searchable"),
    ("anim1qqqq", "address.separator_missing"),
)


def test_what_cannot_be_found_explains_itself(client, busy):
    for words, code in UNFINDABLE:
        page = read_query(client, words)
        assert code in page, words
        assert "What can be searched" in page
        assert "<script>alert" not in client.get("/search", {"q": words}).content.decode()


def read_query(client, words: str) -> str:
    response = client.get("/search", {"q": words})
    assert response.status_code == 404
    source = response.content.decode()
    assert 'name="q"' in source
    return text_of(source)


def test_a_wrong_checksum_explains_itself_in_search_and_address(client, world):
    good = addresses.to_text(BOB.address)
    wrong = good[:-1] + ("q" if good[-1] != "q" else "p")
    for page in (read_query(client, wrong), read(client, f"/address/{wrong}", 404)):
        assert "address.bad_checksum" in page
        assert "at least one character differs" in page


# ------------------------------------------------------------------ bad input

BAD_URLS = (
    "/block/x",
    "/block/-1",
    "/block/99",
    f"/block/{'9' * 200}",
    f"/block/{'0' * 64}",
    "/block/0x12",
    "/block/1?cursor=zzz",
    "/block/1?cursor=-1",
    f"/block/1?cursor={'9' * 40}",
    "/blocks?before=zzz",
    f"/blocks?before={'9' * 40}",
    "/blocks?before=-5",
    "/tx/x",
    f"/tx/{'00' * 32}",
    f"/tx/0x{'00' * 33}",
    "/address/x",
    "/address/anim1",
    "/address/%F0%9F%90%8D",
    "/mempool?cursor=zzz",
    "/nothing/here",
    "/block/",
)


def test_bad_addresses_answer_with_a_sentence(client, busy):
    for url in BAD_URLS:
        response = client.get(url)
        assert response.status_code in (400, 404), url
        assert 'name="q"' in response.content.decode(), url


def test_a_cursor_of_another_list_is_refused(client, busy):
    url = f"/address/{addresses.to_text(ALICE.address)}?cursor=1-2-3"
    assert "request.cursor" in read(client, url, 400)


def test_a_page_beyond_the_end_says_so(client, busy):
    assert "no more transactions" in read(client, "/block/2?cursor=500")
    assert "no blocks below" in read(client, "/blocks?before=0")


def test_pages_only_read(client, world):
    for url in ("/", "/blocks", "/block/1", "/consensus", "/search", "/mempool", "/network"):
        assert client.post(url).status_code == 405


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(max_size=90))
def test_no_words_break_the_search(client, world: World, words):
    response = client.get("/search", {"q": words})
    assert response.status_code in (200, 302, 404)


# ------------------------------------------------------------------ error pages


def test_a_defect_shows_a_page_and_no_traceback(client, world, monkeypatch):
    def broken():
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("explorer.pages.home.context", broken)
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 500
    source = response.content.decode()
    assert "A fault in this node" in text_of(source)
    assert "secret detail" not in source


def test_a_bad_host_is_a_400_page(client, world):
    response = client.get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "could not make sense" in text_of(response.content.decode())
