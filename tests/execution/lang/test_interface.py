"""What clients are told of a contract."""

from __future__ import annotations

import json

from execution.lang import parse_and_check
from execution.lang.interface import interface_of

SOURCE = b'''"""A till."""
from stdlib import storage, events
RATE = 3
total = storage.cell(int)
owed = storage.map(address, int, list[bytes])
Paid = events.event(who=address, amount=int | None)

@payable
def init(first: int = RATE):
    """Open it."""
    total.set(first)

@view
def get(of: address, at: int = 0) -> list[bytes]:
    """What is owed."""
    return owed[of, at]

@payable
def pay(amount: int | None):
    _note()
    Paid.emit(address(bytes(34)), amount)

def _note():
    total.set(0)
'''


def test_the_interface():
    found = interface_of(parse_and_check(SOURCE))
    assert json.loads(json.dumps(found)) == found
    assert found == {
        "doc": "A till.",
        "functions": [
            {
                "name": "get",
                "doc": "What is owed.",
                "inputs": [
                    {"name": "of", "type": "address", "default": False},
                    {"name": "at", "type": "int", "default": True},
                ],
                "output": "list[bytes]",
                "view": True,
                "payable": False,
            },
            {
                "name": "pay",
                "doc": "",
                "inputs": [{"name": "amount", "type": "int | None", "default": False}],
                "output": None,
                "view": False,
                "payable": True,
            },
        ],
        "init": {
            "name": "init",
            "doc": "Open it.",
            "inputs": [{"name": "first", "type": "int", "default": True}],
            "output": None,
            "view": False,
            "payable": True,
        },
        "events": [
            {
                "name": "Paid",
                "fields": [
                    {"name": "who", "type": "address"},
                    {"name": "amount", "type": "int | None"},
                ],
            }
        ],
        "storage": [
            {"name": "total", "keys": [], "value": "int"},
            {"name": "owed", "keys": ["address", "int"], "value": "list[bytes]"},
        ],
        "constants": [{"name": "RATE", "type": "int"}],
    }


def test_nothing_is_an_interface_too():
    found = interface_of(parse_and_check(b""))
    assert found["functions"] == [] and found["init"] is None
