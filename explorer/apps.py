"""Django application explorer."""

from __future__ import annotations

from django.apps import AppConfig


class ExplorerConfig(AppConfig):
    """Registers the package with Django."""

    name = "explorer"
