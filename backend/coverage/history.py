"""Coverage over time: one row a day, today's renewed by every refresh."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from .bands import Amounts, band
from .schemas import DayPage, DayRow

_KEY = "subject_kind, subject_id, reading, measure, px_per_m"
_FIGURES = "division_code, total, certain, possible, one, more, method, computed_at"
_SET = ", ".join(f"{name.strip()} = excluded.{name.strip()}" for name in _FIGURES.split(","))
# What a refresh did not touch stands today as it stood yesterday.
_KEEP = text(
    f"INSERT INTO coverage_days (day, {_KEY}, {_FIGURES})"  # noqa: S608  fixed column names
    f" SELECT CURRENT_DATE, {_KEY}, {_FIGURES} FROM coverage_figures f"
    " WHERE f.computed_at = now() OR NOT EXISTS (SELECT FROM coverage_days d"
    "  WHERE (d.subject_kind, d.subject_id, d.reading, d.measure, d.px_per_m)"
    "  = (f.subject_kind, f.subject_id, f.reading, f.measure, f.px_per_m)"
    "  AND d.day = CURRENT_DATE)"
    f" ON CONFLICT ({_KEY}, day) DO UPDATE SET {_SET}"
)
_DAYS = text(
    "SELECT day, total, certain, possible, one, more FROM coverage_days"
    " WHERE subject_kind = :kind AND subject_id = :id AND reading = :reading"
    " AND measure = :measure AND px_per_m = :px AND day > CURRENT_DATE - CAST(:days AS integer)"
    " ORDER BY day"
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
    session.execute(_KEEP)


def days(session: Session, course: Course) -> DayPage:
    """Return the days that have figures, oldest first."""
    asked = {
        "kind": course.kind,
        "id": course.subject_id,
        "reading": course.reading,
        "measure": course.measure,
        "px": course.px_per_m,
        "days": course.days,
    }
    rows = []
    for day, *amounts in session.execute(_DAYS, asked):
        shares = band("overview", "iec", course.px_per_m, Amounts(*amounts))
        rows.append(
            DayRow(
                day=day,
                total=shares.total,
                certain_share=shares.certain_share,
                possible_share=shares.possible_share,
                one_share=shares.one_share,
                none_share=shares.none_share,
            )
        )
    return DayPage(rows=rows, total=len(rows))
