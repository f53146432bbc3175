from __future__ import annotations

import json
from typing import Any

import cbor2
import pytest
from click.testing import CliRunner

from core.hashing import sha3
from pq import devnet_keys, signing
from pq.addresses import to_text
from pq.signing import from_seed
from tests.wallet.played import (
    CHAIN,
    Pages,
    PlayedNode,
    Refusal,
    account_record,
    header_over,
    proof_answer,
    sealed,
    serving,
)
from wallet import client as client_module
from wallet import keyfile
from wallet.cli import wallet_group
from wallet.keyfile import Cost, KeyFile
from wallet.store import WalletStore

PASSPHRASE = "correct horse"
ALICE = from_seed(bytes(32))
BOB = from_seed(bytes(range(32)))
HASH = "0x" + "11" * 32
BASE_FEE = 3
START = 5 * 10**9


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    """Cheap key files in a folder of the test's own, and no waiting."""
    monkeypatch.setattr(keyfile.KeyFile.seal.__func__, "__defaults__", (Cost(32, 1, 1),))
    monkeypatch.setattr(client_module, "_POLL_S", 0.01)
    monkeypatch.setenv("ANIMICA_WALLET_DIR", str(tmp_path / "wallets"))
    monkeypatch.delenv("ANIMICA_PASSPHRASE", raising=False)
    monkeypatch.delenv("ANIMICA_RPC", raising=False)


@pytest.fixture
def store(tmp_path) -> WalletStore:
    made = WalletStore(tmp_path / "wallets")
    made.write("alice", KeyFile.seal(ALICE, PASSPHRASE))
    made.write("bob", KeyFile.seal(BOB, PASSPHRASE))
    return made


class Chain:
    """A node's side of one transfer: it decodes and checks what arrives, as bytes and sums."""

    def __init__(self) -> None:
        self.nonce, self.balance, self.key_stored, self.status = 4, START, False, 0
        self.sent: Any = None
        self.played = PlayedNode(
            {
                "chain.getChainId": CHAIN,
                "chain.getHead": {
                    "height": 9,
                    "hash": HASH,
                    "time": 1_767_225_600_000,
                    "baseFee": str(BASE_FEE),
                },
                "chain.getParams": {
                    "params": {
                        "baseFeeSplit": {
                            "burnPpm": 500_000,
                            "treasuryPpm": 250_000,
                            "aicfPpm": 250_000,
                        }
                    }
                },
                "state.getAccount": self.account,
                "state.getNonce": lambda _: self.nonce,
                "state.getProof": self.proof,
                "tx.sendRawTransaction": self.take,
                "tx.getTransactionReceipt": self.receipt,
                "tx.getStatus": {"state": "pending"},
            }
        )

    def account(self, params):
        assert params == {"address": to_text(ALICE.address)}
        return {
            "address": params["address"],
            "nonce": self.nonce,
            "balance": str(self.balance),
            "code": None,
            "keyStored": self.key_stored,
            "height": 9,
            "blockHash": HASH,
        }

    def take(self, params):
        raw = bytes.fromhex(params["raw"][2:])
        self.sent, self.witness = cbor2.loads(raw)
        txid = sha3(b"animica/tx/v1\x00" + cbor2.dumps(self.sent, canonical=True))
        sig = self.witness["sig"]
        assert signing.verify(0x1003, ALICE.public_key, txid, sig, b"animica/tx/v1")
        return {"txid": "0x" + txid.hex(), "state": "ready"}

    @property
    def fee(self) -> int:
        return self.sent["gas"] * (BASE_FEE + 1)

    def receipt(self, params):
        gas = self.sent["gas"]
        return {
            "status": self.status,
            "gasUsed": gas,
            "blockHash": HASH,
            "height": 10,
            "index": 0,
            "price": str(BASE_FEE + 1),
            "feePaid": str(self.fee),
            "baseFeePaid": str(gas * BASE_FEE),
            "tipPaid": str(gas),
            "logs": [],
            "ret": "0x",
        }

    def proof(self, params):
        assert params == {"address": to_text(ALICE.address)}
        paid = 0 if self.sent is None else self.sent["body"]["value"] + self.fee
        pages = Pages({("account", ALICE.address): account_record(5, START - paid)})
        header = sealed(header_over(pages.root, height=10))
        return proof_answer(pages, header, "account", ALICE.address)


@pytest.fixture
def chain(store):
    made = Chain()
    with serving(made.played):
        yield made


def run(*args: str, given: str = "", env: dict[str, str] | None = None):
    result = CliRunner().invoke(wallet_group, list(args), input=given, env=env)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    assert "Traceback" not in result.output
    return result


def refused(result, code: str) -> None:
    """One line and its hint, exit code 1."""
    assert result.exit_code == 1
    lines = [line for line in result.stderr.splitlines() if line.startswith(("Error", "Hint"))]
    assert len(lines) == 2
    assert lines[0].endswith(f"[{code}]")


def send(chain: Chain, *args: str, given: str = PASSPHRASE + "\n"):
    to = () if "--to" in args else ("--to", to_text(BOB.address))
    amount = () if "--amount" in args else ("--amount", "1.5")
    node = ("--node", chain.played.url)
    return run("send", "--from", "alice", *to, *amount, *node, *args, given=given)


# ------------------------------------------------------------------ key files


@pytest.mark.parametrize("alg", [[], ["--alg", "slh-dsa-shake-128s"]])
def test_a_new_wallet_is_listed_addressed_exported_and_recovered(alg, tmp_path):
    twice = f"{PASSPHRASE}\n{PASSPHRASE}\n"
    made = run("new", "carol", *alg, given=twice)
    assert made.exit_code == 0
    assert "animsec1" not in made.output
    address = run("address", "carol").stdout.strip()
    assert address.startswith("anim1")
    assert address in made.stdout
    assert address in run("list").stdout
    exported = run("export", "carol", given=PASSPHRASE + "\n")
    words = [line for line in exported.stdout.splitlines() if line.startswith("animsec1")]
    assert len(words) == (2 if alg else 1)
    (tmp_path / "words").write_text("\n".join(words))
    again = run("recover", "dave", "--recovery-file", str(tmp_path / "words"), given=twice)
    assert again.exit_code == 0
    assert run("address", "dave").stdout.strip() == address


def test_recovery_words_are_shown_on_request(store):
    made = run("new", "carol", "--show-recovery", "--json", env={"ANIMICA_PASSPHRASE": PASSPHRASE})
    view = json.loads(made.stdout)
    assert view["address"] == run("address", "carol").stdout.strip()
    prompted = run("recover", "dave", given=f"{view['recovery'][0]}\n{PASSPHRASE}\n{PASSPHRASE}\n")
    assert prompted.exit_code == 0
    assert view["recovery"][0] not in prompted.output
    assert run("address", "dave").stdout.strip() == view["address"]


def test_a_seed_in_hex_becomes_a_wallet():
    given = f"{'00' * 32}\n{PASSPHRASE}\n{PASSPHRASE}\n"
    assert run("recover", "alice", given=given).exit_code == 0
    assert run("address", "alice").stdout.strip() == to_text(ALICE.address)
    assert run("address", "dev:1").stdout.strip() == to_text(devnet_keys.key(1).address)


def test_the_passphrase_comes_from_file_then_environment(store, tmp_path):
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE + "\nsecond line\n")
    wrong = {"ANIMICA_PASSPHRASE": "something else"}
    assert run("export", "alice", "--passphrase-file", str(file), env=wrong).exit_code == 0
    assert run("export", "alice", env={"ANIMICA_PASSPHRASE": PASSPHRASE}).exit_code == 0
    refused(run("export", "alice", env=wrong), "wallet.passphrase")
    file.write_text("\n")
    refused(run("export", "alice", "--passphrase-file", str(file)), "wallet.passphrase_file")
    file.write_bytes(b"\xff\n")
    refused(run("export", "alice", "--passphrase-file", str(file)), "wallet.passphrase_file")
    missing = str(tmp_path / "none")
    refused(run("export", "alice", "--passphrase-file", missing), "wallet.passphrase_file")


def test_refusals_of_key_commands(store):
    weak = {"ANIMICA_PASSPHRASE": "short"}
    refused(run("new", "carol", env=weak), "wallet.passphrase_weak")
    assert store.names() == ["alice", "bob"]
    refused(run("new", "alice", env=weak), "wallet.exists")
    refused(run("new", "../x", env=weak), "wallet.name")
    refused(run("address", "nobody"), "wallet.not_found")
    refused(run("recover", "carol", given="animsec1nonsense\n"), "wallet.recovery")
    store.path("bob").write_text("{}")
    refused(run("address", "bob"), "wallet.file_format")
    text = store.path("alice").read_text()
    store.path("alice").write_text(text.replace('"passes": 1', '"passes": 2'))
    refused(run("address", "alice"), "wallet.file_damaged")


def test_a_damaged_file_does_not_hide_the_others(store):
    store.path("bob").write_text("{}")
    shown = run("list")
    assert shown.exit_code == 0
    assert to_text(ALICE.address) in shown.stdout
    rows = json.loads(run("list", "--json").stdout)["wallets"]
    assert [row["name"] for row in rows] == ["alice", "bob"]
    assert rows[1]["error"]["code"] == "wallet.file_format"


def test_an_empty_folder_says_so():
    assert json.loads(run("list", "--json").stdout)["wallets"] == []
    assert "wallet new" in run("list").stderr


def test_a_refusal_as_json_is_one_object():
    result = run("address", "nobody", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == "wallet.not_found"


# ------------------------------------------------------------------ send


def test_send_shows_asks_sends_waits_and_proves(chain):
    result = send(chain, given=f"y\n{PASSPHRASE}\n")
    assert result.exit_code == 0, result.output
    assert chain.sent["body"] == {"to": BOB.address, "value": 1_500_000_000}
    assert chain.sent["from"] == ALICE.address
    assert chain.sent["chain"] == CHAIN
    assert chain.sent["nonce"] == 4
    assert (chain.sent["maxFee"], chain.sent["maxTip"]) == (2 * BASE_FEE + 1, 1)
    assert chain.sent["keep"] is True
    assert chain.witness["pk"] == ALICE.public_key
    greatest = chain.sent["gas"] * 7
    assert f"Fee      at most 0.{greatest:09}".rstrip("0") + " ANM  (" in result.stdout
    assert "Block    10: ok" in result.stdout
    left = START - 1_500_000_000 - chain.fee
    assert f"Balance  {left // 10**9}.{left % 10**9:09}".rstrip("0") in result.stdout
    assert " ANM, proven against block 10" in result.stdout


def test_send_as_json_adds_up(chain):
    result = send(chain, "--yes", "--json", "--nanm", "--amount", "7")
    assert result.exit_code == 0, result.output
    view = json.loads(result.stdout)
    receipt = view["receipt"]
    assert view["value"] == "7"
    assert view["from"] == to_text(ALICE.address)
    base, burnt = int(receipt["baseFeePaid"]), int(receipt["burnt"])
    assert base == chain.sent["gas"] * BASE_FEE
    assert burnt == base - 2 * (base // 4)
    assert int(receipt["feePaid"]) == base + int(receipt["tipPaid"])
    assert int(view["balance"]["balance"]) == START - 7 - int(receipt["feePaid"])
    assert view["balance"]["provenHeight"] == 10


def test_a_stored_key_is_not_sent_again(chain):
    chain.key_stored = True
    assert send(chain, "--yes").exit_code == 0
    assert "keep" not in chain.sent
    assert "pk" not in chain.witness


def test_a_key_need_not_be_kept(chain):
    assert send(chain, "--yes", "--no-keep").exit_code == 0
    assert "keep" not in chain.sent
    assert chain.witness["pk"] == ALICE.public_key


def test_fees_can_be_named_and_a_wallet_can_receive(chain):
    result = send(chain, "--yes", "--to", "bob", "--max-fee", "50", "--tip", "2", "--no-wait")
    assert result.exit_code == 0
    assert (chain.sent["maxFee"], chain.sent["maxTip"]) == (50, 2)
    assert chain.sent["body"]["to"] == BOB.address
    assert chain.played.asked("tx.getTransactionReceipt") == []


def test_without_consent_nothing_is_signed_or_sent(chain):
    result = send(chain, given="n\n")
    assert result.exit_code == 1
    assert "Passphrase" not in result.output
    assert chain.sent is None


def test_a_wrong_passphrase_sends_nothing(chain):
    refused(send(chain, "--yes", given="wrong passphrase\n"), "wallet.passphrase")
    assert chain.sent is None


def test_money_that_is_not_there_is_not_asked_for(chain):
    refused(send(chain, "--yes", "--amount", "5"), "tx.insufficient_funds")
    assert chain.sent is None


def test_wrong_input_is_told_before_anything_is_asked(chain):
    refused(send(chain, "--amount", "1,5"), "wallet.amount")
    refused(send(chain, "--amount", "1.0000000001"), "wallet.amount")
    refused(send(chain, "--amount", "1.5", "--nanm"), "wallet.amount")
    refused(send(chain, "--to", to_text(BOB.address)[:-1] + "q"), "address.bad_checksum")
    refused(send(chain, "--to", "nobody"), "wallet.not_found")
    refused(send(chain, "--chain", "1"), "wallet.chain")
    assert chain.sent is None


def test_a_node_that_refuses_is_quoted(chain):
    def refuse(_):
        data = {"code": "pool.full", "reason": "the pool is full", "hint": "Raise the fee."}
        raise Refusal(-32010, "refused", data)

    chain.played.answers["tx.sendRawTransaction"] = refuse
    result = send(chain, "--yes")
    refused(result, "pool.full")
    assert "Hint:  Raise the fee." in result.stderr


def test_a_node_that_is_not_there(store):
    refused(run("balance", "alice", "--node", "http://127.0.0.1:1"), "wallet.node_unreachable")


def test_a_node_that_answers_another_txid_is_caught(chain):
    chain.played.answers["tx.sendRawTransaction"] = {"txid": HASH, "state": "ready"}
    refused(send(chain, "--yes"), "wallet.node_answer")


def test_a_transaction_that_failed_is_an_error(chain):
    chain.status = 1
    result = send(chain, "--yes")
    refused(result, "wallet.tx_failed")
    assert "Block    10: reverted" in result.stdout


def test_a_forged_balance_is_not_shown(chain):
    honest = chain.proof

    def forge(params):
        view = honest(params)
        richer = Pages({("account", ALICE.address): account_record(5, 10**18)})
        forged = proof_answer(richer, header_over(richer.root), "account", ALICE.address)
        return {**forged, "header": view["header"], "blockHash": view["blockHash"], "height": 10}

    chain.played.answers["state.getProof"] = forge
    result = send(chain, "--yes")
    refused(result, "proof.state_invalid")
    assert "Balance" not in result.stdout


def test_a_receipt_that_does_not_come_names_the_txid(chain):
    chain.played.answers["tx.getTransactionReceipt"] = None
    result = send(chain, "--yes", "--timeout", "0")
    refused(result, "wallet.receipt_timeout")
    assert "Sent     0x" in result.stdout


# ------------------------------------------------------------------ balance, sign, submit


def test_a_balance_is_proven(chain):
    result = run("balance", "alice", "--node", chain.played.url)
    assert result.stdout == "5 ANM\n"
    assert "proven against block 10" in result.stderr
    view = json.loads(run("balance", "alice", "--json", "--node", chain.played.url).stdout)
    assert (view["balance"], view["provenHeight"]) == (str(START), 10)


def test_a_balance_of_an_earlier_block_is_proven_for_that_block(chain):
    told = chain.proof

    def proof(params):
        return told({k: v for k, v in params.items() if k != "block"})

    chain.played.answers["state.getProof"] = proof
    node = ("--node", chain.played.url)
    view = json.loads(run("balance", "alice", "--json", "--at", "10", *node).stdout)
    assert (view["balance"], view["provenHeight"]) == (str(START), 10)
    assert chain.played.asked("state.getProof")[-1]["block"] == 10
    refused(run("balance", "alice", "--at", "8", *node), "wallet.header_unproven")


def test_a_transfer_signed_offline_is_submitted_elsewhere(chain, tmp_path):
    signed = run(
        *("sign", "--from", "alice", "--to", "bob", "--amount", "0.25"),
        *("--chain", str(CHAIN), "--nonce", "4", "--max-fee", "9", "--until", "99"),
        given=PASSPHRASE + "\n",
    )
    assert signed.exit_code == 0
    file = tmp_path / "transfer"
    file.write_text(signed.stdout)
    result = run("submit", str(file), "--node", chain.played.url, given="y\n")
    assert result.exit_code == 0, result.output
    assert chain.sent["body"]["value"] == 250_000_000
    assert chain.sent["until"] == 99
    assert " ANM, proven against block 10" in result.stdout


def test_what_is_no_transfer_is_not_submitted(chain, tmp_path):
    file = tmp_path / "transfer"
    file.write_text("0xzz")
    refused(run("submit", str(file), "--node", chain.played.url), "wallet.tx_unreadable")
    file.write_text("0x80")
    refused(run("submit", str(file), "--node", chain.played.url), "tx.form")
    body = {"v": 1, "chain": CHAIN, "kind": "call", "from": ALICE.address, "nonce": 0, "gas": 1}
    unsigned = {**body, "maxFee": 1, "maxTip": 1, "body": {}}
    raw = cbor2.dumps([unsigned, {"alg": 0x1003, "sig": b""}], canonical=True)
    file.write_text(raw.hex())
    refused(run("submit", str(file), "--node", chain.played.url), "wallet.tx_unreadable")
    assert chain.sent is None


def test_a_transfer_of_another_chain_is_not_submitted(chain, tmp_path):
    signed = run(
        *("sign", "--from", "alice", "--to", "bob", "--amount", "1", "--json"),
        *("--chain", "1", "--nonce", "4", "--max-fee", "9"),
        env={"ANIMICA_PASSPHRASE": PASSPHRASE},
    )
    file = tmp_path / "transfer"
    file.write_text(json.loads(signed.stdout)["raw"])
    refused(run("submit", str(file), "--node", chain.played.url), "wallet.chain")
    assert chain.sent is None
