"""Django application mempool."""

from __future__ import annotations

from django.apps import AppConfig


class MempoolConfig(AppConfig):
    """Registers the package with Django."""

    name = "mempool"
