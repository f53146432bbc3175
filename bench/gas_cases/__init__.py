"""What ``vm.gas`` measures: every operation, with operands that make it slow for its price."""

from __future__ import annotations

from bench.gas_cases import control, dicts, host, lists, numbers, text
from bench.gas_cases.case import CASES, Case

__all__ = ["CASES", "Case", "control", "dicts", "host", "lists", "numbers", "text"]
