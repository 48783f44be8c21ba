"""Cells dissolved into tiles: borders run smooth in the country and keep to streets in town."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from .curves import merged_tiles, rounded
from .partition import connected, neighbours


def smoothed_tiles(
    cells: NDArray[np.object_], labels: NDArray[np.int64], outline: Polygon, streets: BaseGeometry
) -> dict[int, Polygon]:
    """One polygon per label; neighbours share vertices because all are cut from one line work."""
    rough = {int(k): merged_tiles(cells[labels == k]) for k in np.unique(labels)}
    arcs = _border_arcs(list(rough.values()), outline, streets)
    noded = shapely.union_all(arcs, grid_size=0.01)
    faces = np.array(shapely.get_parts(shapely.polygonize([noded])), dtype=object)
    faces = faces[shapely.contains(outline, shapely.point_on_surface(faces))]
    owners = np.array([_owner(face, rough) for face in faces])
    # Rounding can pinch a narrow neck off: such a piece goes to the neighbour around it.
    owners = connected(owners, neighbours(faces), faces)
    return {label: merged_tiles(faces[owners == label]) for label in rough}


def _border_arcs(
    polygons: list[Polygon], outline: Polygon, streets: BaseGeometry
) -> list[LineString]:
    """Borders between nodes: kept along streets and the county's outline, rounded elsewhere."""
    borders = shapely.union_all([p.boundary for p in polygons])
    legs = _legs(borders)
    middles = shapely.line_interpolate_point(legs, 0.5, normalized=True)
    rim = shapely.union_all([outline.exterior.buffer(0.05), streets.buffer(0.05)])
    shapely.prepare(rim)
    is_fixed = shapely.contains(rim, middles)
    nodes = _nodes(legs)
    country = [arc for chain in _chains(legs[~is_fixed]) for arc in _cut(chain, nodes)]
    smooth = [LineString(rounded(shapely.get_coordinates(a), 2)) for a in country]
    return [*legs[is_fixed], *smooth]


def _legs(borders: shapely.Geometry) -> NDArray[np.object_]:
    """Every straight piece of the borders, once."""
    found: dict[tuple[tuple[float, ...], ...], None] = {}
    for part in shapely.get_parts(borders):
        points = [tuple(p) for p in shapely.get_coordinates(part)]
        for a, b in pairwise(points):
            found[min(a, b), max(a, b)] = None
    return np.array([LineString(pair) for pair in sorted(found)], dtype=np.object_)


def _nodes(legs: NDArray[np.object_]) -> set[tuple[float, float]]:
    """Points where other than two legs meet."""
    ends: dict[tuple[float, float], int] = {}
    for leg in legs:
        for point in leg.coords:
            ends[point] = ends.get(point, 0) + 1
    return {p for p, count in ends.items() if count != 2}


def _chains(legs: NDArray[np.object_]) -> list[LineString]:
    merged = shapely.line_merge(shapely.multilinestrings(list(legs)))
    return list(shapely.get_parts(merged))


def _cut(chain: LineString, nodes: set[tuple[float, float]]) -> list[LineString]:
    """The chain cut where a fixed border joins it, so that no junction moves."""
    points = list(chain.coords)
    stops = [0, *(k for k in range(1, len(points) - 1) if points[k] in nodes), len(points) - 1]
    return [LineString(points[a : b + 1]) for a, b in pairwise(stops)]


def _owner(face: Polygon, rough: dict[int, Polygon]) -> int:
    return max(rough, key=lambda label: shapely.intersection(face, rough[label]).area)
