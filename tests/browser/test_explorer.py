"""The explorer as a reader meets it: found, followed live, read without scripts or a mouse."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from pq import addresses
from tests import token_contract as token
from tests.browser.conftest import Devnet, start, stop

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def pages(devnet: Devnet, contract: str = "") -> list[str]:
    """An address of the site for every kind of page, those of a contract if there is one."""
    block = devnet.rpc("chain.getBlockByNumber", block=1)
    txid = devnet.rpc("tx.getByAddress", address=account(devnet, 1))["items"][0]["txid"]
    return [
        "/",
        "/blocks",
        "/block/0",
        f"/block/{block['hash']}",
        f"/tx/{txid}",
        f"/address/{account(devnet, 1)}",
        "/consensus",
        "/mempool",
        "/network",
        "/search",
        "/send",
        *(contract_pages(devnet, contract) if contract else []),
    ]


def contract_pages(devnet: Devnet, contract: str) -> list[str]:
    txid = devnet.rpc("tx.getByAddress", address=contract)["items"][-1]["txid"]
    call = f"/address/{contract}/call?function="
    return [
        f"/address/{contract}",
        f"{call}balance_of&a0={account(devnet, 5)}",
        f"{call}transfer&a0={account(devnet, 6)}&a1=5",
        f"/address/{contract}/entry?name=balances&k0={account(devnet, 5)}",
        f"/tx/{txid}",
    ]


def account(devnet: Devnet, index: int) -> str:
    return devnet.facts["accounts"][index]["address"]


# ------------------------------------------------------------------ live


def test_a_live_block_appears_behind_the_notice_bar(devnet, watched):
    page = watched.open("/")
    shown = int(page.locator("body").get_attribute("data-height"))
    expect(page.locator("#connection")).to_have_text("Live")
    button = page.locator("#news button")
    expect(button).to_have_text(re.compile(r"^\d+ new blocks? – show$"), timeout=20_000)
    assert int(page.locator("body").get_attribute("data-height")) == shown
    assert page.locator(f'a[href="/block/{shown + 1}"]').count() == 0
    page.evaluate("window.sameDocument = true")
    button.click()
    expect(page.locator(f'tbody a[href="/block/{shown + 1}"]')).to_be_visible()
    assert int(page.locator("body").get_attribute("data-height")) > shown
    assert page.evaluate("window.sameDocument"), "the page was loaded anew"
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_waiting_transaction_is_followed_into_its_block(devnet, watched):
    first = devnet.send(sender=3)
    devnet.wait_mined(first)
    held = devnet.send(sender=3, gap=1)
    page = watched.open(f"/tx/{held}")
    expect(page.locator("#standing")).to_have_text("held")
    watched.open("/mempool")
    expect(page.get_by_role("link", name=f"{held[:10]}…{held[-6:]}")).to_be_visible()
    watched.open(f"/tx/{held}")
    devnet.send(sender=3)
    devnet.nonces[3] += 1
    devnet.wait_mined(held)
    page.locator("#news button").click()
    expect(page.locator("#standing")).to_have_text("succeeded")


def test_ages_count_and_copy_buttons_copy(devnet, watched, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = watched.open("/block/1")
    expect(page.locator(".age").first).to_have_text(re.compile(r"^\(\d+ (s|min|h|d) ago\)$"))
    page.locator("button.copy").first.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == devnet.rpc("chain.getBlockByNumber", block=1)["hash"]


# ------------------------------------------------------------------ search


def search(page, words: str) -> None:
    field = page.get_by_role("searchbox")
    field.fill(words)
    field.press("Enter")
    page.wait_for_load_state()


def test_search_finds_height_hash_address_and_txid(devnet, watched):
    block = devnet.rpc("chain.getBlockByNumber", block=2)
    txid = devnet.rpc("tx.getByAddress", address=account(devnet, 1))["items"][0]["txid"]
    found = {
        "2": ("/block/2", "Block 2"),
        block["hash"]: (f"/block/{block['hash']}", "Block 2"),
        txid: (f"/tx/{txid}", "Transaction"),
        account(devnet, 4): (f"/address/{account(devnet, 4)}", "Address"),
    }
    for words, (path, title) in found.items():
        page = watched.open("/")
        search(page, words)
        expect(page).to_have_url(watched.base + path)
        expect(page.locator("h1")).to_have_text(title)


def test_wrong_input_explains_itself(devnet, watched):
    good = account(devnet, 1)
    wrong = good[:-1] + ("q" if good[-1] != "q" else "p")
    for words, part in {
        wrong: "The checksum does not match",
        "99999999": "There is no block 99\u202f999\u202f999 yet",
        "ab" * 32: "no block and no transaction of this hash",
        "0xabc": "A hash has 64 hex digits, this one has 3",
        "good morning": "neither a height, a hash nor an address",
    }.items():
        page = watched.open("/")
        search(page, words)
        expect(page.locator("main")).to_contain_text(part)
        expect(page.locator("main")).to_contain_text("What can be searched")
        expect(page.get_by_role("searchbox")).to_have_value(words)


# ------------------------------------------------------------------ contracts


def read_balance(devnet, contract, watched, owner: int):
    """Open the contract's page, fill the form of ``balance_of`` by keyboard, send it."""
    page = watched.open(f"/address/{contract}")
    page.locator("summary", has_text="balance_of").focus()
    page.keyboard.press("Enter")
    field = page.get_by_label(re.compile("^owner"))
    field.fill(account(devnet, owner))
    field.press("Enter")
    page.wait_for_load_state()
    return page


def test_a_view_is_read_by_its_form(devnet, contract, watched):
    page = read_balance(devnet, contract, watched, owner=5)
    expect(page.locator(".answer")).to_have_text("1000")
    page = read_balance(devnet, contract, watched, owner=6)
    expect(page.locator(".answer")).to_have_text("0")
    expect(page.locator("main")).to_contain_text("Nothing has changed.")


def test_a_line_of_the_source_can_be_linked(devnet, contract, watched):
    page = watched.open(f"/address/{contract}#L7")
    expect(page.locator("#L7")).to_be_in_viewport()
    page.locator("#L8 a").click()
    assert page.url.endswith("#L8")


def test_the_source_can_be_skipped_by_keyboard(devnet, contract, watched):
    page = watched.open(f"/address/{contract}")
    link = page.get_by_role("link", name="Skip the source")
    link.focus()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('footer') !== null")


def test_a_pasted_transaction_reaches_its_block(devnet, contract, watched):
    data = token.calldata("transfer", addresses.from_text(account(devnet, 6)), 5)
    body = {"to": addresses.from_text(contract), "data": data, "value": 0}
    raw = "0x" + devnet.signed("call", body, sender=5).raw.hex()
    page = watched.open(f"/address/{contract}/call?function=transfer&a0={account(devnet, 6)}&a1=5")
    expect(page.locator(".command")).to_contain_text(f"animica contract send {contract} transfer")
    page.get_by_label("Signed transaction, hex").fill(raw)
    page.get_by_role("button", name="Hand it in").click()
    page.wait_for_url("**/tx/0x*")
    devnet.nonces[5] += 1
    devnet.wait_mined(page.url.rpartition("/")[2])
    page.reload()
    expect(page.locator("#standing")).to_have_text("succeeded")
    expect(page.locator("main")).to_contain_text("Call of transfer")
    expect(page.locator(".events")).to_contain_text("Transfer")


# ------------------------------------------------------------------ no script


class TestWithoutScripts:
    @pytest.fixture
    def context_options(self, context_options):
        return {**context_options, "java_script_enabled": False}

    def test_every_page_reads(self, devnet, contract, watched):
        for path in pages(devnet, contract):
            page = watched.open(path)
            assert len(page.locator("main").inner_text()) > 60, path
            expect(page.locator("#connection")).to_be_hidden()
            for time in page.locator("time").all():
                assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", time.inner_text())

    def test_forms_of_contracts_work(self, devnet, contract, watched):
        page = read_balance(devnet, contract, watched, owner=7)
        expect(page.locator(".answer")).to_have_text("0")

    def test_search_and_paging_work(self, devnet, watched):
        page = watched.open("/")
        search(page, "1")
        expect(page.locator("h1")).to_have_text("Block 1")
        page.get_by_role("link", name="Next", exact=True).click()
        expect(page.locator("h1")).to_have_text("Block 2")
        page.get_by_text("Raw header, CBOR in hex").click()
        expect(page.locator("details[open] .hash")).to_be_visible()


# ------------------------------------------------------------------ looks


def background(page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_the_dark_scheme_really_is_dark(devnet, browser, watched):
    page = watched.open("/")
    page.emulate_media(color_scheme="light")
    light = background(page)
    page.emulate_media(color_scheme="dark")
    dark = background(page)
    assert brightness(light) > 200
    assert brightness(dark) < 60
    page.emulate_media(color_scheme="dark", contrast="more")
    assert brightness(background(page)) == 0


def brightness(colour: str) -> float:
    parts = [int(part) for part in re.findall(r"\d+", colour)[:3]]
    return sum(parts) / 3


class TestOnAPhone:
    @pytest.fixture
    def context_options(self, context_options):
        return {**context_options, "viewport": {"width": 320, "height": 640}}

    def test_no_page_is_wider_than_the_screen(self, devnet, contract, watched):
        """At 320 CSS pixels (WCAG 1.4.10) only tables may scroll sideways, each in its own box."""
        for path in pages(devnet, contract):
            page = watched.open(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


# ------------------------------------------------------------------ keyboard


def test_the_keyboard_reaches_search_and_links(devnet, watched):
    page = watched.open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Block 1")


# What a mouse can press, closed details aside, and the bar that new blocks bring at any moment.
REACHABLE = """[...document.querySelectorAll("a[href], button, summary, input, [tabindex='0']")]
    .filter((element) => element.checkVisibility() && !element.closest("#news"))"""


@pytest.mark.parametrize("kind", ["block", "contract"])
def test_every_link_and_button_can_be_reached_and_shows_it(devnet, contract, watched, kind):
    page = watched.open("/block/1" if kind == "block" else f"/address/{contract}")
    wanted = page.evaluate(f"{REACHABLE}.length")
    assert wanted > 20
    reached = set()
    for _ in range(wanted + 1):  # the bar may be on the way
        page.keyboard.press("Tab")
        place, outlined = page.evaluate(
            f"""() => {{
                const style = getComputedStyle(document.activeElement);
                const width = style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
                return [{REACHABLE}.indexOf(document.activeElement), width >= 2];
            }}"""
        )
        if page.evaluate("document.activeElement === document.body"):
            continue  # behind the last one
        assert outlined, f"element {place} does not show that it has the focus"
        reached.add(place)
    assert reached - {-1} == set(range(wanted))


# ------------------------------------------------------------------ the rest


def test_no_page_complains_or_asks_another_host(devnet, contract, watched):
    for path in pages(devnet, contract):
        page = watched.open(path)
        expect(page.locator("#connection")).to_have_text("Live")
    watched.open("/missing", status=404)


def test_the_admin_works_under_the_same_policy(devnet, watched):
    page = watched.open("/admin/")
    login = devnet.facts["adminLogin"]
    page.get_by_label("Username").fill(login["user"])
    page.get_by_label("Password").fill(login["password"])
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Blocks").first.click()
    page.locator("#result_list tbody th a").first.click()
    expect(page.locator("#content h1")).to_have_text("View block")
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    page.get_by_role("link", name="Explorer").click()
    expect(page).to_have_url(watched.base + "/")


def test_a_page_says_when_its_node_is_gone(browser, tmp_path):
    """The badge tells, and the page that was loaded stays readable."""
    node = start(tmp_path, "--block-time", "1")
    page = browser.new_page()
    try:
        page.goto(node.url + "/")
        expect(page.locator("#connection")).to_have_text("Live")
    finally:
        stop(node)
    expect(page.locator("#connection")).to_have_text("Offline, trying again", timeout=15_000)
    expect(page.get_by_role("heading", name="Latest blocks")).to_be_visible()
    page.close()
