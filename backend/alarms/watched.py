"""Where a camera looks at: the middle of the ground it sees, the grids there, the places seen."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from ..db import WHOLE_LAND

# The point of the visible ground nearest its middle: a middle may lie behind a house.
# Index: cameras_pkey, viewsheds_camera_idx.
_WATCHED = text("""
SELECT c.id, c.division_code, c.name, ST_X(s.middle) AS lon, ST_Y(s.middle) AS lat
FROM cameras c LEFT JOIN LATERAL (
  SELECT ST_ClosestPoint(v.ground, ST_Centroid(v.ground)) AS middle FROM (
    SELECT CASE WHEN ST_IsEmpty(w.certain) THEN w.possible ELSE w.certain END AS ground
    FROM viewsheds w JOIN poses p ON p.id = w.pose_id
    WHERE w.camera_id = c.id ORDER BY p.sensor_no LIMIT 1) v
  WHERE NOT ST_IsEmpty(v.ground)) s ON true
WHERE c.id = ANY(:ids)
""")
# Only the grids that rules name: by their keys.
_GRIDS = text("""
SELECT a.camera_id, g.id FROM unnest(:cameras, :lons, :lats) AS a(camera_id, lon, lat)
JOIN grids g ON g.id = ANY(:grids) AND g.division_code BETWEEN :low AND :high
  AND ST_Covers(g.geom, ST_SetSRID(ST_Point(a.lon, a.lat), 4326))
""")
# Places that a rule's kind names and that the camera sees for sure.
# Index: places_geom_idx, asked once a viewshed.
PLACES = text("""
SELECT DISTINCT v.camera_id, p.kind FROM viewsheds v
JOIN places p ON p.geom && v.certain AND ST_Intersects(p.geom, v.certain)
  AND p.kind = ANY(:kinds) AND p.division_code BETWEEN :low AND :high
WHERE v.camera_id = ANY(:ids) AND v.division_code BETWEEN :low AND :high
""")


@dataclass(frozen=True, slots=True)
class Watched:
    """What one camera looks at. No `lonlat`: its view is not known."""

    camera_id: int
    division_code: int
    name: str
    lonlat: tuple[float, float] | None
    grid_ids: frozenset[int]
    place_kinds: frozenset[str]


def watched(
    session: Session,
    ids: Collection[int],
    *,
    grids: Collection[int] = (),
    kinds: Collection[str] = (),
    span: tuple[int, int] = WHOLE_LAND,
) -> dict[int, Watched]:
    """Return what these cameras look at, of the grids and kinds of place that rules name."""
    rows = session.execute(_WATCHED, {"ids": list(ids)}).all()
    at = [(row.id, row.lon, row.lat) for row in rows if row.lon is not None]
    held = _held(session, at, grids, span)
    seen: dict[int, set[str]] = {}
    if kinds:
        asked = {"ids": list(ids), "kinds": list(kinds), "low": span[0], "high": span[1]}
        for camera_id, kind in session.execute(PLACES, asked):
            seen.setdefault(camera_id, set()).add(kind)
    return {
        row.id: Watched(
            row.id,
            row.division_code,
            row.name,
            None if row.lon is None else (row.lon, row.lat),
            frozenset(held.get(row.id, ())),
            frozenset(seen.get(row.id, ())),
        )
        for row in rows
    }


def _held(
    session: Session,
    at: Sequence[tuple[int, float, float]],
    grids: Collection[int],
    span: tuple[int, int],
) -> dict[int, set[int]]:
    held: dict[int, set[int]] = {}
    if not grids or not at:
        return held
    cameras, lons, lats = (list(column) for column in zip(*at, strict=True))
    asked = {"cameras": cameras, "lons": lons, "lats": lats, "grids": list(grids)}
    for camera_id, grid_id in session.execute(_GRIDS, asked | {"low": span[0], "high": span[1]}):
        held.setdefault(camera_id, set()).add(grid_id)
    return held
