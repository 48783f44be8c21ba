"""Making and migrating databases: `gridlink db create` and `gridlink db upgrade`."""

import re
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, make_url

from .db import database_url
from .errors import Refused

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,50}")
_UPGRADE_LOCK = 7_214_001  # any fixed number: two upgrades at once take turns


class BadDatabaseName(Refused):
    code = "database.bad_name"
    zh = "数据库名 {name} 无效：只用小写字母、数字和下划线，字母开头。"
    en = "{name} is no database name: use small letters, digits and underscores, a letter first."


class DatabaseExists(Refused):
    code = "database.exists"
    zh = "数据库 {name} 已存在：换一个名称，或用 gridlink db upgrade 升级。"
    en = "Database {name} exists: choose another name, or run gridlink db upgrade on it."


def create(name: str) -> str:
    """Create and migrate a fresh database beside the chosen one; return its URL."""
    if not _NAME.fullmatch(name):
        raise BadDatabaseName(name=name)
    server = make_url(database_url())
    with psycopg.connect(_conninfo(server.set(database="postgres")), autocommit=True) as admin:
        try:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
            )
        except psycopg.errors.DuplicateDatabase as taken:
            raise DatabaseExists(name=name) from taken
    url = _conninfo(server.set(database=name))
    upgrade(url)
    return url


def ensure(name: str) -> None:
    """Create the database if it is missing, and migrate it in any case."""
    try:
        create(name)
    except DatabaseExists:
        upgrade(_conninfo(make_url(database_url()).set(database=name)))


def upgrade(url: str | None = None, revision: str = "head") -> None:
    """Bring a database to `revision` in one transaction: all of it or nothing."""
    target = make_url(url or database_url()).set(drivername="postgresql+psycopg")
    engine = create_engine(target)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _UPGRADE_LOCK})
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        _mark_leakproof(connection)
    engine.dispose()


def _mark_leakproof(connection: Connection) -> None:
    """Set the mark of decision record 0004 again: a dump does not carry what an extension owns."""
    is_marked = connection.scalar(
        text(
            "SELECT proleakproof FROM pg_proc WHERE oid ="
            " to_regprocedure('geometry_overlaps(geometry, geometry)')"
        )
    )
    is_superuser = connection.scalar(
        text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    )
    if is_marked is False and is_superuser:
        mark = "ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF"
        connection.execute(text(mark))


def _conninfo(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
