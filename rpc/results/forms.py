"""The plain values that results are made of: texts, each with its JSON schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any


@dataclass(frozen=True, eq=False)  # by identity: annotations must be hashable
class Shape:
    """The JSON schema of an annotated result type."""

    schema: Mapping[str, Any]


Hex = Annotated[str, Shape({"type": "string", "pattern": "^0x([0-9a-f]{2})*$"})]
Hash = Annotated[str, Shape({"type": "string", "pattern": "^0x[0-9a-f]{64}$"})]
AddressText = Annotated[str, Shape({"type": "string", "pattern": "^anim1[0-9a-z]+$"})]
AmountText = Annotated[str, Shape({"type": "string", "pattern": "^[0-9]+$", "title": "nANM"})]
WorkText = Annotated[str, Shape({"type": "string", "pattern": "^[0-9]+$", "title": "total work"})]
BigText = Annotated[str, Shape({"type": "string", "pattern": "^[0-9]+$", "title": "whole number"})]
