"""Cameras and feet by hour: written as time passes, and read for one subject and day."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files

import numpy as np
from sqlalchemy import TextClause, func, text
from sqlalchemy.orm import Session

from gis.eyeson import Views

from ..coverage.figures import SUBJECTS
from ..db import Scope
from ..errors import NotFound
from ..grids.versions import on_day, one_of
from ..grids.whose import ByGrids
from ..landing import copy_rows
from ..localtime import site_zone
from ..settings import load
from .models import EyesonHour
from .schemas import ClockHour, ClockHourPage, ClockSubject
from .subjects import Subjects

_COLUMNS = (
    *("subject_kind", "subject_id", "hour", "division_code", "seen_s", "unknown_s", "known_until"),
)
_STAGE = text("CREATE TEMP TABLE passed (LIKE eyeson_hours) ON COMMIT DROP")
_UNSTAGE = text("DROP TABLE passed")
_STORE = text(
    f"INSERT INTO eyeson_hours ({', '.join(_COLUMNS)}) SELECT {', '.join(_COLUMNS)} FROM passed"  # noqa: S608
    " ON CONFLICT (subject_kind, subject_id, hour) DO UPDATE SET"
    " division_code = excluded.division_code, seen_s = excluded.seen_s,"
    " unknown_s = excluded.unknown_s, known_until = excluded.known_until"
)


def store_hour(
    session: Session, all_of: Subjects, found: Views, hour: datetime, until: datetime
) -> None:
    """Write one hour as far as it is known, of the subjects that any camera reaches."""
    session.execute(_STAGE)
    copy_rows(session, "passed", _COLUMNS, _rows(all_of, found, hour, until))
    session.execute(_STORE)
    session.execute(_UNSTAGE)


def _rows(
    all_of: Subjects, found: Views, hour: datetime, until: datetime
) -> Iterator[tuple[object, ...]]:
    count = len(all_of)
    seen_s, unknown_s = found.seconds(count, 1), found.seconds(count, -1)
    for n in np.unique(all_of.sights.subject).tolist():
        own = (all_of.subject_kind[n], int(all_of.ids[n]), hour, int(all_of.division_code[n]))
        yield (*own, float(seen_s[n]), float(unknown_s[n]), until)


def day_of(
    session: Session, scope: Scope, asked_of: tuple[ClockSubject, int], day: date, by: ByGrids
) -> ClockHourPage:
    """Return the hours of a local day (`site.timezone`) up to now; 23 or 25 where clocks change.

    By the grids of then they are those of the version that was in force on the day.

    Raises
    ------
    NotFound
        If the subject is absent or outside the jurisdiction.

    """
    subject, subject_id = asked_of
    if subject == "grid" and by == "then":
        subject_id = on_day(session, one_of(session, scope, subject_id), day).id
    elif not session.scalar(_is_there(subject), _span(scope, subject_id)):
        raise NotFound()
    span = _span(scope, subject_id)
    zone = site_zone()
    start, end = (datetime.combine(d, time(), zone) for d in (day, day + timedelta(days=1)))
    asked = span | {
        "kind": subject,
        "start": start.astimezone(UTC),
        "end": min(end.astimezone(UTC), datetime.now(UTC)),
    }
    rows = [
        ClockHour.model_validate(dict(row))
        for row in session.execute(_question(f"eyeson_hours_{subject}"), asked).mappings()
    ]
    return ClockHourPage(rows=rows, total=len(rows))


def _span(scope: Scope, subject_id: int) -> dict[str, int]:
    return {"id": subject_id, "low": scope.low, "high": scope.high}


def _is_there(subject: ClockSubject) -> TextClause:
    return text(f"SELECT EXISTS (SELECT FROM ({SUBJECTS[subject]}) s WHERE s.id = :id)")  # noqa: S608


def forget_old(session: Session) -> None:
    """Remove hours older than they are kept."""
    age = func.make_interval(0, 0, 0, load().eyeson.hours_kept_days)
    session.query(EyesonHour).filter(EyesonHour.hour < func.now() - age).delete(
        synchronize_session=False
    )


@cache
def _question(name: str) -> TextClause:
    return text((files("backend") / "queries" / f"{name}.sql").read_text("utf-8"))
