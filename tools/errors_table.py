"""Writes docs/errors.md from the error classes: ``python -m tools.errors_table [--write]``.

Without ``--write`` it prints the table, so that a test can compare.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

PACKAGES = (
    *("core", "pq", "execution", "audit", "chain", "consensus", "mempool", "mining"),
    *("p2p", "rpc", "explorer", "wallet", "workbench", "lab", "animica_site"),
)
PATH = Path(__file__).resolve().parents[1] / "docs" / "errors.md"
_HEAD = """# Errors

Every error that a user can meet: its stable code, what it means and the next step. JSON-RPC answers
carry the code in `error.data.code`. This page is generated from the classes
(`python -m tools.errors_table --write`) and a test holds it to them.
"""
_SKIPPED = ("migrations", "__main__", "settings", "asgi", "urls")


def render() -> str:
    """The whole page."""
    import django

    django.setup()
    for package in PACKAGES:
        _import_all(package)
    from core.errors import AnimicaError, registered

    groups: dict[str, list[type[AnimicaError]]] = {}
    for code, error in registered().items():
        if error.__module__.partition(".")[0] not in PACKAGES:
            continue  # a test's own
        groups.setdefault(code.split(".", 1)[0], []).append(error)
    parts = [_HEAD]
    for group, errors in sorted(groups.items()):
        parts.append(f"\n## {group}\n\n| code | meaning | next step |\n|---|---|---|\n")
        parts.extend(f"| `{e.code}` | {_meaning(e)} | {_cell(e.hint)} |\n" for e in errors)
    return "".join(parts)


def _import_all(package: str) -> None:
    module = importlib.import_module(package)
    for found in pkgutil.walk_packages(module.__path__, f"{package}."):
        if not any(part in _SKIPPED for part in found.name.split(".")):
            importlib.import_module(found.name)


def _meaning(error: type) -> str:
    return _cell((error.__doc__ or "").strip().split("\n\n")[0])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "animica_site.settings")
    if "--write" in sys.argv:
        PATH.write_text(render(), "utf-8")
    else:
        sys.stdout.write(render())
