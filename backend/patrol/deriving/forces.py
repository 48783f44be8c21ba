"""Units as deriving needs them: how they move, where they belong, when they were on duty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.tracks import TrackRules, rules_of

from ...divisions.codes import span
from ...settings import load

_UNITS = text(
    "SELECT u.id, u.vehicle, u.division_code, u.is_active AND (u.user_id IS NOT NULL OR EXISTS ("
    " SELECT FROM trackers t WHERE t.unit_id = u.id AND t.ended_at IS NULL)) AS is_heard"
    " FROM units u WHERE u.id = ANY(:ids) ORDER BY u.id"
)
# A home grid may be named by another version of itself; all of them were home in their time.
_HOMES = text(
    "SELECT ug.unit_id, g.id FROM unit_grids ug JOIN grids h ON h.id = ug.grid_id"
    " JOIN grids g ON g.set_name = h.set_name AND g.code = h.code"
    " WHERE ug.unit_id = ANY(:ids) GROUP BY ug.unit_id, g.id ORDER BY ug.unit_id, g.id"
)
_DUTIES = text(
    "SELECT unit_id, starts_at, ends_at FROM shifts WHERE unit_id = ANY(:ids)"
    " AND starts_at < :end AND (ends_at IS NULL OR ends_at > :start)"
    " ORDER BY unit_id, starts_at, ends_at"
)


@dataclass(frozen=True, slots=True)
class Force:
    """A unit: `span` are the division codes within which its silences say anything."""

    id: int
    vehicle: str
    span: tuple[int, int]
    is_heard: bool
    """It has a tracker or a handheld: if it says nothing, nobody knows where it was."""
    homes: tuple[int, ...]
    duties: tuple[tuple[datetime, datetime | None], ...]
    """From, to; None is under way: its silence is not over and proves nothing yet."""

    @property
    def ended(self) -> datetime | None:
        """End of the last duty that has ended."""
        return max((end for _, end in self.duties if end is not None), default=None)


def forces_of(
    session: Session, ids: Sequence[int], start: datetime, end: datetime, now: datetime
) -> list[Force]:
    """Return units with their duty that touches a period; what ends after `now` is under way."""
    asked = {"ids": list(ids), "start": start, "end": end}
    homes: dict[int, list[int]] = {}
    for unit, grid in session.execute(_HOMES, asked):
        homes.setdefault(unit, []).append(grid)
    duties: dict[int, list[tuple[datetime, datetime | None]]] = {}
    for unit, begins, ends in session.execute(_DUTIES, asked):
        if begins < now:
            is_over = ends is not None and ends <= now
            duties.setdefault(unit, []).append((begins, ends if is_over else None))
    return [
        Force(
            id=unit,
            vehicle=vehicle,
            span=span(code),
            is_heard=is_heard,
            homes=tuple(homes.get(unit, ())),
            duties=tuple(duties.get(unit, ())),
        )
        for unit, vehicle, code, is_heard in session.execute(_UNITS, asked)
    ]


def rules() -> Mapping[str, TrackRules]:
    """Return the rules of each vehicle, with what the settings change."""
    own = load().patrol
    plain = {
        "gap_s": own.gap_s,
        "accuracy_limit_m": own.accuracy_limit_m,
        "merge_s": own.merge_s,
    }
    made = {}
    for vehicle in ("foot", "ebike", "motorcycle", "car"):
        known = rules_of(vehicle)
        made[vehicle] = replace(
            known,
            **plain,
            speed_mps=own.speed_mps.get(vehicle, known.speed_mps),
            swath_m=own.swath_m.get(vehicle, known.swath_m),
        )
    return made
