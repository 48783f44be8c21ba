"""Whose windows are judged: those of grids in force, and what was asked of grids that have ended.

A window belongs to the version of a grid that was in force when it began, and is judged there to
its end, however late it becomes known. What begins later is asked of the heir alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ...divisions.codes import span
from ...localtime import site_zone
from .models import Requirement
from .windows import Band, Window, windows

# Of those that have ended, the ones that were in force for a day or more of the period.
_GRIDS = text(
    "SELECT id, code, name, kind, set_name, division_code, valid_from, valid_to FROM grids"
    " WHERE valid_to IS NULL OR (valid_to > valid_from AND valid_to >= CAST(:since AS date) - 1)"
    " ORDER BY id"
)
# What was asked of one grid is asked of its heir since it ended: its own windows tell of it.
_BEGUN = text(
    "SELECT s.requirement_id, s.grid_id, s.window_start, s.window_end FROM requirement_states s"
    " JOIN grids g ON g.id = s.grid_id WHERE g.valid_to > g.valid_from AND s.window_end >= :since"
)


@dataclass(frozen=True, slots=True)
class Grid:
    """A version of a grid; `valid_to` is the day from which it was in force no longer."""

    id: int
    code: str
    name: str
    kind: str
    set_name: str
    division_code: int
    valid_from: date
    valid_to: date | None

    def has_time(self, at: datetime, zone: ZoneInfo) -> bool:
        """Tell whether an instant is this version's to answer for."""
        if self.valid_to is None:
            return True
        first, end = (datetime.combine(d, time(), zone) for d in (self.valid_from, self.valid_to))
        return first <= at < end


class Concerned(NamedTuple):
    """One window of one grid that a requirement asks for."""

    requirement: Requirement
    grid: Grid
    window: Window


def concerned(session: Session, since: datetime, now: datetime) -> Iterator[Concerned]:
    """Yield what active requirements ask for in windows that run or have ended since a moment."""
    zone = site_zone()
    rows = session.execute(_GRIDS, {"since": since}).mappings()
    grids = {row["id"]: Grid(**row) for row in rows}
    begun: dict[int, set[tuple[int, Window]]] = {}
    for requirement_id, grid_id, *ends in session.execute(_BEGUN, {"since": since}):
        begun.setdefault(requirement_id, set()).add((grid_id, Window(*ends)))
    active = select(Requirement).where(Requirement.is_active).order_by(Requirement.id)
    for requirement in session.scalars(active):
        asked = {
            (grid.id, window)
            for window in windows(_band(requirement), since, now, zone)
            for grid in grids.values()
            if _concerns(requirement, grid)
        } | begun.get(requirement.id, set())
        for grid_id, window in sorted(asked, key=lambda each: (each[1].start, each[0])):
            grid = grids.get(grid_id)
            if grid is not None and grid.has_time(window.start, zone):
                yield Concerned(requirement, grid, window)


def _band(requirement: Requirement) -> Band:
    return Band(
        weekdays=frozenset(requirement.weekdays),
        begins=requirement.begins,
        ends=requirement.ends,
        valid_from=requirement.valid_from,
        valid_to=requirement.valid_to,
    )


def _concerns(requirement: Requirement, grid: Grid) -> bool:
    if requirement.grid_id is not None:
        return requirement.grid_id == grid.id
    low, high = span(requirement.division_code)
    return (
        low <= grid.division_code <= high
        and requirement.grid_kind in (None, grid.kind)
        and requirement.set_name in (None, grid.set_name)
    )
