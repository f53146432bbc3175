from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from animica_site.commands.contract import contract as contract_group
from tests.wallet.ledger_node import LedgerNode
from tests.wallet.played import serving
from wallet import cli_contract_time


@pytest.fixture
def node(monkeypatch):
    made = LedgerNode()
    with serving(made.played):
        monkeypatch.setenv("ANIMICA_RPC", made.played.url)
        yield made


@pytest.fixture
def slept(node, monkeypatch):
    """A clock of the test's own: one sleep is a block of a second. Answers all sleeps."""
    sleeps, now = [], [0.0]

    def sleep(seconds):
        sleeps.append(seconds)
        now[0] += seconds
        node.ledger.advance(1, 1_000)

    monkeypatch.setattr(cli_contract_time.clock, "sleep", sleep)
    monkeypatch.setattr(cli_contract_time.clock, "monotonic", lambda: now[0])
    return sleeps


def run(*args: str):
    result = CliRunner().invoke(contract_group, list(args))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


@pytest.mark.parametrize(
    ("later", "ms"),
    [
        ("0", 0),
        ("30", 30_000),
        ("3s", 3_000),
        ("10m", 600_000),
        ("2h", 7_200_000),
        ("1d", 86_400_000),
    ],
)
def test_the_time_later(node, later, ms):
    assert run("time", later).stdout == f"{node.ledger.time + ms}\n"


def test_the_time_is_the_newest_blocks(node):
    assert run("time").stdout == f"{node.ledger.time}\n"
    view = json.loads(run("time", "1s", "--json").stdout)
    assert view == {"time": node.ledger.time + 1_000, "height": node.ledger.height}


@pytest.mark.parametrize("text", ["x", "1w", "1.5h", "h", "", "1 h", "9999999999"])
@pytest.mark.parametrize("command", ["time", "wait"])
def test_what_is_no_duration_is_refused(node, command, text):
    result = run(command, text)
    assert result.exit_code == 2
    assert "write 30s, 10m, 2h or 7d" in result.stderr


def test_waiting_ends_with_the_first_block_that_is_far_enough(node, slept):
    start = node.ledger.time
    result = run("wait", "3s")
    assert len(slept) == 3
    assert result.stdout == f"Block    {node.ledger.height}, time {start + 3_000}\n"


def test_waiting_for_a_time(node, slept):
    start = node.ledger.time
    view = json.loads(run("wait", "--until", str(start + 1_500), "--json").stdout)
    assert (view["time"], len(slept)) == (start + 2_000, 2)
    assert run("wait", "--until", str(start)).exit_code == 0
    assert len(slept) == 2
    run("wait", "1s", "--until", str(start + 2_000))
    assert node.ledger.time == start + 3_000


def test_a_chain_that_stands_still_is_told(node, slept, monkeypatch):
    monkeypatch.setattr(node.ledger, "advance", lambda *_: None)
    result = run("wait", "10s")
    assert result.exit_code == 1
    assert "10,000 ms short of it [wallet.chain_still]" in result.stderr
    assert 130 <= sum(slept) < 131
