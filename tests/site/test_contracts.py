"""A composed node keeps compiled contracts on disk and tells of the engine's own failures."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from animica_site import artifacts
from core.hashing import sha3
from execution.vm import machine
from execution.vm.codes import CODES
from pq import addresses
from tests.execution.vm.sources import BANK, unsigned
from tests.site.composed import Composed, compose
from tests.support import key, sign

AT = addresses.of_contract(key(1).address, 0)


def deploy(node: Composed) -> None:
    tx = unsigned("deploy", key(1).address, BANK, nonce=0, gas=2_000_000, max_fee=10**6)
    node.mine(sign(tx, key(1)))


def turn(node: Composed, nonce: int) -> None:
    tx = unsigned("call", key(1).address, AT, "turn", nonce=nonce, gas=200_000, max_fee=10**6)
    node.mine(sign(tx, key(1)))
    assert node.tip.effects.receipts[0].status == 0


def test_programs_are_kept_beside_the_data_and_taken_from_there(
    composed: Composed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    CODES.clear()
    deploy(composed)
    (kept,) = tmp_path.glob(f"**/{artifacts.FOLDER}/*")
    assert kept.name == sha3(BANK).hex()
    CODES.clear()
    monkeypatch.setattr("execution.lang.parse_and_check", None)
    turn(composed, 1)
    CODES.clear()
    monkeypatch.undo()
    kept.write_bytes(kept.read_bytes()[:-1] + b"?")
    turn(composed, 2)
    assert composed.tip.effects.receipts[0].ret[-1] == 5


@pytest.mark.usefixtures("transactional_db")
def test_a_node_that_has_stopped_writes_no_more(tmp_path: Path) -> None:
    with compose(tmp_path):
        assert CODES.artifacts is not None
        assert machine.FAULTS.report is not None
    assert CODES.artifacts is None
    assert machine.FAULTS.report is None


def test_a_failure_of_the_engine_is_logged(
    composed: Composed, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object, m: object, name: str, args: object = ()) -> None:
        raise TypeError("a bug")

    monkeypatch.setattr("execution.vm.program.Bound.call", broken)
    with caplog.at_level(logging.ERROR, "animica.contracts"):
        deploy(composed)
    assert composed.tip.effects.receipts[0].ret == b"vm.fault"
    assert addresses.to_text(AT) in caplog.text
    assert "a bug" in caplog.text
