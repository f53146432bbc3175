"""What a benchmark reports."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One figure and the limit that bounds it, both in ``unit``.

    ``ratio`` is value over limit: for rates the share of the limit that is reached, for times how
    many times the limit they take.
    """

    name: str
    value: float
    unit: str
    limit: float
    limit_is: str

    @property
    def ratio(self) -> float:
        """Value / limit."""
        return self.value / self.limit

    def line(self) -> str:
        """For people."""
        return (
            f"{self.ratio:6.2f} of the limit   {self.name:<16} {self.value:>10,.3f} {self.unit:<22}"
            f" limit {self.limit:,.3f}: {self.limit_is}"
        )

    def json(self) -> str:
        """For programs."""
        return json.dumps(
            {
                "name": self.name,
                "value": round(self.value, 4),
                "unit": self.unit,
                "limit": round(self.limit, 4),
                "limit_is": self.limit_is,
                "ratio": round(self.ratio, 4),
            }
        )
