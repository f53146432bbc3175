"""Django application chain."""

from __future__ import annotations

from django.apps import AppConfig


class ChainConfig(AppConfig):
    """Registers the package with Django."""

    name = "chain"
