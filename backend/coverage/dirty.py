"""What must be computed anew: the marks that triggers left, translated into subjects."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from ..settings import load
from .grounds import Held as Cameras
from .subjects import Held as Land

Rows = NDArray[np.intp]

# The rows read are the rows deleted, in the transaction that writes the figures: what commits
# later stays for the next refresh, and a killed refresh loses nothing.
_TAKE = text("DELETE FROM coverage_dirty RETURNING cause, camera_id, ST_AsBinary(box)")
_SEEN_BEFORE = text(
    "SELECT DISTINCT subject_kind, subject_id FROM coverage_sights WHERE camera_id = ANY(:ids)"
)
_COUNTED = text(
    "SELECT DISTINCT subject_kind, subject_id FROM coverage_figures WHERE method <> 'sum'"
)


@dataclass(frozen=True, slots=True)
class Marks:
    """What changed: cameras that see otherwise, cameras that count otherwise, pieces of land."""

    is_all: bool
    posed: frozenset[int]
    turned: frozenset[int]
    land: tuple[bytes, ...]
    buildings: tuple[bytes, ...]

    def __bool__(self) -> bool:
        return bool(self.is_all or self.posed or self.turned or self.land or self.buildings)


@dataclass(frozen=True, slots=True)
class Work:
    """Rows of the subjects: `both` readings, or `now` alone; disjoint, ascending."""

    both: Rows
    now: Rows

    @property
    def all(self) -> Rows:
        return np.union1d(self.both, self.now)


def take(session: Session) -> Marks:
    """Take all marks out of the database, in the caller's transaction."""
    rows = session.execute(_TAKE).all()
    return Marks(
        is_all=any(cause == "all" for cause, _, _ in rows),
        posed=frozenset(camera for cause, camera, _ in rows if cause == "pose"),
        turned=frozenset(camera for cause, camera, _ in rows if cause == "state"),
        land=tuple(box for cause, _, box in rows if cause == "land"),
        buildings=tuple(box for cause, _, box in rows if cause == "buildings"),
    )


def work_of(session: Session, marks: Marks, cameras: Cameras, land: Land) -> Work:
    """Return the subjects that the marks concern, with those that were never counted."""
    counted = {(str(kind), int(number)) for kind, number in session.execute(_COUNTED)}
    place = {key: row for row, key in enumerate(keys(land))}
    both = {row for key, row in place.items() if marks.is_all or key not in counted}
    both |= _seeing(session, marks.posed, (cameras, land, place))
    for wkb in marks.land:
        both.update(land.area_tree.query(_box(land, wkb), predicate="intersects").tolist())
    for wkb in marks.buildings:
        box = _box(land, wkb)
        both.update(land.area_tree.query(box, predicate="intersects").tolist())
        near = cameras.near(np.array(box.bounds)).tolist()
        both |= _seeing(session, near, (cameras, land, place))
    now = _seeing(session, marks.turned, (cameras, land, place)) - both
    return Work(_sorted(both), _sorted(now))


def keys(land: Land) -> list[tuple[str, int]]:
    """Return kind and id of every subject."""
    return list(zip(land.kinds.tolist(), land.ids.tolist(), strict=True))


def _seeing(
    session: Session,
    camera_ids: Iterable[int],
    held: tuple[Cameras, Land, dict[tuple[str, int], int]],
) -> set[int]:
    """Subjects that the cameras reached when they were last counted, or reach now."""
    ids = sorted(camera_ids)
    if not ids:
        return set()
    cameras, land, place = held
    before = session.execute(_SEEN_BEFORE, {"ids": ids})
    found = {place[str(kind), int(number)] for kind, number in before if (kind, number) in place}
    chosen = np.flatnonzero(np.isin(cameras.lookout.camera_id, ids))
    poses = cameras.lookout.poses
    spots = shapely.points(poses.x[chosen], poses.y[chosen])
    reach = cameras.reach.possible_m[chosen, 0]
    touched = land.area_tree.query(spots, predicate="dwithin", distance=reach)[1]
    return found | set(touched.tolist())


def _box(land: Land, wkb: bytes) -> shapely.Polygon:
    """Return a box of the marks in metres, widened by what a place may extend beyond its point."""
    shape = np.array([shapely.from_wkb(wkb)], dtype=object)
    west, south, east, north = shapely.bounds(land.frame.geometry_to_metric(shape)[0])
    wide = load().coverage.place_radius_m
    box: shapely.Polygon = shapely.box(west - wide, south - wide, east + wide, north + wide)
    return box


def _sorted(rows: set[int]) -> Rows:
    return np.array(sorted(rows), dtype=np.intp)
