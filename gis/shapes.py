"""The shapes of a file, placed on EPSG:4326 and judged row by row; polygons mended where possible.

A row is taken or refused with its reason; what is refused never reaches a database.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.crs import Placement, is_misplaced, place
from gis.faults import FileRefused, RowFault
from gis.mending import MendingLimits, mend_polygons

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]
Wanted = Literal["polygon", "line", "point", "point_or_polygon"]

_POINTS, _POLYGONS = (0, 4), (3, 6)
_TYPES = {
    "polygon": _POLYGONS,
    "line": (1, 5),
    "point": _POINTS,
    "point_or_polygon": _POINTS + _POLYGONS,
}
_TYPE_NAMES = {
    **{0: "Point", 1: "LineString", 2: "LinearRing", 3: "Polygon", 4: "MultiPoint"},
    **{5: "MultiLineString", 6: "MultiPolygon", 7: "GeometryCollection"},
}
_METRES_PER_DEGREE = 111_195.0
#: A mended footprint may gain or lose this much whatever its share: below survey accuracy.
_NEGLIGIBLE_M2 = 1.0
_FIRST_ROWS = 5


@dataclass(frozen=True, slots=True)
class ShapeLimits:
    """How large a shape and a file may be."""

    vertices: int = 100_000
    parts: int = 10_000
    total_vertices: int = 50_000_000
    mending: MendingLimits = dataclasses.field(default_factory=MendingLimits)


@dataclass(frozen=True, slots=True)
class MendedRow:
    """A polygon that was put right: its row, place, what was wrong, share of area changed."""

    row: int
    lon: float
    lat: float
    reason: str
    area_change: float


@dataclass(frozen=True, slots=True)
class Judged:
    """Shapes fit to be stored; None where the row was refused, with the reason in `faults`."""

    shapes: Geometries
    faults: tuple[RowFault, ...]
    mended: tuple[MendedRow, ...]


def judge_shapes(
    shapes: Geometries,
    unreadable: NDArray[np.bool_],
    placement: Placement,
    *,
    wanted: Wanted,
    limits: ShapeLimits,
    on_progress: Callable[[int], None] | None = None,
) -> Judged:
    """Place and judge the shapes of a file.

    Parameters
    ----------
    shapes : ndarray of geometry, shape (n,)
        As the file has them, None where it has none.
    unreadable : ndarray of bool, shape (n,)
        True where the file holds bytes that are no geometry.
    placement : Placement
        From `gis.crs.decide_placement`.
    wanted : {"polygon", "line", "point", "point_or_polygon"}
        Kind of shape; multi-forms are taken, of points only those of one point.

    limits : ShapeLimits
        Sizes above which a row, or the file, is refused.
    on_progress : callable, optional
        Told the number of polygons mended.

    Returns
    -------
    Judged
        Shapes on EPSG:4326, two-dimensional, polygons valid.

    Raises
    ------
    FileRefused
        ``crs.mismatch`` when most rows lie outside the CRS, ``file.too_many_vertices``.

    """
    total = int(shapely.get_num_coordinates(shapes).sum())
    if total > limits.total_vertices:
        raise FileRefused("file.too_many_vertices", found=total, limit=limits.total_vertices)
    codes = _first_faults(shapes, unreadable, wanted, limits)
    flat = shapely.force_2d(shapes)
    flat[codes != ""] = None
    placed, misplaced = _placed(flat, placement)
    _refuse_if_mostly(misplaced, flat, placement)
    _set(codes, misplaced, "coordinate.out_of_range")
    if wanted != "point":
        bounds = shapely.bounds(placed)
        _set(codes, bounds[:, 2] - bounds[:, 0] > 180.0, "geometry.antimeridian")
    if wanted == "line":
        _set(codes, (codes == "") & (shapely.length(placed) == 0.0), "geometry.no_length")
    if _takes(wanted, _POINTS):
        placed = _single_points(placed)
        _set(codes, _is_origin(placed), "coordinate.zero")
    placed[codes != ""] = None
    mended, changed = (
        _mend(placed, codes, limits.mending, on_progress) if _takes(wanted, _POLYGONS) else ([], {})
    )
    faults = _faults(codes, shapes, changed, (placement, limits))
    placed[codes != ""] = None
    return Judged(placed, tuple(faults), tuple(mended))


def _takes(wanted: Wanted, types: tuple[int, ...]) -> bool:
    return set(types) <= set(_TYPES[wanted])


def _first_faults(
    shapes: Geometries, unreadable: NDArray[np.bool_], wanted: Wanted, limits: ShapeLimits
) -> NDArray[np.object_]:
    """Code of what is wrong with each shape before it is placed, "" for nothing."""
    codes = np.full(len(shapes), "", dtype=object)
    types = shapely.get_type_id(shapes)
    _set(codes, unreadable, "geometry.unreadable")
    _set(codes, shapely.is_missing(shapes), "geometry.missing")
    _set(codes, ~np.isin(types, _TYPES[wanted]) & ~shapely.is_empty(shapes), "geometry.wrong_kind")
    _set(codes, shapely.is_empty(shapes), "geometry.empty")
    is_scattered = np.isin(types, _POINTS) & (shapely.get_num_geometries(shapes) > 1)
    _set(codes, is_scattered, "geometry.many_points")
    vertices = shapely.get_num_coordinates(shapes)
    _set(codes, vertices > limits.vertices, "geometry.too_many_vertices")
    _set(codes, shapely.get_num_geometries(shapes) > limits.parts, "geometry.too_many_parts")
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    broken = np.zeros(len(shapes), dtype=bool)
    broken[owner[~np.isfinite(coordinates).all(axis=1)]] = True
    _set(codes, broken, "geometry.not_finite")
    return codes


def _set(codes: NDArray[np.object_], where: NDArray[np.bool_], code: str) -> None:
    codes[(codes == "") & where] = code


def _placed(flat: Geometries, placement: Placement) -> tuple[Geometries, NDArray[np.bool_]]:
    xy, owner = shapely.get_coordinates(flat, return_index=True)
    lonlat = place(xy, placement)
    misplaced = np.zeros(len(flat), dtype=bool)
    misplaced[owner[is_misplaced(xy, lonlat, placement)]] = True
    # GEOS must not meet the infinities of a failed projection.
    placed = shapely.set_coordinates(flat.copy(), np.where(np.isfinite(lonlat), lonlat, 0.0))
    return np.asarray(placed, dtype=object), misplaced


def _refuse_if_mostly(misplaced: NDArray[np.bool_], flat: Geometries, placement: Placement) -> None:
    present = int((~shapely.is_missing(flat)).sum())
    found_rows = int(misplaced.sum())
    # A few rows are named one by one; a whole file in another system is one fault, not thousands.
    if found_rows <= _FIRST_ROWS or found_rows * 2 <= present:
        return
    rows = []
    for index in np.flatnonzero(misplaced)[:_FIRST_ROWS]:
        x, y = shapely.get_coordinates(flat[index])[0]
        rows.append({"row": int(index) + 1, "x": round(float(x), 6), "y": round(float(y), 6)})
    found = "; ".join(f"{row['row']}: {row['x']}, {row['y']}" for row in rows)
    raise FileRefused("crs.mismatch", crs=placement.crs, rows=rows, found=found)


def _is_origin(points: Geometries) -> NDArray[np.bool_]:
    """True at 0, 0: in the Atlantic, and how sources write that they do not know."""
    return np.asarray((shapely.get_x(points) == 0.0) & (shapely.get_y(points) == 0.0), dtype=bool)


def _single_points(placed: Geometries) -> Geometries:
    multi = shapely.get_type_id(placed) == 4
    placed[multi] = shapely.get_geometry(placed[multi], 0)
    return placed


def _mend(
    placed: Geometries,
    codes: NDArray[np.object_],
    limits: MendingLimits,
    on_progress: Callable[[int], None] | None,
) -> tuple[list[MendedRow], dict[int, float]]:
    """Mend invalid polygons in place; returns the rows mended and the changes that were too big."""
    invalid = np.flatnonzero(~shapely.is_valid(placed) & (codes == ""))
    if not len(invalid):
        return [], {}
    polygons = placed[invalid]
    reasons = shapely.is_valid_reason(polygons)
    mean_lat = float(np.nanmean(shapely.bounds(polygons)[:, 1::2]))
    square_degree_m2 = _METRES_PER_DEGREE**2 * max(np.cos(np.radians(mean_lat)), 0.01)
    results = mend_polygons(
        polygons,
        negligible=_NEGLIGIBLE_M2 / square_degree_m2,
        limits=limits,
        on_progress=on_progress,
    )
    rows, changed = [], {}
    for index, reason, result in zip(invalid, reasons, results, strict=True):
        if result.polygon is None:
            codes[index] = f"geometry.{result.fault}"
            changed[int(index)] = result.area_change
            continue
        lon, lat = shapely.get_coordinates(placed[index])[0]
        placed[index] = result.polygon
        plain = str(reason).split("[", maxsplit=1)[0]
        rows.append(MendedRow(int(index) + 1, lon, lat, plain, result.area_change))
    return rows, changed


def _faults(
    codes: NDArray[np.object_],
    shapes: Geometries,
    changed: dict[int, float],
    where: tuple[Placement, ShapeLimits],
) -> list[RowFault]:
    placement, limits = where
    faults = []
    for index in np.flatnonzero(codes != "").tolist():
        code, shape = str(codes[index]), shapes[index]
        lon, lat = _spot(shape, placement)
        detail: dict[str, object] = {"row": index + 1}
        if code == "geometry.wrong_kind":
            detail["found"] = _TYPE_NAMES.get(int(shapely.get_type_id(shape)), "?")
        elif code == "geometry.too_many_parts":
            detail |= {"found": int(shapely.get_num_geometries(shape)), "limit": limits.parts}
        elif code == "geometry.changed":
            detail["percent"] = round(min(changed[index], 99.99) * 100, 1)
        else:
            detail["found"] = int(shapely.get_num_coordinates(shape))
        faults.append(RowFault(index + 1, code, "geometry", lon, lat, detail))
    return faults


def _spot(shape: BaseGeometry | None, placement: Placement) -> tuple[float | None, float | None]:
    """First finite coordinate of a shape on EPSG:4326, or as it stands when it has no place."""
    xy = shapely.get_coordinates(shape)
    finite = xy[np.isfinite(xy).all(axis=1)][:1]
    if not len(finite):
        return None, None
    lonlat = place(finite, placement)
    shown = lonlat if np.isfinite(lonlat).all() else finite
    return round(float(shown[0, 0]), 7), round(float(shown[0, 1]), 7)


def points_of(lon: Sequence[float], lat: Sequence[float]) -> Geometries:
    """Points of two columns; None where either is NaN."""
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    points = np.full(len(x), None, dtype=object)
    known = np.isfinite(x) & np.isfinite(y)
    points[known] = shapely.points(x[known], y[known])
    return points
