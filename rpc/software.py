"""Which version of the software this is, said alike at every door."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.metadata import version as installed_version
from pathlib import Path

PACKAGE = "animica-node"
_PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


@cache
def version() -> str:
    """The source tree's version where this is one, else the installed package's.

    So neither a missing nor an outdated installation beside the sources changes what is said.
    """
    if _PROJECT.is_file():
        project = tomllib.loads(_PROJECT.read_text("utf-8"))["project"]
        if project["name"] == PACKAGE:
            return str(project["version"])
    return installed_version(PACKAGE)
