"""A database for one benchmark on the private cluster, dropped afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from backend import cluster, databases
from backend.accounts.secrets import digest, new_bearer_token
from backend.settings import load


@contextmanager
def database(name: str) -> Iterator[str]:
    """Make and migrate a database; yield its URL; drop it."""
    home = cluster.locate(load().var_dir)
    cluster.start(home)
    with psycopg.connect(home.url("postgres"), autocommit=True) as admin:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        admin.execute(drop)
        databases.create(name)
        try:
            yield home.url(name)
        finally:
            admin.execute(drop)


def token(url: str, role: str, division: str) -> str:
    """Add an account with a bearer token and return the token."""
    value = new_bearer_token()
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "INSERT INTO users (username, display_name, password_hash, role, division_code)"
            " VALUES ('bench', 'bench', '-', %s, %s) RETURNING id",
            (role, int(division)),
        ).fetchone()
        assert row is not None
        connection.execute(
            "INSERT INTO tokens (token_hash, name, user_id, expires_at)"
            " VALUES (%s, 'bench', %s, now() + interval '1 hour')",
            (digest(value), row[0]),
        )
    return value
