"""Grids split, merged, and given another common border, so that a tiling stays a tiling.

Lon/lat degrees, EPSG:4326, edges straight in lon/lat. Old vertices stay where they are to the last
bit; `fitted` and `in_step` give new ones to everybody whose border they lie on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gis.errors import GridEditError
from gis.gridarea import area_m2
from gis.gridnodes import (
    REACH_DEG,
    crossings,
    edges_of,
    inserted,
    nodes_of,
    snapped,
    with_nodes,
    with_rings,
)
from gis.gridorder import reading_order

Floats = NDArray[np.float64]

LEAST_PART_M2 = 1.0
"""A smaller part is no grid but a slip of the hand."""
_REACH_OUT_DEG = 3e-5
"""3 m: an end of a drawn line that stops so short of the border is led to it."""


def split(shape: BaseGeometry, line: LineString) -> list[BaseGeometry]:
    """Parts of a grid on the sides of a line.

    Parameters
    ----------
    shape : Polygon or MultiPolygon
        The grid, lon/lat EPSG:4326, valid.
    line : LineString
        Drawn or a road's; may bend, cross itself and reach beyond. Ends that hang inside cut
        nothing, unless they stop within 3 m of the border.

    Returns
    -------
    list of Polygon or MultiPolygon, at least two
        In reading order, west to east and north to south. One part for each piece that the line
        cuts off; pieces of a multipolygon that it does not touch go to the nearest part.

    Raises
    ------
    GridEditError
        `does_not_cut`, or `sliver` if a part would be smaller than 1 m2.

    """
    whole, *apart = sorted(shapely.get_parts(shape), key=lambda part: -_overlap(part, line))
    faces: list[BaseGeometry] = list(_faces(whole, line))
    for part in apart:
        pieces = _faces(part, line)
        if len(pieces) > 1:
            faces += pieces
        else:
            near = int(np.argmin(shapely.distance(np.array(faces, dtype=object), part)))
            faces[near] = MultiPolygon([*shapely.get_parts(faces[near]), part])
    if len(faces) < 2:
        raise GridEditError("does_not_cut", lon=line.coords[0][0], lat=line.coords[0][1])
    _refuse_slivers(faces)
    return [faces[i] for i in reading_order(faces)]


def merge(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    """Ground of neighbours as one.

    Parameters
    ----------
    shapes : sequence of n >= 1 Polygon or MultiPolygon
        Lon/lat EPSG:4326. Each shares an edge with another.

    Returns
    -------
    Polygon or MultiPolygon
        Nodes that others have on its border stay.

    Raises
    ------
    GridEditError
        `not_neighbours` if some do not touch the rest along an edge.

    """
    array = np.array(list(shapes), dtype=object)
    is_clean = bool(shapely.coverage_is_valid(array))
    joined = shapely.coverage_union_all(array) if is_clean else shapely.union_all(array)
    pieces = int(shapely.get_num_geometries(array).sum())
    if shapely.get_num_geometries(joined) > pieces - len(array) + 1:
        lon, lat = _spot(array[-1])
        raise GridEditError("not_neighbours", lon=lon, lat=lat)
    return _polygonal(joined)


def move_boundary(
    first: BaseGeometry, second: BaseGeometry, line: LineString
) -> tuple[BaseGeometry, BaseGeometry]:
    """Two neighbours with a new common border; their ground together stays what it was.

    Parameters
    ----------
    first, second : Polygon or MultiPolygon
        Lon/lat EPSG:4326, sharing an edge.
    line : LineString
        The new border; it cuts the ground of both together.

    Returns
    -------
    tuple of two Polygon or MultiPolygon
        Each piece goes to whom most of it belonged; both keep some.

    Raises
    ------
    GridEditError
        `not_neighbours`, `does_not_cut`, `one_side_empty` or `sliver`.

    """
    together = merge([first, second])
    faces = [face for part in shapely.get_parts(together) for face in _faces(part, line)]
    if len(faces) == shapely.get_num_geometries(together):
        raise GridEditError("does_not_cut", lon=line.coords[0][0], lat=line.coords[0][1])
    array = np.array(faces, dtype=object)
    own = np.array([shapely.area(shapely.intersection(array, side)) for side in (first, second)])
    is_first = own[0] >= own[1]
    if is_first.all() or not is_first.any():
        # The border was moved far: the piece with the greater share of the poorer side is its own.
        poorer = int(is_first.all())
        share = own[poorer] / own.sum(axis=0)
        is_first[int(np.argmax(share))] = poorer == 0
    if is_first.all() or not is_first.any():
        lon, lat = _spot(together)
        raise GridEditError("one_side_empty", lon=lon, lat=lat)
    sides = [_joined(array[side]) for side in (is_first, ~is_first)]
    _refuse_slivers(sides)
    return sides[0], sides[1]


def fitted(pieces: Sequence[BaseGeometry], standing: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Redrawn outlines with the nodes of their neighbours and of each other.

    Parameters
    ----------
    pieces : sequence of Polygon or MultiPolygon
        As drawn, lon/lat EPSG:4326.
    standing : sequence of Polygon or MultiPolygon
        Neighbours, which are not moved.

    Returns
    -------
    list of Polygon or MultiPolygon
        Vertices within 1 mm of a neighbour's, or of an earlier piece's, are moved onto it.

    Raises
    ------
    GridEditError
        `not_sound` if an outline crosses itself or has no ground.

    """
    anchors = nodes_of(*standing)
    moved: list[BaseGeometry] = []
    for piece in pieces:
        made = with_rings(piece, partial(_snapped, anchors=anchors))
        if made.is_empty or not made.is_valid:
            lon, lat = _spot(piece)
            raise GridEditError("not_sound", lon=lon, lat=lat)
        moved.append(made)
        anchors = np.concatenate([anchors, nodes_of(made)])
    return [with_nodes(piece, anchors) for piece in moved]


def in_step(
    standing: Sequence[BaseGeometry], changed: Sequence[BaseGeometry]
) -> list[BaseGeometry]:
    """Neighbours with the nodes that changed grids have on the common border.

    Parameters
    ----------
    standing, changed : sequence of Polygon or MultiPolygon
        Lon/lat EPSG:4326.

    Returns
    -------
    list of Polygon or MultiPolygon
        As many as `standing`; the same object where nothing was put in. Ground changes by less
        than 1 mm along the border.

    """
    nodes = nodes_of(*changed)
    made = []
    for shape in standing:
        new = with_nodes(shape, nodes)
        made.append(new if new is shape or new.is_valid else shape)
    return made


def _faces(part: Polygon, line: LineString) -> list[Polygon]:
    """Return the pieces into which a line cuts a polygon; the polygon alone if it does not."""
    if not shapely.intersects(part, line):
        return [part]
    paths = [
        np.asarray(each.coords)[:, :2]
        for each in shapely.get_parts(shapely.node(_led_out(part, line)))
    ]
    own = nodes_of(part)
    paths = [inserted(snapped(path, own), own) for path in paths]
    noded = with_nodes(part, np.concatenate(paths))
    found = np.concatenate([crossings(path, *edges_of(noded)) for path in paths])
    noded = with_nodes(noded, found)
    paths = [inserted(path, found) for path in paths]
    start, end = edges_of(noded)
    tips = np.concatenate(
        [np.hstack([start, end]), *(np.hstack([p[:-1], p[1:]]) for p in paths)], axis=0
    )
    backward = (tips[:, 0] > tips[:, 2]) | ((tips[:, 0] == tips[:, 2]) & (tips[:, 1] > tips[:, 3]))
    tips[backward] = tips[backward][:, [2, 3, 0, 1]]
    edges = shapely.multilinestrings(list(np.unique(tips, axis=0).reshape(-1, 2, 2)))
    faces = shapely.get_parts(shapely.polygonize([edges]))
    shapely.prepare(part)
    inside = faces[shapely.covers(part, shapely.point_on_surface(faces))]
    # A node moves its edge by less than REACH_DEG, and all the ground with it.
    if abs(shapely.area(inside).sum() - part.area) > REACH_DEG * part.length:
        lon, lat = _spot(part)
        raise GridEditError("not_sound", lon=lon, lat=lat)
    return [part] if len(inside) < 2 else list(inside)


def _led_out(part: Polygon, line: LineString) -> LineString:
    """Return the line with ends that stop just short of the border led to it."""
    coords = [tuple(position[:2]) for position in line.coords]
    for at, where in ((0, 0), (-1, len(coords) + 1)):
        tip = shapely.points(coords[at])
        gap = shapely.distance(part.boundary, tip)
        if REACH_DEG < gap <= _REACH_OUT_DEG and shapely.covers(part, tip):
            coords.insert(where, _foot(part, tip))
    return LineString(coords)


def _foot(part: Polygon, tip: BaseGeometry) -> tuple[float, float]:
    nearest = shapely.get_point(shapely.shortest_line(part.boundary, tip), 0)
    return float(nearest.x), float(nearest.y)


def _overlap(part: BaseGeometry, line: LineString) -> float:
    return float(shapely.length(shapely.intersection(part, line)))


def _joined(faces: NDArray[np.object_]) -> BaseGeometry:
    return _polygonal(shapely.coverage_union_all(faces))


def _polygonal(shape: BaseGeometry) -> BaseGeometry:
    parts = shapely.get_parts(shapely.get_parts(shape))
    kept = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return kept[0] if len(kept) == 1 else MultiPolygon(list(kept))


def _snapped(ring: Floats, *, anchors: Floats) -> Floats:
    moved = snapped(ring, anchors)
    return ring if np.array_equal(moved, ring) else moved


def _refuse_slivers(shapes: Sequence[BaseGeometry]) -> None:
    areas = area_m2(shapes)
    least = int(np.argmin(areas))
    if areas[least] < LEAST_PART_M2:
        lon, lat = _spot(shapes[least])
        raise GridEditError("sliver", lon=lon, lat=lat)


def _spot(shape: BaseGeometry) -> tuple[float, float]:
    point = shape.representative_point()
    return (float("nan"), float("nan")) if point.is_empty else (point.x, point.y)
