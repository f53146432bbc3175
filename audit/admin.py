"""The audit in the admin: to read, for everyone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from audit.models import AuditRow


@admin.register(AuditRow)
class AuditRowAdmin(admin.ModelAdmin):
    """What operators did, newest first; nobody may add, change or delete a row here."""

    actions = None
    list_per_page = 50
    list_display = ("number", "time", "who", "what", "why")
    list_filter = ("what",)
    ordering = ("-number",)
    search_fields = ("=who", "=hash")
    search_help_text = "A user's whole name, or a whole hash"
    fields = ("number", "time", "who", "what", "why", "before", "after", "previous", "hash")
    readonly_fields = fields

    @admin.display(description="time (UTC)")
    def time(self, row: AuditRow) -> str:
        """To the second."""
        return f"{datetime.fromtimestamp(row.at_ms // 1000, UTC):%Y-%m-%d %H:%M:%S}"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Actions write their rows themselves."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False
