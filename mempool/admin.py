"""The pool's copy on disk in the admin: to look at, for everyone."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from mempool.models import PoolTx


@admin.register(PoolTx)
class PoolTxAdmin(admin.ModelAdmin):
    """Waiting transactions as they were last written; nobody may change them here."""

    list_display = ("txid", "arrived_ms", "height")
    ordering = ("arrived_ms", "txid")
    fields = ("txid", "arrived_ms", "height", "raw")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Transactions come in by submission alone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: PoolTx | None = None) -> bool:
        """What is signed is not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PoolTx | None = None) -> bool:
        """The pool itself decides who leaves."""
        return False
