"""Where a grid can be entered: every spot at which a road comes some metres inside it.

A way into a grid passes one of these spots, so a loop through them is as good as any. Where streets
are a grid's borders, none comes inside: then it is entered on foot from the nearest of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.frame import LocalFrame

from ...basemap.routing import METRES_PER_DEGREE, Snap
from ...settings import load
from .overdue import Wanted

Shapes = NDArray[np.object_]

DEPTH_M = 20.0
"""How far inside a grid counts: a fix is often no better, and a patrol must be seen to be in."""

_MOST_SPOTS = 200
_LEAST_EACH, _MOST_EACH = 3, 16
_STRAIGHT_EACH = 8

_BESIDE_EACH = 8
_BESIDE_M = 30.0
"""A border street that much farther off than the nearest is worth a look as well."""
_AS_NEAR_M = 1.0

# Index: road_edges_geom_idx.
_EDGES = text(
    "SELECT g.n, e.id, ST_AsBinary(e.geom) AS shape"
    " FROM unnest(CAST(:shapes AS bytea[])) WITH ORDINALITY g(shape, n)"
    " JOIN road_edges e ON e.geom && ST_Expand(ST_GeomFromWKB(g.shape, 4326), :wide_deg)"
    " WHERE e.part = :part ORDER BY g.n, e.id"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A spot by which grid number `group` is entered; without roads it has no snap."""

    group: int
    x: float
    y: float
    lon: float
    lat: float
    snap: Snap | None


def insides(frame: LocalFrame, wanted: Sequence[Wanted]) -> Shapes:
    """Return the ground of grids that counts, in metres: the whole where a grid is too thin."""
    shapes = frame.geometry_to_metric(np.array([each.shape for each in wanted], dtype=object))
    inner = shapely.buffer(shapes, -DEPTH_M)
    return np.where(shapely.is_empty(inner), shapes, inner)


@dataclass(frozen=True, slots=True)
class _Near:
    """Edges of one part of the network near grids, in metres: row by row a grid and an edge."""

    part: int
    group: NDArray[np.intp]
    edge: NDArray[np.int64]
    lines: Shapes


def by_road(
    session: Session, frame: LocalFrame, ground: Shapes, wanted: Sequence[Wanted], start: Snap
) -> list[Entry]:
    """Return where roads that hang together with `start` lead into each grid's ground."""
    near = _near(session, frame, [each.shape for each in wanted], start.part, 0.0)
    found = _inside(frame, ground, near)
    reached = {entry.group for entry in found}
    shut = [n for n in range(len(wanted)) if n not in reached]
    if shut:
        off_m = load().roads.off_road_m
        near = _near(session, frame, [wanted[n].shape for n in shut], start.part, off_m)
        near = replace(near, group=np.array(shut, dtype=np.intp)[near.group])
        found += _beside(frame, ground, near)
    return found


def _near(
    session: Session, frame: LocalFrame, shapes: Sequence[BaseGeometry], part: int, wide_m: float
) -> _Near:
    asked = {
        "shapes": [shapely.to_wkb(shape) for shape in shapes],
        "part": part,
        "wide_deg": wide_m / METRES_PER_DEGREE / np.cos(np.radians(frame.lat)),
    }
    rows = session.execute(_EDGES, asked).all()
    lines = np.empty(len(rows), dtype=object)
    lines[:] = [shapely.from_wkb(row.shape) for row in rows]
    return _Near(
        part,
        np.array([row.n - 1 for row in rows], dtype=np.intp),
        np.array([row.id for row in rows], dtype=np.int64),
        frame.geometry_to_metric(lines) if len(rows) else lines,
    )


def _inside(frame: LocalFrame, ground: Shapes, near: _Near) -> list[Entry]:
    """Where edges cross the border of the ground."""
    meetings = shapely.intersection(near.lines, shapely.boundary(ground)[near.group])
    spots, row = shapely.get_parts(meetings, return_index=True)
    is_spot = ~shapely.is_empty(spots) & (shapely.get_dimensions(spots) == 0)
    return _entered(frame, ground, near, row[is_spot], spots[is_spot])


def _beside(frame: LocalFrame, ground: Shapes, near: _Near) -> list[Entry]:
    """The spots of the ground that are nearest to edges beside it."""
    off_m = shapely.distance(near.lines, ground[near.group])
    chosen: list[int] = []
    for group in np.unique(near.group):
        own = np.flatnonzero(near.group == group)
        own = own[np.argsort(off_m[own], kind="stable")][:_BESIDE_EACH]
        least = min(off_m[own[0]] + _BESIDE_M, load().roads.off_road_m)
        chosen += own[off_m[own] <= least].tolist()
    row = np.array(chosen, dtype=np.intp)
    # Whoever passes the grid on this edge comes by one of the ends of what is as near.
    about = shapely.buffer(ground[near.group[row]], off_m[row] + _AS_NEAR_M)
    stretch, which = shapely.get_parts(
        shapely.intersection(near.lines[row], about), return_index=True
    )
    ends = np.concatenate([shapely.get_point(stretch, 0), shapely.get_point(stretch, -1)])
    row = np.concatenate([row[which], row[which]])
    is_spot = ~shapely.is_missing(ends)
    return _entered(frame, ground, near, row[is_spot], ends[is_spot])


def _entered(
    frame: LocalFrame, ground: Shapes, near: _Near, row: NDArray[np.intp], on_road: Shapes
) -> list[Entry]:
    """Entries by spots of edges: the road is left there for the nearest spot of the ground."""
    share = shapely.line_locate_point(near.lines[row], on_road, normalized=True)
    spots = shapely.get_point(shapely.shortest_line(on_road, ground[near.group[row]]), 1)
    off_m = shapely.distance(on_road, spots).round(6)
    x, y = shapely.get_x(spots), shapely.get_y(spots)
    lon, lat = frame.to_lonlat(x, y)
    columns = (near.group[row], near.edge[row], share, off_m, x, y, lon, lat)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [
        Entry(group, e, n, one_lon, one_lat, Snap(edge, begin, off, near.part, one_lon, one_lat))
        for group, edge, begin, off, e, n, one_lon, one_lat in rows
    ]


def by_line(frame: LocalFrame, ground: Shapes, x: float, y: float) -> list[Entry]:
    """Return spots along the edge of each grid's ground, the one nearest to a place first."""
    found = []
    for group, border in enumerate(shapely.boundary(ground)):
        near = shapely.line_locate_point(border, shapely.Point(x, y), normalized=True)
        shares = (near + np.arange(_STRAIGHT_EACH) / _STRAIGHT_EACH) % 1.0
        spots = shapely.line_interpolate_point(border, shares, normalized=True)
        lon, lat = frame.to_lonlat(shapely.get_x(spots), shapely.get_y(spots))
        for spot, one_lon, one_lat in zip(spots, lon, lat, strict=True):
            place = (float(spot.x), float(spot.y), float(one_lon), float(one_lat))
            found.append(Entry(group, *place, None))
    return found


def thinned(entries: Sequence[Entry], x: float, y: float) -> list[Entry]:
    """Keep some entries of each grid where there are many: the nearest, then the most apart."""
    groups = {entry.group for entry in entries}
    each = max(_LEAST_EACH, min(_MOST_EACH, _MOST_SPOTS // max(len(groups), 1)))
    kept: list[Entry] = []
    for group in sorted(groups):
        own = [entry for entry in entries if entry.group == group]
        kept += own if len(own) <= each else _spread(own, each, x, y)
    return kept


def _spread(own: Sequence[Entry], count: int, x: float, y: float) -> list[Entry]:
    places = np.array([[entry.x, entry.y] for entry in own])
    chosen = [int(np.argmin(np.hypot(*(places - [x, y]).T)))]
    apart = np.full(len(own), np.inf)
    while len(chosen) < count:
        apart = np.minimum(apart, np.hypot(*(places - places[chosen[-1]]).T))
        chosen.append(int(np.argmax(apart)))
    return [own[n] for n in chosen]
