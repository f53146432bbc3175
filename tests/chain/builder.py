"""A tiny chain of made-up blocks: headers without work, effects without execution.

State roots come from a naive tree over all records, written here from the definition, so that
the ledger's pages are checked by other code than their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha3_256

import cbor2

from chain.values import BlockEffects, TxCharge
from core.block import Block
from core.header import Beacon, Header, PolicyPins, Roots
from core.proof import Envelope, ProofReceipt
from core.receipt import Log, Receipt
from core.tx import SignedTx, UnsignedTx, Witness

CHAIN = 7
EMPTY = sha3_256(b"").digest()
Records = dict[tuple[str, bytes], bytes]


def address(number: int) -> bytes:
    return b"\x10\x03" + sha3_256(b"key %d" % number).digest()


def account(balance: int, nonce: int = 0) -> bytes | None:
    if balance == 0 and nonce == 0:
        return None
    return cbor2.dumps({"nonce": nonce, "balance": balance}, canonical=True)


def state_key(module: str, ident: bytes) -> bytes:
    return sha3_256(f"animica/state/{module}/v1".encode() + b"\x00" + ident).digest()


def state_root(records: Records) -> bytes:
    leaves = {
        state_key(module, ident): sha3_256(value).digest()
        for (module, ident), value in records.items()
    }

    def subtree(keys: list[bytes], bit: int) -> bytes:
        if not keys:
            return bytes(32)
        if len(keys) == 1:
            return sha3_256(b"\x00" + keys[0] + leaves[keys[0]]).digest()
        right = [key for key in keys if key[bit // 8] >> (7 - bit % 8) & 1]
        left = [key for key in keys if key not in set(right)]
        return sha3_256(b"\x01" + subtree(left, bit + 1) + subtree(right, bit + 1)).digest()

    return subtree(sorted(leaves), 0)


def list_root(items: list[bytes]) -> bytes:
    if not items:
        return EMPTY
    if len(items) == 1:
        return sha3_256(b"\x00" + items[0]).digest()
    half = 1
    while half * 2 < len(items):
        half *= 2
    return sha3_256(b"\x01" + list_root(items[:half]) + list_root(items[half:])).digest()


def transfer(sender: int, to: int, value: int, nonce: int, padding: int = 0) -> SignedTx:
    body = {"to": address(to), "value": value}
    unsigned = UnsignedTx(CHAIN, "transfer", address(sender), nonce, 50_000 + padding, 9, 2, body)
    return SignedTx(unsigned, Witness(0x1003, b"\x05" * (40 + nonce % 300)))


def deploy(sender: int, nonce: int) -> SignedTx:
    body = {"code": "x", "args": b"", "value": 0}
    unsigned = UnsignedTx(CHAIN, "deploy", address(sender), nonce, 90_000, 9, 2, body)
    return SignedTx(unsigned, Witness(0x1003, b"\x06" * 50, b"\x07" * 1952))


@dataclass
class Node:
    """A made block with all that the ledger wants to know of it, and the state after it."""

    block: Block
    effects: BlockEffects
    records: Records
    work: int
    supply: int

    @property
    def hash(self) -> bytes:
        return self.block.hash


def header_of(parent: Header | None, roots: Roots, salt: bytes) -> Header:
    height = 0 if parent is None else parent.height + 1
    return Header(
        chain=CHAIN,
        height=height,
        parent=bytes(32) if parent is None else parent.hash,
        time=1_000_000 + 2_000 * height,
        coinbase=address(0),
        gas_limit=10**8,
        gas_used=height,
        base_fee=1,
        blob_bytes=0,
        blob_fee=1,
        theta=2_000_000,
        psi=0,
        roots=roots,
        beacon=Beacon(),
        mix=bytes(32),
        policy=PolicyPins(EMPTY, EMPTY, EMPTY, EMPTY),
        extra=salt,
    )


def genesis(balances: dict[int, int]) -> Node:
    records: Records = {("account", address(n)): account(b) for n, b in balances.items()}
    roots = Roots(state_root(records), EMPTY, EMPTY, EMPTY, EMPTY, EMPTY)
    block = Block(header_of(None, roots, b""))
    effects = BlockEffects(dict(records), dict.fromkeys(records), (), (), 0, 0)
    return Node(block, effects, records, 0, sum(balances.values()))


def extend(
    parent: Node,
    *,
    changes: dict[tuple[str, bytes], bytes | None],
    txs: tuple[SignedTx, ...] = (),
    logs: tuple[tuple[Log, ...], ...] = (),
    system_logs: tuple[Log, ...] = (),
    minted: int = 0,
    burnt: int = 0,
    work: int = 10,
    salt: bytes = b"",
    envelopes: tuple[Envelope, ...] = (),
) -> Node:
    """A child of ``parent``; ``logs`` per transaction. The caller makes the money add up.

    Each envelope gets a receipt of one unit, which nobody has verified.
    """
    proofs = tuple(
        ProofReceipt(e.type, e.nullifier, address(0), 0, 1, 10**6, e.digest) for e in envelopes
    )
    records = dict(parent.records)
    previous = {record: records.get(record) for record in changes}
    for record, value in changes.items():
        if value is None:
            records.pop(record, None)
        else:
            records[record] = value
    receipts = [
        Receipt(i % 2, 21_000 + i, logs[i] if i < len(logs) else (), b"r" * i)
        for i in range(len(txs))
    ]
    receipts.append(Receipt(0, 0, system_logs))
    charges = tuple(TxCharge(3 + i, 1_000 + i, 200 + i) for i in range(len(txs)))
    roots = Roots(
        state=state_root(records),
        txs=list_root([cbor2.dumps(tx.unsigned.to_map(), canonical=True) for tx in txs]),
        witnesses=list_root([cbor2.dumps(tx.witness.to_map(), canonical=True) for tx in txs]),
        receipts=list_root([cbor2.dumps(r.to_map(), canonical=True) for r in receipts]),
        proofs=list_root([cbor2.dumps(p.to_map(), canonical=True) for p in proofs]),
        da=EMPTY,
    )
    block = Block(header_of(parent.block.header, roots, salt), txs, proofs, envelopes)
    effects = BlockEffects(dict(changes), previous, tuple(receipts), charges, minted, burnt)
    supply = parent.supply + minted - burnt
    return Node(block, effects, records, parent.work + work, supply)


def pay(
    parent: Node,
    *,
    moves: Sequence[tuple[int, int, int]] = (),
    minted: int = 0,
    burnt: int = 0,
    slots: dict[int, bytes | None] | None = None,
    **more: object,
) -> Node:
    """A child whose transfers move (from, to, value); account 0 gets what is minted less burnt."""
    balances: dict[int, tuple[int, int]] = {}

    def of(number: int) -> tuple[int, int]:
        if number not in balances:
            value = parent.records.get(("account", address(number)))
            found = cbor2.loads(value) if value else {"balance": 0, "nonce": 0}
            balances[number] = (found["balance"], found["nonce"])
        return balances[number]

    txs = []
    for sender, to, value in moves:
        balance, nonce = of(sender)
        txs.append(transfer(sender, to, value, nonce))
        balances[sender] = (balance - value, nonce + 1)
        balance, nonce = of(to)
        balances[to] = (balance + value, nonce)
    balance, nonce = of(0)
    balances[0] = (balance + minted - burnt, nonce)
    changes = {("account", address(n)): account(*pair) for n, pair in balances.items()}
    for slot, value in (slots or {}).items():
        changes["storage", address(999) + slot.to_bytes(32)] = value
    return extend(parent, changes=changes, txs=tuple(txs), minted=minted, burnt=burnt, **more)
