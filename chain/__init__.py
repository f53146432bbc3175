"""Floor 1, the ledger: blocks, receipts, current records, state pages, undo.

The one place that writes chain tables. ``values`` are what crosses its border, ``service`` is the
write side, ``queries`` the read side, ``contracts`` that of contracts.
"""
