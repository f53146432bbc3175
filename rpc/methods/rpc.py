"""``rpc.``: the interface describes itself."""

from __future__ import annotations

from typing import Any

from rpc import schema
from rpc.registry import method, registry


@method("rpc.discover")
def discover() -> dict[str, Any]:
    """The OpenRPC document of this node; the same as GET /openrpc.json."""
    return schema.document(registry.all())


@method("rpc.listMethods")
def list_methods() -> list[str]:
    """The name of every method. Each also answers with `_` in place of the dot."""
    return [known.name for known in registry.all()]
