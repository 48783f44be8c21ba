"""What a report tells, read from the tables of coverage in one go.

All lengths in metres, areas in m2, geometries in EPSG:4326.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.optics import DORI_2015, IEC_2025, DensityBand

from ...divisions.codes import Level, level_of, span

#: The planning bands, in the order in which every table shows them.
IEC: Final = IEC_2025[:4]
SCALES: Final[dict[str, tuple[DensityBand, ...]]] = {"iec": IEC, "dori": DORI_2015}

_SUBJECTS = text("""
SELECT f.subject_kind, f.subject_id, f.division_code, f.reading, f.measure, f.px_per_m,
       f.total, f.certain, f.possible, f.one, f.more, f.method, f.computed_at,
       coalesce(g.code, p.code, lpad(d.code::text, 12, '0')) AS code,
       coalesce(g.name, p.name, d.name) AS name, v.name AS division_name
FROM coverage_figures f
LEFT JOIN grids g ON f.subject_kind = 'grid' AND g.id = f.subject_id
LEFT JOIN places p ON f.subject_kind = 'place' AND p.id = f.subject_id
LEFT JOIN divisions d
  ON f.subject_kind = 'division' AND d.code = f.subject_id AND d.valid_to IS NULL
LEFT JOIN divisions v ON v.code = f.division_code AND v.valid_to IS NULL
WHERE f.division_code BETWEEN :low AND :high
ORDER BY f.subject_kind, code, f.subject_id
""")
_GAPS = text("""
SELECT a.id, g.code AS grid_code, g.name AS grid_name, a.area_m2, a.weight, a.reasons,
       ST_X(ST_PointOnSurface(a.geom)) AS lon, ST_Y(ST_PointOnSurface(a.geom)) AS lat,
       ST_AsBinary(ST_SimplifyPreserveTopology(a.geom, 0.00001)) AS shape
FROM coverage_gaps a JOIN grids g ON g.id = a.grid_id
WHERE a.division_code BETWEEN :low AND :high AND a.reading = 'installed' AND a.px_per_m = :px
ORDER BY a.weight DESC, a.area_m2 DESC LIMIT :most
""")
_LOSSES = text("""
SELECT l.camera_id, c.name, c.is_alive, l.seen_m2, l.sole_m2, l.sole_road_m, l.sole_weight,
       l.sole_places
FROM camera_losses l JOIN cameras c ON c.id = l.camera_id
WHERE l.division_code BETWEEN :low AND :high AND l.reading = 'installed' AND l.px_per_m = :px
ORDER BY l.sole_weight DESC, l.sole_m2 DESC, l.camera_id
""")
_HISTORY = text("""
SELECT day, reading, px_per_m, total, certain, possible, one FROM coverage_days
WHERE subject_kind = 'division' AND subject_id = :code AND measure = 'area'
ORDER BY day, reading, px_per_m
""")
_CAMERAS = text("""
SELECT id, name, is_alive, view_fault, ST_X(geom) AS lon, ST_Y(geom) AS lat FROM cameras
WHERE division_code BETWEEN :low AND :high ORDER BY id
""")
_GRIDS = text("""
SELECT id, ST_AsBinary(ST_SimplifyPreserveTopology(geom, 0.00002)) AS shape FROM grids
WHERE division_code BETWEEN :low AND :high AND valid_to IS NULL AND kind = 'basic'
""")
_ROADS = text("""
SELECT road_class, ST_AsBinary(ST_Simplify(geom, 0.00002)) AS shape FROM roads
WHERE geom && (SELECT ST_Extent(geom)::geometry FROM grids
               WHERE division_code BETWEEN :low AND :high AND valid_to IS NULL)
""")
#: The division itself; for the whole land the highest one, where there is only one so high.
_DIVISION = text("""
SELECT code, name, count(*) OVER () AS as_high FROM divisions
WHERE valid_to IS NULL AND (code = :code OR :code = 0)
  AND level = (SELECT min(level) FROM divisions WHERE valid_to IS NULL AND :code IN (0, code))
""")

MOST_GAPS = 5000


@dataclass(frozen=True, slots=True)
class Row:
    """One subject's figures of one reading, measure and band."""

    subject_kind: str
    subject_id: int
    division_code: int
    reading: str
    measure: str
    px_per_m: float
    total: float
    certain: float
    possible: float
    one: float
    more: float
    method: str
    computed_at: datetime
    code: str
    name: str
    division_name: str

    @property
    def none(self) -> float:
        return max(self.total - self.certain - self.possible, 0.0)

    def share(self, part: str) -> float | None:
        """Return a part over the total; None where there is nothing to see."""
        return float(getattr(self, part)) / self.total if self.total > 0 else None


@dataclass(frozen=True, slots=True)
class CameraPoint:
    """Where a camera stands and how it does."""

    id: int
    name: str
    state: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Content:
    """Everything the three forms of a report draw on."""

    division_code: int
    division_name: str
    made_at: datetime
    as_of: datetime | None
    rows: tuple[Row, ...]
    gaps: tuple[dict[str, Any], ...]
    losses: tuple[dict[str, Any], ...]
    history: tuple[dict[str, Any], ...]
    rates: tuple[dict[str, Any], ...]
    cameras: tuple[CameraPoint, ...]
    grids: dict[int, BaseGeometry]
    roads: tuple[tuple[str, BaseGeometry], ...]

    def of(self, kind: str, reading: str = "installed", measure: str = "area") -> Iterator[Row]:
        """Yield the rows of one kind of subject, reading and measure."""
        wanted = (kind, reading, measure)
        return (r for r in self.rows if (r.subject_kind, r.reading, r.measure) == wanted)

    def whole(self, reading: str, px_per_m: float, measure: str = "area") -> Row | None:
        """Return the figures of the division itself."""
        for row in self.of("division", reading, measure):
            if row.subject_id == self.division_code and row.px_per_m == px_per_m:
                return row
        return None

    def townships(self, reading: str, px_per_m: float) -> list[Row]:
        """Return the division's parts one level down, in order of code."""
        rows = [
            row
            for row in self.of("division", reading)
            if row.px_per_m == px_per_m and row.subject_id != self.division_code
        ]
        levels = [level_of(row.subject_id) or Level.PROVINCE for row in rows]
        nearest = min(levels, default=Level.VILLAGE)
        return [row for row, level in zip(rows, levels, strict=True) if level == nearest]

    def camera_counts(self) -> dict[str, int]:
        """Return how many cameras there are, and how many are in each state."""
        counts = dict.fromkeys(("all", "alive", "dead", "blind", "moved", "untried"), 0)
        for camera in self.cameras:
            counts["all"] += 1
            counts[camera.state] += 1
        return counts


def gather(
    session: Session,
    division_code: int,
    *,
    now: datetime,
    rates: Sequence[dict[str, Any]] = (),
) -> Content:
    """Read all that a report on a division tells."""
    low, high = span(division_code)
    bounds = {"low": low, "high": high}
    banded = {**bounds, "px": IEC[0].least_px_per_m}
    top = session.execute(_DIVISION, {"code": division_code}).first()
    code, name = (top.code, top.name) if top and top.as_high == 1 else (division_code, "")
    rows = tuple(_row(found) for found in session.execute(_SUBJECTS, bounds).mappings())
    return Content(
        code,
        name,
        now,
        max((row.computed_at for row in rows), default=None),
        rows,
        tuple(_shaped(session, _GAPS, {**banded, "most": MOST_GAPS})),
        tuple(dict(found) for found in session.execute(_LOSSES, banded).mappings()),
        tuple(dict(f) for f in session.execute(_HISTORY, {"code": code}).mappings()),
        tuple(rates),
        tuple(_camera(found) for found in session.execute(_CAMERAS, bounds).mappings()),
        {f["id"]: f["shape"] for f in _shaped(session, _GRIDS, bounds)},
        tuple((f["road_class"], f["shape"]) for f in _shaped(session, _ROADS, bounds)),
    )


def _row(found: Any) -> Row:
    values = dict(found)
    for name in ("code", "name", "division_name"):
        values[name] = values[name] or ""
    return Row(**values)


def _camera(found: Any) -> CameraPoint:
    if found["view_fault"] is not None:
        state = str(found["view_fault"])
    else:
        state = {True: "alive", False: "dead", None: "untried"}[found["is_alive"]]
    return CameraPoint(found["id"], found["name"], state, found["lon"], found["lat"])


def _shaped(session: Session, query: Any, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for found in session.execute(query, values).mappings():
        shape = shapely.from_wkb(found["shape"]) if found["shape"] is not None else None
        if shape is not None and not shape.is_empty:
            yield {**found, "shape": shape}
