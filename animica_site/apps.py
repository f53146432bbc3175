"""Django application of the composition floor."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class SiteConfig(AppConfig):
    """Registers the package with Django."""

    name = "animica_site"

    def ready(self) -> None:
        """Use the native kernel where it was built; raises ``KernelBroken``, ``KernelMissing``."""
        from animica_site.kernel import choose

        choose(settings.ANIMICA_KERNEL)
