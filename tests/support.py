"""Blocks made ahead without a database, for tests of the chain and of everything above it.

A ``ChainBuilder`` keeps the whole state after every block it makes as a plain dict, so branches
cost nothing and what a database holds can be compared with a model that never saw one.

    network = fast_network()
    builder = ChainBuilder(network)
    tx = transfer(key(1), key(2).address, 5, nonce=0)
    first = builder.make(builder.genesis, [tx])
    importer = new_importer(network)        # needs a database
    importer.import_block(first.raw, source="test")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha3_256
from itertools import count
from typing import Any

from django.db import connection

from animica_site import networks
from chain.values import BlockEffects
from consensus.events import BlockAdded, ChainReorganised
from consensus.rules import fees, fork_choice, genesis, pipeline, proofs, shares
from consensus.rules import header as header_rules
from consensus.rules import seal as seal_rules
from consensus.rules.header import Ancestry
from consensus.rules.transition import KINDS, BlockEnv, BlockExecution
from consensus.service import Importer
from consensus.witnesses import WitnessChecker
from core import block as block_codec
from core import merkle, statetree, tags
from core.block import Block
from core.bus import EventBus
from core.errors import Refused
from core.hashing import sha3, tagged
from core.header import Beacon, Header, Roots
from core.network import Network
from core.ports import RecordKey
from core.proof import Envelope, Verifier
from core.tx import Access, SignedTx, UnsignedTx, Witness
from execution.accounts import Account, decode_key
from execution.view import View
from pq import addresses, signing
from pq.signing import PrivateKey

BALANCE = 10**15
"""What each of the first accounts of ``fast_network`` holds, nANM."""


@lru_cache(maxsize=256)
def key(number: int) -> PrivateKey:
    """The ML-DSA-65 key of a test account."""
    return signing.from_seed(sha3_256(b"test key %d" % number).digest())


def fast_network(
    *,
    accounts: int = 10,
    balance: int = BALANCE,
    params: Mapping[str, Any] | None = None,
    poies: Mapping[str, Any] | None = None,
    local: Mapping[str, Any] | None = None,
    **entries: Any,
) -> Network:
    """The fast network with the keys 0 … ``accounts`` − 1 funded, and any entry replaced."""
    table = networks.load_table("fast")
    table["genesis"]["allocations"] = [
        {"address": addresses.to_text(key(number).address), "balance": balance}
        for number in range(accounts)
    ]
    table["params"].update(params or {})
    table["poies"].update(poies or {})
    table["local"].update(local or {})
    table.update(entries)
    return networks.parse(table)


def changed(network: Network, **params: Any) -> Network:
    """A network with other parameters in its first set."""
    first = network.at(0)
    first = replace(first, params=replace(first.params, **params))
    return replace(network, sets=(first, *network.sets[1:]))


def transfer(
    sender: PrivateKey,
    to: bytes,
    value: int,
    *,
    nonce: int,
    chain: int = 31337,
    gas: int = 200_000,
    max_fee: int = 100,
    max_tip: int = 1,
    keep: bool = False,
    until: int | None = None,
    access: Access | None = None,
) -> SignedTx:
    """A signed transfer that brings its key; ``ChainBuilder.make`` drops it when it is stored."""
    body = {"to": to, "value": value}
    unsigned = UnsignedTx(
        chain=chain,
        kind="transfer",
        sender=sender.address,
        nonce=nonce,
        gas=gas,
        max_fee=max_fee,
        max_tip=max_tip,
        body=body,
        until=until,
        access=access,
        keep=keep,
    )
    return sign(unsigned, sender)


def sign(unsigned: UnsignedTx, signer: PrivateKey) -> SignedTx:
    """Any unsigned transaction, signed."""
    signature = signer.sign(unsigned.txid, tags.CONTEXT_TX)
    return SignedTx(unsigned, Witness(signer.alg, signature, signer.public_key))


class DictState:
    """A state as a dict; a ``core.ports.StateReader`` that counts what it is asked for."""

    def __init__(self, records: Mapping[RecordKey, bytes]) -> None:
        self.records = records
        self.reads: list[RecordKey] = []

    def get_many(self, records: Sequence[RecordKey]) -> dict[RecordKey, bytes]:
        """Those records that exist."""
        self.reads.extend(records)
        return {record: self.records[record] for record in records if record in self.records}


def state_root(records: Mapping[RecordKey, bytes]) -> bytes:
    """Root of the tree over all records, built at once."""
    leaves = [(tagged(tags.state(m), id), sha3(value)) for (m, id), value in records.items()]
    return statetree.build(leaves).root


@dataclass(frozen=True)
class Made:
    """A made block, the whole state after it, and its totals since genesis (nANM)."""

    block: Block
    parent: Made | None
    records: Mapping[RecordKey, bytes]
    work: int
    minted: int = 0
    burnt: int = 0
    effects: BlockEffects | None = None

    @property
    def header(self) -> Header:
        """Its header."""
        return self.block.header

    @property
    def hash(self) -> bytes:
        """Its hash."""
        return self.block.hash

    @property
    def height(self) -> int:
        """Its height."""
        return self.block.header.height

    @property
    def raw(self) -> bytes:
        """Its canonical encoding."""
        return self.block.raw

    @property
    def balances(self) -> dict[bytes, int]:
        """Every account's balance after it, nANM."""
        return {
            id: Account.decode(value).balance
            for (module, id), value in self.records.items()
            if module == "account"
        }

    def account(self, address: bytes) -> Account:
        """An account after it."""
        return Account.decode(self.records.get(("account", address)))

    @property
    def lineage(self) -> Line:
        """This block and its ancestors, as the verifier of a child's proofs sees them."""
        return Line(self)

    def path(self) -> list[Made]:
        """Every block from height 1 up to this one."""
        line: list[Made] = []
        made: Made | None = self
        while made is not None and made.parent is not None:
            line.append(made)
            made = made.parent
        return line[::-1]


class Line:
    """A made block and its ancestors. A ``core.proof.Lineage``."""

    def __init__(self, tip: Made) -> None:
        self._headers: dict[int, Header] = {}
        made: Made | None = tip
        while made is not None:
            self._headers[made.height] = made.header
            made = made.parent

    def header(self, height: int) -> Header:
        """The block at a height."""
        return self._headers[height]

    def height_of(self, hash: bytes) -> int | None:
        """The height of an ancestor."""
        return next((h for h, header in self._headers.items() if header.hash == hash), None)


class ChainBuilder:
    """Makes valid sealed blocks on any block it made before."""

    def __init__(
        self, network: Network, verifiers: Mapping[int, Verifier] = proofs.VERIFIERS
    ) -> None:
        self.network = network
        self.verifiers = verifiers
        self.genesis = Made(
            genesis.genesis_block(network), None, genesis.genesis_records(network), work=0
        )

    def make(
        self,
        parent: Made,
        txs: Iterable[SignedTx] = (),
        *,
        coinbase: bytes | None = None,
        interval_ms: int | None = None,
        extra: bytes = b"",
        time: int | None = None,
        fit_keys: bool = True,
        envelopes: Sequence[Envelope] = (),
    ) -> Made:
        """A sealed child of ``parent``; raises the ``Refused`` of a part that may not be there."""
        if interval_ms is None:
            interval_ms = self.network.at(parent.height + 1).params.target_interval_ms
        header = self.draft(
            parent,
            time=parent.header.time + interval_ms if time is None else time,
            coinbase=key(0).address if coinbase is None else coinbase,
            extra=extra,
        )
        signed = tuple(fit_key(tx, parent) if fit_keys else tx for tx in txs)
        envelopes = sorted(envelopes, key=lambda envelope: envelope.place)
        proven = self.prove(parent, header, envelopes)
        header = replace(header, psi=proven.psi)
        effects, gas_used = self.run(parent, header, signed, proven)
        records = after(parent.records, effects)
        block = Block(header, signed, proven.receipts, tuple(envelopes))
        header = replace(header, gas_used=gas_used, roots=self.roots_of(block, effects, records))
        return Made(
            replace(block, header=seal(header)),
            parent,
            records,
            fork_choice.total_work(parent.work, header),
            parent.minted + effects.minted,
            parent.burnt + effects.burnt,
            effects,
        )

    def grow(self, parent: Made, length: int, **options: Any) -> list[Made]:
        """``length`` empty blocks in a row."""
        line: list[Made] = []
        for _ in range(length):
            parent = self.make(parent, **options)
            line.append(parent)
        return line

    def draft(self, parent: Made, *, time: int, coinbase: bytes, extra: bytes = b"") -> Header:
        """A header that follows from its ancestors, with an empty body and no seal."""
        above = parent.parent
        ancestry = Ancestry(parent.header, None if above is None else above.header)
        params = self.network.at(parent.height + 1).params
        empty = merkle.EMPTY_ROOT
        return Header(
            chain=self.network.chain,
            height=parent.height + 1,
            parent=parent.hash,
            time=time,
            coinbase=coinbase,
            gas_limit=params.gas_limit,
            gas_used=0,
            base_fee=fees.next_base_fee(parent.header, params),
            blob_bytes=0,
            blob_fee=fees.next_blob_fee(parent.header, params),
            theta=header_rules.expected_theta(ancestry, self.network),
            psi=0,
            roots=Roots(parent.header.roots.state, empty, empty, empty, empty, empty),
            beacon=Beacon(),
            mix=header_rules.expected_mix(parent.header, Beacon().out),
            policy=self.network.pins_at(parent.height + 1),
            extra=extra,
        )

    def share(self, parent: Made, worker: bytes, *, extra: bytes = b"") -> Envelope:
        """A share of a template on ``parent`` for a worker's address, hard enough for any s."""
        time = parent.header.time + 1
        draft = self.draft(parent, time=time, coinbase=worker, extra=extra)
        poies = self.network.at(draft.height).poies
        below = shares.threshold(draft.theta, poies.share_offset_min_unat)
        for number in count():
            header = draft.sealed(number.to_bytes(8, "little"))
            if header.draw < below:
                return shares.envelope(header)
        raise AssertionError("count never ends")

    def prove(
        self, parent: Made, header: Header, envelopes: Sequence[Envelope]
    ) -> proofs.ProofResult:
        """What the proofs of a child of ``parent`` bring."""
        view = View(DictState(parent.records))
        return proofs.verify_all(
            envelopes, header, view, self.network, parent.lineage, self.verifiers
        )

    def run(
        self,
        parent: Made,
        header: Header,
        txs: Sequence[SignedTx],
        proven: proofs.ProofResult = proofs.NONE,
    ) -> tuple[BlockEffects, int]:
        """What the block does to the parent's state, and the gas it used."""
        execution = BlockExecution(
            View(DictState(parent.records)), BlockEnv.of(header, proven), self.network
        )
        for tx in txs:
            execution.run(tx, KINDS[tx.unsigned.kind](tx.unsigned.body))
        return execution.finish(), execution.gas_used

    def roots_of(
        self, block: Block, effects: BlockEffects, records: Mapping[RecordKey, bytes]
    ) -> Roots:
        """All six roots."""
        return replace(
            block.header.roots,
            **block.body_roots,
            state=state_root(records),
            receipts=pipeline.receipts_root(effects),
        )


def after(records: Mapping[RecordKey, bytes], effects: BlockEffects) -> dict[RecordKey, bytes]:
    """The records after a block's changes."""
    out = dict(records)
    for record, value in effects.changes.items():
        if value is None:
            out.pop(record, None)
        else:
            out[record] = value
    return out


def fit_key(tx: SignedTx, parent: Made) -> SignedTx:
    """The transaction without its key if the parent's state holds it."""
    stored = decode_key(parent.records.get(("key", tx.unsigned.sender)))
    return tx if stored is None else tx.with_key(None)


def seal(header: Header) -> Header:
    """The header with the first nonce whose draw is low enough."""
    below = seal_rules.threshold(header.theta, header.psi)
    prefix = header.seal_prefix
    for number in count():
        nonce = number.to_bytes(8, "little")
        if int.from_bytes(sha3_256(prefix + nonce).digest(), "big") < below:
            return header.sealed(nonce)
    raise AssertionError("count never ends")


def reseal(block: Block, **changes: Any) -> Block:
    """The block with header fields replaced, the roots of its body recomputed, and sealed.

    Roots that execution gives, and any root in ``changes``, stay as they are.
    """
    roots = replace(
        block.header.roots,
        txs=block_codec.txs_root(block.txs),
        witnesses=block_codec.witnesses_root(block.txs),
        proofs=block_codec.proofs_root(block.proofs),
    )
    return replace(block, header=seal(replace(block.header, **{"roots": roots, **changes})))


# ------------------------------------------------------------------ a node without its doors


@dataclass
class FixedClock:
    """A clock that stands still until it is set."""

    now: int

    def now_ms(self) -> int:
        """The time it is set to."""
        return self.now


class InlineRunner:
    """A task runner that does everything in the caller's thread."""

    def map(self, function: Callable[..., Any], items: Sequence[object]) -> list[Any]:
        """Results in order."""
        return [function(item) for item in items]

    def start(self, function: Callable[..., Any], item: object) -> Future[Any]:
        """Done at once; a refusal waits for who asks."""
        done: Future[Any] = Future()
        try:
            done.set_result(function(item))
        except Refused as error:
            done.set_exception(error)
        return done


@dataclass
class Recorder:
    """Every event published, and whether a database transaction was open then."""

    events: list[BlockAdded | ChainReorganised] = field(default_factory=list)
    in_transaction: list[bool] = field(default_factory=list)

    def __call__(self, event: BlockAdded | ChainReorganised) -> None:
        """Remember an event."""
        self.events.append(event)
        self.in_transaction.append(connection.in_atomic_block)


def new_importer(
    network: Network,
    *,
    now: int | None = None,
    bus: EventBus | None = None,
    verifiers: Mapping[int, Verifier] = proofs.VERIFIERS,
) -> Importer:
    """An importer on the test's database, started; its clock stands a day after genesis."""
    clock = FixedClock(network.genesis.time_ms + 86_400_000 if now is None else now)
    importer = Importer(
        network=network,
        clock=clock,
        witnesses=WitnessChecker(InlineRunner()),
        bus=bus or EventBus(raise_error),
        verifiers=verifiers,
    )
    importer.start()
    return importer


def raise_error(event: object, error: Exception) -> None:
    """A bus's ``on_error`` that hides nothing."""
    raise error


def recording_bus() -> tuple[EventBus, Recorder]:
    """A bus and what it published."""
    bus, recorder = EventBus(raise_error), Recorder()
    bus.subscribe(BlockAdded, recorder)
    bus.subscribe(ChainReorganised, recorder)
    return bus, recorder


def import_all(importer: Importer, line: Iterable[Made]) -> list[str]:
    """Import blocks in order; their outcomes."""
    return [importer.import_block(made.raw, source="test").outcome for made in line]


# ------------------------------------------------------------------ the database as a value


def dump_database(*, best_chain_only: bool = False) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every ``chain_`` table, without row numbers, in an order of its own.

    Reads the schema, so a new table or column is compared from its first day.
    """
    with connection.cursor() as cursor:
        # Of the models, so without the bulk writer's temporary tables.
        names = [n for n in connection.introspection.django_table_names() if n[:6] == "chain_"]
        cursor.execute("SELECT id, hash, canonical FROM chain_block")
        blocks = {row[0]: (bytes(row[1]), bool(row[2])) for row in cursor.fetchall()}
        out = {}
        for name in names:
            cursor.execute(f"SELECT * FROM {name}")
            columns = [column[0] for column in cursor.description]
            rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
            if best_chain_only and name == "chain_block":
                rows = [row for row in rows if row["canonical"]]
            if best_chain_only and name == "chain_blockbody":
                rows = [row for row in rows if blocks[row["block_id"]][1]]
            out[name] = sorted((_plain(row, blocks) for row in rows), key=repr)
    return out


def _plain(row: dict[str, Any], blocks: Mapping[int, tuple[bytes, bool]]) -> tuple[Any, ...]:
    values = []
    for column, value in row.items():
        if column == "id":
            continue
        if column == "block_id":
            value = blocks[value][0]
        values.append((column, bytes(value) if isinstance(value, memoryview) else value))
    return tuple(values)


def wipe_database() -> None:
    """Empty every ``chain_`` table, as a new database is."""
    with connection.cursor() as cursor:
        names = set(connection.introspection.table_names(cursor))
        for name in ("chain_blockbody", "chain_tx", *sorted(names)):
            if name.startswith("chain_"):
                cursor.execute(f"DELETE FROM {name}")
