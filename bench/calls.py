"""``vm.calls``: blocks of 1,000 signed calls of the counter of the contract library, imported.

``python -m bench.calls`` builds the ledger and its blocks, if they are missing: every sender calls
once in each block, and all calls change one stored value and emit an event.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import track

from bench import fixtures, ledgers, machine
from bench.rows import Row

if TYPE_CHECKING:
    from core.tx import SignedTx

BLOCKS = 10
FOLDER = fixtures.DATA / "calls"
SOURCE = Path(__file__).resolve().parent.parent / "contracts" / "counter.py"
_GAS = 40_000
"""Beyond the intrinsic part: more than an increment takes."""


def run(scale: int) -> list[Row]:
    """Ten blocks in a row, with nothing cached but the genesis state."""
    with ledgers.on_copy(FOLDER) as importer:
        raws = fixtures.read_blocks_of(FOLDER, BLOCKS)
        start = time.perf_counter()
        row = importer.import_blocks(raws, source="bench")
        for _ in track(row, "vm.calls", total=BLOCKS, transient=True):
            pass
        seconds = time.perf_counter() - start
        _all_succeeded()
    limit = machine.verifies_per_second(os.cpu_count() or 1)
    what = "ML-DSA-65 verifies/s on all cores"
    return [Row("vm.calls", BLOCKS * fixtures.SENDERS / seconds, "signed calls/s", limit, what)]


def _all_succeeded() -> None:
    """The counter stands where every call has raised it once."""
    from bench.sandbox import calldata
    from chain import service as chain
    from execution.abi import codec
    from execution.call import read
    from execution.kinds import Setting
    from execution.lang.types import INT
    from execution.view import View

    setting = Setting(height=1, time=1, chain=1)
    data = calldata("get")
    to = _contract()
    outcome = read(View(chain.reader()), setting, sender=to, to=to, data=data, gas=10**6)
    assert outcome.status == 0, outcome.ret
    assert codec.decode(outcome.ret, INT) == BLOCKS * fixtures.SENDERS, "a call failed"


def _contract() -> bytes:
    from pq import addresses

    return addresses.of_contract(fixtures.keys()[0].address, 0)


def build() -> None:
    """The ledger with the contract, and the blocks of calls."""
    fixtures.build_ledger(FOLDER, fixtures.SMALL, _deploy, _rows(), BLOCKS)


def _deploy() -> None:
    """Import a block that deploys the counter."""
    from bench import blocks
    from bench.embedded import make_importer
    from core import cbor

    importer = make_importer()
    body = {"code": SOURCE.read_bytes(), "args": cbor.encode([]), "value": 0}
    tx = _signed("deploy", 0, 0, body, 600_000)
    block = blocks.seal_block(importer.network, fixtures.address(0), [tx])
    importer.import_block(block.raw, source="bench")


def _rows() -> Iterator[list[SignedTx]]:
    from core.tx import SignedTx

    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for raws in pool.imap(_sign_block, range(BLOCKS)):
            yield [SignedTx.decode(raw) for raw in raws]


def _sign_block(number: int) -> list[bytes]:
    """A call of every sender; the first has used a nonce for the deployment."""
    from bench.sandbox import calldata

    body = {"to": _contract(), "data": calldata("add"), "value": 0}
    return [
        _signed("call", sender, number + (sender == 0), body, _GAS).raw
        for sender in range(fixtures.SENDERS)
    ]


def _signed(kind: str, sender: int, nonce: int, body: dict[str, object], gas: int) -> SignedTx:
    """A signed transaction with ``gas`` beyond its intrinsic part."""
    from animica_site import networks
    from core import tags
    from core.tx import SignedTx, UnsignedTx, Witness
    from execution.gas import intrinsic_gas

    key = fixtures.keys()[sender]
    draft = UnsignedTx(
        chain=networks.load(fixtures.NETWORK).chain,
        kind=kind,
        sender=key.address,
        nonce=nonce,
        gas=10**6,
        max_fee=1_000_000,
        max_tip=1,
        body=body,
    )
    unsigned = replace(draft, gas=intrinsic_gas(draft, key.alg, 0) + gas)
    signature = key.sign(unsigned.txid, tags.CONTEXT_TX)
    return SignedTx(unsigned, Witness(key.alg, signature, None))


if __name__ == "__main__":
    if not FOLDER.exists():
        build()
