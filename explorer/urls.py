"""The addresses of the pages."""

from __future__ import annotations

from django.urls import path

from explorer import views

app_name = "explorer"
urlpatterns = [
    path("", views.home_page, name="home"),
    path("blocks", views.blocks_page, name="blocks"),
    path("block/<str:ref>", views.block_page, name="block"),
    path("block/<str:ref>/raw", views.block_raw, name="block-raw"),
    path("tx/<str:ref>", views.tx_page, name="tx"),
    path("tx/<str:ref>/raw", views.tx_raw, name="tx-raw"),
    path("address/<str:ref>", views.address_page, name="address"),
    path("address/<str:ref>/call", views.call_page, name="call"),
    path("address/<str:ref>/entry", views.entry_page, name="entry"),
    path("send", views.send_page, name="send"),
    path("consensus", views.consensus_page, name="consensus"),
    path("mempool", views.mempool_page, name="mempool"),
    path("network", views.network_page, name="network"),
    path("search", views.search_page, name="search"),
]
