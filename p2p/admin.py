"""Peers in the admin: tables to read, and a page for each action of ``p2p.operators``.

An action is asked for on a page of its own, which says what it brings about and wants a reason.
It is a plain form and needs no script.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from audit.limits import WHY_CHARS
from core.errors import Refused
from p2p import service
from p2p.kept import ADDRESS_CHARS
from p2p.models import Ban, KnownAddress, Wish
from p2p.operators import ACTIONS, BAN_MOST_MS, HOUR_MS, Action, id_text


def _moment(time_ms: int) -> str:
    """To the second, UTC; empty for never."""
    return f"{datetime.fromtimestamp(time_ms // 1000, UTC):%Y-%m-%d %H:%M:%S}" if time_ms else ""


def _links(*asked: tuple[str, str]) -> SafeString:
    """Links to the pages of actions, each (verb, target)."""
    rows = [
        (reverse("admin:p2p_ask", args=[verb]), urlencode({"target": target}), verb)
        for verb, target in asked
    ]
    return format_html_join(" ", '<a href="{}?{}">{}</a>', rows)


class ReadOnlyAdmin(admin.ModelAdmin):
    """Lists and shows rows; what changes them are actions."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Every field that is shown."""
        return self.fields

    @admin.display(description="peer")
    def peer_text(self, row: Any) -> str:
        """Its id in hex."""
        return id_text(bytes(row.peer)) if row.peer else ""


@admin.register(KnownAddress)
class KnownAddressAdmin(ReadOnlyAdmin):
    """The address book as it was last written: every half minute, and when the node stops."""

    list_display = ("address", "answered", "failures", "anchor", "pinned", "peer_text", "asks")
    list_filter = ("pinned", "anchor")
    ordering = ("address",)
    search_fields = ("=address",)
    search_help_text = "A whole address, such as tcp://192.0.2.1:8546"
    fields = (
        *("address", "peer_text", "source", "heard", "tried", "answered", "failures"),
        *("anchor", "pinned"),
    )

    @admin.display(description="actions")
    def asks(self, row: KnownAddress) -> SafeString:
        """What may be done about it."""
        if not row.peer:
            return _links(("connect", row.address))
        peer = id_text(bytes(row.peer))
        pin = "unpin" if row.pinned else "pin"
        return _links(("connect", row.address), (pin, peer), ("ban", peer))

    @admin.display(description="heard of (UTC)")
    def heard(self, row: KnownAddress) -> str:
        """When a peer last told it."""
        return _moment(row.heard_ms)

    @admin.display(description="tried (UTC)")
    def tried(self, row: KnownAddress) -> str:
        """When this node last dialled it."""
        return _moment(row.tried_ms)

    @admin.display(description="answered (UTC)")
    def answered(self, row: KnownAddress) -> str:
        """When somebody last answered there."""
        return _moment(row.answered_ms)


@admin.register(Ban)
class BanAdmin(ReadOnlyAdmin):
    """Peers that are kept out, as last written."""

    list_display = ("peer_text", "host", "until", "times", "reason", "asks")
    ordering = ("until_ms", "id")
    fields = ("peer_text", "host", "until", "times", "reason")

    @admin.display(description="actions")
    def asks(self, row: Ban) -> SafeString:
        """What may be done about it."""
        return _links(("unban", id_text(bytes(row.peer))))

    @admin.display(description="until (UTC)")
    def until(self, row: Ban) -> str:
        """When it ends by itself."""
        return _moment(row.until_ms)


class AskForm(forms.Form):
    """What an action is about, for how long, and why."""

    target = forms.CharField(max_length=ADDRESS_CHARS)
    hours = forms.IntegerField(min_value=1, max_value=BAN_MOST_MS // HOUR_MS, initial=24)
    why = forms.CharField(
        max_length=WHY_CHARS,
        label="Reason",
        help_text="In a sentence, for whoever reads the audit later.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, action: Action, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        target = self.fields["target"]
        target.label = "Address" if action.names_address else "Peer id"
        target.help_text = (
            "Such as tcp://192.0.2.1:8546." if action.names_address else "All 64 hex digits."
        )
        if not action.has_length:
            del self.fields["hours"]


@admin.register(Wish)
class WishAdmin(ReadOnlyAdmin):
    """Wishes that no node has taken yet, and the pages where one is made."""

    change_list_template = "admin/p2p/wishes.html"
    list_display = ("verb", "address", "peer_text", "at")
    ordering = ("id",)
    fields = ("verb", "address", "peer_text", "at")

    @admin.display(description="made (UTC)")
    def at(self, row: Wish) -> str:
        """When it was made."""
        return _moment(row.at_ms)

    def get_urls(self) -> list[URLPattern]:
        """The pages of the actions, before those of the rows."""
        own = self.admin_site.admin_view
        return [
            path("ask/<str:verb>/", own(self.ask), name="p2p_ask"),
            path("now/", own(self.now), name="p2p_now"),
            *super().get_urls(),
        ]

    def now(self, request: HttpRequest) -> HttpResponse:
        """Connected peers with their whole addresses, each with the actions about it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        running = service.running()
        listed = () if running is None else running.peers()
        context = {
            **self.admin_site.each_context(request),
            "title": "Peers now",
            "net": None if running is None else running.net(),
            "peers": [(peer, id_text(peer.id), _moment(peer.connected_ms)) for peer in listed],
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/p2p/now.html", context)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with the actions that this user may take."""
        allowed = [one for one in ACTIONS.values() if _user(request).has_perm(one.permission)]
        return super().changelist_view(request, {**(extra_context or {}), "asks": allowed})

    def ask(self, request: HttpRequest, verb: str) -> HttpResponse:
        """An action's page: what it brings about, and the form; then the action."""
        action = ACTIONS.get(verb)
        if action is None:
            raise Http404(verb)
        if not _user(request).has_perm(action.permission):
            raise PermissionDenied
        if request.method != "POST":
            target = request.GET.get("target", "")[:ADDRESS_CHARS]
            return self._page(request, action, AskForm(action, initial={"target": target}))
        form = AskForm(action, request.POST)
        if form.is_valid() and self._done(request, action, form):
            return HttpResponseRedirect(reverse("admin:p2p_wish_changelist"))
        return self._page(request, action, form)

    def _done(self, request: HttpRequest, action: Action, form: AskForm) -> bool:
        """Whether the action was taken; else the form says why not."""
        facts = form.cleaned_data
        length = {"ban_ms": facts["hours"] * HOUR_MS} if action.has_length else {}
        try:
            action.ask(
                facts["target"],
                who=_user(request).get_username(),
                why=facts["why"],
                now_ms=time.time_ns() // 1_000_000,
                **length,
            )
        except Refused as refusal:
            form.add_error(None, f"{refusal.message}. {refusal.hint}")
            return False
        messages.success(request, f"{action.title}: the running node does it within a second.")
        return True

    def _page(self, request: HttpRequest, action: Action, form: AskForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": action.title,
            "action": action,
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/p2p/ask.html", context)


def _user(request: HttpRequest) -> AbstractUser:
    user = request.user
    assert isinstance(user, AbstractUser), "the admin's pages are for users"
    return user
