"""Rows of the audit, and where their chain ends. Written by ``audit.store`` alone."""

from __future__ import annotations

from django.db import models

from audit.limits import HASH_CHARS, WHAT_CHARS, WHO_CHARS, WHY_CHARS


class AuditRow(models.Model):
    """One action. ``before`` and ``after`` are canonical JSON, kept as the text that was hashed."""

    number = models.BigIntegerField(primary_key=True)
    at_ms = models.BigIntegerField()
    who = models.CharField(max_length=WHO_CHARS)
    what = models.CharField(max_length=WHAT_CHARS)
    why = models.CharField(max_length=WHY_CHARS)
    before = models.TextField()
    after = models.TextField()
    previous = models.CharField(max_length=HASH_CHARS)
    hash = models.CharField(max_length=HASH_CHARS)

    class Meta:
        verbose_name = "audit row"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.number}: {self.what}"


class AuditEnd(models.Model):
    """The number and the hash of the newest row: without it, a lost last row would not show."""

    id = models.SmallIntegerField(primary_key=True)
    number = models.BigIntegerField()
    hash = models.CharField(max_length=HASH_CHARS)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.number} {self.hash}"
