"""Django application p2p."""

from __future__ import annotations

from django.apps import AppConfig


class P2pConfig(AppConfig):
    """Registers the package with Django."""

    name = "p2p"
