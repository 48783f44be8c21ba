"""Stored viewsheds: computed from pose, buildings and terrain, kept fresh by a job.

Read poses and scene -> `gis.viewshed` -> write rows, for all cameras or the ones that changed.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gis.sight import PoseTable
from gis.viewshed import Mount, viewsheds
from gis.viewshed import Viewshed as SeenFrom
from gis.visibility import View

from ..basemap.scene import Scene
from ..db import raw_connection
from ..settings import load
from ..spatial import to_hex_ewkb
from . import lookout
from .models import Viewshed

_TURN = text("SELECT pg_advisory_xact_lock(hashtext('viewsheds'))")
_STAGE = "CREATE TEMP TABLE fresh (LIKE viewsheds INCLUDING DEFAULTS) ON COMMIT DROP"
_COLUMNS = "pose_id, camera_id, division_code, certain, possible, certain_area_m2, possible_area_m2"
# A camera may have gone while its viewshed was computed: the join leaves it out.
_STORE = f"""
INSERT INTO viewsheds ({_COLUMNS})
SELECT f.pose_id, f.camera_id, f.division_code, f.certain, f.possible,
       f.certain_area_m2, f.possible_area_m2
FROM fresh f JOIN poses p ON p.id = f.pose_id
ON CONFLICT (pose_id) DO UPDATE SET
  certain = excluded.certain, possible = excluded.possible, division_code = excluded.division_code,
  certain_area_m2 = excluded.certain_area_m2, possible_area_m2 = excluded.possible_area_m2,
  is_stale = false, computed_at = now()
"""  # noqa: S608  fixed column names


def refresh(session: Session, camera_ids: Sequence[int] | None = None) -> int:
    """Compute and store the viewsheds of these cameras, or of all; return how many poses.

    Refreshes take turns until their commit: what was computed from older poses must not be stored
    over what was computed from newer ones.
    """
    session.execute(_TURN)
    watch, scene = lookout.current(session)
    rows = np.arange(watch.camera_id.size)
    if camera_ids is not None:
        rows = rows[np.isin(watch.camera_id, np.asarray(camera_ids, dtype=np.int64))]
    if not rows.size:
        return 0
    seen = seen_from(scene, watch.poses, rows)
    certain = scene.frame.geometry_to_lonlat(_polygonal(v.certain for v in seen))
    possible = scene.frame.geometry_to_lonlat(_polygonal(v.possible for v in seen))
    areas = [(v.certain.area, v.possible.area) for v in seen]
    keys = [
        (int(watch.pose_id[i]), int(watch.camera_id[i]), int(watch.division_code[i])) for i in rows
    ]
    hexes = zip(to_hex_ewkb(certain), to_hex_ewkb(possible), strict=True)
    _store(
        session,
        [
            # Nothing seen is stored as NULL: an empty geometry has no extent to index.
            (*key, c if area[0] else None, p if area[1] else None, *area)
            for key, (c, p), area in zip(keys, hexes, areas, strict=True)
        ],
    )
    return len(rows)


def seen_from(scene: Scene, poses: PoseTable, rows: NDArray[np.intp]) -> list[SeenFrom]:
    """Return the viewsheds of some poses in the scene, in metres of its frame."""
    return viewsheds(
        scene.obstacles,
        [_view(poses, int(row)) for row in rows],
        [_mount(poses, int(row)) for row in rows],
        target_height_m=load().sight.target_height_m,
        terrain=scene.terrain,
    )


def _view(poses: PoseTable, row: int) -> View:
    """Return what the pose looks at; the sweep takes grid azimuths."""
    return View(
        float(poses.x[row]),
        float(poses.y[row]),
        azimuth_deg=float(poses.azimuth_deg[row] - poses.convergence_deg[row]),
        fov_deg=float(poses.fov_deg[row]),
        range_m=float(poses.range_m[row]),
    )


def _mount(poses: PoseTable, row: int) -> Mount:
    return Mount(
        height_m=float(poses.height_m[row]),
        tilt_deg=float(poses.tilt_deg[row]),
        vfov_deg=float(poses.vfov_deg[row]),
        azimuth_error_deg=float(poses.azimuth_error_deg[row]),
        fov_error_deg=float(poses.fov_error_deg[row]),
    )


def _polygonal(geometries: Iterator[BaseGeometry]) -> Any:
    """Return the geometries as an object array of MultiPolygons."""
    parts = [
        shapely.MultiPolygon([g for g in shapely.get_parts(geometry) if g.geom_type == "Polygon"])
        for geometry in geometries
    ]
    out = np.empty(len(parts), dtype=object)
    out[:] = parts
    return out


def _store(session: Session, records: list[tuple[Any, ...]]) -> None:
    connection = raw_connection(session)
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy(f"COPY fresh ({_COLUMNS}) FROM STDIN") as copy:
            for record in records:
                copy.write_row(record)
        cursor.execute(_STORE)
        cursor.execute("DROP TABLE fresh")


def features(session: Session, camera_id: int) -> dict[str, Any]:
    """Return a camera's stored viewsheds as a GeoJSON FeatureCollection."""
    rows = session.execute(
        select(
            Viewshed,
            text("ST_AsGeoJSON(certain, 7) AS certain_json"),
            text("ST_AsGeoJSON(possible, 7) AS possible_json"),
            text("(SELECT sensor_no FROM poses p WHERE p.id = pose_id) AS sensor_no"),
        ).where(Viewshed.camera_id == camera_id)
    ).all()
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": json.loads(geometry),
                "properties": {
                    "sensor_no": sensor_no,
                    "sight": sight,
                    "area_m2": round(area, 1),
                    "computed_at": shed.computed_at.isoformat(),
                    "status": "stale" if shed.is_stale else "fresh",
                },
            }
            for shed, certain, possible, sensor_no in rows
            for sight, geometry, area in (
                ("certain", certain, shed.certain_area_m2),
                ("possible", possible, shed.possible_area_m2),
            )
            if geometry is not None and area > 0
        ],
    }
