"""The ledger's tables: columns, constraints, indexes.

Written by ``chain.store`` alone, mostly with set-based SQL. Amounts are nANM and times Unix ms;
executed amounts are below 2^63, so a signed 64-bit column holds them.
"""

from __future__ import annotations

from django.db import models

from chain.fields import BytesColumn
from chain.values import BlockStatus


class Block(models.Model):
    """A sealed block, on the best chain or beside it. ``id`` is the order of arrival."""

    id = models.BigAutoField(primary_key=True)
    hash = BytesColumn(max_length=32, unique=True)
    height = models.BigIntegerField()
    parent_hash = BytesColumn(max_length=32, db_index=True)
    time_ms = models.BigIntegerField()
    coinbase = BytesColumn(max_length=34)
    header = BytesColumn()
    # Σ 2^256 div target from genesis, big endian, so that bytes compare as numbers do.
    total_work = BytesColumn(max_length=32, db_index=True)
    status = models.CharField(
        max_length=8, choices=[(status.value, status.value) for status in BlockStatus]
    )
    invalid_code = models.CharField(max_length=64, default="", blank=True)
    canonical = models.BooleanField()
    # Null where the header alone is here.
    size_bytes = models.IntegerField(null=True)
    tx_count = models.IntegerField(null=True)
    gas_used = models.BigIntegerField()
    # Known for executed blocks of the best chain only.
    minted = models.BigIntegerField(null=True)
    burnt = models.BigIntegerField(null=True)
    supply = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["height", "canonical"], name="chain_block_height")]
        constraints = [
            models.UniqueConstraint(
                fields=["height"],
                condition=models.Q(canonical=True),
                name="chain_block_one_per_height",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.height} {self.hash.hex()}"


class BlockBody(models.Model):
    """The sections of a body, each its CBOR array, so that one may be read or pruned alone.

    ``receipts`` is null until the block is executed. The order of columns is the order on disk:
    what is sliced most comes first.
    """

    block = models.OneToOneField(Block, models.CASCADE, primary_key=True, related_name="body")
    receipts = BytesColumn(null=True)
    txs = BytesColumn(null=True)
    proofs = BytesColumn(null=True)
    witnesses = BytesColumn(null=True)
    envelopes = BytesColumn(null=True)

    def __str__(self) -> str:
        return f"body of block {self.block_id}"


class Tx(models.Model):
    """A transaction of the best chain, and where in its block's sections its bytes lie."""

    id = models.BigAutoField(primary_key=True)
    txid = BytesColumn(max_length=32, unique=True)
    block = models.ForeignKey(Block, models.CASCADE, related_name="txs", db_index=False)
    height = models.BigIntegerField()
    index = models.IntegerField(db_column="tx_index")
    kind = models.CharField(max_length=32)
    sender = BytesColumn(max_length=34)
    recipient = BytesColumn(max_length=34, null=True)
    value = models.BigIntegerField()
    nonce = models.BigIntegerField()
    status = models.SmallIntegerField()
    gas_used = models.BigIntegerField()
    price = models.BigIntegerField()
    base_fee_paid = models.BigIntegerField()
    tip_paid = models.BigIntegerField()
    tx_at = models.IntegerField()
    tx_size = models.IntegerField()
    witness_at = models.IntegerField()
    witness_size = models.IntegerField()
    receipt_at = models.IntegerField()
    receipt_size = models.IntegerField()

    class Meta:
        verbose_name = "transaction"
        constraints = [
            models.UniqueConstraint(fields=["height", "index"], name="chain_tx_place"),
        ]
        indexes = [
            models.Index(fields=["sender", "height", "index"], name="chain_tx_sender"),
            models.Index(fields=["recipient", "height", "index"], name="chain_tx_recipient"),
        ]

    def __str__(self) -> str:
        return self.txid.hex()


class Log(models.Model):
    """An event of the best chain. ``tx_index`` is null for the system receipt's.

    ``log_index`` counts through the whole block, system receipt included.
    """

    id = models.BigAutoField(primary_key=True)
    height = models.BigIntegerField()
    tx_index = models.IntegerField(null=True)
    log_index = models.IntegerField()
    address = BytesColumn(max_length=34)
    topic0 = BytesColumn(max_length=32, null=True)
    topic1 = BytesColumn(max_length=32, null=True)
    topic2 = BytesColumn(max_length=32, null=True)
    topic3 = BytesColumn(max_length=32, null=True)
    data = BytesColumn()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["height", "log_index"], name="chain_log_place"),
        ]
        indexes = [
            models.Index(fields=["address", "height", "log_index"], name="chain_log_address"),
            models.Index(fields=["topic0", "height", "log_index"], name="chain_log_topic0"),
        ]

    def __str__(self) -> str:
        return f"log {self.log_index} of block {self.height}"


class StateRecord(models.Model):
    """A current record of the state: the value of (module, ident) after the head."""

    key = BytesColumn(max_length=32, primary_key=True)
    module = models.CharField(max_length=16)
    ident = BytesColumn()
    value = BytesColumn()

    def __str__(self) -> str:
        return f"{self.module} {self.ident.hex()}"


class StatePage(models.Model):
    """A page of the state tree: four levels, named by the hex digits that lead to it."""

    path = BytesColumn(max_length=64, primary_key=True)
    data = BytesColumn()

    def __str__(self) -> str:
        return bytes(self.path).decode("ascii") or "root"


class Undo(models.Model):
    """What a record was before the best chain's block at ``height``; null: it was not there."""

    id = models.BigAutoField(primary_key=True)
    height = models.BigIntegerField(db_index=True)
    key = BytesColumn(max_length=32)
    module = models.CharField(max_length=16)
    ident = BytesColumn()
    value = BytesColumn(null=True)

    class Meta:
        verbose_name = "undo record"
        constraints = [
            models.UniqueConstraint(fields=["key", "height"], name="chain_undo_once"),
        ]

    def __str__(self) -> str:
        return f"{self.module} {self.ident.hex()} before block {self.height}"


class Meta(models.Model):
    """The one row that says which chain is stored and where it stands."""

    id = models.SmallIntegerField(primary_key=True)
    chain_id = models.BigIntegerField()
    genesis_hash = BytesColumn(max_length=32)
    head_hash = BytesColumn(max_length=32)
    genesis_supply = models.BigIntegerField()
    # Minted and burnt are counted from this block on: genesis, or a snapshot that was loaded.
    base_height = models.BigIntegerField(default=0, db_default=0)
    base_supply = models.BigIntegerField(default=0, db_default=0)
    minted = models.BigIntegerField()
    burnt = models.BigIntegerField()
    layout = models.IntegerField()
    # Heights from which this node keeps each part of history; 0: all of it.
    witnesses_from = models.BigIntegerField(default=0, db_default=0)
    bodies_from = models.BigIntegerField(default=0, db_default=0)
    state_from = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name_plural = "meta"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="chain_meta_one_row")]

    def __str__(self) -> str:
        return f"chain {self.chain_id} at {self.head_hash.hex()}"


class SnapshotLoad(models.Model):
    """The one row of a snapshot that is being loaded; it does not touch the chain until whole."""

    id = models.SmallIntegerField(primary_key=True)
    hash = BytesColumn(max_length=32)
    height = models.BigIntegerField()
    # The key that records are missing from on; null: every record is here.
    following = BytesColumn(max_length=32, null=True)
    chunks = models.IntegerField()
    records = models.BigIntegerField()

    class Meta:
        verbose_name = "snapshot in the making"
        verbose_name_plural = "snapshot in the making"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="chain_snapshotload_one_row")
        ]

    def __str__(self) -> str:
        return f"snapshot of block {self.height}"


class SnapshotHeader(models.Model):
    """A header of the chain that leads to the snapshot which is being loaded."""

    height = models.BigIntegerField(primary_key=True)
    header = BytesColumn()

    def __str__(self) -> str:
        return f"header {self.height}"


class SnapshotRecord(models.Model):
    """A record of the snapshot which is being loaded."""

    key = BytesColumn(max_length=32, primary_key=True)
    module = models.CharField(max_length=16)
    ident = BytesColumn()
    value = BytesColumn()

    def __str__(self) -> str:
        return f"{self.module} {self.ident.hex()}"
