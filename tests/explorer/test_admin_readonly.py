"""The admin shows the ledger and the pool to a superuser, and lets nobody change a row."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.test import RequestFactory
from django.urls import reverse

from chain.values import BlockStatus
from tests.explorer.conftest import World

APPS = ("chain", "mempool")


def registered() -> list[ModelAdmin]:
    site = admin.site._registry
    return [site[model] for model in site if model._meta.app_label in APPS]


@pytest.fixture
def crawled(admin_client, busy: World):
    """A superuser's client on a ledger in which every registered model has rows."""
    busy.pool.flush()
    return admin_client


def url_of(made: ModelAdmin, page: str, *args: object) -> str:
    options = made.model._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_{page}", args=args)


def test_ledger_and_pool_are_registered():
    shown = {made.model._meta.label for made in registered()}
    assert {"chain.Block", "chain.Tx", "chain.Log", "chain.StateRecord"} <= shown
    assert {model._meta.app_label for model in admin.site._registry} >= set(APPS)


def test_nobody_may_add_change_or_delete(admin_user):
    request = RequestFactory().get("/")
    request.user = admin_user
    for made in registered():
        assert not made.has_add_permission(request), made
        for row in (None, made.model()):
            assert not made.has_change_permission(request, row), made
            assert not made.has_delete_permission(request, row), made
        assert made.get_actions(request) == {}, made
        assert not made.get_inline_instances(request), made
        assert not made.list_editable, made


def test_lists_and_rows_load_and_offer_no_change(crawled):
    for made in registered():
        response = crawled.get(url_of(made, "changelist"))
        assert response.status_code == 200, made
        lists = response.content.decode()
        row = made.model.objects.first()
        assert row is not None, f"{made} has no row to crawl"
        response = crawled.get(url_of(made, "change", row.pk))
        assert response.status_code == 200, made
        for source in (lists, response.content.decode()):
            for word in ('name="_save"', 'name="action"', "deletelink"):
                assert word not in source, (made, word)
            changing = rf"/({'|'.join(APPS)})/\w+/(?:[^\"/]+/)?(?:add|delete)/"
            assert not re.search(changing, source), made
            forms = re.findall(r'<form[^>]*method="post"[^>]*action="([^"]*)"', source)
            assert set(forms) <= {reverse("admin:logout"), ""}, made


def test_posts_are_refused_and_change_nothing(crawled):
    for made in registered():
        row = made.model.objects.first()
        before = list(made.model.objects.order_by("pk").values())
        posts = {
            url_of(made, "add"): {},
            url_of(made, "change", row.pk): {"height": 7, "status": BlockStatus.INVALID},
            url_of(made, "delete", row.pk): {"post": "yes"},
        }
        for url, data in posts.items():
            assert crawled.post(url, data).status_code == 403, url
        crawled.post(
            url_of(made, "changelist"),
            {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"},
        )
        assert list(made.model.objects.order_by("pk").values()) == before, made


def test_no_model_of_the_ledger_hides_behind_another_site():
    """What is not registered cannot be reached, so the crawl above covers all there is."""
    labels = {made.model._meta.label for made in registered()}
    for app in APPS:
        for model in apps.get_app_config(app).get_models():
            if model._meta.label not in labels:
                options = model._meta
                with pytest.raises(Exception, match="Reverse for"):
                    reverse(f"admin:{options.app_label}_{options.model_name}_changelist")


def test_the_front_of_the_admin_loads_and_leads_to_the_explorer(crawled):
    response = crawled.get(reverse("admin:index"))
    source = response.content.decode()
    assert response.status_code == 200
    assert "Animica node" in source
    assert f'href="{reverse("explorer:home")}"' in source
    assert "unsafe" not in response["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>\s*\S", source)
    assert " style=" not in source


def test_strangers_are_asked_to_sign_in(client, busy):
    for made in registered():
        response = client.get(url_of(made, "changelist"))
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("admin:login"))
