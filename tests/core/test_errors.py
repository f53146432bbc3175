"""Errors: one class per rule, one code per class, each with its next step."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

import chain
import consensus
import core
import execution
import pq
from core import errors
from core.errors import AnimicaError, NodeFault, Refused

PACKAGES = (core, pq, execution, chain, consensus)


def load_all() -> dict[str, type[AnimicaError]]:
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)
    return errors.registered()


def test_every_error_has_a_code_a_hint_and_a_docstring():
    for code, kind in load_all().items():
        assert re.fullmatch(r"[a-z][a-z_0-9]*(\.[a-z_0-9]+)+", code), code
        assert kind.code == code
        assert kind.hint.endswith("."), code
        assert kind.__doc__, code


def test_every_error_is_a_refusal_or_a_fault():
    for code, kind in load_all().items():
        assert issubclass(kind, Refused) != issubclass(kind, NodeFault), code


def test_a_code_belongs_to_one_class():
    with pytest.raises(TypeError, match=r"cbor\.type"):
        type("Other", (Refused,), {"code": "cbor.type"})
    assert errors.registered()["cbor.type"].__name__ == "CborType"


def test_a_subclass_without_a_code_of_its_own_registers_nothing():
    before = errors.registered()
    family = type("Family", (Refused,), {})
    assert errors.registered() == before
    assert family.code == ""


def test_the_view_tells_what_to_do():
    kind = load_all()["tx.nonce_low"]
    error = kind("tx.nonce is 1, the account is at 2", field="tx.nonce", required=2)
    assert error.view() == {
        "code": "tx.nonce_low",
        "reason": "tx.nonce is 1, the account is at 2",
        "hint": kind.hint,
        "field": "tx.nonce",
        "required": 2,
    }
    assert str(error) == "tx.nonce is 1, the account is at 2 [tx.nonce_low]"


def test_facts_cannot_hide_the_code():
    kind = load_all()["cbor.type"]
    view = kind("a sentence", code="other", hint="other").view()
    assert (view["code"], view["hint"]) == ("cbor.type", kind.hint)
