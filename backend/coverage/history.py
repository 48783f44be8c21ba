"""Coverage over time: one row a day, today's renewed by every refresh.

A grid's days are those of its own version. By the grids of then a day is told by the version that
was in force on it; by those of today also the days before it began, from who had its ground then.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from ..db import Scope
from ..grids.models import Grid
from ..grids.whose import ByGrids
from ..localtime import today
from .bands import Amounts, band
from .forebears import Forebear, forebears
from .schemas import DayPage, DayRow

_KEY = "subject_kind, subject_id, reading, measure, px_per_m"
_FIGURES = "division_code, total, certain, possible, one, more, method, computed_at"
_SET = ", ".join(f"{name.strip()} = excluded.{name.strip()}" for name in _FIGURES.split(","))
# What a refresh did not touch stands today as it stood yesterday.
_KEEP = text(
    f"INSERT INTO coverage_days (day, {_KEY}, {_FIGURES})"  # noqa: S608  fixed column names
    f" SELECT CAST(:today AS date), {_KEY}, {_FIGURES} FROM coverage_figures f"
    " WHERE f.computed_at = now() OR NOT EXISTS (SELECT FROM coverage_days d"
    "  WHERE (d.subject_kind, d.subject_id, d.reading, d.measure, d.px_per_m)"
    "  = (f.subject_kind, f.subject_id, f.reading, f.measure, f.px_per_m)"
    "  AND d.day = :today)"
    f" ON CONFLICT ({_KEY}, day) DO UPDATE SET {_SET}"
)
# Index: the primary key of coverage_days.
_DAYS = text(
    "SELECT subject_id, day, total, certain, possible, one, more FROM coverage_days"
    " WHERE subject_kind = :kind AND subject_id = ANY(:ids) AND reading = :reading"
    " AND measure = :measure AND px_per_m = :px"
    " AND day > CAST(:today AS date) - CAST(:days AS integer)"
    " ORDER BY day, subject_id"
)
# Of each day the version that was in force on it; a version's own day where none was.
_OF_THEN = text(
    "SELECT DISTINCT ON (d.day) d.subject_id, d.day, d.total, d.certain, d.possible, d.one, d.more"
    " FROM grids g JOIN coverage_days d ON d.subject_kind = 'grid' AND d.subject_id = g.id"
    " WHERE g.set_name = :set_name AND g.code = :code AND d.reading = :reading"
    " AND d.measure = :measure AND d.px_per_m = :px"
    " AND d.day > CAST(:today AS date) - CAST(:days AS integer)"
    " AND (g.id = :id OR (g.valid_from <= d.day AND (g.valid_to IS NULL OR g.valid_to > d.day)))"
    " ORDER BY d.day, g.valid_from <= d.day AND (g.valid_to IS NULL OR g.valid_to > d.day) DESC,"
    "  g.id DESC"
)


@dataclass(frozen=True, slots=True)
class Course:
    """Whose figures over how many days."""

    kind: str
    subject_id: int
    reading: str
    measure: str
    px_per_m: float
    days: int


def keep_today(session: Session) -> None:
    """Store the figures as today's, in the caller's transaction."""
    session.execute(_KEEP, {"today": today()})


def days(session: Session, course: Course) -> DayPage:
    """Return the days of a subject that have figures, oldest first."""
    return _page(_row(*found) for found in session.execute(_DAYS, _asked(course)))


def days_of_grid(
    session: Session, course: Course, grid: Grid, by: ByGrids, scope: Scope
) -> DayPage:
    """Return the days of a grid, oldest first: of its versions, or of its ground of today."""
    asked = _asked(course)
    if by == "then":
        asked |= {"set_name": grid.set_name, "code": grid.code, "id": grid.id}
        return _page(_row(*found) for found in session.execute(_OF_THEN, asked))
    own = [_row(*found) for found in session.execute(_DAYS, asked)]
    known = {row.day for row in own}
    early = _early(session, asked, grid, forebears(session, grid, scope))
    both = [*own, *(row for row in early if row.day not in known)]
    return _page(sorted(both, key=lambda row: row.day))


def _early(
    session: Session, asked: dict[str, Any], grid: Grid, found: Sequence[Forebear]
) -> Iterator[DayRow]:
    """Yield the days before a grid began, from the figures of those that had its ground."""
    rows = session.execute(_DAYS, asked | {"ids": [each.id for each in found]}).all()
    told: dict[date, dict[int, Amounts]] = {}
    for number, day, *amounts in rows:
        if day < grid.valid_from:
            told.setdefault(day, {})[number] = Amounts(*amounts)
    for day, known in told.items():
        then = [each for each in found if each.is_in_force(day) and each.id in known]
        if sum(each.of_heir for each in then) < 1.0 - _TRACE:
            continue  # of part of the ground nobody knows
        parts = [known[each.id].times(each.share) for each in then]
        is_estimate = any(each.share < 1.0 - _TRACE for each in then)
        yield _shares(None, day, sum(parts, Amounts.none()), is_estimate=is_estimate)


_TRACE = 1e-4
"""Of a grid's ground: what the nodes of borders move, and no more."""


def _asked(course: Course) -> dict[str, Any]:
    return {
        "kind": course.kind,
        "ids": [course.subject_id],
        "reading": course.reading,
        "measure": course.measure,
        "px": course.px_per_m,
        "days": course.days,
        "today": today(),
    }


def _row(subject_id: int, day: date, *amounts: float) -> DayRow:
    return _shares(subject_id, day, Amounts(*amounts), is_estimate=False)


def _shares(subject_id: int | None, day: date, amounts: Amounts, *, is_estimate: bool) -> DayRow:
    shares = band("overview", "iec", 0.0, amounts)
    parts = ("total", "certain_share", "possible_share", "one_share", "none_share")
    return DayRow(
        day=day,
        subject_id=subject_id,
        is_estimate=is_estimate,
        **{name: getattr(shares, name) for name in parts},
    )


def _page(rows: Iterable[DayRow]) -> DayPage:
    told = list(rows)
    return DayPage(rows=told, total=len(told))
