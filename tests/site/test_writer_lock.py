"""Two nodes may not write one PostgreSQL database; the lock goes with the process."""

from __future__ import annotations

import pytest
from django.db import connection

from animica_site.faults import DatabaseInUse
from animica_site.writer_lock import WriterLock


@pytest.mark.django_db
def test_the_second_writer_is_refused():
    first, second = WriterLock(), WriterLock()
    first.take()
    try:
        if connection.vendor == "postgresql":
            with pytest.raises(DatabaseInUse):
                second.take()
        else:
            second.take()  # the data directory's lock is SQLite's
    finally:
        first.release()
        second.release()
    second.take()
    second.release()
