"""A database of its own for every simulated node, in memory, and Django pointed at the right one.

All nodes of a world share one thread. While a node runs, its connection stands in the place of
Django's default one, and what the ledger keeps in module variables for the head is changed with it:
nodes on the same head would otherwise hide each other's damage.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import DatabaseWrapper

from chain import queries
from chain.store import pages, past, sql

_KEPT: tuple[tuple[ModuleType, str], ...] = (
    (pages, "_held"),
    (queries, "_latest"),
    (past, "_trees"),
)
"""What the ledger keeps for the head, by module and name. ``fresh`` says what it is at a start."""


def _fresh() -> tuple[Any, ...]:
    return (b"", {}), None, past._Trees()


def _wrapper() -> DatabaseWrapper:
    """A connection to an empty database in memory, set up as a node's is."""
    default = connections.settings[DEFAULT_DB_ALIAS]
    settings = {
        **default,
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
        "ATOMIC_REQUESTS": False,
        "CONN_HEALTH_CHECKS": False,
        "CONN_MAX_AGE": None,
    }
    return DatabaseWrapper(settings, DEFAULT_DB_ALIAS)


@cache
def _template() -> bytes:
    """A database file with the node's tables and nothing in them."""
    wrapper = _wrapper()
    with _in_place(wrapper):
        call_command("migrate", verbosity=0, interactive=False)
        tables = wrapper.connection.serialize()
    wrapper.connection.close()
    return tables


@contextmanager
def _in_place(wrapper: BaseDatabaseWrapper) -> Iterator[None]:
    before = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = wrapper
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = before


class Database:
    """One node's disk. Outlives the node's crashes; ``using`` is entered around all it does."""

    def __init__(self) -> None:
        self._wrapper = _wrapper()
        self._wrapper.ensure_connection()
        raw: sqlite3.Connection = self._wrapper.connection
        raw.deserialize(_template())
        self._kept = _fresh()

    @contextmanager
    def using(self) -> Iterator[None]:
        """Everything inside reads and writes this database. Does not nest."""
        with _in_place(self._wrapper):
            outside = tuple(getattr(module, name) for module, name in _KEPT)
            self._put(self._kept)
            try:
                yield
            finally:
                self._kept = tuple(getattr(module, name) for module, name in _KEPT)
                self._put(outside)

    def forget(self) -> None:
        """The process has died: what it kept in memory is gone, and what it had not committed."""
        self._wrapper.connection.rollback()
        self._kept = _fresh()

    def close(self) -> None:
        """Free the memory."""
        self._wrapper.connection.close()

    def _put(self, values: tuple[Any, ...]) -> None:
        for (module, name), value in zip(_KEPT, values, strict=True):
            setattr(module, name, value)


@contextmanager
def on_sqlite() -> Iterator[None]:
    """The ledger asks once which database it is on; inside, it is SQLite whatever the suite has."""
    _template()
    sql.is_postgres.cache_clear()
    wrapper = _wrapper()
    try:
        with _in_place(wrapper):
            yield
    finally:
        sql.is_postgres.cache_clear()
