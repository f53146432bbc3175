"""What the network part keeps over a restart, and what operators wish of it.

Written by ``p2p.store`` alone. Times are Unix ms, 0: never.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from chain.fields import BytesColumn
from p2p.kept import ADDRESS_CHARS, ID_BYTES, NAME_CHARS, REASON_CHARS, VERB_CHARS


class KnownAddress(models.Model):
    """An entry of the address book, as ``p2p.rules.book.values.BookEntry`` has it."""

    address = models.CharField(max_length=ADDRESS_CHARS, primary_key=True)
    peer = BytesColumn(max_length=ID_BYTES, blank=True)
    source = models.CharField(max_length=NAME_CHARS, blank=True)
    heard_ms = models.BigIntegerField()
    tried_ms = models.BigIntegerField()
    answered_ms = models.BigIntegerField()
    failures = models.BigIntegerField()
    anchor = models.BooleanField()
    pinned = models.BooleanField()

    class Meta:
        verbose_name = "known address"
        verbose_name_plural = "known addresses"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.address


class Ban(models.Model):
    """A peer that is kept out until a time."""

    peer = BytesColumn(max_length=ID_BYTES)
    host = models.CharField(max_length=NAME_CHARS, blank=True)
    until_ms = models.BigIntegerField()
    times = models.IntegerField()
    reason = models.CharField(max_length=REASON_CHARS, blank=True)

    class Meta:
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["peer", "host"], name="p2p_ban_once")
        ]

    def __str__(self) -> str:
        return str(self.peer)


class Wish(models.Model):
    """What an operator has asked for, until the running node takes it.

    The audit keeps it for good. ``peer`` is empty where ``address`` is the one to connect to.
    """

    verb = models.CharField(max_length=VERB_CHARS)
    peer = BytesColumn(max_length=ID_BYTES, blank=True)
    address = models.CharField(max_length=ADDRESS_CHARS, blank=True)
    ban_ms = models.BigIntegerField()
    at_ms = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "wishes"
        default_permissions = ("view",)
        permissions: ClassVar = [
            ("ban_peer", "Can keep a peer out, and let it in again"),
            ("pin_peer", "Can keep a connection to a peer, and stop keeping it"),
            ("connect_peer", "Can connect to a peer, and disconnect one"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.address or str(self.peer)}"
