"""Clocks read for the list: those unseen longest first."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from ..divisions.codes import text_of
from ..divisions.extent import Extent
from .schemas import ClockColour, ClockCounts, ClockPage, ClockRow, ClockSubject, ClockView

Sort = Literal["unseen", "due", "name", "colour"]

_ORDERS: dict[Sort, str] = {
    "unseen": "unseen_s DESC",
    "due": "due_at ASC NULLS LAST",
    "name": "name ASC",
    "colour": "array_position('{red,yellow,blue,none}', colour), unseen_s DESC",
}


@dataclass(frozen=True, slots=True)
class Listing:
    """Which clocks, in which order; None does not narrow."""

    subject: ClockSubject | None = None
    colour: ClockColour | None = None
    view: ClockView | None = None
    subject_id: int | None = None
    sort: Sort = "unseen"
    offset: int = 0
    limit: int = 100


def page(session: Session, extent: Extent, wanted: Listing) -> ClockPage:
    """Return clocks of a division."""
    kinds = [wanted.subject] if wanted.subject else ["grid", "place"]
    asked = {name: getattr(wanted, name) for name in Listing.__slots__}
    asked |= {"kinds": kinds, "low": extent.low, "high": extent.high}
    question = text(_listed().replace("{order}", _ORDERS[wanted.sort]))
    rows = session.execute(question, asked).mappings().all()
    counts = session.execute(_COUNTED, asked).all()
    colours = ClockCounts(**{colour: count for colour, count, _ in counts})
    total = sum(count for _, _, count in counts)
    return ClockPage(rows=[_row(row) for row in rows], total=total, colours=colours)


# Index: eyeson_clocks_division_idx.
_NARROWED = (
    " c.subject_kind = ANY(:kinds) AND c.division_code BETWEEN :low AND :high"
    " AND (CAST(:view AS text) IS NULL OR c.view = :view)"
    " AND (CAST(:subject_id AS bigint) IS NULL OR c.subject_id = :subject_id)"
)
_COUNTED = text(
    "SELECT c.colour, count(*), count(*) FILTER (WHERE CAST(:colour AS text) IS NULL"  # noqa: S608
    f" OR c.colour = :colour) FROM eyeson_clocks c WHERE {_NARROWED} GROUP BY c.colour"
)


@cache
def _listed() -> str:
    return (files("backend") / "queries" / "eyeson_clocks.sql").read_text("utf-8")


def _row(row: RowMapping) -> ClockRow:
    told: dict[str, Any] = {name: row[name] for name in ClockRow.model_fields}
    return ClockRow(**told | {"division_code": text_of(row["division_code"])})
