"""Does what is stored hold together? Run inside a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chain.errors import HeadBroken, StateBroken, TotalsBroken
from chain.store import blocks, keys, meta, pages, sections, state
from chain.values import BlockView
from core import merkle, statetree
from core.block import proofs_root, txs_root, witnesses_root
from core.errors import EncodingRefused
from core.hashing import sha3
from execution.accounts import MODULE as ACCOUNT
from execution.accounts import Account

_REPORT_EVERY = 10_000
_PAGES_AT_ONCE = 4_096


def head() -> None:
    """The head's header, body, receipts, root page and totals agree.

    Raises ChainEmpty, HeadBroken, StateBroken or TotalsBroken.
    """
    row = meta.required()
    view = blocks.view_by_hash(row.head_hash)
    if view is None or view.hash != row.head_hash or not view.canonical:
        raise HeadBroken("the head's header is not stored as it was hashed")
    height = view.header.height
    if [above.hash for above in blocks.views(height, height + 1)] != [row.head_hash]:
        raise HeadBroken("the head is not the end of the best chain", height=height)
    if height > row.base_height:
        _check_body(view)
    if statetree.root(pages.Pages(b"")) != view.header.roots.state:
        raise StateBroken("the root page does not give the head's state root", height=height)
    row.check()
    if view.supply != row.supply:
        raise TotalsBroken("the head's supply is not the chain's", height=height)


def _check_body(view: BlockView) -> None:
    found = blocks.load(view.hash)
    block, receipts = found or (None, None)
    if block is None or receipts is None:
        raise HeadBroken("the head's body or receipts are not stored", height=view.header.height)
    listed = sections.read_receipts(receipts)
    roots = view.header.roots
    pairs = (
        ("txs", roots.txs, txs_root(block.txs)),
        ("witnesses", roots.witnesses, witnesses_root(block.txs)),
        ("proofs", roots.proofs, proofs_root(block.proofs)),
        ("receipts", roots.receipts, merkle.root([receipt.encoded for receipt in listed])),
    )
    for name, wanted, got in pairs:
        if wanted != got:
            raise HeadBroken(
                f"the stored {name} of the head do not give its root",
                height=view.header.height,
                field=f"roots.{name}",
            )
    named = [receipt.envelope for receipt in block.proofs]
    if named != [envelope.digest for envelope in block.envelopes]:
        raise HeadBroken(
            "the stored envelopes of the head are not those of its receipts",
            height=view.header.height,
            field="envelopes",
        )


def state_behind_head(progress: Callable[[int], None]) -> None:
    """Every record hashes to its key, and the records give the root, the pages and the supply.

    Memory does not grow with the records: they come in key order, and a page is compared as soon
    as it is whole.
    """
    row = meta.required()
    balance = 0

    def leaves() -> Iterator[tuple[bytes, bytes]]:
        nonlocal balance
        for count, (key, module, ident, value) in enumerate(state.every_record(), 1):
            if keys.key_of(module, ident) != key:
                raise StateBroken("a record lies under a key that is not its own", module=module)
            if module == ACCOUNT:
                balance += _account(ident, value).balance
            if count % _REPORT_EVERY == 0:
                progress(count)
            yield key, sha3(value)

    compared = _PagesCompared()
    built = statetree.build_sorted(leaves(), compared.put)
    view = blocks.view_by_hash(row.head_hash)
    compared.flush()
    if view is None or built != view.header.roots.state:
        raise StateBroken(
            "the records do not give the head's state root; "
            f"the first page they differ from is {compared.first_differing}",
            page=compared.first_differing,
        )
    compared.check()
    if balance != row.supply:
        raise TotalsBroken(f"balances add up to {balance} nANM, supply is {row.supply}")


def _account(ident: bytes, value: bytes) -> Account:
    try:
        return Account.decode(value)
    except EncodingRefused as refusal:
        raise StateBroken(
            f"the record of account {ident.hex()} cannot be read: {refusal}"
        ) from None


class _PagesCompared:
    """Pages that the records give, held against the stored ones a batch at a time."""

    def __init__(self) -> None:
        self._batch: dict[bytes, bytes] = {}
        self._count = 0
        self._differing: bytes | None = None

    def put(self, path: bytes, page: bytes) -> None:
        """Take a page; what differs is told at the end."""
        self._batch[path] = page
        if len(self._batch) == _PAGES_AT_ONCE:
            self.flush()

    @property
    def first_differing(self) -> str:
        """The path of the first page that is stored otherwise, in hex digits."""
        return "none" if self._differing is None else self._differing.decode("ascii") or "root"

    def check(self) -> None:
        """Raises StateBroken where stored pages differ, lack, or are too many."""
        if self._differing is not None:
            raise StateBroken(
                f"page {self.first_differing} of the state tree is not what the records give",
                page=self.first_differing,
            )
        if pages.count() != self._count:
            raise StateBroken("the state tree has pages that no record leads to")

    def flush(self) -> None:
        """Compare what has been put and not been compared yet."""
        stored = pages.Pages(b"").load(list(self._batch))
        for path, page in self._batch.items():
            if self._differing is None and stored.get(path) != page:
                self._differing = path
        self._count += len(self._batch)
        self._batch = {}
