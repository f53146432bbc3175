"""The fast ways to the database fail like the slow ones: with Django's errors, remembered."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection

from chain.store import pages, sql, state

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "fails",
    [
        lambda: list(sql.rows_in("SELECT key FROM no_such_table WHERE key", [b"k"])),
        lambda: sql.delete_in(sql.Table("no_such_table", (("key", "bytea"),)), "key", [b"k"]),
        lambda: sql.Table("no_such_table", (("key", "bytea"),), key="key").write([(b"k",)]),
        lambda: sql.Table("no_such_table", (("key", "bytea"),)).write([(b"k",)]),
    ],
)
def test_errors_are_djangos(fails):
    connection.errors_occurred = False
    with pytest.raises(DatabaseError):
        fails()
    assert connection.errors_occurred
    connection.close()
    assert state.read([("account", b"x")]) == {} and pages.count() == 0
