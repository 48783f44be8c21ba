"""Camera poses as arrays under a grid of range circles, for "which cameras can reach this point".

One row per sensor pose: a camera with three sensors has three rows. x, y in metres of the scene.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.circlegrid import circle_grid, list_circles_by_cell
from gis.compiled import compiled
from gis.errors import ArgumentError
from gis.handle import Handle

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

MAX_RANGE_M = 50_000.0


#: Columns of a pose that kernels read, in `PoseColumns`' names and units.
POSE_COLUMNS = (
    "x",
    "y",
    "height_m",
    "azimuth_deg",
    "azimuth_error_deg",
    "fov_deg",
    "fov_error_deg",
    "range_m",
    "tilt_deg",
    "vfov_deg",
    "width_px",
    "lens_deg",
    "convergence_deg",
)
#: One pose as one record: a candidate costs two cache lines instead of thirteen.
#: `row` is its place in the table.
POSE = np.dtype([*((name, "f8") for name in POSE_COLUMNS), ("row", "i8")])


class PoseArrays(NamedTuple):
    """`PoseTable` in the form kernels take, poses in the order of the grid's cells.

    Cameras asked together then lie together: one lookup reads a few stretches of memory instead of
    a dozen places all over it.
    """

    #: POSE; those that stand in cell c are rows[spot_starts[c]:spot_starts[c + 1]].
    rows: NDArray[Any]
    #: Place in `rows` of each row of the table.
    places: Ints
    origin_x: float
    origin_y: float
    cell_m: float
    ncols: int
    nrows: int
    #: Places whose circle of range meets cell c: items[starts[c]:starts[c + 1]].
    starts: Ints
    items: Ints
    spot_starts: Ints


@dataclass(frozen=True, slots=True)
class PoseColumns:
    """What is known of n sensor poses; single values stand for all rows."""

    #: The caller's number of the camera.
    camera_index: ArrayLike
    #: Metres, CRS of the scene.
    x: ArrayLike
    y: ArrayLike
    #: Lens above its ground, metres, >= 0.
    height_m: ArrayLike
    #: Degrees clockwise from true north; nan = unknown.
    azimuth_deg: ArrayLike
    #: Horizontal field the camera can show, 0 < fov_deg <= 360; 360 for one that turns or sees all.
    fov_deg: ArrayLike
    #: Reach in plan, metres, 0 < range_m <= `MAX_RANGE_M`.
    range_m: ArrayLike
    #: Half widths of what is not known about azimuth and field, degrees, >= 0.
    azimuth_error_deg: ArrayLike = 0.0
    fov_error_deg: ArrayLike = 0.0
    #: Axis below the horizon and vertical field, degrees; nan = unknown, then not judged.
    tilt_deg: ArrayLike = math.nan
    vfov_deg: ArrayLike = math.nan
    #: Width of the picture, pixels; nan = unknown.
    width_px: ArrayLike = math.nan
    #: Horizontal field of one picture where it is less than `fov_deg` (a dome that turns);
    #: nan = the same as `fov_deg`.
    lens_deg: ArrayLike = math.nan
    #: Grid azimuth = true azimuth - convergence; `LocalFrame.convergence_deg`.
    convergence_deg: ArrayLike = 0.0


@dataclass(frozen=True, slots=True)
class PoseTable:
    """`PoseColumns` as float64 arrays of one length, and the index; made by `build_poses`."""

    camera_index: NDArray[np.int64]
    x: Floats
    y: Floats
    height_m: Floats
    azimuth_deg: Floats
    azimuth_error_deg: Floats
    fov_deg: Floats
    fov_error_deg: Floats
    range_m: Floats
    tilt_deg: Floats
    vfov_deg: Floats
    width_px: Floats
    lens_deg: Floats
    convergence_deg: Floats
    origin_x: float
    origin_y: float
    cell_m: float
    ncols: int
    nrows: int
    #: Poses whose circle of range meets cell c = row * ncols + col: items[starts[c]:starts[c + 1]].
    starts: Ints
    items: Ints
    #: Poses that stand in cell c: spot_items[spot_starts[c]:spot_starts[c + 1]].
    spot_starts: Ints
    spot_items: Ints
    #: `PoseArrays` for kernels.
    handle: Handle = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "handle", Handle(_packed(self)))

    def __len__(self) -> int:
        return len(self.x)


def build_poses(columns: PoseColumns) -> PoseTable:
    """Checked pose arrays with the grid that finds them.

    Parameters
    ----------
    columns : PoseColumns
        One row per sensor pose; none at all is allowed.

    Returns
    -------
    PoseTable

    Raises
    ------
    ArgumentError
        If lengths differ or a value is outside the range its column states.

    Notes
    -----
    A lookup reads one cell, so it touches only cameras whose circle of range meets that cell. The
    side of a cell is half the median range, doubled while the lists would pass 40 per pose (but
    at least 1,000,000), see `gis.circlegrid`. 100,000 poses take about 0.1 s.

    """
    table = _checked_columns(columns)
    x, y, reach = table["x"], table["y"], table["range_m"]
    grid = circle_grid(x, y, reach)
    starts, items = list_circles_by_cell(x, y, reach, grid)
    spot_starts, spot_items = list_circles_by_cell(x, y, np.zeros(len(x)), grid)
    numbers = np.atleast_1d(np.asarray(columns.camera_index))
    if numbers.shape != x.shape or (len(x) and numbers.dtype.kind not in "iu"):
        got = f"{numbers.dtype} {numbers.shape}"
        raise ArgumentError("camera_index", got=got, allowed=f"integers of shape {x.shape}")
    return PoseTable(
        camera_index=numbers.astype(np.int64),
        **table,
        origin_x=grid[0],
        origin_y=grid[1],
        cell_m=grid[2],
        ncols=grid[3],
        nrows=grid[4],
        starts=starts,
        items=items,
        spot_starts=spot_starts,
        spot_items=spot_items,
    )


def _packed(table: PoseTable) -> PoseArrays:
    rows = np.zeros(len(table), dtype=POSE)
    for name in POSE_COLUMNS:
        rows[name] = getattr(table, name)
    rows["row"] = np.arange(len(table))
    places = np.empty(len(table), dtype=np.int32)
    places[table.spot_items] = np.arange(len(table), dtype=np.int32)
    return PoseArrays(
        rows[table.spot_items],
        places,
        table.origin_x,
        table.origin_y,
        table.cell_m,
        table.ncols,
        table.nrows,
        table.starts,
        places[table.items],
        table.spot_starts,
    )


#: Least and greatest value of each column, and whether nan ("unknown") is allowed.
_LIMITS: dict[str, tuple[float, float, bool]] = {
    "x": (-1e8, 1e8, False),
    "y": (-1e8, 1e8, False),
    "height_m": (0.0, 10_000.0, False),
    "azimuth_deg": (-720.0, 720.0, True),
    "azimuth_error_deg": (0.0, 360.0, False),
    "fov_deg": (1e-3, 360.0, False),
    "fov_error_deg": (0.0, 360.0, False),
    "range_m": (1e-3, MAX_RANGE_M, False),
    "tilt_deg": (-90.0, 90.0, True),
    "vfov_deg": (1e-3, 180.0, True),
    "width_px": (1.0, 1e6, True),
    "lens_deg": (1e-3, 360.0, True),
    "convergence_deg": (-90.0, 90.0, False),
}


def _checked_columns(columns: PoseColumns) -> dict[str, Floats]:
    count = len(np.atleast_1d(np.asarray(columns.x)))
    table: dict[str, Floats] = {}
    for name in (f.name for f in fields(columns) if f.name != "camera_index"):
        values = np.asarray(getattr(columns, name), dtype=np.float64)
        if values.ndim == 0:
            values = np.full(count, float(values))
        if values.shape != (count,):
            raise ArgumentError(name, got=f"shape {values.shape}", allowed=f"shape ({count},)")
        least, greatest, may_be_unknown = _LIMITS[name]
        fits = (values >= least) & (values <= greatest)
        fits |= may_be_unknown & np.isnan(values)
        if not np.all(fits):
            row = int(np.argmin(fits))
            got = f"{values[row]} at row {row}"
            raise ArgumentError(name, got=got, allowed=f"{least:g} to {greatest:g}")
        table[name] = np.ascontiguousarray(values)
    lens = table["lens_deg"]
    table["lens_deg"] = np.where(np.isnan(lens), table["fov_deg"], lens)
    return table


@compiled
def reaching(poses: PoseArrays, x: float, y: float) -> Ints:
    """Places of the poses whose circle of range holds the point, border included."""
    col = math.floor((x - poses.origin_x) / poses.cell_m)
    row = math.floor((y - poses.origin_y) / poses.cell_m)
    if col < 0 or row < 0 or col >= poses.ncols or row >= poses.nrows:
        return np.empty(0, dtype=np.int32)
    cell = row * poses.ncols + col
    listed = poses.items[poses.starts[cell] : poses.starts[cell + 1]]
    found = np.empty(len(listed), dtype=np.int32)
    count = 0
    for p in listed:
        pose = poses.rows[p]
        # The box first: hypot guards against overflow and is slow.
        if max(abs(pose.x - x), abs(pose.y - y)) > pose.range_m:
            continue
        if math.hypot(pose.x - x, pose.y - y) <= pose.range_m:
            found[count] = p
            count += 1
    return found[:count]


@compiled
def nearest_out_of_range(
    poses: PoseArrays, spot: tuple[float, float], radius_m: float, limit: int
) -> Ints:
    """Places of at most `limit` poses within the radius but out of range, nearest first."""
    x, y = spot
    found = np.empty(limit, dtype=np.int32)
    distances = np.empty(limit)
    count = 0
    bottom = max(math.floor((y - radius_m - poses.origin_y) / poses.cell_m), 0)
    top = min(math.floor((y + radius_m - poses.origin_y) / poses.cell_m), poses.nrows - 1)
    left = max(math.floor((x - radius_m - poses.origin_x) / poses.cell_m), 0)
    right = min(math.floor((x + radius_m - poses.origin_x) / poses.cell_m), poses.ncols - 1)
    if left > right:
        return found[:0]
    for row in range(bottom, top + 1):
        # Cells of a row follow one another, so their lists are one stretch.
        first = poses.spot_starts[row * poses.ncols + left]
        for p in range(first, poses.spot_starts[row * poses.ncols + right + 1]):
            distance = math.hypot(poses.rows[p].x - x, poses.rows[p].y - y)
            if poses.rows[p].range_m < distance <= radius_m:
                count = _keep_nearest(found, distances, count, (p, distance))
    return found[:count]


@compiled
def _keep_nearest(found: Ints, distances: Floats, count: int, one: tuple[int, float]) -> int:
    """Insert one pose into the short list sorted by distance; returns its new length."""
    pose, distance = one
    if count == len(found):
        if count == 0 or distance >= distances[count - 1]:
            return count
        count -= 1
    i = count
    while i > 0 and distances[i - 1] > distance:
        found[i], distances[i] = found[i - 1], distances[i - 1]
        i -= 1
    found[i], distances[i] = pose, distance
    return count + 1
