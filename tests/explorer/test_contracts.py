"""Pages of contracts: what they show, forms that read, forms that hand in."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain import queries
from core.hashing import sha3
from explorer import highlight
from explorer.pages import contracts as pages
from pq import addresses
from tests import token_contract as token
from tests.explorer.conftest import ALICE, BOB, World
from tests.explorer.test_pages import read

TOKEN = token.address_of(BOB, 0)
PAGE = f"/address/{addresses.to_text(TOKEN)}"


@pytest.fixture
def chain(world: World) -> World:
    """Block 1 deploys, 2 transfers 30, 3 fails to transfer more than there is."""
    world.mine([token.deploy(BOB, 0)])
    world.mine([token.call(BOB, 1, TOKEN, "transfer", ALICE.address, 30)])
    world.mine([token.call(BOB, 2, TOKEN, "transfer", ALICE.address, 3_000)])
    return world


def tx_at(height: int) -> str:
    return f"/tx/0x{queries.txids(height)[0].hex()}"


def text(key) -> str:
    return addresses.to_text(key.address)


# ------------------------------------------------------------------ the page


def test_the_page_says_what_the_contract_is(client, chain):
    page = read(client, PAGE)
    assert "A token with a fixed supply." in page
    assert "0x" + sha3(token.SOURCE).hex() in page
    assert f"Deployed by {text(BOB)}" in page
    assert "total 1000 int" in page and "balances map address → int Key address" in page
    assert "balance_of(owner: address) -> int" in page and "What an account owns." in page
    assert "fund() -> int takes ANM" in page
    assert "def init" in page and "init(supply" in page


def test_the_newest_events_come_first(client, chain):
    chain.mine([token.call(BOB, 3, TOKEN, "transfer", ALICE.address, 7)])
    page = read(client, PAGE)
    events = page[page.index("Latest events") : page.index("Transactions")]
    amounts = re.findall(r"amount int (\d+)", events)
    assert amounts == ["7", "30"] and "Transfer" in events


def test_an_account_has_nothing_of_it(client, chain):
    page = read(client, f"/address/{text(BOB)}")
    assert "Functions" not in page and "Source" not in page
    assert "contract" not in page.lower().replace("contract or system", "")


def test_many_pages_cost_as_many_queries(client, chain, django_assert_max_num_queries):
    for nonce in range(3, 9):
        chain.mine([token.call(BOB, nonce, TOKEN, "transfer", ALICE.address, 1)])
    client.get(PAGE)
    with django_assert_max_num_queries(14):
        client.get(PAGE)
    with django_assert_max_num_queries(9):
        client.get(tx_at(2))
    with django_assert_max_num_queries(10):
        client.get(f"{PAGE}/call?function=balance_of&a0={text(BOB)}")


def test_an_entry_of_a_map_is_looked_up(client, chain):
    page = read(client, f"{PAGE}/entry?name=balances&k0={text(ALICE)}")
    assert "holds 30" in page and f"Key address {text(ALICE)}" in page
    assert "holds 0" in read(client, f"{PAGE}/entry?name=balances&k0={addresses.to_text(TOKEN)}")
    assert "Key is address" in read(client, f"{PAGE}/entry?name=balances&k0=5", 400)
    assert "no stored map" in read(client, f"{PAGE}/entry?name=total", 404)
    assert "no contract" in read(client, f"/address/{text(BOB)}/entry?name=balances", 404)


# ------------------------------------------------------------------ source


def test_the_source_is_shown_character_for_character(client, chain):
    page = client.get(PAGE).content.decode()
    code = re.search(r"<pre class=\"code\"[^>]*><code>(.*?)</code></pre>", page, re.S)[1]
    rows = re.findall(r'<span class="row" id="L(\d+)"><a[^>]*>\1</a>(.*?)\n</span>', code, re.S)
    assert [int(number) for number, _ in rows] == list(range(1, len(rows) + 1))
    shown = [html.unescape(re.sub(r"<[^>]+>", "", row)) for _, row in rows]
    assert "\n".join(shown) + "\n" == token.SOURCE.decode()


def test_words_have_their_classes():
    source = '# note "x"\n@view\ndef f(a: int) -> str:\n    return "<b>" + str(a)  # 1\n'
    kinds = [(kind, piece) for kind, piece in highlight.pieces(source) if kind]
    assert kinds == [
        ("comment", '# note "x"'), ("mark", "@view"), ("word", "def"), ("type", "int"),
        ("type", "str"), ("word", "return"), ("string", '"<b>"'), ("type", "str"),
        ("comment", "# 1"),
    ]  # fmt: skip
    assert "&lt;b&gt;" in highlight.html(source) and "<b>" not in highlight.html(source)
    plain = highlight.html("x = a <b> c & d\n")
    assert "a &lt;b&gt; c &amp; d" in plain and "<b>" not in plain


def test_strings_over_several_lines_keep_their_class():
    source = 'x = """one\n\ntwo"""\ny = b\'\\\'\' + 0x1f\n'
    assert highlight.lines(source) == [
        [("", "x"), ("", " = "), ("string", '"""one')],
        [],
        [("string", 'two"""')],
        [("", "y"), ("", " = "), ("string", "b'\\''"), ("", " + "), ("number", "0x1f")],
    ]
    broken = 'x = "never closed\n'
    assert "".join(piece for _, piece in highlight.pieces(broken)) == broken


# ------------------------------------------------------------------ forms


def ask(client, status: int = 200, **given: str) -> str:
    response = client.get(f"{PAGE}/call", given)
    assert response.status_code == status, response.content.decode()[:2000]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def test_a_view_is_read_by_a_form(client, chain):
    page = ask(client, function="balance_of", a0=text(ALICE))
    assert "result 30 int" in page and "On the state after block 3" in page
    assert f"owner address {text(ALICE)}" in page


def test_empty_fields_at_the_end_are_defaults(client, chain):
    assert "('Token', 333)" in ask(client, function="described", a0="")
    assert "('Token', 100)" in ask(client, function="described", a0="10")


def test_a_view_that_fails_says_why(client, chain):
    page = ask(client, function="described", a0="0")
    assert "failed A division by zero." in page


def test_what_is_asked_wrongly_is_explained(client, chain):
    assert "no public function 'balance'" in ask(client, 400, function="balance", a0="x")
    assert "There is no public function 'init'" in ask(client, 400, function="init")
    assert "Owner is address" in ask(client, 400, function="balance_of", a0="5")
    assert "no public function ''" in ask(client, 400, function="")
    response = client.get(f"/address/{text(BOB)}/call", {"function": "f"})
    assert response.status_code == 404


def test_reads_are_bounded(client, chain, monkeypatch):
    monkeypatch.setattr(pages, "READ_GAS", 3_000)
    assert "out of gas" in ask(client, function="balance_of", a0=text(ALICE))
    for _ in range(pages.READS_AT_ONCE):
        pages._places.acquire()
    try:
        assert "being read" in ask(client, 503, function="balance_of", a0=text(ALICE))
    finally:
        for _ in range(pages.READS_AT_ONCE):
            pages._places.release()


def test_a_write_shows_its_command(client, chain):
    page = ask(client, function="transfer", a0=text(ALICE), a1="5")
    assert (
        f"animica contract send {addresses.to_text(TOKEN)} transfer {text(ALICE)} 5 --from WALLET"
        in page
    )
    paid = ask(client, function="fund", value="1.5")
    assert "fund --from WALLET --value 1.5" in paid
    quoted = ask(client, function="fund", value="1; rm -rf $HOME")
    assert "--value '1; rm -rf $HOME'" in quoted


def test_a_signed_transaction_is_handed_in(client, chain):
    signed = token.call(BOB, 3, TOKEN, "transfer", ALICE.address, 5)
    response = client.post("/send", {"raw": f" 0x{signed.raw.hex()}\n"})
    assert response.status_code == 302 and response["Location"] == f"/tx/0x{signed.txid.hex()}"
    page = read(client, response["Location"])
    assert "pending" in page and "Call of transfer" in page and "amount int 5" in page


@pytest.mark.parametrize("raw", ["", "0x", "zz", "0x123", "0x80", "0x" + "00" * 200_000])
def test_what_is_no_transaction_is_explained(client, chain, raw):
    response = client.post("/send", {"raw": raw})
    assert response.status_code == 400 and b"explorer." in response.content


def test_a_transaction_that_breaks_a_rule_is_refused(client, chain):
    signed = token.call(BOB, 0, TOKEN, "transfer", ALICE.address, 5)
    response = client.post("/send", {"raw": signed.raw.hex()})
    assert response.status_code == 400 and b"tx.nonce" in response.content


def test_handing_in_needs_the_page_s_own_form(chain):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/send", {"raw": "0x80"}).status_code == 403
    assert strict.put("/send").status_code in (403, 405)


WORDS = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [
            "balance_of",
            "described",
            "transfer",
            "balances",
            "-1",
            "1e9",
            "[[[[",
            "0x0",
            '{"a": NaN}',
        ]
    ),
)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    page=st.sampled_from(["call", "entry"]),
    given_=st.dictionaries(
        st.sampled_from(["function", "name", "a0", "a1", "k0", "value"]), WORDS, max_size=5
    ),
)
def test_nothing_that_is_asked_breaks_a_form(client, chain, page, given_):
    response = client.get(f"{PAGE}/{page}", given_)
    assert response.status_code in (200, 400, 404)


# ------------------------------------------------------------------ transactions


def test_a_call_is_decoded(client, chain):
    page = read(client, tx_at(2))
    assert "Call of transfer" in page and "amount int 30" in page
    assert "Event Transfer" in page and f"sender address {text(BOB)}" in page
    assert "Result True bool" in page
    assert "Topic 0 0x" + sha3(b"Transfer").hex() in page


def test_a_failure_is_a_sentence(client, chain):
    page = read(client, tx_at(3))
    assert "The contract refused: too little." in page and "reverted" in page
    assert "amount int 3000" in page


def test_a_deployment_leads_to_its_contract(client, chain):
    page = read(client, tx_at(1))
    assert "Deployment" in page and f"Contract: {addresses.to_text(TOKEN)}" in page
    assert "supply int 1000" in page
    assert "deploy" in read(client, PAGE)
