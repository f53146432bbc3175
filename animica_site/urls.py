"""Every address of the HTTP surface that Django serves."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from rpc import ninja

urlpatterns = [
    path("admin/", admin.site.urls),
    # In this order: ninja claims the root of what it is mounted at.
    path("", include("explorer.urls")),
    path("", ninja.urls),
]

handler400 = "explorer.views.bad_request"
handler403 = "explorer.views.forbidden"
handler404 = "explorer.views.not_found"
handler500 = "explorer.views.server_error"
