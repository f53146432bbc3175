"""Ways to cheat with proofs: see ``table``. Importing this package enters all of them."""

from tests.consensus.attacks import pins, receipts, shares, work
from tests.consensus.attacks.table import ATTACKS

__all__ = ["ATTACKS", "pins", "receipts", "shares", "work"]
