from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from animica_site.commands.contract import contract as contract_group
from core.hashing import sha3
from pq.devnet_keys import key
from tests.workbench.sources import BANK, TOKEN
from workbench import Chain


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "coin.py").write_text(TOKEN)
    (tmp_path / "bank.py").write_text(BANK)
    return tmp_path


def run(*args: str):
    result = CliRunner().invoke(contract_group, list(args))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    assert "Traceback" not in result.output
    return result


def told(*args: str) -> str:
    result = run(*args)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(result, code: str) -> None:
    assert result.exit_code == 1, result.output
    assert f"[{code}]" in result.stderr, result.output


# ------------------------------------------------------------------ new


def test_new_makes_a_folder_once(folder):
    assert "animica contract test deep/vault" in told("new", "deep/vault")
    source = (folder / "deep/vault/contract.py").read_text()
    assert source.startswith('"""vault: ')
    told("check", "deep/vault/contract.py")
    (folder / "deep/vault/contract.py").write_text("mine")
    refused(run("new", "deep/vault"), "workbench.exists")
    assert (folder / "deep/vault/contract.py").read_text() == "mine"
    refused(run("new", "coin.py/x"), "workbench.folder")
    for name in ("5", "a b", 'a"""b', "é", "-"):
        assert run("new", "--", name).exit_code == 1
        assert not (folder / name).exists()
    view = json.loads(told("new", "other", "--json"))
    assert view["files"] == ["other/contract.py", "other/test_contract.py", "other/README.md"]


# ------------------------------------------------------------------ check


def test_check_shows_the_interface_hash_size_and_gas():
    text = told("check", "coin.py", "1000")
    assert f"0x{sha3(TOKEN.encode()).hex()}" in text
    assert f"({len(TOKEN):,} of 24,576 bytes)" in text
    assert "transfer(to: address, amount: int, note: str = …) -> bool" in text
    result = Chain().try_deploy(TOKEN, 1000)
    assert f"Deploy   {result.gas_used:,} gas" in text


def test_check_as_json():
    view = json.loads(told("check", "coin.py", "0x3e8", "--json"))
    assert view["codeHash"] == "0x" + sha3(TOKEN.encode()).hex()
    assert view["size"] == len(TOKEN)
    assert view["deployGas"] == Chain().try_deploy(TOKEN, 1000).gas_used
    assert view["interface"]["init"]["inputs"][0]["name"] == "amount"
    assert json.loads(told("check", "coin.py", "--json"))["deployGas"] is None


def test_check_points_at_what_is_wrong(folder):
    (folder / "bad.py").write_text("@view\ndef f() -> int:\n    return y + 1\n")
    result = run("check", "bad.py")
    assert result.exit_code == 1
    rows = result.stderr.splitlines()
    assert rows[0].startswith("bad.py:3:12: ")
    assert rows[1:3] == ["    3 |     return y + 1", "      |            ^"]
    assert rows[3].startswith("      = help: ")
    error = json.loads(run("check", "bad.py", "--json").stdout)["error"]
    assert (error["kind"], error["line"], error["column"]) == ("name", 3, 12)
    assert error["file"] == "bad.py"


def test_check_computes_constants(folder):
    (folder / "bad.py").write_text("A = 1\nB = A // 0\n")
    result = run("check", "bad.py")
    assert result.exit_code == 1
    assert result.stderr.startswith("bad.py:2:")


@pytest.mark.parametrize("data", [b"", b"\xff\n", b"\t\n", b"x" * 30_000, b"def f(\n", b"\0"])
def test_check_of_anything_is_an_answer(folder, data):
    (folder / "any.py").write_bytes(data)
    result = run("check", "any.py")
    assert result.exit_code == (0 if data == b"" else 1)
    assert "any.py" in result.output


def test_a_long_line_is_cut_around_the_place(folder):
    (folder / "bad.py").write_text(f"A = '{'x' * 200}' + y\n")
    rows = run("check", "bad.py").stderr.splitlines()
    assert max(map(len, rows[1:3])) < 120
    assert rows[1][rows[2].index("^")] == "y"


def test_a_file_that_is_not_there_is_told():
    refused(run("check", "none.py"), "wallet.source_unreadable")


# ------------------------------------------------------------------ run


def test_run_plays_a_row_of_calls():
    text = told(
        *("run", "coin.py", "--init", "1000", "transfer", "bob", "5"),
        *("then", "balance_of", "bob", "then", "balance_of", "alice"),
    ).splitlines()
    assert text[0].startswith("coin.init  (")
    assert text[1].startswith("coin.transfer -> True  (")
    assert text[2] == "  event Moved(source=alice, target=bob, amount=5)"
    assert text[3].startswith("coin.balance_of -> 5  (")
    assert text[4].startswith("coin.balance_of -> 995  (")


def test_run_with_value_and_another_caller():
    text = told(
        *("run", "bank.py", "--init", "carol", "--from", "bob", "put", "--value", "7", "--nanm")
    )
    assert "Paid(who=bob, amount=7)" in text
    assert "take(amount=0)" in told("run", "bank.py", "--init", "carol", "take", "0", "--trace")


def test_the_value_goes_with_the_last_call():
    text = told(
        *("run", "bank.py", "--init", "carol", "put", "then", "put", "--value", "7", "--nanm")
    )
    assert [row.split("amount=")[1] for row in text.splitlines() if "Paid" in row] == ["0)", "7)"]


def test_run_as_json_with_traces():
    view = json.loads(
        told("run", "coin.py", "--init", "9", "transfer", "this", "5", "--json", "--trace")
    )
    first, second = view["calls"]
    assert (first["function"], first["result"]) == ("coin.init", None)
    assert (second["result"], second["status"]) == (True, 0)
    assert second["trace"]["arguments"]["to"] == second["trace"]["to"]


def test_run_ends_with_the_first_failure():
    result = run(
        *("run", "coin.py", "--init", "9", "transfer", "bob", "-5"),
        *("then", "transfer", "bob", "5"),
    )
    refused(result, "workbench.reverted")
    assert "nothing to move" in result.stderr
    assert result.stdout.count("transfer") == 1


def test_refusals_of_a_run():
    refused(run("run", "coin.py"), "contract.argument")
    refused(run("run", "coin.py", "--init", "x"), "contract.argument")
    refused(run("run", "coin.py", "--init", "9", "nothing"), "contract.function")
    refused(run("run", "coin.py", "--init", "9", "balance_of", "zoe"), "contract.argument")
    refused(run("run", "coin.py", "--init", "9", "balance_of", "bob", "then"), "workbench.run")
    refused(run("run", "coin.py", "--init", "9", "then", "f"), "workbench.run")


def test_the_workbenchs_accounts_are_the_development_networks():
    assert [a.address for a in Chain().accounts] == [key(i).address for i in range(10)]
