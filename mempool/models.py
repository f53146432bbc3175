"""The pool's copy on disk, so that a restart loses nothing. Written by ``mempool.store`` alone."""

from __future__ import annotations

from django.db import models

from chain.fields import BytesColumn


class PoolTx(models.Model):
    """A waiting transaction: its encoding with the public key, and when it arrived.

    With a ``height`` it does not wait: the block there made it invalid, which a reorganisation
    may undo.
    """

    txid = BytesColumn(max_length=32, primary_key=True)
    raw = BytesColumn()
    arrived_ms = models.BigIntegerField()
    height = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = "waiting transaction"

    def __str__(self) -> str:
        return str(self.txid)
