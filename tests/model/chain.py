"""The reference chain: judges blocks, keeps all of them, follows the heaviest.

Every block's whole post-state is kept under the block, so nothing is ever undone. Chapters:
blocks.md (Import), consensus.md, networks.md (Genesis), proofs.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core import cbor
from tests.model import forms, ledger, proofs, tuning
from tests.model.header import HeaderRules, body_roots, header_hash, sealed, work_of
from tests.model.ledger import Effects
from tests.model.primitives import TREASURY, ZERO, RecordId, merkle, state_root, t
from tests.model.proofs import Proven
from tests.model.refusal import Broken, need
from tests.model.shares import Line

CLOCK_AHEAD = 5_000
ROOM_BLOCKS, ROOM_BYTES = 64, 64 * 1024 * 1024
EMPTY = merkle([])


@dataclass(eq=False)
class Kept:
    """A stored block; ``effects`` once it has been executed."""

    hash: bytes
    block: dict[str, Any]
    parent: Kept | None
    work: int
    effects: Effects | None = None

    @property
    def header(self) -> dict[str, Any]:
        """Its header as a dict."""
        header: dict[str, Any] = self.block["header"]
        return header

    @property
    def state(self) -> Mapping[RecordId, bytes]:
        """All records after it."""
        assert self.effects is not None
        return self.effects.state

    def line(self) -> Iterator[Kept]:
        """It and its ancestors, genesis last."""
        at: Kept | None = self
        while at is not None:
            yield at
            at = at.parent

    def headers(self) -> Line:
        """Hash and header of it and its ancestors, by height."""
        return {kept.header["height"]: (kept.hash, kept.header) for kept in self.line()}


def receipts_root(effects: Effects) -> bytes:
    """The root over the receipts, the system's last."""
    return merkle([cbor.encode(receipt) for receipt in effects.receipts])


class Room:
    """Blocks that wait, by hash, the oldest first."""

    def __init__(self) -> None:
        self.blocks: dict[bytes, tuple[dict[str, Any], int]] = {}

    def add(self, block: dict[str, Any], size: int) -> None:
        """Hold a block; the oldest make room."""
        self.blocks.setdefault(header_hash(block["header"]), (block, size))
        while (
            len(self.blocks) > ROOM_BLOCKS
            or sum(size for _, size in self.blocks.values()) > ROOM_BYTES
        ):
            del self.blocks[next(iter(self.blocks))]

    def take(self, wanted: Callable[[Mapping[str, Any]], bool]) -> list[tuple[dict[str, Any], int]]:
        """Remove and return the blocks whose header is ``wanted``, oldest first."""
        found = [key for key, (block, _) in self.blocks.items() if wanted(block["header"])]
        return [self.blocks.pop(key) for key in found]


def _child_of(parent: bytes) -> Callable[[Mapping[str, Any]], bool]:
    return lambda header: header["parent"] == parent


class Chain:
    """A node as the specification describes it, without any of its speed."""

    def __init__(
        self, network: Mapping[str, Any], allocations: Sequence[tuple[bytes, int]], now: int
    ) -> None:
        self.network, self.now = network, now
        self.rules = HeaderRules(network)
        self.genesis_supply = sum(balance for _, balance in allocations)
        self.kept: dict[bytes, Kept] = {}
        self.invalid: dict[bytes, str] = {}
        self.deep: dict[bytes, tuple[Kept, int]] = {}
        self.alarm: Kept | None = None
        self.orphans, self.early = Room(), Room()
        self.head = self._genesis(allocations)

    def _genesis(self, allocations: Sequence[tuple[bytes, int]]) -> Kept:
        first = self.rules.at(0)
        params = first.params
        records: dict[RecordId, bytes] = {}
        tuning.write(records, tuning.at_start(first.poies))
        for address, balance in allocations:
            ledger.write(records, address, 0, balance)
        roots = dict.fromkeys(("txs", "witnesses", "receipts", "proofs", "da"), EMPTY)
        header = {
            "v": 1, "chain": self.network["chain"], "height": 0, "parent": ZERO,
            "time": self.network["genesis"]["time_ms"], "coinbase": TREASURY,
            "gasLimit": params["gas_limit"], "gasUsed": 0,
            "baseFee": params["base_fee_floor"],
            "blobBytes": 0, "blobFee": params["blob_fee_floor"],
            "theta": params["theta_start_unat"], "psi": 0,
            "roots": {"state": state_root(records), **roots},
            "beacon": {"round": 0, "out": ZERO}, "mix": ZERO, "policy": dict(first.policy),
            "extra": b"", "nonce": bytes(8),
        }  # fmt: skip
        block = {"header": header, **{name: [] for name in forms.LISTS}}
        return self._keep(Kept(header_hash(header), block, None, 0, Effects(records)))

    def _keep(self, kept: Kept) -> Kept:
        self.kept[kept.hash] = kept
        return kept

    # ------------------------------------------------------------------ what comes in

    def import_block(self, raw: bytes) -> str:
        """Judge a block: what became of it; raises ``Broken`` for the first broken rule."""
        block = forms.read_block(raw, self.rules.sets)
        outcome = self._take_in(block, len(raw))
        if outcome in ("added", "side", "reorg"):
            self._retry_children(header_hash(block["header"]))
        return outcome

    def tick(self) -> None:
        """Import the early blocks whose time has come, the earliest first."""
        due = self.early.take(lambda header: header["time"] <= self.now + CLOCK_AHEAD)
        for block, size in sorted(due, key=lambda found: found[0]["header"]["time"]):
            if self._retry(block, size):
                self._retry_children(header_hash(block["header"]))

    def restart(self) -> None:
        """Forget all that is not stored."""
        self.orphans, self.early, self.deep, self.alarm = Room(), Room(), {}, None
        self.invalid = {hash: code for hash, code in self.invalid.items() if hash in self.kept}

    def _retry_children(self, parent: bytes) -> None:
        parents = [parent]
        while parents:
            for block, size in self.orphans.take(_child_of(parents.pop())):
                if self._retry(block, size):
                    parents.append(header_hash(block["header"]))

    def _retry(self, block: dict[str, Any], size: int) -> bool:
        try:
            return self._take_in(block, size) in ("added", "side", "reorg")
        except Broken:
            return False

    def _take_in(self, block: dict[str, Any], size: int) -> str:
        header = block["header"]
        hash = header_hash(header)
        need(hash not in self.invalid, "block.known_invalid")
        if hash in self.kept:
            return "known"
        need(header["height"] != 0, "block.genesis")
        need(header["parent"] not in self.invalid, "block.parent_invalid")
        parent = self.kept.get(header["parent"])
        if parent is None:
            return self._take_in_below_unknown(block, size)
        self._check_header(header, parent)
        if header["time"] > self.now + CLOCK_AHEAD:
            self._check_body(block)
            self.early.add(block, size)
            return "early"
        child = Kept(hash, block, parent, parent.work + work_of(header))
        if parent is not self.head:
            self._check_depth(child, self.head.header["height"] - self.depth(parent))
        need(header["beacon"] == {"round": 0, "out": ZERO}, "block.beacon")
        self._check_body(block)
        return self._place(child)

    def _take_in_below_unknown(self, block: dict[str, Any], size: int) -> str:
        """A child of a block that is not stored: too deep like its parent, or an orphan."""
        header = block["header"]
        if header["parent"] in self.deep:
            parent, fork = self.deep[header["parent"]]
            self._check_header(header, parent)
            child = Kept(header_hash(header), block, parent, parent.work + work_of(header))
            self._check_depth(child, fork)
        return self._hold_orphan(block, size)

    def _check_depth(self, child: Kept, fork: int) -> None:
        """Local policy on how far back a branch may start; what is refused is remembered."""
        if self.head.header["height"] - fork <= self.most:
            return
        self.deep[child.hash] = (child, fork)
        if child.work > self.head.work:
            self.alarm = child
        raise Broken("block.reorg_too_deep")

    @property
    def most(self) -> int:
        """How many blocks this node takes back."""
        most: int = self.network["local"]["max_reorg_blocks"]
        return most

    def depth(self, parent: Kept) -> int:
        """How far below the head a branch with this block leaves the best chain."""
        best = {kept.hash for kept in self.head.line()}
        fork = next(kept for kept in parent.line() if kept.hash in best)
        depth: int = self.head.header["height"] - fork.header["height"]
        return depth

    def _hold_orphan(self, block: dict[str, Any], size: int) -> str:
        self.rules.check_alone(block["header"])
        self._check_body(block)
        self.orphans.add(block, size)
        return "orphan"

    def _check_header(self, header: Mapping[str, Any], parent: Kept) -> None:
        before = None if parent.parent is None else parent.parent.header
        self.rules.check(header, parent.header, before, self.now)
        need(sealed(header), "block.seal")

    def _check_body(self, block: Mapping[str, Any]) -> None:
        roots = body_roots(block)
        need({name: block["header"]["roots"][name] for name in roots} == roots, "block.body_root")
        named = [receipt["envelope"] for receipt in block["proofs"]]
        sent = [t("animica/proof/v1", cbor.encode(each)) for each in block["envelopes"]]
        need(named == sent, "block.body_root")

    # ------------------------------------------------------------------ where it goes

    def _place(self, child: Kept) -> str:
        if child.parent is self.head:
            try:
                self.execute(child)
            except Broken as broken:
                self.invalid[child.hash] = broken.code
                raise
            self._lead(self._keep(child))
            return "added"
        self._keep(child)
        if child.work <= self.head.work:
            return "side"
        self._follow(child)
        return "reorg"

    def _follow(self, tip: Kept) -> None:
        """Execute a branch from its fork on and make its end the head."""
        branch = [kept for kept in tip.line() if kept.effects is None]
        for kept in reversed(branch):
            try:
                self.execute(kept)
            except Broken as broken:
                self._condemn(kept, broken.code)
                raise
        self._lead(tip)

    def _lead(self, head: Kept) -> None:
        self.head = head
        if self.alarm is not None and head.work >= self.alarm.work:
            self.alarm = None

    def _condemn(self, root: Kept, code: str) -> None:
        self.invalid[root.hash] = code
        for kept in list(self.kept.values()):
            if kept.hash not in self.invalid and root in kept.line():
                self.invalid[kept.hash] = "block.parent_invalid"

    def execute(self, child: Kept) -> None:
        """The rules that need the parent's post-state; fills in ``effects``."""
        assert child.parent is not None
        block, header, before = child.block, child.header, child.parent.state
        ledger.check_forms(block, before, self.network)
        proven = self.prove(block, child.parent)
        need(block["proofs"] == proven.receipts, "block.proof_receipt")
        need(header["psi"] == proven.psi, "block.psi")
        effects = ledger.run(block, before, self.rules.at(header["height"]), proven)
        need(header["gasUsed"] == effects.gas_used, "block.gas_used")
        need(header["blobBytes"] == 0, "block.blob_bytes")
        need(header["roots"]["receipts"] == receipts_root(effects), "block.receipts_root")
        need(header["roots"]["da"] == EMPTY, "block.da_root")
        need(header["roots"]["state"] == state_root(effects.state), "block.state_root")
        child.effects = effects

    def prove(self, block: Mapping[str, Any], parent: Kept) -> Proven:
        """What a block's proofs show on its parent; raises ``Broken``."""
        header, line = block["header"], parent.headers() if block["envelopes"] else {}
        return proofs.check_proofs(block["envelopes"], header, parent.state, line, self.rules)

    # ------------------------------------------------------------------ the chain's money

    def totals(self) -> tuple[int, int]:
        """Minted and burnt from genesis to the head."""
        effects = [kept.effects for kept in self.head.line()]
        assert all(each is not None for each in effects)
        return sum(e.minted for e in effects if e), sum(e.burnt for e in effects if e)

    def recompute(self) -> Mapping[RecordId, bytes]:
        """The head's state, executed again from genesis on."""
        *line, genesis = self.head.line()
        records = genesis.state
        for kept in reversed(line):
            header = kept.header
            assert kept.parent is not None
            ancestors = kept.parent.headers()
            proven = proofs.check_proofs(
                kept.block["envelopes"], header, records, ancestors, self.rules
            )
            records = ledger.run(kept.block, records, self.rules.at(header["height"]), proven).state
        return records
