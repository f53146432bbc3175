"""What holds for the markup of every page: policy, landmarks, labels, no other hosts."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from chain import queries
from pq import addresses
from tests import token_contract as token
from tests.explorer.conftest import ALICE, BOB, World

ROOT = Path(__file__).resolve().parents[2]
VOID = {"meta", "link", "input", "br", "img", "rect", "line", "path", "hr"}
TOKEN = token.address_of(BOB, 0)


def urls(world: World) -> dict[str, int]:
    txid = queries.block_txs(2).items[0].txid.hex()
    held = world.transfer(8, 4).txid.hex()
    contract = addresses.to_text(TOKEN)
    return {
        "/": 200,
        "/blocks": 200,
        "/block/0": 200,
        "/block/2": 200,
        f"/tx/0x{txid}": 200,
        f"/tx/0x{held}": 200,
        f"/address/{addresses.to_text(ALICE.address)}": 200,
        "/consensus": 200,
        "/mempool": 200,
        "/network": 200,
        "/search": 200,
        "/search?q=nothing": 404,
        "/blocks?before=x": 400,
        "/missing": 404,
        f"/address/{contract}": 200,
        f"/address/{contract}/call?function=balance_of&a0={contract}": 200,
        f"/address/{contract}/call?function=described&a0=0": 200,
        f"/address/{contract}/call?function=transfer&a0={contract}&a1=5": 200,
        f"/address/{contract}/call?function=none": 400,
        f"/address/{contract}/entry?name=balances&k0={contract}": 200,
        "/send": 200,
        **{f"/tx/0x{queries.txids(height)[0].hex()}": 200 for height in (17, 18, 19)},
    }


class Outline(HTMLParser):
    """Elements with their attributes; complains about tags that do not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag, f"</{tag}> closes another element"

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def full(busy: World) -> World:
    """The busy chain with a contract, a call of it, and one that failed."""
    busy.mine([token.deploy(BOB, 0)])
    busy.mine([token.call(BOB, 1, TOKEN, "transfer", ALICE.address, 30)])
    busy.mine([token.call(BOB, 2, TOKEN, "transfer", ALICE.address, 3_000)])
    return busy


@pytest.fixture
def outlines(client, full):
    found = {}
    for url, status in urls(full).items():
        response = client.get(url)
        assert response.status_code == status
        outline = Outline()
        outline.feed(response.content.decode())
        assert not outline.open
        found[url] = outline
    return found


def test_the_policy_allows_only_this_site(client, full):
    for url in urls(full):
        policy = client.get(url)["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy


def test_nothing_needs_more_than_the_policy_allows(outlines):
    for url, outline in outlines.items():
        for tag, attributes in outline.elements:
            assert "style" not in attributes, (url, tag)
            assert not [name for name in attributes if name.startswith("on")], (url, tag)
            for name in ("src", "href", "action"):
                target = attributes.get(name) or ""
                assert not re.match(r"(?:[a-z]+:)?//|javascript:|data:", target), (url, target)
        assert not outline.all("style")
        assert all("src" in script for script in outline.all("script"))


def test_every_page_has_its_landmarks(outlines):
    for url, outline in outlines.items():
        first_link = outline.all("a")[0]
        assert first_link["href"] == "#main", url
        assert len(outline.all("main")) == 1
        assert len(outline.all("h1")) == 1
        assert outline.all("html")[0]["lang"] == "en"
        ids = [attributes["id"] for _, attributes in outline.elements if "id" in attributes]
        assert len(ids) == len(set(ids)), url


def test_headings_do_not_skip_a_level(outlines):
    for url, outline in outlines.items():
        levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch("h[1-6]", tag)]
        assert all(b - a <= 1 for a, b in pairwise(levels)), (url, levels)


def test_every_field_and_region_has_a_name(outlines):
    for url, outline in outlines.items():
        labels = {label["for"] for label in outline.all("label")}
        fields = [*outline.all("input"), *outline.all("textarea")]
        assert {field["id"] for field in fields if field.get("type") != "hidden"} <= labels, url
        for _, attributes in outline.elements:
            if attributes.get("role") in ("region", "img"):
                assert attributes.get("aria-label") or attributes.get("aria-labelledby")
        for _, attributes in outline.elements:
            named = (attributes.get("aria-labelledby") or "").split()
            ids = {other.get("id") for _, other in outline.elements}
            assert set(named) <= ids, url


def test_static_files_ask_nobody_else():
    files = [path for path in (ROOT / "static" / "explorer").iterdir() if path.is_file()]
    assert len(files) >= 3
    for path in files:
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|url\(", text), path


# ------------------------------------------------------------------ contrast

STYLE = (ROOT / "static" / "explorer" / "explorer.css").read_text()


def schemes() -> dict[str, dict[str, str]]:
    """Colour variables as each combination of media queries leaves them."""
    blocks = {
        query.strip(): dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", body))
        for query, body in re.findall(r"(@media [^{]*|)\s*\{?\s*:root \{([^}]*)\}", STYLE)
    }
    light = blocks[""]
    dark = light | blocks["@media (prefers-color-scheme: dark)"]
    more = blocks["@media (prefers-contrast: more)"]
    both = blocks["@media (prefers-contrast: more) and (prefers-color-scheme: dark)"]
    return {"light": light, "dark": dark, "more": light | more, "more dark": dark | more | both}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "more", "more dark"])
def test_colours_have_the_contrast_that_wcag_asks(scheme):
    colours = schemes()[scheme]
    text = 7.0 if scheme.startswith("more") else 4.5
    pairs = [
        *((ink, ground) for ink in ("ink", "quiet", "accent") for ground in ("ground", "card")),
        ("on-accent", "accent"),
        ("accent", "soft"),
        *((ink, ground) for ink in ("good", "wait") for ground in ("ground", "wait-soft")),
        ("accent", "wait-soft"),
        ("quiet", "wait-soft"),
        ("good", "good-soft"),
        ("bad", "bad-soft"),
        ("wait", "wait-soft"),
        ("ink", "wait-soft"),
        ("ink", "bad-soft"),
        ("ink", "soft"),
    ]
    for ink, ground in pairs:
        least = 4.5 if "soft" in ground else text
        found = contrast(colours[ink], colours[ground])
        assert found >= least, (ink, ground, found)
    for shape in ("edge", "accent"):
        assert contrast(colours[shape], colours["card"]) >= 3
        assert contrast(colours[shape], colours["ground"]) >= 3
