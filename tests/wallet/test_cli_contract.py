from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from animica_site.commands.contract import contract as contract_group
from core import cbor
from core.hashing import sha3
from core.receipt import Log
from execution.abi import codec
from execution.lang import parse_and_check
from execution.lang.types import ADDRESS, INT, STR, tuple_of
from pq.addresses import of_contract, to_text
from pq.devnet_keys import key
from pq.signing import from_seed
from tests.wallet.ledger_node import LedgerNode
from tests.wallet.played import serving
from tests.workbench.sources import BANK, TOKEN
from wallet import client as client_module
from wallet import keyfile
from wallet.cli_contract_views import event_rows, event_views, failure, interface_rows
from wallet.keyfile import Cost, KeyFile
from wallet.store import WalletStore

PASSPHRASE = "correct horse"
ALICE = from_seed(bytes(32))
DEV0, DEV1 = key(0).address, key(1).address
FIRST = of_contract(DEV0, 0)
TYPES = [ADDRESS, ADDRESS, INT]


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    monkeypatch.setattr(keyfile.KeyFile.seal.__func__, "__defaults__", (Cost(32, 1, 1),))
    monkeypatch.setattr(client_module, "_POLL_S", 0.01)
    monkeypatch.setenv("ANIMICA_WALLET_DIR", str(tmp_path / "wallets"))
    monkeypatch.setenv("ANIMICA_PASSPHRASE", PASSPHRASE)
    monkeypatch.delenv("ANIMICA_RPC", raising=False)
    WalletStore(tmp_path / "wallets").write("alice", KeyFile.seal(ALICE, PASSPHRASE))
    (tmp_path / "coin.py").write_text(TOKEN)
    (tmp_path / "bank.py").write_text(BANK)
    (tmp_path / "bad.py").write_text("@view\ndef f() -> int:\n    return 1.5\n")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def node():
    made = LedgerNode()
    with serving(made.played):
        yield made


def run(*args: str, given: str = ""):
    result = CliRunner().invoke(contract_group, list(args), input=given)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    assert "Traceback" not in result.output
    return result


def ran(node: LedgerNode, *args: str, given: str = ""):
    result = run(*args, "--node", node.played.url, given=given)
    assert result.exit_code == 0, result.output
    return result


def refused(result, code: str) -> None:
    assert result.exit_code == 1, result.output
    lines = [line for line in result.stderr.splitlines() if line.startswith(("Error", "Hint"))]
    assert len(lines) == 2, result.output
    assert lines[0].endswith(f"[{code}]"), lines[0]


@pytest.fixture
def coin(node) -> str:
    ran(node, "deploy", "coin.py", "1_000", "--from", "dev:0", "--yes")
    return to_text(FIRST)


# ------------------------------------------------------------------ deploy


def test_deploy_shows_asks_sends_and_tells_the_address(node):
    result = ran(node, "deploy", "coin.py", "0x3e8", "--from", "dev:0", given="y\n")
    (tx,) = node.sent
    assert tx.unsigned.kind == "deploy"
    assert tx.unsigned.body == {
        "code": TOKEN.encode(),
        "args": codec.encode_all([1000], [INT]),
        "value": 0,
    }
    assert f"Contract {to_text(FIRST)}" in result.stdout
    assert "Call     init(amount=1000)" in result.stdout
    assert "Fee      at most" in result.stdout
    assert ": ok, " in result.stdout
    assert node.ledger.account(FIRST).code is not None


def test_deploy_as_json(node):
    result = ran(node, "deploy", "coin.py", "--from", "dev:0", "--args", "7", "--yes", "--json")
    view = json.loads(result.stdout)
    assert view["contract"] == to_text(FIRST)
    assert (view["kind"], view["to"], view["receipt"]["status"]) == ("deploy", None, 0)
    assert view["gas"] >= view["receipt"]["gasUsed"]
    assert node.sent[0].unsigned.body["args"] == codec.encode_all([7], [INT])


def test_gas_is_estimated_with_a_quarter_more_or_named(node):
    ran(node, "deploy", "coin.py", "7", "--from", "dev:0", "--yes")
    used = next(iter(node.receipts.values()))["gasUsed"]
    assert used * 5 // 4 <= node.sent[0].unsigned.gas <= used * 13 // 10
    ran(node, "deploy", "coin.py", "7", "--from", "dev:1", "--yes", "--gas", "5000000")
    assert node.sent[1].unsigned.gas == 5_000_000
    assert len(node.played.asked("tx.estimateGas")) == 1


def test_a_wallet_deploys_with_its_passphrase(node):
    node.ledger.set_balance(ALICE.address, 10**12)
    ran(node, "deploy", "coin.py", "7", "--from", "alice", "--yes")
    assert node.sent[0].unsigned.sender == ALICE.address
    assert node.ledger.account(of_contract(ALICE.address, 0)).code is not None


def test_the_key_is_stored_once(node, coin):
    ran(node, "send", coin, "transfer", "dev:1", "5", "--from", "dev:0", "--yes")
    first, second = node.sent
    assert (first.unsigned.keep, first.witness.pk) == (True, key(0).public_key)
    assert (second.unsigned.keep, second.witness.pk) == (False, None)


def test_source_that_is_refused_is_shown_and_nothing_is_sent(node):
    result = run("deploy", "bad.py", "--from", "dev:0", "--node", node.played.url)
    assert result.exit_code == 1
    rows = result.stderr.splitlines()
    assert rows[0].startswith("bad.py:3:12: ")
    assert rows[1] == "    3 |     return 1.5"
    assert rows[2] == "      |            ^"
    assert rows[3].startswith("      = help: ")
    assert node.played.requests == []
    plain = run("deploy", "bad.py", "--from", "dev:0", "--json")
    error = json.loads(plain.stdout)["error"]
    assert (error["code"], error["line"], error["column"]) == ("contract.source", 3, 12)
    assert error["file"] == "bad.py"


def test_refusals_of_a_deployment(node):
    url = ("--node", node.played.url)
    refused(run("deploy", "none.py", "--from", "dev:0", *url), "wallet.source_unreadable")
    refused(run("deploy", "coin.py", "--from", "dev:0", *url), "contract.argument")
    refused(run("deploy", "coin.py", "x", "--from", "dev:0", *url), "contract.argument")
    refused(run("deploy", "coin.py", "1", "2", "--from", "dev:0", *url), "contract.argument")
    refused(run("deploy", "coin.py", "1", "--from", "nobody", *url), "wallet.not_found")
    refused(run("deploy", "coin.py", "1", "--from", "dev:x", *url), "wallet.dev_account")
    refused(
        run("deploy", "coin.py", "1", "--from", "dev:0", "--value", "1", *url), "contract.reverted"
    )
    refused(run("deploy", "coin.py", "1", "--from", "alice", *url), "tx.insufficient_funds")
    assert node.sent == []
    assert run("deploy", "coin.py", "1", "--from", "dev:0", *url, given="n\n").exit_code == 1
    assert node.sent == []


def test_test_accounts_sign_on_the_development_network_only():
    other = LedgerNode(chain=2)
    with serving(other.played):
        result = run("deploy", "coin.py", "1", "--from", "dev:0", "--node", other.played.url)
    refused(result, "wallet.dev_account")
    assert other.sent == []


# ------------------------------------------------------------------ send


def test_send_calls_and_tells_result_and_events(node, coin):
    result = ran(node, "send", coin, "transfer", "dev:1", "5", "rent", "--from", "dev:0", "--yes")
    body = node.sent[1].unsigned.body
    assert body["to"] == FIRST
    assert cbor.decode(body["data"], limit=1000, what="data") == [
        "transfer",
        DEV1,
        (5).to_bytes(32, "big"),
        "rent",
    ]
    assert f"Call     transfer(to={to_text(DEV1)}, amount=5, note='rent')" in result.stdout
    assert "Result   True" in result.stdout
    moved = f"Event    Moved(source={to_text(DEV0)}, target={to_text(DEV1)}, amount=5)"
    assert moved in result.stdout


def test_send_as_json_with_value(node):
    ran(node, "deploy", "bank.py", to_text(FIRST), "--from", "dev:0", "--yes")
    bank = to_text(FIRST)
    result = ran(node, "send", bank, "put", "--from", "dev:1", "--value", "1.5", "--yes", "--json")
    view = json.loads(result.stdout)
    assert node.ledger.account(FIRST).balance == 1_500_000_000
    (event,) = view["events"]
    assert event["event"] == "Paid"
    assert event["fields"] == {"who": to_text(DEV1), "amount": "1500000000"}
    assert (view["function"], view["value"]) == ("put", "1500000000")
    ran(node, "send", bank, "put", "--from", "dev:1", "--value", "7", "--nanm", "--yes")
    assert node.ledger.account(FIRST).balance == 1_500_000_007


def test_a_transaction_that_failed_is_explained(node, coin):
    result = run(
        *("send", coin, "transfer", "dev:1", "5000", "--from", "dev:0", "--yes"),
        *("--gas", "200000", "--node", node.played.url),
    )
    refused(result, "wallet.tx_failed")
    assert "the contract refused: too little" in result.stderr
    assert len(node.sent) == 2
    low = run(
        *("send", coin, "transfer", "dev:1", "5", "--from", "dev:0", "--yes", "--json"),
        *("--gas", "50000", "--node", node.played.url),
    )
    error = json.loads(low.stdout)["error"]
    assert "ran out of gas" in error["reason"]
    assert error["receipt"]["status"] == 2


def test_a_call_that_would_fail_is_not_sent(node, coin):
    result = run(
        *("send", coin, "transfer", "dev:1", "5000", "--from", "dev:0", "--yes"),
        *("--node", node.played.url),
    )
    refused(result, "contract.reverted")
    assert "too little" in result.stderr
    assert len(node.sent) == 1


def test_without_waiting_nothing_is_asked_back(node, coin):
    result = ran(
        *(node, "send", coin, "approve", "dev:1", "-5", "--from", "dev:0"),
        *("--yes", "--no-wait", "--json"),
    )
    view = json.loads(result.stdout)
    assert view["state"] == "ready"
    assert "receipt" not in view
    assert node.played.asked("tx.getTransactionReceipt") == [
        {"txid": "0x" + node.sent[0].txid.hex()}
    ]


def test_a_source_that_is_not_the_accounts_is_believed_by_nobody_who_signs(node, coin):
    asked = ("send", coin, "transfer", "dev:1", "5", "--from", "dev:0", "--yes")
    other = TOKEN.replace("too little", "too much")
    node.lies = {"source": other}
    refused(run(*asked, "--node", node.played.url), "wallet.node_answer")
    node.lies = {"source": other, "hash": "0x" + sha3(other.encode()).hex()}
    refused(run(*asked, "--node", node.played.url), "wallet.node_answer")
    assert len(node.sent) == 1


def test_refusals_of_a_call(node, coin):
    url = ("--node", node.played.url)
    nobody = to_text(of_contract(DEV1, 9))
    for verb in ("call", "send"):
        who = ("--from", "dev:0")
        refused(run(verb, nobody, "f", *who, *url), "wallet.no_contract")
        result = run(verb, coin, "transfr", *who, *url)
        refused(result, "contract.function")
        assert "did you mean transfer?" in result.stderr
        refused(run(verb, coin, "init", "5", *who, *url), "contract.function")
        refused(run(verb, coin, "transfer", "dev:1", *who, *url), "contract.argument")
        refused(run(verb, coin, "transfer", "zoe", "1", *who, *url), "contract.argument")
        refused(run(verb, coin + "x", "f", *who, *url), "address.bad_checksum")


# ------------------------------------------------------------------ reading


def test_call_prints_the_result_alone(node, coin):
    result = ran(node, "call", coin, "balance_of", "dev:0")
    assert result.stdout == "1000\n"
    assert " gas, told by " in result.stderr
    view = json.loads(ran(node, "call", coin, "balance_of", to_text(DEV1), "--json").stdout)
    assert view["result"] == "0"
    tried = ran(node, "call", coin, "transfer", "dev:1", "5", "--from", "dev:0")
    assert tried.stdout == "True\n"
    assert "Moved(" in tried.stderr
    assert len(node.sent) == 1


def test_a_call_that_fails_is_explained(node, coin):
    result = run(
        "call", coin, "transfer", "dev:1", "5", "--from", "dev:1", "--node", node.played.url
    )
    refused(result, "wallet.call_reverted")
    assert "transfer: the contract refused: too little" in result.stderr
    negative = run("call", coin, "transfer", "dev:1", "-5", "--node", node.played.url)
    assert "nothing to move" in negative.stderr


def test_show_lists_the_interface_or_prints_the_source(node, coin):
    text = ran(node, "show", coin).stdout
    assert "balance_of(who: address) -> int @view" in text
    assert "transfer(to: address, amount: int, note: str = …) -> bool" in text
    assert "event Moved(source: address, target: address, amount: int)" in text
    assert "stored allowed[address][address]: int" in text
    assert ran(node, "show", coin, "--source").stdout == TOKEN
    view = json.loads(ran(node, "show", coin, "--json").stdout)
    assert [f["name"] for f in view["interface"]["functions"]] == [
        "balance_of",
        "transfer",
        "approve",
    ]


def test_storage_is_read_by_name_and_proven(node, coin):
    result = ran(node, "storage", coin, "balances", "dev:0")
    assert result.stdout == "1000\n"
    assert "proven against block" in result.stderr
    assert ran(node, "storage", coin, "allowed", "dev:0", "dev:1").stdout == "0\n"
    view = json.loads(ran(node, "storage", coin, "supply", "--json").stdout)
    assert view["value"] == "1000"
    url = ("--node", node.played.url)
    refused(run("storage", coin, "nothing", *url), "wallet.no_stored")
    refused(run("storage", coin, "balances", *url), "wallet.no_stored")
    refused(run("storage", coin, "supply", "5", *url), "wallet.no_stored")


def test_calldata_is_made_from_a_file_or_a_contract(node, coin):
    from_file = run("encode", "coin.py", "transfer", "dev:1", "5")
    assert from_file.exit_code == 0
    data = bytes.fromhex(from_file.stdout.strip()[2:])
    assert data == codec.encode_all(["transfer", DEV1, 5], [STR, ADDRESS, INT])
    assert ran(node, "encode", coin, "transfer", "dev:1", "5").stdout == from_file.stdout


def test_values_are_encoded_as_a_contract_does():
    def encoded(*args: str) -> bytes:
        result = run("encode-values", *args)
        assert result.exit_code == 0, result.output
        return bytes.fromhex(result.stdout.strip()[2:])

    assert encoded("int", "-5") == codec.encode(-5, INT)
    pair = tuple_of(ADDRESS, INT)
    assert encoded("address", "dev:1", "int", "5") == codec.encode((DEV1, 5), pair)
    refused(run("encode-values", "int"), "contract.argument")
    refused(run("encode-values"), "contract.argument")
    refused(run("encode-values", "int", "x"), "contract.argument")


def test_earlier_blocks_are_asked_for_by_height(node, coin):
    ran(node, "send", coin, "transfer", "dev:1", "5", "--from", "dev:0", "--yes")
    assert ran(node, "call", coin, "balance_of", "dev:1", "--at", "2").stdout == "5\n"
    assert ran(node, "storage", coin, "balances", "dev:1", "--at", "2").stdout == "5\n"
    assert node.played.asked("state.call")[-1]["block"] == 2
    assert node.played.asked("state.getProof")[-1]["block"] == 2
    later = run("storage", coin, "supply", "--at", "1", "--node", node.played.url)
    refused(later, "wallet.header_unproven")


def test_events_of_other_contracts_stay_raw():
    module, data = parse_and_check(TOKEN.encode()), codec.encode_all([DEV0, DEV1, 5], TYPES)
    own = Log(FIRST, (sha3(b"Moved"),), data)
    other = Log(of_contract(DEV1, 3), (sha3(b"Moved"),), data)
    first, second = event_rows(module, FIRST, (own, other))
    assert first.startswith("Event    Moved(")
    assert second == f"Event    0x{data.hex()} by {to_text(other.address)}"
    views = event_views(module, FIRST, (own, other))
    assert [view.get("event") for view in views] == ["Moved", None]
    assert views[1]["data"] == "0x" + data.hex()


def test_what_strangers_wrote_obeys_no_terminal():
    source = b'"""\\x1b[31mred"""\n\n@view\ndef f() -> int:\n    """a\\x07b"""\n    return 1\n'
    rows = interface_rows(parse_and_check(source))
    assert rows == ["?[31mred", "  f() -> int @view", "      a?b"]
    assert failure(1, b"\x1b[2J\xff")[0] == "?[2J\ufffd"


# ------------------------------------------------------------------ for shells


def test_a_quiet_deployment_prints_the_address_alone(node):
    result = ran(node, "deploy", "coin.py", "7", "--from", "dev:0", "--yes", "--quiet")
    assert result.stdout == f"{to_text(FIRST)}\n"
    assert result.stderr == ""
    assert node.ledger.account(FIRST).code is not None


def test_a_quiet_call_prints_its_result_alone(node, coin):
    asked = ("send", coin, "transfer", "dev:1", "5", "--from", "dev:0", "--yes", "--quiet")
    assert ran(node, *asked).output == "True\n"
    result = ran(node, *asked, "--no-wait")
    assert result.output == f"0x{node.sent[-1].txid.hex()}\n"
    nothing = ("send", coin, "approve", "dev:1", "5", "--from", "dev:0", "--yes", "--quiet")
    assert ran(node, *nothing).output == ""


def test_quiet_and_json_is_the_object_alone(node):
    given = ("deploy", "coin.py", "7", "--from", "dev:0", "--yes", "--quiet", "--json")
    result = ran(node, *given)
    assert json.loads(result.stdout)["contract"] == to_text(FIRST)
    assert result.stderr == ""


def test_nobody_agrees_to_what_was_not_shown(node):
    given = ("deploy", "coin.py", "7", "--from", "dev:0", "--quiet", "--node", node.played.url)
    result = run(*given, given="y\n")
    assert (result.exit_code, node.sent) == (2, [])
    assert "give --yes too" in result.stderr


def test_a_quiet_refusal_is_told(node, coin):
    given = ("send", coin, "transfer", "dev:1", "1_001", "--from", "dev:0", "--yes", "--quiet")
    result = run(*given, "--node", node.played.url)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "[contract.reverted]" in result.stderr
