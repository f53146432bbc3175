"""Money to the last nANM: the wallet's command line against a real node, and an account book.

The book is kept here, from docs/spec/fees.md and docs/spec/gas.md alone: whole numbers, the
transactions of each block as the node shows them, and nothing of the node's own arithmetic.
"""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha3_256
from pathlib import Path
from typing import Any

import cbor2
import pytest

from core.errors import AnimicaError
from core.tx import SignedTx
from pq import addresses, signing
from tests.site.nodes import ANIMICA, ROOT, Node, devnet, environment, wait_for
from wallet.client import NodeClient
from wallet.proofs import verify_account, verify_record
from wallet.transactions import Fees, transfer

pytestmark = pytest.mark.timeout(400)

ANM = 10**9
GENESIS = 10 * 1_000_000 * ANM
SUBSIDY = 10 * ANM
EARNED_BY_SHARES = [count * (SUBSIDY * 20 // 100 // 4) for count in range(5)]
TREASURY = addresses.to_text(b"\0\0" + sha3_256(b"animica/system/v1\0treasury").digest())
AICF = addresses.to_text(b"\0\0" + sha3_256(b"animica/system/v1\0aicf").digest())
PASSPHRASE = "a long enough passphrase"


# ------------------------------------------------------------------ the account book


@dataclass
class Book:
    """Every balance and total after each block, kept by the written rules."""

    balances: defaultdict[str, int]
    height: int = 0
    minted: int = 0
    burnt: int = 0
    kept_keys: set[str] = field(default_factory=set)

    @property
    def supply(self) -> int:
        return GENESIS + self.minted - self.burnt

    def up_to(self, node: Node, height: int) -> Book:
        """Enter the blocks up to a height, that of a head which was seen."""
        assert height >= self.height, "a book does not go back"
        while self.height < height:
            self._block(node, self.height + 1)
        return self

    def _block(self, node: Node, height: int) -> None:
        """Enter the next block and compare what the node says of it."""
        self.height = height
        block = node.rpc("chain.getBlockByNumber", block=height, fullTxs=True)
        before = (self.minted, self.burnt)
        base_sum = tip_sum = gas_sum = 0
        for tx in block["txs"]:
            gas, base_part, tip_part = self._transaction(node, tx, int(block["baseFee"]))
            gas_sum += gas
            base_sum += base_part
            tip_sum += tip_part
        told = system_events(node, height)
        shares = [
            amount for _, to, amount, why in told if (to, why) == (block["coinbase"], "share")
        ]
        assert sum(shares) in EARNED_BY_SHARES, "some of the slices, each whole"
        events = self._end_of_block(block["coinbase"], base_sum, tip_sum, sum(shares))
        assert block["gasUsed"] == gas_sum
        assert int(block["baseFee"]) == 1, "these blocks are nearly empty"
        assert int(block["minted"]) == self.minted - before[0]
        assert int(block["burnt"]) == self.burnt - before[1]
        assert int(block["supply"]) == self.supply == sum(self.balances.values())
        assert told == events

    def _transaction(self, node: Node, tx: dict[str, Any], base: int) -> tuple[int, int, int]:
        """Gas used, base part and tip of a transfer."""
        raw = node.rpc("tx.getTransactionByHash", txid=tx["txid"])["raw"]
        unsigned, witness = cbor2.loads(bytes.fromhex(raw[2:]))
        sender, keeps, key = tx["from"], tx.get("keep", False), witness.get("pk", b"")
        assert tx["kind"] == "transfer" and tx["alg"] == 0x1003
        assert (sender in self.kept_keys) == (key == b""), "the key is brought unless stored"
        gas = 6_000 + 10 * (len(cbor2.dumps(unsigned)) + 3_400 + len(key)) + 3_000
        gas += 50 * len(key) if keeps else 0
        price = base + min(int(tx["maxTip"]), int(tx["maxFee"]) - base)
        base_part, tip_part = gas * base, gas * (price - base)
        receipt = node.rpc("tx.getTransactionReceipt", txid=tx["txid"])
        assert (receipt["status"], receipt["gasUsed"]) == (0, gas)
        assert (int(receipt["baseFeePaid"]), int(receipt["tipPaid"])) == (base_part, tip_part)
        assert int(receipt["feePaid"]) == base_part + tip_part
        value = int(tx["body"]["value"])
        self.balances[sender] -= value + base_part + tip_part
        self.balances[tx["body"]["to"]] += value
        if keeps:
            self.kept_keys.add(sender)
        return gas, base_part, tip_part

    def _end_of_block(
        self, coinbase: str, base: int, tips: int, shares: int
    ) -> list[tuple[Any, ...]]:
        """Split the three sums; the events that the system receipt has to tell."""
        base_treasury, base_aicf = base * 25 // 100, base * 25 // 100
        tip_aicf = tips * 10 // 100
        subsidy_aicf, subsidy_treasury = SUBSIDY * 15 // 100, SUBSIDY * 5 // 100
        burnt = base - base_treasury - base_aicf
        producer = SUBSIDY - subsidy_aicf - subsidy_treasury - SUBSIDY * 20 // 100
        paid = [
            ("credit", AICF, base_aicf, "baseFee"),
            ("credit", TREASURY, base_treasury, "baseFee"),
            ("burn", None, burnt, "baseFee"),
            ("credit", coinbase, tips - tip_aicf, "tip"),
            ("credit", AICF, tip_aicf, "tip"),
            ("credit", coinbase, producer, "subsidy"),
            ("credit", AICF, subsidy_aicf, "subsidy"),
            ("credit", TREASURY, subsidy_treasury, "subsidy"),
            ("credit", coinbase, shares, "share"),
        ]
        for name, to, amount, _ in paid:
            if name == "credit":
                self.balances[to] += amount
        self.minted += producer + subsidy_aicf + subsidy_treasury + shares
        self.burnt += burnt
        return [event for event in paid if event[2]]


def system_events(node: Node, height: int) -> list[tuple[Any, ...]]:
    """What the block's system receipt tells: name, who is credited, amount, source."""
    page = node.rpc("chain.getLogs", **{"from": height, "to": height})
    names = {"0x" + sha3_256(name.encode()).hexdigest(): name for name in ("credit", "burn")}
    found = []
    for line in page["items"]:
        assert line["txid"] is None, "a transfer tells no events"
        (topic,) = line["topics"]
        data = cbor2.loads(bytes.fromhex(line["data"][2:]))
        to = addresses.to_text(data["to"]) if "to" in data else None
        found.append((names[topic], to, data["amount"], data["source"]))
    return found


@pytest.fixture(scope="module")
def money(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A devnet of its own, so that the book stays short."""
    with devnet(tmp_path_factory.mktemp("money"), "--block-time", "1") as node:
        yield node


@pytest.fixture(scope="module")
def book(money: Node) -> Book:
    """One book for all tests: each reads on where the one before stopped."""
    node = money
    funded = {account["address"]: int(account["balance"]) for account in node.facts["accounts"]}
    return Book(defaultdict(int, funded))


# ------------------------------------------------------------------ the wallet


class Wallet:
    """``animica wallet`` in processes of its own."""

    def __init__(self, folder: Path, node: Node) -> None:
        self.folder = folder
        self.env = environment(
            ANIMICA_PASSPHRASE=PASSPHRASE,
            ANIMICA_WALLET_DIR=str(folder / "wallets"),
            ANIMICA_RPC=node.base,
        )

    def __call__(self, *arguments: str) -> dict[str, Any]:
        done = subprocess.run(
            [*ANIMICA, "wallet", *arguments, "--json"],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return dict(json.loads(done.stdout))

    def recover(self, name: str, seed: str) -> str:
        words = self.folder / f"{name}.seed"
        words.write_text(seed)
        return str(self("recover", name, "--recovery-file", str(words))["address"])

    def send(self, name: str, to: str, amount: str, *options: str) -> dict[str, Any]:
        return self("send", "--from", name, "--to", to, "--amount", amount, "--yes", *options)


def test_two_wallets_and_every_nanm(money: Node, book: Book, tmp_path: Path) -> None:
    wallet = Wallet(tmp_path, money)
    alice = wallet.recover("alice", money.facts["accounts"][1]["seed"])
    assert alice == money.facts["accounts"][1]["address"]
    bob = wallet("new", "bob")["address"]

    there = wallet.send("alice", "bob", "1.5", "--tip", "7", "--max-fee", "99")
    back = wallet.send("bob", alice, "123456789", "--nanm", "--no-keep", "--max-fee", "99")
    for sent in (there, back):
        receipt = sent["receipt"]
        base = int(receipt["baseFeePaid"])
        assert receipt["status"] == 0
        assert base * 25 % 100, "the amount does not show how it is rounded"
        assert int(receipt["burnt"]) == base - 2 * (base * 25 // 100)
        assert int(receipt["feePaid"]) == base + int(receipt["tipPaid"])
    assert there["value"] == str(1_500_000_000) and there["to"] == bob
    assert int(there["receipt"]["tipPaid"]) == 7 * there["receipt"]["gasUsed"]

    for _ in range(10):
        head = money.head()
        book.up_to(money, head["height"])
        told = {text: money.rpc("state.getBalance", address=text) for text in book.balances}
        if money.head() == head:  # else a block came while the test asked
            break
    assert {address: int(balance) for address, balance in told.items()} == book.balances
    assert int(head["supply"]) == book.supply
    assert book.balances[bob] == 1_500_000_000 - 123_456_789 - int(back["receipt"]["feePaid"])
    spent = 1_500_000_000 + int(there["receipt"]["feePaid"]) - 123_456_789
    assert book.balances[alice] == 1_000_000 * ANM - spent
    assert int(there["balance"]["balance"]) == 1_000_000 * ANM - spent - 123_456_789
    assert int(back["balance"]["balance"]) == book.balances[bob]


def of_length(parity: int, build: Callable[[int], SignedTx]) -> SignedTx:
    """A transaction whose unsigned part has an odd (1) or even (0) length, and so its gas / 10."""
    return next(tx for tx in map(build, (1, 100)) if len(tx.unsigned.encoded) % 2 == parity)


def test_sums_of_a_block_are_split_once(money: Node, book: Book) -> None:
    """Several transactions in one block: their parts are summed first, then rounded down."""
    accounts = money.facts["accounts"]
    for _ in range(5):
        raws = []
        for index, parity in zip(range(4, 8), (1, 1, 1, 0), strict=True):
            tx = of_length(
                parity,
                lambda value, index=index: transfer(
                    signing.from_seed(bytes.fromhex(accounts[index]["seed"])),
                    to=addresses.from_text(accounts[index + 1]["address"]),
                    value=value,
                    chain=1337,
                    nonce=money.rpc("state.getNonce", address=accounts[index]["address"]),
                    fees=Fees(100, index),
                    keep=False,
                ),
            )
            raws.append(tx.raw)
        head = money.head()["height"]
        money.height(head + 1)
        txids = [money.rpc("tx.sendRawTransaction", raw="0x" + raw.hex())["txid"] for raw in raws]
        receipts = [
            wait_for(lambda txid=txid: money.rpc("tx.getTransactionReceipt", txid=txid))
            for txid in txids
        ]
        heights = {receipt["height"] for receipt in receipts}
        if len(heights) == 1:
            break
    (height,) = heights
    together = sum(int(receipt["baseFeePaid"]) for receipt in receipts)
    apart = sum(int(receipt["baseFeePaid"]) * 25 // 100 for receipt in receipts)
    assert together * 25 % 100, "the sum does not show how it is rounded"
    assert together * 25 // 100 != apart, "the numbers do not tell the two roundings apart"
    book.up_to(money, max(height, book.height))


def test_supply_holds_at_every_head(money: Node, book: Book) -> None:
    """As a reader sees it: each new head adds what it minted and takes what it burnt."""
    for _ in range(3):
        head = money.height(book.height + 1)
        book.up_to(money, head["height"])
        assert int(head["supply"]) == book.supply == GENESIS + book.minted - book.burnt
        assert int(head["minted"]) - SUBSIDY * 80 // 100 in EARNED_BY_SHARES
    # One fifth of the subsidy is for shares, and this miner finds some.
    assert book.minted > book.height * SUBSIDY * 80 // 100


# ------------------------------------------------------------------ proofs


def proof_of(node: Node, address: str) -> dict[str, Any]:
    node.height(1)
    return dict(node.rpc("state.getProof", address=address))


def present(node: Node) -> tuple[dict[str, Any], bytes]:
    address = node.facts["accounts"][2]["address"]
    return proof_of(node, address), addresses.from_text(address)


def absent(node: Node) -> tuple[dict[str, Any], bytes]:
    address = signing.from_seed(sha3_256(b"nobody").digest()).address
    return proof_of(node, addresses.to_text(address)), address


BOTH = pytest.mark.parametrize("case", [present, absent])
Case = Callable[[Node], tuple[dict[str, Any], bytes]]


def test_a_present_account_is_proven(money: Node, book: Book) -> None:
    answer, address = present(money)
    proven = verify_account(answer, address, chain=1337)
    assert proven.present
    book.up_to(money, proven.header.height)
    assert proven.balance == book.balances[addresses.to_text(address)]
    assert proven.header.hash == bytes.fromhex(answer["blockHash"][2:])


def test_an_absent_account_is_proven_absent(money: Node) -> None:
    answer, address = absent(money)
    proven = verify_account(answer, address, chain=1337)
    assert (proven.present, proven.balance, proven.nonce) == (False, 0, 0)


def test_a_stored_key_is_proven(money: Node, tmp_path: Path) -> None:
    key = signing.from_seed(bytes.fromhex(money.facts["accounts"][3]["seed"]))
    text = addresses.to_text(key.address)
    raw = money.rpc("state.getProof", module="key", id="0x" + key.address.hex())
    assert verify_record(raw, "key", key.address, chain=1337).value is None
    nonce = money.rpc("state.getNonce", address=text)
    tx = transfer(
        key, to=key.address, value=0, chain=1337, nonce=nonce, fees=Fees(100, 1), keep=True
    )
    txid = money.rpc("tx.sendRawTransaction", raw="0x" + tx.raw.hex())["txid"]
    wait_for(lambda: money.rpc("tx.getTransactionReceipt", txid=txid))
    raw = money.rpc("state.getProof", module="key", id="0x" + key.address.hex())
    value = verify_record(raw, "key", key.address, chain=1337).value
    assert value is not None and key.public_key in value


def refused_as(answer: dict[str, Any], address: bytes) -> str | None:
    try:
        verify_account(answer, address, chain=1337)
    except AnimicaError as error:
        return error.code
    return None


def altered(text: str, place: int, flip: int) -> str:
    data = bytearray.fromhex(text[2:])
    data[place] ^= flip
    return "0x" + data.hex()


def accounts_at(node: NodeClient, height: int) -> dict[str, int]:
    """Every balance after a block, from pages that are proven to leave nothing out."""
    found = {}
    for page in node.proven_ranges(at=height):
        for module, record_id, value in page.records:
            if module == "account":
                found[addresses.to_text(record_id)] = cbor2.loads(value)["balance"]
    return found


def test_the_whole_state_is_proven_now_and_when_it_is_the_past(money: Node, book: Book) -> None:
    head = money.height(book.height + 1)
    balances = book.up_to(money, head["height"]).balances
    wanted = {address: balance for address, balance in balances.items() if balance}
    with NodeClient(money.facts["rpc"], chain=1337) as node:
        assert accounts_at(node, book.height) == wanted
        money.height(book.height + 2)
        assert accounts_at(node, book.height) == wanted
        for address, balance in wanted.items():
            account = node.proven_account(addresses.from_text(address), at=book.height)
            assert (account.balance, account.header.height) == (balance, book.height)


@BOTH
@pytest.mark.parametrize("part", ["header", "blockHash", "key", "value", "proof"])
def test_any_altered_byte_fails(money: Node, case: Case, part: str) -> None:
    answer, address = case(money)
    if answer[part] is None:
        assert case is absent
        value = proof_of(money, money.facts["accounts"][2]["address"])["value"]
        assert refused_as({**answer, "value": value}, address) is not None
        assert refused_as({**answer, "value": "0x"}, address) is not None
        return
    for place in range(len(answer[part]) // 2 - 1):
        for flip in (0x01, 0x20, 0x80):
            wrong = {**answer, part: altered(answer[part], place, flip)}
            assert refused_as(wrong, address) is not None, (part, place, flip)
    assert refused_as({**answer, part: answer[part] + "00"}, address) is not None
    assert refused_as({**answer, part: answer[part][:-2]}, address) is not None


@BOTH
def test_an_altered_header_with_its_own_hash_fails_at_the_seal(money: Node, case: Case) -> None:
    """A node that lies consistently still lacks the work."""
    answer, address = case(money)
    passed = 0
    for place in range(len(answer["header"]) // 2 - 1):
        header = altered(answer["header"], place, 0x01)
        block_hash = sha3_256(b"animica/block/v1\0" + bytes.fromhex(header[2:])).hexdigest()
        wrong = {**answer, "header": header, "blockHash": "0x" + block_hash}
        passed += refused_as(wrong, address) is None
    # Any header meets this seal once in e^12 = 163,000 times, so one may, but never two.
    assert passed <= 1


def test_a_proof_is_for_its_account_and_chain(money: Node) -> None:
    answer, address = present(money)
    assert refused_as(answer, absent(money)[1]) == "proof.state_invalid"
    assert refused_as({**answer, "value": None}, address) is not None
    assert refused_as({**answer, "height": answer["height"] + 1}, address) is not None
    with pytest.raises(AnimicaError):
        verify_account(answer, address, chain=2)
