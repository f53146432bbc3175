"""A PostgreSQL database that campaigns empty, and whose server sessions they wait for."""

from __future__ import annotations

import time

import psycopg
from psycopg import sql

_LONGEST_WAIT_S = 30.0


def make_empty(url: str) -> None:
    """Drop the database that ``url`` names and create it again."""
    server, name = url.rsplit("/", 1)
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        identifier = sql.Identifier(name)
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(identifier))


def wait_until_left(url: str) -> None:
    """Wait until the server has ended the sessions of a killed client."""
    server, name = url.rsplit("/", 1)
    limit = time.monotonic() + _LONGEST_WAIT_S
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        while admin.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'",
            (name,),
        ).fetchone():
            if time.monotonic() > limit:
                raise SystemExit(f"sessions of {name} stay on the server")
            time.sleep(0.005)
