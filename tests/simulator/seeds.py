"""Seeds that are run for ever: each has once found a fault of the node."""

from __future__ import annotations

import json
from pathlib import Path

FILE = Path(__file__).with_name("seeds.json")

KEPT: dict[str, list[dict[str, object]]] = json.loads(FILE.read_text())
"""``found``: a seed and what it found. ``suite``: those that the test suite runs, and why."""

REGRESSIONS = [int(str(entry["seed"])) for entry in KEPT["found"]]
SUITE = [int(str(entry["seed"])) for entry in KEPT["suite"]]
