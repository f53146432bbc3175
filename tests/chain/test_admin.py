"""The admin shows the ledger and changes nothing, for the superuser too."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User

from chain.models import Block, StateRecord, Tx
from core.receipt import Log
from pq import addresses
from tests.chain.builder import address, pay
from tests.chain.conftest import append, dump

pytestmark = pytest.mark.django_db
SHOWN = ["block", "tx", "log", "staterecord", "meta"]


@pytest.fixture
def chain(genesis):
    node = pay(
        genesis,
        moves=[(1, 2, 5), (2, 3, 7)],
        minted=3,
        slots={1: b"\x41v"},
        system_logs=(Log(address(4), (b"\x01" * 32,), b"d"), Log(address(4), (), b"")),
    )
    append(node)
    return node


@pytest.fixture
def browser(client):
    client.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
    return client


def test_every_shown_table_is_read_only(rf):
    registered = [m for m in apps.get_app_config("chain").get_models() if m in admin.site._registry]
    assert {m._meta.model_name for m in registered} == set(SHOWN)
    request = rf.get("/")
    request.user = User(is_superuser=True, is_staff=True)
    for model in registered:
        shown = admin.site._registry[model]
        assert shown.get_model_perms(request) == {
            "add": False,
            "change": False,
            "delete": False,
            "view": True,
        }
        assert shown.get_actions(request) == {}


@pytest.mark.parametrize("model", SHOWN)
def test_lists_and_rows_open_and_refuse_writing(chain, browser, model):
    before = dump()
    url = f"/admin/chain/{model}/"
    page = browser.get(url)
    assert page.status_code == 200
    links = sorted(set(re.findall(rf'href="({url}[^"?]+/change/)', page.content.decode())))
    assert links
    for link in links:
        row = browser.get(link)
        assert row.status_code == 200
        assert '<input type="submit"' not in row.content.decode()
        assert browser.post(link, {"height": 9}).status_code == 403
        assert browser.get(link.replace("/change/", "/history/")).status_code == 200
        assert (
            browser.post(link.replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403
        )
    assert browser.post(url + "add/", {}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [1, 2], "post": "yes"}
    assert browser.post(url, chosen).status_code == 200
    assert dump() == before


def test_search(chain, browser):
    tx = chain.block.txs[0]

    def found(model: str, term: str) -> int:
        page = browser.get(f"/admin/chain/{model}/", {"q": term})
        assert page.status_code == 200
        return len(page.context["cl"].result_list)

    assert found("block", chain.hash.hex()) == 1
    assert found("block", "0x" + chain.hash.hex()) == 1
    assert found("block", chain.block.header.parent.hex()) == 2
    assert found("block", "1") == 1
    assert found("block", "nothing") == 0
    assert found("block", "ab" * 32) == 0
    assert found("tx", tx.txid.hex()) == 1
    assert found("tx", addresses.to_text(address(2))) == 2
    assert found("log", addresses.to_text(address(4))) == 2
    assert found("staterecord", addresses.to_text(address(4))) == 1
    assert found("staterecord", StateRecord.objects.first().key.hex()) == 1


def test_what_people_read(chain, browser):
    block = Block.objects.get(height=1)
    page = browser.get(f"/admin/chain/block/{block.pk}/change/").content.decode()
    assert "0x" + chain.hash.hex() in page
    assert addresses.to_text(address(0)) in page
    assert "0.000000003" in page
    assert "1970-01-01 00:16:42.000" in page
    tx = Tx.objects.get(height=1, index=0)
    page = browser.get(f"/admin/chain/tx/{tx.pk}/change/").content.decode()
    assert addresses.to_text(address(2)) in page


def test_a_bad_row_name_is_not_found(chain, browser):
    assert browser.get("/admin/chain/staterecord/zz/change/").status_code == 302
    assert browser.get("/admin/chain/block/zz/change/").status_code == 302


def test_rows_name_themselves(chain):
    for model in apps.get_app_config("chain").get_models():
        row = model.objects.first()
        assert row is None or str(row)
