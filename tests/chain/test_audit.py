"""Every planted damage is found, and named; a sound chain passes, also with parts not kept."""

from __future__ import annotations

import pytest
from django.db import connection

from chain import service
from chain.errors import LedgerDamaged, StateBroken, TotalsBroken
from chain.models import Block, BlockBody, Log, Meta, StatePage, StateRecord, Tx, Undo
from chain.values import Part
from consensus.rules.seal import block_work
from core.errors import NodeFault
from tests.consensus.synthetic import share
from tests.support import ChainBuilder, fast_network, import_all, key, new_importer, transfer

pytestmark = pytest.mark.django_db
HEIGHT = 6


@pytest.fixture
def tip():
    """Six blocks with transfers and a hash share each, and two beside them."""
    network = fast_network()
    builder = ChainBuilder(network)
    importer = new_importer(network)
    made = builder.genesis
    for number in range(HEIGHT):
        txs = [
            transfer(
                key(sender), key(40 + number).address, 7 + number, nonce=number, keep=number < 2
            )
            for sender in (1, 2)
        ]
        worked = [share(builder, made, 20)]
        made = builder.make(made, txs, coinbase=key(3).address, envelopes=worked)
        import_all(importer, [made])
    fork = made.path()[2]
    worked = [share(builder, fork, 21)]
    side = builder.make(fork, [transfer(key(5), key(6).address, 1, nonce=0)], envelopes=worked)
    assert import_all(importer, [side, builder.make(side)]) == ["side", "side"]
    return made


def audit(first: int = 0) -> dict[str, int]:
    """All that ``animica verify-db`` checks."""
    with service.snapshot():
        service.verify_head()
        service.verify_state()
        done = list(service.audit_blocks(first=first, work_of=block_work))[-1]
        side = list(service.audit_side_blocks(work_of=block_work))
        service.audit_rest()
        undone = list(service.audit_undo_to(max(first - 1, service.kept().state_from)))
    return {
        "blocks": done.blocks,
        "txs": done.txs,
        "logs": done.logs,
        "side": len(side),
        "undo": undone[-1],
        "not_kept": dict(done.not_kept),
    }


def flipped(data: bytes, place: int = -1) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


def test_a_sound_chain_passes(tip):
    assert audit() == {
        "blocks": HEIGHT + 1,
        "txs": 2 * HEIGHT,
        "logs": Log.objects.count(),
        "side": 2,
        "undo": Undo.objects.count(),
        "not_kept": {},
    }
    assert audit(first=4)["blocks"] == 3


def test_nothing_is_changed(tip):
    with connection.cursor() as cursor:
        names = [n for n in connection.introspection.django_table_names() if n[:6] == "chain_"]

        def rows():
            out = {}
            for name in names:
                cursor.execute(f"SELECT * FROM {name} ORDER BY 1")
                out[name] = [tuple(map(_plain, row)) for row in cursor.fetchall()]
            return out

        before = rows()
        audit()
        assert rows() == before


def _plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


# ------------------------------------------------------------------ damages of columns

WRONG = {
    **dict.fromkeys(
        ("BigIntegerField", "IntegerField", "SmallIntegerField"), lambda v: (v or 0) + 1_000
    ),
    "BytesColumn": lambda v: flipped(v) if v else b"\x01" * 34,
    "CharField": lambda v: "stored" if v == "executed" else f"{v}x",
    "ForeignKey": None,
}


def columns(model, *leave_out: str) -> list[tuple[type, str]]:
    """Every column of a table but its row number and those left out with a reason."""
    found = [f.name for f in model._meta.local_fields if f.name not in ("id", *leave_out)]
    assert set(leave_out) <= {f.name for f in model._meta.local_fields}
    return [(model, name) for name in found]


DAMAGES = [
    # the two that follow are told by their own tests
    *columns(Block, "canonical", "invalid_code"),
    *columns(BlockBody, "block"),
    *columns(Tx, "block"),
    *columns(Log),
]


def row_of(model, height: int):
    found = {
        Block: lambda: Block.objects.filter(height=height, canonical=True),
        BlockBody: lambda: BlockBody.objects.filter(block__height=height, block__canonical=True),
        Tx: lambda: Tx.objects.filter(height=height).order_by("-index"),
        Log: lambda: Log.objects.filter(height=height).order_by("-log_index"),
    }[model]()
    return found.first()


@pytest.mark.parametrize(("model", "column"), DAMAGES, ids=lambda v: getattr(v, "__name__", v))
def test_a_wrong_column_is_found(tip, model, column):
    row = row_of(model, 3)
    kind = model._meta.get_field(column)
    wrong = WRONG[type(kind).__name__](getattr(row, column))
    model.objects.filter(pk=row.pk).update(**{column: wrong})
    with pytest.raises((LedgerDamaged, TotalsBroken)) as caught:
        audit()
    near = {2, 3, 4}  # what does not fit with a neighbour is told of one of the two
    assert caught.value.facts["height"] in near
    assert caught.value.hint


@pytest.mark.parametrize("section", ["txs", "witnesses", "proofs", "envelopes"])
@pytest.mark.parametrize("place", [0, -1])
def test_a_flipped_byte_in_a_side_blocks_body(tip, section, place):
    body = BlockBody.objects.filter(block__canonical=False).order_by("pk").first()
    data = flipped(bytes(getattr(body, section)), place)
    BlockBody.objects.filter(pk=body.pk).update(**{section: data})
    with pytest.raises(LedgerDamaged) as caught:
        audit()
    assert caught.value.facts["part"] == f"chain_blockbody.{section}"


@pytest.mark.parametrize("column", ["minted", "burnt", "supply"])
def test_money_beside_the_chain(tip, column):
    Block.objects.filter(canonical=False).update(**{column: 0})
    with pytest.raises(LedgerDamaged):
        audit()


def test_a_side_block_without_its_parent(tip):
    side = Block.objects.filter(canonical=False).order_by("height").first()
    BlockBody.objects.filter(block=side).delete()
    Block.objects.filter(pk=side.pk).delete()
    with pytest.raises(LedgerDamaged, match="parent"):
        audit()


def test_a_block_off_the_best_chain(tip):
    Block.objects.filter(height=3, canonical=True).update(canonical=False)
    with pytest.raises(LedgerDamaged, match="breaks off at height 2"):
        audit()


@pytest.mark.parametrize("column", ["header", "hash", "parent_hash", "supply", "status"])
def test_the_heads_row(tip, column):
    row = row_of(Block, HEIGHT)
    wrong = WRONG[type(Block._meta.get_field(column)).__name__](getattr(row, column))
    Block.objects.filter(pk=row.pk).update(**{column: wrong})
    with pytest.raises(NodeFault):
        audit()


@pytest.mark.parametrize("section", ["txs", "witnesses", "proofs", "envelopes", "receipts"])
@pytest.mark.parametrize("place", [0, -1])
def test_the_heads_body(tip, section, place):
    body = BlockBody.objects.get(block__height=HEIGHT)
    BlockBody.objects.filter(pk=body.pk).update(
        **{section: flipped(bytes(getattr(body, section)), place)}
    )
    with pytest.raises(NodeFault):
        audit()


def test_a_missing_body(tip):
    BlockBody.objects.filter(block__height=3).delete()
    with pytest.raises(LedgerDamaged, match="block 3"):
        audit()


def test_missing_receipts(tip):
    BlockBody.objects.filter(block__height=3).update(receipts=None)
    with pytest.raises(LedgerDamaged, match="block 3"):
        audit()


@pytest.mark.parametrize("model", [Tx, Log])
def test_a_missing_row(tip, model):
    row_of(model, 3).delete()
    with pytest.raises(LedgerDamaged, match="block 3"):
        audit()


@pytest.mark.parametrize("model", [Tx, Log, Undo])
@pytest.mark.parametrize("height", [0, -5, HEIGHT + 1])
def test_a_row_too_many(tip, model, height):
    if model is Undo:
        row = Undo.objects.first()
    else:
        row = row_of(model, 3)
    row.pk = None
    row.height = height
    if model is Tx:
        row.txid = b"\x05" * 32
    row.save(force_insert=True)
    with pytest.raises(LedgerDamaged):
        audit()


def test_shifted_money_that_adds_up_in_its_row(tip):
    row = row_of(Block, 3)
    Block.objects.filter(pk=row.pk).update(minted=row.minted + 5, burnt=row.burnt + 5)
    with pytest.raises(TotalsBroken):
        audit()


# ------------------------------------------------------------------ state, pages, undo, meta


def test_records_and_pages(tip):
    record = StateRecord.objects.order_by("key").first()
    page = StatePage.objects.get(path=b"")
    for damage, repair in (
        (
            lambda: StateRecord.objects.filter(pk=record.pk).update(value=flipped(record.value)),
            lambda: StateRecord.objects.filter(pk=record.pk).update(value=record.value),
        ),
        (
            lambda: StateRecord.objects.filter(pk=record.pk).update(ident=flipped(record.ident)),
            lambda: StateRecord.objects.filter(pk=record.pk).update(ident=record.ident),
        ),
        (
            lambda: StatePage.objects.filter(pk=b"").update(data=flipped(page.data)),
            lambda: StatePage.objects.filter(pk=b"").update(data=page.data),
        ),
        (
            lambda: StatePage.objects.create(path=b"abc", data=page.data),
            lambda: StatePage.objects.filter(pk=b"abc").delete(),
        ),
    ):
        damage()
        with pytest.raises(NodeFault):
            audit()
        repair()
    StateRecord.objects.filter(pk=record.pk).delete()
    with pytest.raises(StateBroken):
        audit()


def test_a_page_below_the_root(tip):
    page = StatePage.objects.exclude(path=b"").order_by("path").first()
    StatePage.objects.filter(pk=page.pk).update(data=flipped(page.data))
    with pytest.raises(StateBroken) as caught:
        service.verify_state()
    assert caught.value.facts["page"] == bytes(page.path).decode()


@pytest.mark.parametrize("column", ["key", "module", "ident", "value", "height"])
@pytest.mark.parametrize("height", [1, 3, HEIGHT])
def test_undo(tip, column, height):
    row = Undo.objects.filter(height=height, value__isnull=False).order_by("pk").first()
    before = getattr(row, column)
    wrong = before + 100 if column == "height" else f"{before}x" if column == "module" else None
    Undo.objects.filter(pk=row.pk).update(**{column: flipped(before) if wrong is None else wrong})
    with pytest.raises(LedgerDamaged) as caught:
        audit()
    assert caught.value.facts["part"] == "chain_undo"


def test_a_missing_undo_row(tip):
    Undo.objects.filter(height=4).order_by("pk").last().delete()
    with pytest.raises(LedgerDamaged, match="block 4"):
        audit()


def prune(part: Part, keep: int) -> None:
    service.prune(part=part, keep=keep, window=1, most=100)


def test_old_undo_that_is_pruned_is_no_damage(tip):
    before = audit()["undo"]
    prune(Part.STATE, 3)
    assert 0 < audit()["undo"] == Undo.objects.count() < before
    Undo.objects.filter(height=4).delete()  # the lowest that must be there
    with pytest.raises(LedgerDamaged, match="block 4"):
        audit()


@pytest.mark.parametrize("column", ["state_from", "bodies_from", "witnesses_from"])
@pytest.mark.parametrize("mark", [-1, HEIGHT + 1])
def test_marks_of_pruning_lie_in_the_chain(tip, column, mark):
    Meta.objects.update(**{column: mark})
    with pytest.raises(NodeFault):
        audit()


@pytest.mark.parametrize(
    "column", ["genesis_hash", "head_hash", "chain_id", "minted", "burnt", "genesis_supply"]
)
def test_the_chains_own_row(tip, column):
    before = getattr(Meta.objects.get(), column)
    wrong = before + 1 if isinstance(before, int) else flipped(before)
    Meta.objects.update(**{column: wrong})
    with pytest.raises(NodeFault):
        audit()


def test_what_is_pruned_is_counted(tip):
    prune(Part.WITNESSES, 3)
    prune(Part.BODIES, 4)
    assert service.kept().witnesses_from == 3 and service.kept().bodies_from == 2
    done = audit()
    assert done["not_kept"] == {"txs": 1, "witnesses": 2, "proofs": 1, "envelopes": 2}
    assert done["txs"] == 2 * HEIGHT
    Tx.objects.filter(height=2).update(value=99)  # still told by the transactions themselves
    with pytest.raises(LedgerDamaged):
        audit()


@pytest.mark.parametrize("section", ["txs", "witnesses", "proofs", "envelopes"])
@pytest.mark.parametrize("canonical", [True, False])
def test_what_is_missing_without_being_pruned_is_damage(tip, section, canonical):
    prune(Part.BODIES, 4)
    body = BlockBody.objects.filter(block__height=4, block__canonical=canonical)
    body.update(**{section: None})
    with pytest.raises(LedgerDamaged, match="block 4") as caught:
        audit()
    assert caught.value.facts["part"] == f"chain_blockbody.{section}"
