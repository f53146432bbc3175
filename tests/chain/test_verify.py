"""Damage to any table is found at start or by the deep check, under its own code."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import F

from chain import queries, service
from chain.errors import BodyMissing, HeadBroken, StateBroken, TotalsBroken
from chain.models import Block, BlockBody, Meta, StatePage, StateRecord
from core.errors import AnimicaError
from core.receipt import Log
from tests.chain.builder import account, address, pay
from tests.chain.conftest import append
from tests.consensus.synthetic import share
from tests.support import ChainBuilder, fast_network, import_all, new_importer

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(genesis):
    log = Log(address(4), (b"\x01" * 32,), b"d")
    parent = genesis
    for _ in range(3):
        parent = pay(parent, moves=[(1, 2, 5), (2, 3, 7)], minted=3, system_logs=(log,))
        append(parent)
    return parent


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def test_a_sound_chain_passes(chain):
    seen = []
    service.verify_head()
    service.verify_state(progress=seen.append)


@pytest.mark.parametrize("section", ["txs", "witnesses", "receipts"])
def test_altered_sections(chain, section):
    body = BlockBody.objects.get(block__hash=chain.hash)
    data = bytes(getattr(body, section))
    if section == "txs":  # the last value of a section must stay well-formed
        data = data.replace(address(2), address(5))
    else:
        data = data[:-8].replace(b"\x05\x05", b"\x05\x04").replace(b"\x41d", b"\x41e") + data[-8:]
    BlockBody.objects.filter(pk=body.pk).update(**{section: data})
    with pytest.raises(HeadBroken) as caught:
        service.verify_head()
    assert caught.value.facts["field"] == f"roots.{section}"


@pytest.mark.parametrize("section", ["txs", "witnesses", "proofs", "envelopes", "receipts"])
def test_missing_sections(chain, section):
    BlockBody.objects.filter(block__hash=chain.hash).update(**{section: None})
    with pytest.raises(HeadBroken):
        service.verify_head()
    if section != "receipts":
        for read in (service.raw_block, service.load_block, queries.full_block):
            with pytest.raises(BodyMissing):  # not pruned, so a fault of this node
                read(chain.hash)


def test_truncated_section(chain):
    body = BlockBody.objects.get(block__hash=chain.hash)
    BlockBody.objects.filter(pk=body.pk).update(txs=bytes(body.txs)[:-1])
    with pytest.raises(AnimicaError):
        service.verify_head()


def test_altered_header(chain):
    row = Block.objects.get(hash=chain.hash)
    other = bytes(row.header).replace(b"\x1a\x00\x0f\x42\x40", b"\x1a\x00\x0f\x42\x41")
    altered = flipped(bytes(row.header)) if other == row.header else other
    Block.objects.filter(pk=row.pk).update(header=altered)
    with pytest.raises(AnimicaError):
        service.verify_head()


def test_head_off_the_best_chain(chain):
    Meta.objects.update(head_hash=chain.block.header.parent)
    with pytest.raises(HeadBroken):
        service.verify_head()
    Meta.objects.update(head_hash=b"\x01" * 32)
    with pytest.raises(HeadBroken):
        service.verify_head()


def test_root_page(chain):
    page = StatePage.objects.get(path=b"")
    StatePage.objects.filter(path=b"").update(data=flipped(bytes(page.data)))
    with pytest.raises(AnimicaError):
        service.verify_head()
        service.verify_state()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM chain_statepage")
    with pytest.raises(StateBroken):
        service.verify_head()


@pytest.mark.parametrize("column", ["minted", "burnt", "genesis_supply"])
def test_totals(chain, column):
    Meta.objects.update(**{column: 1_000})
    with pytest.raises(TotalsBroken):
        service.verify_head()


def test_records_are_checked_deeply(chain):
    record = StateRecord.objects.filter(module="account").first()
    StateRecord.objects.filter(key=record.key).update(value=account(77))
    service.verify_head()
    with pytest.raises(StateBroken):
        service.verify_state()
    StateRecord.objects.filter(key=record.key).update(value=record.value, ident=address(55))
    with pytest.raises(StateBroken):
        service.verify_state()


def test_supply_is_counted_deeply(chain):
    Meta.objects.update(minted=F("minted") + 1)
    Block.objects.filter(hash=chain.hash).update(supply=F("supply") + 1)
    service.verify_head()
    with pytest.raises(TotalsBroken):
        service.verify_state()


def test_pages_are_checked_deeply(chain):
    StatePage.objects.create(path=b"abc", data=b"\x00" * 4)
    service.verify_head()
    with pytest.raises(StateBroken):
        service.verify_state()


def test_an_altered_envelope_of_the_head():
    """Found at start too: the header commits to it by its receipt."""
    network = fast_network()
    builder = ChainBuilder(network)
    made = builder.make(builder.genesis, envelopes=[share(builder, builder.genesis, 20)])
    import_all(new_importer(network), [made])
    service.verify_head()
    body = BlockBody.objects.get(block__hash=made.hash)
    BlockBody.objects.filter(pk=body.pk).update(envelopes=flipped(bytes(body.envelopes)))
    with pytest.raises(HeadBroken) as caught:
        service.verify_head()
    assert caught.value.facts["field"] == "envelopes"
