"""Grids and roads as patrols are counted on them: one plane frame, cells and pieces of road.

Held in memory per process and read anew when a layer has changed; `enter` then writes what the
bits stand for and has every day derived anew that stood on other ground.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from gis.frame import LocalFrame, frame_for
from gis.gridindex import GridIndex, index_grids
from gis.patrolplan import PatrolPlan, patrol_cells

from ...db import begin
from ...holding import Holding
from ...settings import load
from .models import PatrolPlan as PlanRow

Ints = NDArray[np.int64]
Shapes = NDArray[np.object_]

_VERSION = text("SELECT gridlink_layer_version('grids') || '/' || gridlink_layer_version('roads')")
# Those in force, and those that were on a day whose fixes are kept: what was derived by the grids
# of then stays when it is derived anew.
_GRIDS = text(
    "SELECT id, division_code, ST_AsBinary(geom) AS shape FROM grids WHERE valid_to IS NULL"
    " OR (valid_to > valid_from AND valid_to > current_date - CAST(:kept AS integer)) ORDER BY id"
)
# A plane moved by a metre would cut all cells anew, those of then among them.
_FRAME = text(
    "SELECT frame_lon, frame_lat FROM patrol_plans GROUP BY 1, 2 ORDER BY count(*) DESC, 1, 2"
    " LIMIT 1"
)
_NEAR_DEG = 0.2
_ROADS = text("SELECT ST_AsBinary(geom) AS shape FROM roads ORDER BY id")
_KNOWN = text("SELECT grid_id, digest, division_code FROM patrol_plans")
_REMOVE = text("DELETE FROM patrol_plans WHERE grid_id = ANY(:ids)")
_MARK_ALL = text(
    "INSERT INTO patrol_dirty (unit_id, day) SELECT unit_id, day FROM patrol_derived"
    " WHERE day >= current_date - CAST(:kept AS integer)"
    " ON CONFLICT (unit_id, day) DO UPDATE SET at = clock_timestamp()"
)
_MOVED = text(
    "UPDATE {table} t SET division_code = g.division_code FROM grids g"
    " WHERE g.id = t.grid_id AND g.division_code <> t.division_code"
).text
_COPIES = ("visits", "patrol_traces", "patrol_grounds", "patrol_figures", "requirement_states")


@dataclass(frozen=True, slots=True)
class Land:
    """Grids in force now or on a day that may be derived, by id; shapes in metres of `frame`."""

    version: str
    frame: LocalFrame
    grid_ids: Ints
    division_code: Ints
    shapes: Shapes
    tree: shapely.STRtree
    index: GridIndex
    plan: PatrolPlan
    digests: Ints
    """What each grid's bits stand for: its own cells and pieces of road."""
    digest: bytes
    """All of it: a day derived on it is derived on nothing else."""

    def __len__(self) -> int:
        return len(self.grid_ids)


_held = Holding[Land]()


def current(session: Session) -> Land:
    """Return the land as the database has it now; entered into `patrol_plans` when it is new."""
    version = session.scalar(_VERSION) or ""

    def renew(last: Land | None) -> Land:
        if last is not None and last.version == version:
            return last
        with begin() as owner:
            land = _read(owner, version)
            enter(owner, land)
        return land

    return _held.renewed(renew)


def enter(session: Session, land: Land) -> None:
    """Write what the bits stand for; what was derived on other ground is marked."""
    known = {grid: (digest, code) for grid, digest, code in session.execute(_KNOWN)}
    grids = zip(
        land.grid_ids.tolist(), land.digests.tolist(), land.division_code.tolist(), strict=True
    )
    stale = [row for row, (grid, *rest) in enumerate(grids) if known.get(grid) != tuple(rest)]
    # The plan of a grid that has ended stays: without it nobody could read the bits of its time.
    if stale:
        rows = [_plan_row(land, row) for row in stale]
        session.execute(_REMOVE, {"ids": [row["grid_id"] for row in rows]})
        session.execute(insert(PlanRow), rows)
        for table in _COPIES:
            session.execute(text(_MOVED.format(table=table)))
        session.execute(_MARK_ALL, {"kept": load().patrol.fixes_kept_days})


def _plan_row(land: Land, row: int) -> dict[str, object]:
    plan = land.plan
    pieces = plan.piece_lengths_m(row)
    _, corners, grid_rows, row_runs, runs = plan.arrays[:5]
    rows = np.arange(grid_rows[row], grid_rows[row + 1])
    own = np.arange(row_runs[grid_rows[row]], row_runs[grid_rows[row + 1]])
    row_of = np.repeat(rows - grid_rows[row], np.diff(row_runs)[rows])
    return {
        "grid_id": int(land.grid_ids[row]),
        "division_code": int(land.division_code[row]),
        "digest": int(land.digests[row]),
        "frame_lon": land.frame.lon,
        "frame_lat": land.frame.lat,
        "corner_x": float(corners[row, 0]),
        "corner_y": float(corners[row, 1]),
        "runs": np.column_stack([row_of, runs[own, 0], runs[own, 1]]).astype("<i4").tobytes(),
        "cells": int(plan.cell_counts[row]),
        "cell_m2": plan.cell_m**2,
        "road_pieces": len(pieces),
        "road_m": float(pieces.sum()),
        "piece_m": pieces.astype("<f4").tobytes(),
    }


def _read(session: Session, version: str) -> Land:
    kept = {"kept": load().patrol.fixes_kept_days}
    grids = session.execute(_GRIDS, kept).mappings().all()
    roads = session.execute(_ROADS).scalars().all()
    shapes = _shapes([grid["shape"] for grid in grids])
    west, south, east, north = shapely.total_bounds(shapes) if len(shapes) else (0, 0, 0, 0)
    frame = _frame(session, frame_for([west, east], [south, north]))
    metric = frame.geometry_to_metric(shapes)
    lines = _sound(_shapes(roads), (west, south, east, north))
    plan = patrol_cells(metric, frame.geometry_to_metric(lines), load().patrol.cell_m)
    digests = _digests(plan, len(metric))
    whole = hashlib.sha256(digests.tobytes())
    whole.update(repr(frame).encode())
    return Land(
        version=version,
        frame=frame,
        grid_ids=np.array([grid["id"] for grid in grids], dtype=np.int64),
        division_code=np.array([grid["division_code"] for grid in grids], dtype=np.int64),
        shapes=metric,
        tree=shapely.STRtree(metric),
        index=index_grids(metric),
        plan=plan,
        digests=digests,
        digest=whole.digest(),
    )


def _frame(session: Session, ideal: LocalFrame) -> LocalFrame:
    """Return the plane that is in use already, unless the land has moved away from it."""
    used = session.execute(_FRAME).one_or_none()
    if used is None or max(abs(used[0] - ideal.lon), abs(used[1] - ideal.lat)) > _NEAR_DEG:
        return ideal
    return LocalFrame(*used)


def _sound(lines: Shapes, box: tuple[float, ...]) -> Shapes:
    """Return the lines near the grids whose coordinates are numbers: imports may hold others."""
    if not len(lines):
        return lines
    bounds = shapely.bounds(lines)
    west, south, east, north = box
    is_near = (bounds[:, 0] <= east) & (bounds[:, 2] >= west)
    is_near &= (bounds[:, 1] <= north) & (bounds[:, 3] >= south)
    return np.asarray(lines[is_near], dtype=object)


def _digests(plan: PatrolPlan, count: int) -> Ints:
    """Return 63 bits of a hash of each grid's cells and pieces, in place and order."""
    digests = np.empty(count, dtype=np.int64)
    first_piece = np.append(0, np.cumsum(plan.piece_counts))
    middles = plan.arrays[6]
    for row in range(count):
        pieces = slice(first_piece[row], first_piece[row + 1])
        parts = hashlib.sha256()
        for column in (*plan.cell_centres(row), middles[pieces], plan.piece_length_m[pieces]):
            parts.update(np.ascontiguousarray(column).tobytes())
        digests[row] = int.from_bytes(parts.digest()[:8], "little") >> 1
    return digests


def _shapes(wkb: Sequence[bytes]) -> Shapes:
    shapes = np.empty(len(wkb), dtype=object)
    shapes[:] = shapely.from_wkb(list(wkb))
    return shapes
