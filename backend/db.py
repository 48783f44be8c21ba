"""The one transaction: `begin()` opens it at an edge, nothing below commits.

A transaction runs either as the system (command line, jobs) or for a principal, whose
jurisdiction the database itself enforces by row-level security.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Session

from . import cluster
from .settings import load

WHOLE_LAND = (0, 999_999_999_999)
"""Division codes from the first to the last: a jurisdiction without bounds."""

_ENTER_SCOPE = text(
    "SELECT set_config('role', 'gridlink_app', true),"
    " set_config('gridlink.low', :low, true), set_config('gridlink.high', :high, true),"
    " set_config('gridlink.user_id', :user_id, true)"
)


class Table(DeclarativeBase):
    """Declarative root; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "pk": "%(table_name)s_pkey",
        }
    )


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose eyes a transaction has: an inclusive range of 12-digit division codes."""

    user_id: int
    low: int
    high: int


def database_url() -> str:
    """Return the URL of the chosen database: the setting's, else the private cluster's."""
    settings = load()
    return settings.database_url or cluster.locate(settings.var_dir).url()


@cache
def engine(url: str | None = None) -> Engine:
    """Return this process's connection pool for `url`."""
    target = make_url(url or database_url()).set(drivername="postgresql+psycopg")
    return create_engine(
        target,
        pool_size=10,
        max_overflow=20,
        pool_timeout=5,
        hide_parameters=True,  # an error's text goes to the log; what somebody typed does not
        pool_pre_ping=True,  # a restarted database must cost one reconnect, not one error
        connect_args={
            "connect_timeout": 5,
            "application_name": "gridlink",
            # A day cast from a time is the day of UTC, wherever the server thinks it stands.
            "options": "-c TimeZone=UTC",
        },
    )


@contextmanager
def begin(scope: Scope | None = None) -> Iterator[Session]:
    """Open the one transaction of a request, command or job; commit at the end, or roll back.

    Without `scope` it runs as the owner and sees everything; with one it runs under the role
    `gridlink_app`, and row-level security shows only the scope's division codes.
    """
    with Session(engine(), expire_on_commit=False) as session, session.begin():
        if scope is not None:
            # At the first statement, not before: a request waiting for a thread must not hold a
            # connection that the thread before it waits for.
            event.listen(session, "after_begin", lambda _s, _t, c: _enter(c, scope))
        yield session


@contextmanager
def as_owner(session: Session) -> Iterator[None]:
    """Let a part of this transaction see beyond its scope, for what the whole land must agree on.

    Nothing read here may be told to the caller; an error ends the transaction and the part.
    """
    held = session.scalar(text("SELECT current_setting('role')"))
    session.execute(text("SELECT set_config('role', 'none', true)"))
    yield
    session.flush()
    session.execute(text("SELECT set_config('role', :held, true)"), {"held": held})


def enter(session: Session, scope: Scope) -> None:
    """Put the rest of this transaction under `scope`."""
    _enter(session.connection(), scope)


def _enter(connection: Connection, scope: Scope) -> None:
    connection.execute(
        _ENTER_SCOPE,
        {"low": str(scope.low), "high": str(scope.high), "user_id": str(scope.user_id)},
    )


def raw_connection(session: Session) -> Any:
    """Return the psycopg connection under `session`, for COPY, NOTIFY and jobs."""
    return session.connection().connection.driver_connection
