"""The clocks as arrays: read, moved on, coloured, written."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from ..landing import copy_rows
from .deadlines import Deadlines
from .subjects import Subjects

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]

COLOURS = ("none", "blue", "yellow", "red")
_VIEWS = {1: "in_view", -1: "unknown", 0: "out_of_view", -2: "no_camera"}

_STORED = text(
    "SELECT subject_kind, subject_id, extract(epoch FROM watched_since)::float8,"
    " extract(epoch FROM camera_at)::float8, coalesce(camera_id, -1) FROM eyeson_clocks"
)
# The end of the last visit known for sure. A visit is cut at midnight, so one that ends last began
# within a day of the one that began last. Index: visits_grid_idx.
_VISITED = text(
    "SELECT g.id, extract(epoch FROM v.left_at)::float8, v.unit_id"
    " FROM unnest(CAST(:ids AS bigint[])) g(id) CROSS JOIN LATERAL ("
    "  SELECT left_at, unit_id FROM visits WHERE grid_id = g.id AND is_sure AND entered_at >= ("
    "   SELECT max(entered_at) FROM visits WHERE grid_id = g.id AND is_sure) - interval '1 day'"
    "  ORDER BY left_at DESC, unit_id LIMIT 1) v"
)
# Index: eyeson_reaches_place_idx.
_REACHED = text(
    "SELECT p.id, extract(epoch FROM r.left_at)::float8, r.unit_id"
    " FROM unnest(CAST(:ids AS bigint[])) p(id) CROSS JOIN LATERAL ("
    "  SELECT left_at, unit_id FROM eyeson_reaches WHERE place_id = p.id"
    "  ORDER BY left_at DESC, unit_id LIMIT 1) r"
)
_COLUMNS = (
    *("subject_kind", "subject_id", "division_code", "watched_since", "view", "camera_at"),
    *("camera_id", "unit_at", "unit_id", "deadline_s", "due_share", "red_factor", "colour"),
    "updated_at",
)
_STAGE = text("CREATE TEMP TABLE ticked (LIKE eyeson_clocks) ON COMMIT DROP")
_UNSTAGE = text("DROP TABLE ticked")
_TURNED = text(
    "SELECT EXISTS (SELECT FROM ticked t LEFT JOIN eyeson_clocks c USING (subject_kind, subject_id)"
    " WHERE (c.view, c.colour, c.deadline_s) IS DISTINCT FROM (t.view, t.colour, t.deadline_s))"
)
_FORGET = text(
    "DELETE FROM eyeson_clocks c WHERE NOT EXISTS (SELECT FROM ticked t"
    " WHERE t.subject_kind = c.subject_kind AND t.subject_id = c.subject_id)"
)
_STORE = text(
    f"INSERT INTO eyeson_clocks ({', '.join(_COLUMNS)}) SELECT {', '.join(_COLUMNS)} FROM ticked"  # noqa: S608
    " ON CONFLICT (subject_kind, subject_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[2:])
)


@dataclass(frozen=True, slots=True)
class Clocks:
    """Along subjects: seconds since 1970, NaN where never; ids, -1 where none."""

    watched_s: Floats
    camera_s: Floats
    camera_id: Longs
    unit_s: Floats
    unit_id: Longs
    view: Longs
    colour: Longs

    @property
    def seen_s(self) -> Floats:
        """When each was last seen by either; NaN where never."""
        return np.fmax(self.camera_s, self.unit_s)

    def age_s(self, now: datetime) -> Floats:
        """Seconds since each was seen, or since it is watched: then at least these."""
        return np.maximum(now.timestamp() - np.fmax(self.seen_s, self.watched_s), 0.0)

    def with_views(self, seen_s: Floats, camera_id: Longs, view: Longs) -> "Clocks":
        """Return clocks that know of what was in view since."""
        later = ~np.isnan(seen_s) & ~(self.camera_s > seen_s)
        return replace(
            self,
            camera_s=np.where(later, seen_s, self.camera_s),
            camera_id=np.where(later, camera_id, self.camera_id),
            view=view,
        )

    def with_units(self, session: Session, all_of: Subjects) -> "Clocks":
        """Return clocks that know who was there last; derived anew, so late fixes count."""
        unit_s, unit_id = np.full(len(all_of), np.nan), np.full(len(all_of), -1, dtype=np.int64)
        kinds = np.array(all_of.subject_kind, dtype=np.str_)
        for kind, question in (("grid", _VISITED), ("place", _REACHED)):
            rows = np.flatnonzero(kinds == kind)
            place = {
                number: row for number, row in zip(all_of.ids[rows].tolist(), rows, strict=True)
            }
            for number, left_s, unit in session.execute(question, {"ids": list(place)}):
                unit_s[place[number]], unit_id[place[number]] = left_s, unit
        return replace(self, unit_s=unit_s, unit_id=unit_id)


def stored(session: Session, all_of: Subjects, now: datetime) -> Clocks:
    """Return the clocks as they stood; a new subject is watched from now on."""
    count = len(all_of)
    watched_s, camera_s = np.full(count, now.timestamp()), np.full(count, np.nan)
    camera_id = np.full(count, -1, dtype=np.int64)
    place = {
        key: n for n, key in enumerate(zip(all_of.subject_kind, all_of.ids.tolist(), strict=True))
    }
    for kind, number, since_s, seen_s, camera in session.execute(_STORED):
        row = place.get((kind, number))
        if row is not None:
            watched_s[row], camera_id[row] = since_s, camera
            camera_s[row] = np.nan if seen_s is None else seen_s
    nobody = np.full(count, -1, dtype=np.int64)
    never = np.full(count, np.nan)
    zeros = np.zeros(count, dtype=np.int64)
    return Clocks(watched_s, camera_s, camera_id, never, nobody, zeros, zeros)


def coloured(clocks: Clocks, due: Deadlines, now: datetime) -> Clocks:
    """Return clocks with their colours: blue when due soon, yellow past the deadline, red far."""
    age_s = clocks.age_s(now)
    with np.errstate(invalid="ignore"):  # no deadline is NaN: past nothing
        colour = (
            (age_s >= due.due_share * due.deadline_s).astype(np.int64)
            + (age_s >= due.deadline_s)
            + (age_s >= due.red_factor * due.deadline_s)
        )
    return replace(clocks, colour=colour)


def store(
    session: Session, all_of: Subjects, clocks: Clocks, due: Deadlines, now: datetime
) -> bool:
    """Write the clocks; return whether any view, colour or deadline turned."""
    session.execute(_STAGE)
    copy_rows(session, "ticked", _COLUMNS, _rows(all_of, clocks, due, now))
    has_turned = bool(session.scalar(_TURNED)) or bool(session.execute(_FORGET).rowcount)  # type: ignore[attr-defined]
    session.execute(_STORE)
    session.execute(_UNSTAGE)
    return has_turned


def _rows(
    all_of: Subjects, clocks: Clocks, due: Deadlines, now: datetime
) -> Iterator[tuple[object, ...]]:
    for n, kind in enumerate(all_of.subject_kind):
        deadline_s = due.deadline_s[n]
        has_one = not np.isnan(deadline_s)
        yield (
            kind,
            int(all_of.ids[n]),
            int(all_of.division_code[n]),
            _moment(clocks.watched_s[n]),
            _VIEWS[int(clocks.view[n])],
            _moment(clocks.camera_s[n]),
            _id(clocks.camera_id[n]),
            _moment(clocks.unit_s[n]),
            _id(clocks.unit_id[n]),
            int(deadline_s) if has_one else None,
            float(due.due_share[n]) if has_one else None,
            float(due.red_factor[n]) if has_one else None,
            COLOURS[int(clocks.colour[n])],
            now,
        )


def _moment(seconds: float) -> datetime | None:
    return None if np.isnan(seconds) else datetime.fromtimestamp(seconds, UTC)


def _id(number: int) -> int | None:
    return None if number < 0 else int(number)
