"""Fixes into their table: copied where a unit has none in that span yet, else merged row by row.

Nearly every batch is new ground, and plain COPY costs half of a merge through a temporary table.
Who has fixes already is asked first, because a failed COPY leaves dead rows behind.
"""

from functools import cache
from importlib.resources import files

import numpy as np
from psycopg.errors import UniqueViolation
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from ...db import raw_connection
from ...jobs import defer
from .batch import DAY_US, Fixes

_INCOMING = text("CREATE TEMP TABLE IF NOT EXISTS incoming (LIKE fixes) ON COMMIT DELETE ROWS")


def write(session: Session, kept: Fixes) -> tuple[dict[int, int], bool]:
    """Write fixes sorted by their key, each once; return new ones by unit, and whether one moved.

    A unit moved when its newest known position changed.
    """
    present = _present(session, kept)
    is_present = np.isin(kept.unit, present)
    fresh = _copy(session, kept.take(~is_present))
    if fresh is None:  # another process has stored some of it since we asked
        fresh, is_present = {}, np.ones(len(kept), bool)
    fresh |= _merge(session, kept.take(is_present))
    if not fresh:
        return {}, False
    defer(session, "patrol.derive", key="patrol.derive")
    return fresh, _move(session, kept)


def _present(session: Session, kept: Fixes) -> list[int]:
    """Return the units that have fixes between their first and last one here."""
    begins = np.flatnonzero(np.append([True], kept.unit[1:] != kept.unit[:-1]))
    spans = {
        "unit": kept.unit[begins].tolist(),
        "first_us": kept.at_us[begins].tolist(),
        "last_us": kept.at_us[np.append(begins[1:], len(kept)) - 1].tolist(),
    }
    return list(session.scalars(_query("fixes_present"), spans))


def _copy(session: Session, new: Fixes) -> dict[int, int] | None:
    """Copy fixes straight in and mark their days; None, and nothing written, if one was there."""
    if not len(new):
        return {}
    cursor = raw_connection(session).cursor()
    cursor.execute("SAVEPOINT copying")
    try:
        with cursor.copy("COPY fixes FROM STDIN (FORMAT binary)") as copy:
            copy.write(new.binary())
    except UniqueViolation:
        cursor.execute("ROLLBACK TO SAVEPOINT copying")
        return None
    cursor.execute("RELEASE SAVEPOINT copying")
    days = np.unique(np.column_stack([new.unit, new.at_us // DAY_US]), axis=0)
    session.execute(_query("fixes_mark"), {"unit": days[:, 0].tolist(), "day": days[:, 1].tolist()})
    units, rows = np.unique(new.unit, return_counts=True)
    return dict(zip(units.tolist(), rows.tolist(), strict=True))


def _merge(session: Session, some: Fixes) -> dict[int, int]:
    """Add what is not there yet and mark its days."""
    if not len(some):
        return {}
    session.execute(_INCOMING)
    cursor = raw_connection(session).cursor()
    with cursor, cursor.copy("COPY incoming FROM STDIN (FORMAT binary)") as copy:
        copy.write(some.binary())
    return {row.unit_id: row.taken for row in session.execute(_query("fixes_insert"))}


def _move(session: Session, kept: Fixes) -> bool:
    """Take over each unit's newest fix as its position, unless a newer one is known."""
    # Sorted by unit, then instant: a unit's newest fix is its last row.
    is_last = np.append(kept.unit[1:] != kept.unit[:-1], [True])
    newest = kept.take(is_last)
    names = ("unit", "at_us", "lon_e7", "lat_e7", "accuracy_dm", "speed_cms")
    values = {name: c.tolist() for name, c in zip(names, newest.columns(), strict=True)}
    return bool(session.execute(_query("positions_merge"), values).all())


@cache
def _query(name: str) -> TextClause:
    return text((files("backend") / "queries" / f"{name}.sql").read_text("utf-8"))
