"""Django application of the composition floor."""

from __future__ import annotations

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Registers the package with Django."""

    name = "animica_site"
