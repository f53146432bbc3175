"""Django application audit."""

from __future__ import annotations

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Registers the package with Django."""

    name = "audit"
