"""巡防热力: in how many hours of a period each cell was gone over for sure."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from ...divisions.extent import Extent
from ...grids.whose import ByGrids, by_versions
from ...settings import load
from .bits import AS_BYTES, Cells, cells_of, is_set
from .listing import Period
from .schemas import Heat

MOST_CELLS = 20_000
_MOST_ROWS = 200_000

# Index: patrol_grounds_division_idx; grids_geom_idx where a box is given.
_PLANS = """
SELECT p.grid_id, p.digest, p.frame_lon, p.frame_lat, p.corner_x, p.corner_y, p.runs, p.cells,
       p.cell_m2, extract(epoch FROM v.since)::float8 AS since_s,
       extract(epoch FROM v.until)::float8 AS until_s
FROM patrol_plans p JOIN (
  SELECT g.id, {span} FROM grids g
  WHERE {in_force} AND g.division_code BETWEEN :low AND :high {within}
) v ON v.id = p.grid_id
WHERE p.division_code BETWEEN :low AND :high
"""
_WITHIN = "AND g.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)"
_BITS = text(
    f"SELECT grid_id, hour, plan, {AS_BYTES.format(column='visited')} AS visited"  # noqa: S608 a constant
    " FROM patrol_grounds WHERE division_code BETWEEN :low AND :high"
    " AND hour >= :start AND hour < :end AND grid_id = ANY(:grids)"
    " ORDER BY grid_id LIMIT :most"
)


def read(
    session: Session, extent: Extent, period: Period, bbox: str | None, by: ByGrids = "today"
) -> Heat:
    """Return the cells gone over; coarser ones where an answer would hold too many."""
    asked: dict[str, object] = {"low": extent.low, "high": extent.high}
    asked |= {"start": period.start, "end": period.end, "zone": load().site.timezone}
    box = None if bbox is None else [float(side) for side in bbox.split(",")]
    if box is not None:
        asked |= dict(zip(("west", "south", "east", "north"), box, strict=True))
    query = text(_PLANS.format(within="" if box is None else _WITHIN, **by_versions(by)))
    plans = {row["grid_id"]: row for row in session.execute(query, asked).mappings()}
    asked |= {"grids": list(plans), "most": _MOST_ROWS}
    rows = session.execute(_BITS, asked).mappings().all()
    lon, lat, hours, cell_m = _cells(plans, rows, box)
    return Heat(
        cell_m=cell_m,
        start=period.start,
        end=period.end,
        most=max(hours, default=0),
        is_cut=len(rows) == _MOST_ROWS,
        lon=lon,
        lat=lat,
        hours=hours,
    )


def _cells(
    plans: dict[int, RowMapping], rows: Iterable[RowMapping], box: list[float] | None
) -> tuple[list[float], list[float], list[int], float]:
    counts: dict[int, NDArray[np.int64]] = {}
    for row in rows:
        plan = plans[row["grid_id"]]
        is_of_its_time = plan["since_s"] <= row["hour"].timestamp() < plan["until_s"]
        if row["plan"] != plan["digest"] or not is_of_its_time:
            continue
        count = counts.setdefault(row["grid_id"], np.zeros(plan["cells"], dtype=np.int64))
        count += is_set(row["visited"], plan["cells"])
    found = [(cells_of(plans[grid]), count) for grid, count in counts.items()]
    if not found:
        return [], [], [], 0.0
    frame, cell_m = found[0][0].frame, found[0][0].cell_m
    own = [each for each in found if each[0].frame == frame]
    x, y, hours = (np.concatenate(part) for part in zip(*map(_gone_over, own), strict=True))
    x, y, hours, cell_m = _coarser(x, y, hours, cell_m)
    lon, lat = frame.to_lonlat(x, y)
    if box is not None:
        inside = (lon >= box[0]) & (lat >= box[1]) & (lon <= box[2]) & (lat <= box[3])
        lon, lat, hours = lon[inside], lat[inside], hours[inside]
    return lon.round(6).tolist(), lat.round(6).tolist(), hours.tolist(), cell_m


def _gone_over(
    grid: tuple[Cells, NDArray[np.int64]],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    cells, count = grid
    seen = count > 0
    return cells.x[seen], cells.y[seen], count[seen]


def _coarser(
    x: NDArray[np.float64], y: NDArray[np.float64], hours: NDArray[np.int64], cell_m: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], float]:
    """Return cells of twice the side, as often as it takes; each has its busiest part's hours."""
    side_m = cell_m
    while True:
        place = np.stack([np.floor(x / side_m), np.floor(y / side_m)], axis=1)
        cells, where = np.unique(place, axis=0, return_inverse=True)
        if len(cells) <= MOST_CELLS:
            break
        side_m *= 2
    most = np.zeros(len(cells), dtype=np.int64)
    np.maximum.at(most, where.reshape(-1), hours)
    return (cells[:, 0] + 0.5) * side_m, (cells[:, 1] + 0.5) * side_m, most, side_m
