"""Whatever path and parameters a stranger tries, no page is a defect."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pq import addresses
from tests.site.composed import Composed
from tests.support import key, transfer

EXAMPLES = 60
ADDRESS = addresses.to_text(key(1).address)


@pytest.fixture
def busy(composed: Composed) -> Composed:
    """A few blocks with transfers, one transaction ready and one held, and an administrator."""
    composed.admin = get_user_model().objects.create_superuser("admin", password="x")
    composed.mine()
    composed.mine(transfer(key(1), key(2).address, 5, nonce=0))
    composed.mine(transfer(key(1), key(2).address, 6, nonce=1, keep=True))
    for nonce in (2, 4):
        tx = transfer(key(1), key(2).address, 7, nonce=nonce)
        composed.parts.pool.submit(tx.with_key(None).raw)
    return composed


def pieces(node: Composed) -> st.SearchStrategy[str]:
    """Parts of addresses that pages read: right ones, nearly right ones, anything."""
    tip = node.tip
    txid = tip.block.txs[0].txid.hex()
    known = [
        "0", "1", "3", "4", "-1", "٣", "1,000", "#2", "+1", "1e3", "9" * 19, "9" * 20, "9" * 5_000,
        "0x", "0x" + tip.hash.hex(), tip.hash.hex().upper(), "0x" + txid, txid[:-1],
        "0x" + "0" * 64,
        ADDRESS, ADDRESS.upper(), ADDRESS[:-1], ADDRESS + "q", "anim1", "ANIM1qqqq", "latest",
        addresses.to_text(addresses.of_system("treasury")), "..", ".", "%00", "\0", "\ud7ff", "",
        "<script>", "{{ 7 }}", "'--", "3:1", "1.1", "10.0.1", "3.0", "\u202e", "a" * 3_000,
    ]  # fmt: skip
    return st.sampled_from(known) | st.text(max_size=30)


PATTERNS = [
    "", "blocks", "block/{}", "block/{}/raw", "tx/{}", "tx/{}/raw", "address/{}", "mempool",
    "network", "admin/p2p/{}", "admin/p2p/wish/ask/{}/", "admin/audit/auditrow/",
    "search", "admin/{}", "admin/login/", "admin/chain/block/{}/change/", "static/{}", "api/v1/{}",
    "api/v1/blocks", "rpc", "{}", "{}/{}", "admin/chain/{}", "admin/chain/block/",
    "admin/chain/tx/", "admin/chain/log/", "admin/chain/staterecord/", "admin/mempool/{}",
    "admin/auth/user/", "admin/autocomplete/", "admin/jsi18n/", "admin/search/",
]  # fmt: skip
PARAMETERS = (
    "q", "before", "cursor", "limit", "page", "next", "o", "e", "p", "all", "_popup",
    "height", "height__lt", "canonical__exact", "target", "kind__exact", "date_joined__year",
    "app_label",
)  # fmt: skip
METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")


@pytest.mark.parametrize("who", ["stranger", "administrator"])
@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_page_is_a_defect(busy: Composed, who: str, data: st.DataObject) -> None:
    piece = pieces(busy)
    pattern = data.draw(st.sampled_from(PATTERNS))
    safe = data.draw(st.sampled_from(["", "/"]))
    count = pattern.count("{}")
    parts = [quote(data.draw(piece), safe) for _ in range(count)]
    fields = data.draw(st.dictionaries(st.sampled_from(PARAMETERS), piece, max_size=3))
    query = urlencode(fields)
    method = data.draw(st.sampled_from(("get",) * 6 + METHODS))
    path = "/" + pattern.format(*parts) + ("?" + query if query else "")
    # A client that raises what a view raises: the traceback is the finding.
    client = Client()
    if who == "administrator":
        client.force_login(busy.admin)
    answer = getattr(client, method)(path)
    assert answer.status_code < 500, path
    if method == "get" and answer.status_code in (400, 404) and answer.streaming is False:
        assert answer["content-type"].startswith(("text/html", "application/json"))


HEADERS = [
    {"host": "evil.test"},
    {"host": "\xff"},
    {"cookie": "sessionid=\xff; csrftoken=\0"},
    {"accept-language": "x" * 5_000},
    {"accept-encoding": "\xff"},
    {"range": "bytes=9-1"},
    {"if-modified-since": "yesterday"},
    {"content-type": "multipart/form-data; boundary=\0"},
    {"x-forwarded-host": "evil.test"},
    {"referer": "\xff://"},
]


def test_no_header_is_a_defect(busy: Composed) -> None:
    for header in HEADERS:
        for path in ("/", "/search?q=1", "/admin/login/", "/static/explorer/live.js"):
            answer = Client(headers=header).get(path)
            assert answer.status_code < 500, (path, header)
