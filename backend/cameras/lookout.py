"""Every sensor pose of this installation, held in memory over the scene it looks at.

One reading serves all requests of a process until the layer's version in the database moves. What
a camera does not state is assumed here, once; `ASSUMED` names the fields that can be.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.frame import LocalFrame
from gis.optics import assumed_range_m, vertical_field_deg
from gis.sight import PoseColumns, PoseTable, build_poses

from ..basemap import scene
from ..db import begin
from ..holding import Holding
from ..settings import Sight, load

ASSUMED = ("height_m", "fov_deg", "range_m")
# One round trip tells whether anything in memory is out of date.
_VERSIONS = text(
    "SELECT gridlink_layer_version('cameras') || '/' || gridlink_layer_version('poses'),"
    " gridlink_layer_version('buildings')"
)
_POSES = text(
    "SELECT c.id, ST_X(c.geom), ST_Y(c.geom), c.height_m, c.width_px, c.has_ptz, c.division_code,"
    " p.id, p.azimuth_deg, p.azimuth_error_deg, p.fov_deg, p.range_m, p.tilt_deg,"
    " p.sensor_no, p.fov_error_deg, p.tilt_error_deg"
    " FROM cameras c JOIN poses p ON p.camera_id = c.id ORDER BY c.id, p.sensor_no"
)
# Without cameras the land itself says where the metres are counted from.
_LAND = text(
    "SELECT (ST_XMin(e) + ST_XMax(e)) / 2, (ST_YMin(e) + ST_YMax(e)) / 2 FROM (SELECT coalesce("
    " (SELECT ST_Extent(geom) FROM grids WHERE valid_to IS NULL),"
    " (SELECT ST_Extent(geom) FROM divisions WHERE valid_to IS NULL)) AS e) AS land"
)
_WIDTH = 16  # columns of `_POSES`
_FRAME_STEP_DEG = 0.05
"""The frame's centre is rounded to this, so that one more camera seldom moves the frame."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lookout:
    """Rows are poses: `camera_id`, `pose_id`, `sensor_no` and `division_code` run along `poses`."""

    version: str
    frame: LocalFrame
    poses: PoseTable
    camera_id: Ints
    pose_id: Ints
    sensor_no: Ints
    division_code: Ints
    turnable: NDArray[np.intp]
    """Rows of PTZ cameras."""
    x: Floats
    y: Floats
    assumed: NDArray[np.bool_]
    """Shape (poses, 3), a column for each field of `ASSUMED`."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What n sensors state of themselves, float64 (n,), nan = not known; lon and lat in EPSG:4326.

    The order of the columns is that of `_read`.
    """

    camera_id: Ints
    lon: Floats
    lat: Floats
    height_m: Floats
    width_px: Floats
    azimuth_deg: Floats
    azimuth_error_deg: Floats
    fov_deg: Floats
    range_m: Floats
    tilt_deg: Floats
    fov_error_deg: Floats | float = 0.0
    tilt_error_deg: Floats | float = 0.0


_held = Holding[Lookout]()


def current(session: Session) -> tuple[Lookout, scene.Scene]:
    """Return all poses and the scene around them, as the database has them now.

    The reading takes a transaction of its own with the owner's eyes, because all callers share the
    result; what a caller may see is decided when its answer is dressed, under row-level security.
    """
    version, buildings = session.execute(_VERSIONS).one()

    def renew(last: Lookout | None) -> Lookout:
        if last is not None and last.version == version and len(last.poses):
            return last
        with begin() as owner:
            return _read(owner, version)

    lookout = _held.renewed(renew)
    return lookout, scene.current(session, lookout.frame, version=buildings)


def _read(session: Session, version: str) -> Lookout:
    rows = [tuple(row) for row in session.execute(_POSES)]  # numpy probes Row objects slowly
    columns = list(zip(*rows, strict=True)) or [()] * _WIDTH
    lon, lat = _floats(columns[1]), _floats(columns[2])
    if rows:
        frame = LocalFrame(_middle(lon), _middle(lat))
    else:
        spot = session.execute(_LAND).one()
        frame = LocalFrame(*(_middle(np.array([at or 0.0])) for at in spot))
    stated = Stated(
        np.array(columns[0], dtype=np.int64),
        lon,
        lat,
        *(_floats(columns[i]) for i in (3, 4, 8, 9, 10, 11, 12, 14, 15)),
    )
    poses = poses_as_stated(frame, stated)
    return Lookout(
        version,
        frame,
        poses,
        stated.camera_id,
        np.array(columns[7], dtype=np.int64),
        np.array(columns[13], dtype=np.int64),
        np.array(columns[6], dtype=np.int64),
        np.flatnonzero(np.array(columns[5], dtype=bool)),
        poses.x,
        poses.y,
        np.isnan(np.column_stack([stated.height_m, stated.fov_deg, stated.range_m])),
    )


def poses_as_stated(frame: LocalFrame, stated: Stated) -> PoseTable:
    """Return poses in `frame`; what is not stated is assumed as the settings say."""
    guess = load().sight
    fov_error = np.where(np.isnan(stated.fov_deg), guess.fov_error_deg, stated.fov_error_deg)
    height, width, fov, reach = _filled(
        guess, stated.height_m, stated.width_px, stated.fov_deg, stated.range_m
    )
    x, y = frame.to_metric(stated.lon, stated.lat)
    return build_poses(
        PoseColumns(
            camera_index=stated.camera_id,
            x=x,
            y=y,
            height_m=height,
            azimuth_deg=stated.azimuth_deg,
            azimuth_error_deg=stated.azimuth_error_deg,
            fov_deg=fov,
            fov_error_deg=fov_error,
            range_m=reach,
            tilt_deg=stated.tilt_deg,
            vfov_deg=_sure_height_deg(fov, stated.tilt_error_deg),
            width_px=width,
            convergence_deg=frame.convergence_deg(stated.lon, stated.lat),
        )
    )


def _sure_height_deg(fov_deg: Floats, tilt_error_deg: Floats | float) -> Floats:
    """Return the vertical field that the picture shows however its tilt errs."""
    whole = [vertical_field_deg(f) if f < 170.0 else np.nan for f in fov_deg]
    return np.asarray(np.maximum(np.array(whole) - 2.0 * np.asarray(tilt_error_deg), 1.0))


def _filled(
    guess: Sight, height: Floats, width: Floats, fov: Floats, reach: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the columns with the settings' assumptions where a camera states nothing."""
    height = np.where(np.isnan(height), guess.camera_height_m, height)
    width = np.where(np.isnan(width), guess.width_px, width)
    fov = np.where(np.isnan(fov), guess.fov_deg, fov)
    far = assumed_range_m(np.minimum(fov, 120.0), width, px_per_m=guess.least_px_per_m)
    return height, width, fov, np.where(np.isnan(reach), far, reach)


def _floats(column: Sequence[float | None]) -> Floats:
    """Return a column as floats, None as nan."""
    return np.array(column, dtype=np.float64)


def _middle(degrees: Floats) -> float:
    if not degrees.size:
        return 0.0
    middle = float((degrees.min() + degrees.max()) / 2)
    return round(round(middle / _FRAME_STEP_DEG) * _FRAME_STEP_DEG, 6)
