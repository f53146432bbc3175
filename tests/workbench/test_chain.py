from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from core.hashing import sha3
from execution.abi.calls import FunctionUnknown
from execution.abi.text import ArgumentRefused
from execution.gas import BYTE, TX_BASE
from execution.lang.errors import SourceRefused
from pq import signing
from pq.addresses import of_contract, to_text
from tests.workbench.sources import BANK, TOKEN
from workbench import Chain, Numbers, Reverted, reverts
from workbench.accounts import NAMES
from workbench.errors import ContractMissing, SourceUnreadable, StoredUnknown
from workbench.report import GasReport

ROOT = Path(__file__).parents[2]


@pytest.fixture
def chain() -> Chain:
    return Chain()


@pytest.fixture
def token(chain):
    return chain.deploy(TOKEN, 1_000, name="token")


@pytest.fixture
def bank(chain, token):
    return chain.deploy(BANK, token, name="bank")


def line_of(source: str, text: str) -> int:
    return 1 + next(i for i, row in enumerate(source.splitlines()) if text in row)


# ------------------------------------------------------------------ the chain


def test_the_numbers_are_the_development_networks():
    table = tomllib.loads((ROOT / "animica_site/networks/devnet.toml").read_text("utf-8"))
    numbers = Numbers()
    assert numbers.chain == table["chain"]
    assert numbers.start_ms == table["genesis"]["time_ms"]
    assert numbers.interval_ms == table["params"]["target_interval_ms"]
    assert numbers.gas_limit == table["params"]["gas_limit"]


def test_ten_accounts_have_names_money_and_keys(chain):
    assert len(chain.accounts) == len(NAMES) == len({a.address for a in chain.accounts}) == 10
    assert chain.accounts[1] == chain.accounts.bob == chain.accounts["bob"]
    assert {chain.balance(a) for a in chain.accounts} == {10**15}
    bob = chain.accounts.bob
    signature = bob.sign(b"text")
    assert signing.verify(0x1003, bob.public_key, b"text", signature, b"animica/contract/v1")
    with pytest.raises(AttributeError):
        _ = chain.accounts.zoe
    with pytest.raises((IndexError, KeyError)):
        _ = chain.accounts[10]


def test_every_transaction_has_a_block_and_time_can_be_moved(chain, bank):
    height, time = bank.times()
    assert (height, time) == (chain.height + 1, chain.time + 2_000)
    bank.put(value=1)
    assert bank.times() == (height + 1, time + 2_000)
    chain.advance(3)
    assert bank.times() == (height + 4, time + 8_000)
    chain.advance(time_ms=60_000)
    assert bank.times() == (height + 5, time + 68_000)


def test_a_snapshot_brings_everything_back(chain, token):
    start, before = chain.snapshot(), (chain.height, chain.time)
    for _ in range(2):
        token.transfer(chain.accounts.bob, 5)
        later = chain.deploy(TOKEN, 1)
        chain.revert(start)
        assert token.balance_of(chain.accounts.bob) == 0
        assert (chain.height, chain.time) == before
        with pytest.raises(ContractMissing):
            chain.at(later)


def test_money_moves_between_accounts_and_contracts(chain, bank):
    alice, bob = chain.accounts.alice, chain.accounts.bob
    chain.transfer(alice, bob, 7)
    assert chain.balance(bob) == 10**15 + 7
    bank.put(sender=bob, value=7)
    assert (chain.balance(bob), chain.balance(bank)) == (10**15, 7)
    bank.take(3, sender=bob)
    assert (chain.balance(bob), chain.balance(bank)) == (10**15 + 3, 4)
    chain.set_balance(bank, 100)
    assert chain.balance(bank) == 100


def test_fees_are_taken_where_the_chain_has_a_price():
    chain = Chain(base_fee=3)
    token = chain.deploy(TOKEN, 1_000)
    before = chain.balance(chain.accounts.alice)
    result = token.transfer(chain.accounts.bob, 5)
    assert chain.balance(chain.accounts.alice) == before - 3 * result.gas_used


# ------------------------------------------------------------------ contracts


def test_a_contract_lies_where_its_deployer_and_nonce_say(chain):
    alice = chain.accounts.alice
    first, second = chain.deploy(TOKEN, 1), chain.deploy(TOKEN, 1, sender=alice)
    assert first.address == of_contract(alice.address, 0)
    assert second.address == of_contract(alice.address, 1)
    assert chain.ledger.account(first.address).code == sha3(TOKEN.encode())
    assert first != second
    assert first == first.address
    assert {first: 1}[chain.at(first)] == 1
    assert chain.at(to_text(first.address)) == first


def test_calls_answer_values_events_and_gas(chain, token):
    alice, bob = chain.accounts.alice, chain.accounts.bob
    result = token.transfer(bob, 5, "rent")
    assert (result.ok, result.value, result.reason) == (True, True, "")
    (event,) = result.events
    assert (event.name, event.contract) == ("Moved", "token")
    assert (event.source, event.target, event.amount) == (alice.address, bob.address, 5)
    assert event.source == alice != event.target
    assert result.named("Moved") == [event]
    assert result.named("Other") == []
    assert chain.last is result
    assert token.balance_of(bob) == 5
    assert token.view("balance_of", bob) == 5
    with pytest.raises(AttributeError):
        _ = event.nothing


def test_a_sends_gas_is_a_receipts(chain, token):
    result = token.transfer(chain.accounts.bob, 5)
    inside = result.trace.gas_used
    intrinsic = result.gas_used - inside
    # 6,000, a call's 3,000, ten for each byte and for the signature's weight of 3,400
    body_bytes = (intrinsic - TX_BASE - 3_000) // BYTE - 3_400
    assert 150 < body_bytes < 350
    again = token.simulate("transfer", chain.accounts.carol, 5)
    assert again.gas_used == inside
    assert token.balance_of(chain.accounts.carol) == 0


def test_traces_change_neither_gas_nor_results(chain, bank, token, monkeypatch):
    start = chain.snapshot()
    token.transfer(bank, 10)
    traced = bank.forward(chain.accounts.bob, 5)
    state = chain.snapshot()
    chain.revert(start)
    monkeypatch.setattr(chain.ledger, "_setting", _untraced(chain.ledger))
    token.transfer(bank, 10)
    plain = bank.forward(chain.accounts.bob, 5)
    assert plain.trace is None
    assert (plain.gas_used, plain.value) == (traced.gas_used, traced.value)
    assert chain.snapshot() == state


def _untraced(ledger):
    setting = ledger._setting
    return lambda recorder: setting(None)


def test_what_a_contract_stores_can_be_read(chain, token):
    alice, bob = chain.accounts.alice, chain.accounts.bob
    assert token.stored("supply") == 1_000
    assert token.stored("balances", alice) == 1_000
    assert token.stored("balances", bob) == 0
    token.approve(bob, 4)
    assert token.stored("allowed", alice, bob) == 4
    for name, keys in (("nothing", ()), ("balances", ()), ("supply", (1,))):
        with pytest.raises(StoredUnknown):
            token.stored(name, *keys)
    with pytest.raises(ArgumentRefused):
        token.stored("balances", 5)


def test_a_contract_can_be_given_a_caller(chain, token):
    bob = chain.accounts.bob
    token.transfer(bob, 5)
    by_bob = token.by(bob)
    by_bob.transfer(chain.accounts.carol, 2)
    assert token.balance_of(bob) == 3
    by_bob.transfer(bob, 1, sender=chain.accounts.alice)
    assert token.balance_of(bob) == 4


def test_arguments_come_by_position_or_name_and_are_checked(chain, token):
    bob = chain.accounts.bob
    token.transfer(bob, amount=1)
    token.transfer(to=to_text(bob.address), amount=1, note="x")
    assert token.balance_of(bob.address) == 2
    for args, named in (
        ((bob,), {}),
        ((bob, 1, "x", 4), {}),
        ((bob, "1"), {}),
        ((bob, True), {}),
        ((bob, 2**255), {}),
        ((5, 1), {}),
        ((bob, 1), {"amount": 1}),
        ((bob, 1), {"other": 1}),
    ):
        with pytest.raises(ArgumentRefused):
            token.transfer(*args, **named)
    assert not hasattr(token, "transfr")
    assert hasattr(token, "transfer")
    with pytest.raises(FunctionUnknown) as caught:
        token.transfr(bob, 1)
    assert "did you mean transfer?" in caught.value.message
    assert token.balance_of(bob) == 2


def test_sources_come_as_text_bytes_or_files(chain, tmp_path):
    folder = tmp_path / "vault"
    folder.mkdir()
    (folder / "contract.py").write_text(TOKEN)
    (tmp_path / "token.py").write_text(TOKEN)
    assert chain.deploy(str(tmp_path / "token.py"), 1).label == "token"
    assert chain.deploy(folder / "contract.py", 1).label == "vault"
    assert chain.deploy(TOKEN.encode(), 1).label == "contract"
    with pytest.raises(SourceUnreadable):
        chain.deploy("nowhere.py", 1)
    with pytest.raises(SourceRefused):
        chain.deploy("x = 1.5\n")


# ------------------------------------------------------------------ failures


def test_a_failure_names_reason_and_line_and_leaves_nothing(chain, token):
    bob = chain.accounts.bob
    with pytest.raises(Reverted) as caught:
        token.transfer(bob, 5, sender=bob)
    error = caught.value
    assert error.reason == "too little"
    assert error.line == line_of(TOKEN, '"too little"')
    assert error.result.status == 1
    assert error.result.trace.stack == (("transfer", error.line),)
    assert "too little" in str(error)
    assert error.__notes__ == [error.result.trace.text()]
    assert error.facts["contractReason"] == "too little"
    result = token.send("transfer", bob, 5, sender=bob, check=False)
    assert (result.ok, result.value, result.events) == (False, None, ())
    assert token.balance_of(bob) == 0


def test_running_out_of_gas_is_told(chain, bank):
    result = bank.send("burn_gas", gas=200_000, check=False)
    assert (result.status, result.reason, result.gas_used) == (2, "", 200_000)
    assert result.line == line_of(BANK, "while True")
    with pytest.raises(Reverted, match="out of gas"):
        result.require()


def test_the_engines_reasons_are_explained(chain, token, bank):
    with pytest.raises(Reverted, match="takes none") as caught:
        token.transfer(chain.accounts.bob, 1, value=1)
    assert caught.value.reason == "vm.not_payable"
    assert "@payable" in caught.value.hint
    with reverts("vm.balance", line=line_of(BANK, "treasury.transfer")):
        bank.take(1)


def test_a_deployment_can_fail(chain):
    source = 'def init():\n    assert False, "never"\n'
    with reverts("never", line=2):
        chain.deploy(source)
    result = chain.try_deploy(source)
    assert not result.ok
    assert result.trace.code == 'assert False, "never"'
    with pytest.raises(ContractMissing):
        chain.at(result.trace.to)


def test_reverts_holds_what_it_says(token, chain):
    bob = chain.accounts.bob
    with reverts("too little") as caught:
        token.transfer(bob, 5_000)
    assert caught[0].line == line_of(TOKEN, '"too little"')
    with pytest.raises(AssertionError, match="was to fail"), reverts():
        token.transfer(bob, 5)
    with pytest.raises(AssertionError, match="not 'other'"), reverts("other"):
        token.transfer(bob, 5_000)
    with pytest.raises(AssertionError, match="not 1"), reverts(line=1):
        token.transfer(bob, 5_000)


# ------------------------------------------------------------------ traces and gas


def test_a_trace_is_the_tree_of_calls(chain, token, bank):
    bob = chain.accounts.bob
    token.transfer(bank, 10)
    result = bank.forward(bob, 4)
    (inner,) = result.trace.calls
    assert (inner.to, inner.caller) == (token.address, bank.address)
    assert (inner.function, inner.contract, inner.status) == ("transfer", "token", 0)
    assert result.trace.gas_used > inner.gas_used > 0
    lines = chain.explain(result).splitlines()
    assert lines[0].startswith("bank.forward(to=bob, amount=4)  ")
    assert lines[0].endswith(" gas -> True")
    assert lines[1].startswith("└─ token.transfer(to=bob, amount=4)  ")
    assert lines[2] == "   └─ emit Moved(source=bank, target=bob, amount=4)"


def test_a_trace_keeps_failures_inside_and_money(chain, token, bank):
    bob = chain.accounts.bob
    result = bank.forward(bob, 4)
    assert result.value is False
    (inner,) = result.trace.calls
    assert (inner.status, inner.reason) == (1, "too little")
    assert inner.line == line_of(TOKEN, '"too little"')
    assert inner.code == TOKEN.splitlines()[inner.line - 1].strip()
    failed = bank.send("insist", bob, 4, check=False)
    assert failed.line == line_of(BANK, '"the token refused"')
    assert "✗ the contract refused: too little at line" in chain.explain(failed)
    bank.put(value=5, sender=bob)
    paid = bank.take(2, sender=bob)
    assert "pay bob 2" in chain.explain(paid)
    view = paid.trace.view()
    assert view["function"] == "take"
    assert view["arguments"] == {"amount": "2"}
    assert view["steps"] == [{"payment": {"to": bob.text, "amount": "2"}}]


def test_gas_is_counted_by_function(chain, token, bank):
    chain.gas.rows.clear()
    bob = chain.accounts.bob
    one, two = token.transfer(bank, 10), token.transfer(bank, 10)
    bank.forward(bob, 4)
    token.balance_of(bob)
    rows = {(r["contract"], r["function"], r["way"]): r for r in chain.gas.view()}
    sent = rows["token", "transfer", "send"]
    assert sent["calls"] == 2
    assert sent["min"] == min(one.gas_used, two.gas_used)
    assert sent["max"] == max(one.gas_used, two.gas_used)
    assert sent["avg"] == (one.gas_used + two.gas_used) // 2
    assert rows["token", "transfer", "inside"]["calls"] == 1
    assert rows["token", "balance_of", "view"]["calls"] == 1
    assert rows["bank", "forward", "send"]["calls"] == 1
    text = chain.gas.text().splitlines()
    assert text[0].split() == ["contract", "function", "calls", "min", "avg", "max"]
    assert len(text) == 5


def test_gas_reports_keep_least_most_and_average():
    report = GasReport()
    assert report.text() == ""
    for gas in (7, 5, 9):
        report.add("a", "f", "send", gas)
    report.add("a", "f", "view", 1)
    first, second = report.view()
    assert (first["calls"], first["min"], first["avg"], first["max"]) == (3, 5, 7, 9)
    assert (second["way"], second["calls"], second["max"]) == ("view", 1, 1)


def test_a_failure_has_the_functions_on_the_way(chain):
    source = """
def _check(n: int):
    assert n < 5, "too much"


def outer(n: int):
    _check(n)
"""
    contract = chain.deploy(source)
    failed = contract.send("outer", 7, check=False)
    assert failed.trace.stack == (("outer", 7), ("_check", 3))
    assert failed.line == 3


def test_a_view_may_be_sent_too(chain, bank):
    result = bank.send("times")
    assert result.value == (chain.height, chain.time)
