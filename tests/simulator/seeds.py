"""Seeds that are run for ever: each has once found a fault of the node."""

from __future__ import annotations

import json
from pathlib import Path

FILE = Path(__file__).with_name("seeds.json")

KEPT: dict[str, list[dict[str, object]]] = json.loads(FILE.read_text())
"""``found``: a seed and what it found. ``suite``: short storms that the test suite runs, and why.

``planted``: for each planted fault a short storm that finds it, and by which check.
"""

REGRESSIONS = [int(str(entry["seed"])) for entry in KEPT["found"]]
SUITE = [int(str(entry["seed"])) for entry in KEPT["suite"]]
