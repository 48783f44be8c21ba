"""Which division a place lies in: the deepest one that covers it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ..spatial import from_db
from .models import Division

_POINT = 0
#: From so many points on the index that must be built first is the shorter way.
_MANY = 20_000
NOWHERE = 0
"""Division code of what lies in no known division."""

_RELOCATE = """
UPDATE {table} t SET division_code = d.code
FROM {table} s CROSS JOIN LATERAL (
  SELECT code FROM divisions
  WHERE valid_to IS NULL AND geom && ST_PointOnSurface(s.geom)
    AND ST_Covers(geom, ST_PointOnSurface(s.geom))
  ORDER BY level DESC LIMIT 1
) d
WHERE t.id = s.id AND s.division_code NOT IN (SELECT code FROM divisions WHERE valid_to IS NULL)
"""


def locate(session: Session, points: NDArray[np.object_]) -> list[int]:
    """Return the code of the deepest division that covers each point, 0 for none.

    On a border the smallest code wins, so that a place never changes sides between two imports.
    """
    rows = session.execute(
        select(Division.code, Division.level, Division.geom).where(Division.valid_to.is_(None))
    ).all()
    codes = np.full(len(points), NOWHERE, dtype=np.int64)
    if not rows or not len(points):
        return codes.tolist()
    outlines = np.array([from_db(row.geom) for row in rows], dtype=object)
    if len(points) >= _MANY and (shapely.get_type_id(points) == _POINT).all():
        return _located_many(rows, outlines, points)
    shapely.prepare(outlines)
    at, inside = shapely.STRtree(points).query(outlines, predicate="covers")
    # Written shallow first and large codes first: what stays is the deepest, then the smallest.
    order = sorted(range(len(at)), key=lambda i: (rows[at[i]].level, -rows[at[i]].code))
    for index in order:
        codes[inside[index]] = rows[at[index]].code
    return codes.tolist()


def _located_many(
    rows: Sequence[Any], outlines: NDArray[np.object_], points: NDArray[np.object_]
) -> list[int]:
    """The same answer for very many points, a level at a time from the deepest."""
    from gis.assignment import assign, index_for_assignment

    codes = np.full(len(points), NOWHERE, dtype=np.int64)
    x, y = shapely.get_x(points), shapely.get_y(points)
    for level in sorted({row.level for row in rows}, reverse=True):
        left = np.flatnonzero(codes == NOWHERE)
        # By code, so that on a border the smallest wins here too.
        own = [k for k, row in enumerate(rows) if row.level == level]
        own.sort(key=lambda k: rows[k].code)
        found = assign(index_for_assignment(outlines[own]), x[left], y[left])
        known = np.array([rows[k].code for k in own], dtype=np.int64)
        codes[left[found >= 0]] = known[found[found >= 0]]
    return codes.tolist()


def known_codes(session: Session) -> set[int]:
    """Return the codes of all divisions in force."""
    return set(session.scalars(select(Division.code).where(Division.valid_to.is_(None))))


def relocate(session: Session, tables: Sequence[str]) -> None:
    """Give rows whose division is unknown the one they lie in, after divisions have changed.

    `tables` are names from the code, each with id, geom and division_code.
    """
    for table in tables:
        session.execute(text(_RELOCATE.format(table=table)))


def as_points(shapes: Sequence[BaseGeometry]) -> NDArray[np.object_]:
    """Return shapes as the array that `locate` takes."""
    points = np.empty(len(shapes), dtype=object)
    points[:] = list(shapes)
    return points
