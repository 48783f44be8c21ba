"""Ground as the map shows it: seen for sure, by one camera alone, by none; plane metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from gis.bandground import areal
from gis.errors import ArgumentError
from gis.exactcover import Plot, Plots
from gis.seenground import SeenGrounds

Longs = NDArray[np.int64]
Shapes = NDArray[np.object_]

#: Smaller parts and holes are the crumbs of overlays, not ground anybody could stand on.
SLIVER_M2 = 0.01
#: Overlays are snapped to this, so that two drawings of one wall are one.
_GRID_M = 1e-4


@dataclass(frozen=True, slots=True)
class MapGrounds:
    """Object arrays of MultiPolygon, shape (subjects, bands), valid; empty where there is none.

    What is neither certain nor none is seen perhaps.
    """

    px_per_m: tuple[float, ...]
    certain: Shapes
    #: Part of certain: exactly one camera sees it.
    one: Shapes
    none: Shapes


def exact_grounds(
    grounds: SeenGrounds, plots: Plots, px_per_m: tuple[float, ...] | None = None
) -> MapGrounds:
    """Polygons of each subject's ground by who sees it, for the map.

    Parameters
    ----------
    grounds : SeenGrounds
        Of all cameras that count, metric CRS.
    plots : Plots
        Same CRS.
    px_per_m : tuple of float, optional
        Bands to draw, out of those of `grounds`; all by default.

    Returns
    -------
    MapGrounds

    Raises
    ------
    ArgumentError
        If a band is not among those of `grounds`.

    Notes
    -----
    Borders are snapped to 0.1 mm, parts and holes under 0.01 m2 left out: areas are for looking
    at. Figures come from `gis.exactcover`.

    """
    chosen = grounds.px_per_m if px_per_m is None else px_per_m
    if not set(chosen) <= set(grounds.px_per_m):
        raise ArgumentError("px_per_m", got=chosen, allowed=f"out of {grounds.px_per_m}")
    bands = [grounds.px_per_m.index(band) for band in chosen]
    shape = (len(plots), len(bands))
    certain, one, none = (np.empty(shape, dtype=object) for _ in range(3))
    for i, plot in enumerate(plots.plots):
        cameras = grounds.near(plot.box)
        for k, band in enumerate(bands):
            views = (grounds.certain[cameras, band], grounds.possible[cameras, band])
            certain[i, k], one[i, k], none[i, k] = _by_viewers(plot, *views)
    return MapGrounds(chosen, certain, one, none)


def _by_viewers(plot: Plot, views: Shapes, doubtful: Shapes) -> tuple[MultiPolygon, ...]:
    """Ground of one plot seen for sure, by one camera, by none."""
    ground = plot.ground
    views, doubtful = _near(views, ground), _near(doubtful, ground)
    once = shapely.union_all(views, grid_size=_GRID_M)
    seen = _areal(shapely.intersection(ground, once, grid_size=_GRID_M))
    single = shapely.difference(seen, _twice(views), grid_size=_GRID_M)
    whole = shapely.union_all([once, *doubtful], grid_size=_GRID_M) if len(doubtful) else once
    unseen = shapely.difference(ground, whole, grid_size=_GRID_M)
    return _clean(seen), _clean(single), _clean(unseen)


def _near(views: Shapes, ground: BaseGeometry) -> Shapes:
    """The views that meet the box of the ground, cut to it."""
    if ground.is_empty or not len(views):
        return views[:0]
    low_x, low_y, high_x, high_y = shapely.bounds(ground)
    boxed = shapely.intersection(views, shapely.box(low_x, low_y, high_x, high_y))
    return areal(np.asarray(boxed[shapely.area(boxed) > 0.0]))


def _twice(views: Shapes) -> BaseGeometry:
    """Where any two of the views overlap."""
    one, other = STRtree(views).query(views, predicate="intersects")
    pairs: Longs = np.flatnonzero(one < other)
    shared = shapely.intersection(views[one[pairs]], views[other[pairs]])
    shared = areal(np.asarray(shared[shapely.area(shared) > 0.0]))
    return shapely.union_all(shared, grid_size=_GRID_M)


def _areal(shape: BaseGeometry) -> BaseGeometry:
    one = np.empty(1, dtype=object)
    one[0] = shape
    polygons: BaseGeometry = areal(one)[0]
    return polygons


def _clean(shape: BaseGeometry) -> MultiPolygon:
    """The polygons of a shape without crumbs."""
    parts = shapely.get_parts(shape)
    large = [p for p in parts if isinstance(p, Polygon) and p.area >= SLIVER_M2]
    return MultiPolygon([_without_pinholes(p) for p in large])


def _without_pinholes(polygon: Polygon) -> Polygon:
    holes = [hole for hole in polygon.interiors if Polygon(hole).area >= SLIVER_M2]
    return Polygon(polygon.exterior, holes) if len(holes) < len(polygon.interiors) else polygon
