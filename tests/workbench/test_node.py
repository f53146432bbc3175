"""The workbench's face over a real node in a process of its own: one answer, both ways."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from animica_site.commands.contract import contract as contract_group
from pq.addresses import to_text
from tests.workbench.sources import BANK, TOKEN
from workbench import Chain, reverts
from workbench.node import Node, running

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    with running(tmp_path_factory.mktemp("node")) as started:
        yield started


@pytest.fixture(scope="module")
def token(node):
    return node.deploy(TOKEN, 1_000, sender=node.accounts.bob, name="token")


def test_a_contract_does_on_a_node_what_it_does_in_memory(node, token):
    chain = Chain()
    twin = chain.deploy(TOKEN, 1_000, sender=chain.accounts.bob, name="token")
    carol, bob = chain.accounts.carol, chain.accounts.bob
    for where in (token, twin):
        done = where.transfer(carol, 5, sender=bob)
        assert done.value is True
        (event,) = done.events
        assert (event.name, event.target, event.amount) == ("Moved", carol.address, 5)
        assert where.balance_of(carol) == 5
        assert where.stored("balances", bob) == 995
        with reverts("too little"):
            where.transfer(bob, 6, sender=carol)
        with reverts("too little"):
            where.view("transfer", bob, 6, sender=carol)
        assert where.view("transfer", bob, 5, sender=carol) is True
    last, in_memory = node.last, chain.last
    assert last.status == in_memory.status == 1


def test_gas_in_memory_is_the_nodes_but_for_the_bytes_of_prices(node, token):
    """Receipts differ by the longer fees and nonces that a real transaction states."""
    chain = Chain()
    twin = chain.deploy(TOKEN, 1_000, sender=chain.accounts.bob)
    for where in (token, twin):
        where.transfer(where.chain.accounts.carol, 1, sender=where.chain.accounts.bob)
    real = token.transfer(node.accounts.carol, 1, sender=node.accounts.bob).gas_used
    played = twin.transfer(chain.accounts.carol, 1, sender=chain.accounts.bob).gas_used
    assert abs(real - played) <= 10 * 16
    ask, play = ("balance_of", node.accounts.carol), ("balance_of", chain.accounts.carol)
    assert token.simulate(*ask).gas_used == twin.simulate(*play).gas_used


def test_money_and_senders(node, token):
    bank = node.deploy(BANK, token)
    bank.put(sender=node.accounts.carol, value=7)
    assert node.balance(bank) == 7
    with pytest.raises(TypeError):
        bank.put(sender=to_text(node.accounts.carol.address))
    assert node.at(bank.address).label == "contract"


def test_the_command_line_on_a_real_node(node, tmp_path, monkeypatch):
    monkeypatch.setenv("ANIMICA_WALLET_DIR", str(tmp_path / "wallets"))
    source = Path(tmp_path / "coin.py")
    source.write_text(TOKEN)

    def told(*args: str) -> str:
        result = CliRunner().invoke(contract_group, [*args, "--node", node.url])
        assert result.exit_code == 0, result.output
        return result.stdout

    made = json.loads(told("deploy", str(source), "77", "--from", "dev:4", "--yes", "--json"))
    coin = made["contract"]
    sent = told("send", coin, "transfer", "dev:5", "7", "--from", "dev:4", "--yes")
    assert "Result   True" in sent
    assert "Event    Moved(" in sent
    assert told("call", coin, "balance_of", "dev:5") == "7\n"
    assert told("storage", coin, "balances", "dev:4") == "70\n"
    assert told("show", coin, "--source") == TOKEN
    failed = CliRunner().invoke(
        contract_group,
        ["send", coin, "transfer", "dev:5", "71", "--from", "dev:4", "--yes", "--node", node.url],
    )
    assert failed.exit_code == 1
    assert "too little" in failed.stderr
    assert "[contract.reverted]" in failed.stderr


def test_a_node_that_cannot_start_tells_why(tmp_path):
    from workbench.errors import NodeNotStarted

    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(NodeNotStarted) as caught, running(tmp_path):
        pass
    assert "data" in caught.value.message


def test_a_node_finds_sources_as_it_is_told(node, tmp_path):
    (tmp_path / "coin.py").write_text(TOKEN)
    other = Node(node.url, lambda source: tmp_path / source)
    assert other.deploy("coin.py", 5).label == "coin"
    other.client.close()
