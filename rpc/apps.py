"""Django application rpc."""

from __future__ import annotations

from django.apps import AppConfig


class RpcConfig(AppConfig):
    """Registers the package with Django."""

    name = "rpc"
