"""Blocks in a row: what is prepared ahead changes how fast they are taken in, nothing else."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

from chain import service as chain
from consensus import errors, witnesses
from consensus.ahead import decoded_ahead
from core.errors import EncodingRefused, TxRefused
from execution.validity import check_signature
from tests import support
from tests.support import ChainBuilder, fast_network, key, new_importer, reseal, transfer

pytestmark = pytest.mark.django_db(transaction=True)
NETWORK = fast_network()


class Threads:
    """A runner on real threads that notes what it was asked to start."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(2)

    def map(self, function, items):
        return list(self.pool.map(function, items))

    def start(self, function, item) -> Future:
        return self.pool.submit(function, item)


@pytest.fixture
def row():
    """Ten blocks: keys are kept in the first, used without being sent again in the others."""
    builder = ChainBuilder(NETWORK)
    tip, line = builder.genesis, []
    for height in range(10):
        txs = [
            transfer(key(n), key(20 + n).address, 5, nonce=height, max_fee=10_000, keep=not height)
            for n in range(4)
        ]
        tip = builder.make(tip, txs)
        line.append(tip)
    return line


@pytest.fixture(params=["inline", "threads"])
def importer(request):
    importer = new_importer(NETWORK)
    if request.param == "threads":
        importer.witnesses.runner = Threads()
    yield importer
    if request.param == "threads":
        importer.witnesses.runner.pool.shutdown()


def test_a_row_gives_what_one_by_one_gives(importer, row):
    results = list(importer.import_blocks([made.raw for made in row], source="test"))
    assert [(r.hash, r.height, r.outcome) for r in results] == [
        (made.hash, made.height, "added") for made in row
    ]
    assert chain.head().hash == row[-1].hash
    chain.verify_state()


def test_signatures_are_verified_once_and_ahead(importer, row, monkeypatch):
    seen = []

    def counting(tx, public_key):
        seen.append(tx.txid)
        check_signature(tx, public_key)

    monkeypatch.setattr(witnesses, "check_signature", counting)
    blocks = importer.import_blocks([made.raw for made in row], source="test")
    next(blocks)
    if isinstance(importer.witnesses.runner, support.InlineRunner):
        # Block 1 is in, block 2 was begun beside it, but its keys were stored by block 1 only.
        assert len(seen) == 4
        next(blocks)
        assert len(seen) == 12  # block 2 in its turn, block 3 ahead
    list(blocks)
    assert sorted(seen) == sorted(tx.txid for made in row for tx in made.block.txs)


def test_an_encoding_that_is_refused_is_refused_in_its_turn(importer, row):
    blocks = importer.import_blocks([row[0].raw, row[1].raw[:-1], row[2].raw], source="test")
    assert next(blocks).outcome == "added"
    with pytest.raises(EncodingRefused):
        next(blocks)
    assert chain.head().hash == row[0].hash


def test_a_bad_signature_ahead_refuses_its_own_block_only(importer, row):
    tx = row[2].block.txs[1]
    spoiled = replace(tx.witness, sig=bytes(len(tx.witness.sig)))
    txs = (row[2].block.txs[0], replace(tx, witness=spoiled), *row[2].block.txs[2:])
    bad = reseal(replace(row[2].block, txs=txs))
    blocks = importer.import_blocks([row[0].raw, row[1].raw, bad.raw], source="test")
    assert [next(blocks).outcome, next(blocks).outcome] == ["added", "added"]
    with pytest.raises(TxRefused) as caught:
        next(blocks)
    assert (caught.value.code, caught.value.facts["txIndex"]) == ("tx.signature", 1)
    assert chain.head().hash == row[1].hash
    rest = importer.import_blocks([made.raw for made in row[2:]], source="test")
    assert [result.outcome for result in rest] == ["added"] * 8


def test_nothing_is_verified_ahead_without_work_or_for_another_body(row, monkeypatch):
    importer = new_importer(NETWORK)
    begun = []
    monkeypatch.setattr(importer.witnesses, "begin", lambda pairs: begun.append(len(pairs)))
    unsealed = replace(
        row[0].block, header=replace(row[0].header, theta=NETWORK.at(0).params.theta_max_unat)
    )
    other_body = replace(row[0].block, txs=row[0].block.txs[:1])
    for block in (unsealed, other_body, row[0].block):
        list(
            decoded_ahead(
                [block.raw], network=NETWORK, witnesses=importer.witnesses, state=chain.reader()
            )
        )
    assert begun == [4]
    with pytest.raises(errors.RootMismatch):
        list(importer.import_blocks([other_body.raw], source="test"))


def test_a_source_that_breaks_off_loses_nothing_it_gave(importer, row):
    def broken():
        yield from (made.raw for made in row[:3])
        raise OSError("the disk is gone")

    results = importer.import_blocks(broken(), source="test")
    assert [next(results).height for _ in range(3)] == [1, 2, 3]
    with pytest.raises(OSError, match="disk"):
        next(results)


def test_an_empty_row(importer):
    assert list(importer.import_blocks([], source="test")) == []
