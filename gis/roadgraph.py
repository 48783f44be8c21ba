"""A road network from centrelines: edges between the places where roads meet or end, in metres.

Roads that cross in the plane meet there: no source at hand tells a bridge from a crossing. Neither
does any tell one-way streets, so every edge is passable both ways.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.errors import ArgumentError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = NDArray[np.object_]

_SAME_M = 1e-6
"""A vertex this near to a cut is the cut."""


@dataclass(frozen=True, slots=True)
class RoadGraph:
    """Nodes and edges; `road` is an edge's row among the roads, `part` what hangs together.

    Parts are numbered by their length, the longest first; `part_m` is an edge's part's length.
    """

    node_xy: Floats
    source: Ints
    target: Ints
    road: Ints
    length_m: Floats
    part: Ints
    part_m: Floats
    lines: Shapes

    def __len__(self) -> int:
        return len(self.length_m)


@dataclass(frozen=True, slots=True)
class _Marks:
    """Spots along lines: `group` is the same for spots that are one place."""

    line: Ints
    at_m: Floats
    group: Ints


def build_road_graph(roads: Shapes, *, snap_m: float = 1.0) -> RoadGraph:
    """Edges between crossings and ends of roads.

    Roads are cut where they cross, overlap, or come within `snap_m` of another's end; cuts of one
    road nearer than `snap_m` become one. What meets is known from the pairs themselves, not from
    rounded coordinates, so no chain of near places falls apart at the border of a tolerance.

    Parameters
    ----------
    roads : numpy.ndarray of LineString or MultiLineString, metric CRS
        Centrelines; missing, empty and non-finite ones are left out.
    snap_m : float
        Metres, 0 < snap_m <= 50: what a digitised end may fall short of the road it leads to.

    Returns
    -------
    RoadGraph
        Lengths along the roads; a road shorter than `snap_m` becomes a node. No edge without roads.

    Raises
    ------
    ArgumentError
        If `snap_m` is out of range.

    Notes
    -----
    O(n log n) for n lines that each meet few others: a tree query, then array operations.

    """
    if not 0.0 < snap_m <= 50.0:
        raise ArgumentError("snap_m", got=str(snap_m), allowed="0 < snap_m <= 50 metres")
    lines, road = _simple_lines(roads)
    marks = _merged(_marks_of(lines, snap_m), shapely.length(lines), snap_m)
    return _assembled(lines, road, marks)


def _simple_lines(roads: Shapes) -> tuple[Shapes, Ints]:
    """Lines that do not touch themselves, with the road each belongs to."""
    flat = shapely.force_2d(np.asarray(roads, dtype=object))
    lines, road = shapely.get_parts(flat, return_index=True)
    usable = np.isfinite(shapely.bounds(lines)).all(axis=1) & (shapely.length(lines) > 0)
    lines, road = lines[usable], road[usable].astype(np.int64)
    knotted = np.flatnonzero(~shapely.is_simple(lines))
    if not len(knotted):
        return lines, road
    noded = np.array([shapely.unary_union(lines[i]) for i in knotted], dtype=object)
    pieces, which = shapely.get_parts(noded, return_index=True)
    kept = np.ones(len(lines), dtype=bool)
    kept[knotted] = False
    return (
        np.concatenate([lines[kept], pieces]),
        np.concatenate([road[kept], road[knotted[which]]]),
    )


def _marks_of(lines: Shapes, snap_m: float) -> _Marks:
    """Both ends of every line, then the two spots of every meeting, joined in groups."""
    count = len(lines)
    length_m = shapely.length(lines)
    ends = np.stack([shapely.get_point(lines, 0), shapely.get_point(lines, -1)], axis=1)
    line = [np.arange(count), np.arange(count)]
    at_m = [np.zeros(count), length_m]
    links: list[tuple[Ints, Ints]] = []
    made = 2 * count
    first, second = _neighbours(lines, snap_m)
    for a, b, spots in _crossings(lines, first, second):
        line += [a, b]
        at_m += [shapely.line_locate_point(lines[k], spots) for k in (a, b)]
        links.append((made + np.arange(len(a)), made + len(a) + np.arange(len(a))))
        made += 2 * len(a)
    for a, b in ((first, second), (second, first)):
        for side in (0, 1):
            near = np.flatnonzero(shapely.distance(ends[a, side], lines[b]) <= snap_m)
            line.append(b[near])
            at_m.append(shapely.line_locate_point(lines[b[near]], ends[a[near], side]))
            links.append((a[near] + side * count, made + np.arange(len(near))))
            made += len(near)
    rings = np.flatnonzero(shapely.distance(ends[:, 0], ends[:, 1]) <= snap_m)
    links.append((rings, rings + count))
    joined = (np.concatenate([pair[k] for pair in links]) for k in (0, 1))
    return _Marks(np.concatenate(line), np.concatenate(at_m), _components(made, *joined))


def _neighbours(lines: Shapes, snap_m: float) -> tuple[Ints, Ints]:
    tree = shapely.STRtree(lines)
    a, b = tree.query(lines, predicate="dwithin", distance=snap_m)
    return a[a < b].astype(np.int64), b[a < b].astype(np.int64)


def _crossings(lines: Shapes, a: Ints, b: Ints) -> list[tuple[Ints, Ints, Shapes]]:
    """Pairs with a spot of theirs; of a common stretch both ends."""
    shared, pair = shapely.get_parts(shapely.intersection(lines[a], lines[b]), return_index=True)
    dimension = np.where(shapely.is_empty(shared), -1, shapely.get_dimensions(shared))
    spots, stretches = dimension == 0, dimension == 1
    found = [(pair[spots], shared[spots])]
    found += [(pair[stretches], shapely.get_point(shared[stretches], k)) for k in (0, -1)]
    return [(a[rows], b[rows], points) for rows, points in found if len(rows)]


def _components(count: int, a: Ints, b: Ints) -> Ints:
    """Number of the connected part of each of `count` things joined by pairs a, b."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    joined = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(count, count))
    return np.asarray(connected_components(joined, directed=False)[1], dtype=np.int64)


def _merged(marks: _Marks, length_m: Floats, snap_m: float) -> _Marks:
    """One mark for each run of marks nearer than `snap_m` along a line, their groups joined."""
    order = np.lexsort((marks.at_m, marks.line))
    line, at_m, group = marks.line[order], marks.at_m[order], marks.group[order]
    opens = np.ones(len(line), dtype=bool)
    opens[1:] = (line[1:] != line[:-1]) | (at_m[1:] - at_m[:-1] > snap_m)
    run = np.cumsum(opens) - 1
    runs = int(run[-1]) + 1 if len(run) else 0
    groups = int(group.max()) + 1 if len(group) else 0
    joined = _components(groups + runs, group, groups + run)[groups:]
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(line)) - 1 if runs else first
    middle = np.bincount(run, weights=at_m, minlength=runs) / np.maximum(np.bincount(run), 1)
    # An end stays where it is: its road must not grow shorter than it is.
    middle = np.where(at_m[first] <= 0.0, 0.0, middle)
    whole = length_m[line[first]] if runs else np.empty(0)
    middle = np.where((at_m[last] >= whole) & (middle > 0.0), whole, middle)
    return _Marks(line[first], middle, joined)


def _assembled(lines: Shapes, road: Ints, marks: _Marks) -> RoadGraph:
    """Pieces between marks of one line that follow one another, with nodes numbered anew."""
    begins = np.flatnonzero(marks.line[1:] == marks.line[:-1])
    names, ends = np.unique(
        np.concatenate([marks.group[begins], marks.group[begins + 1]]), return_inverse=True
    )
    source, target = ends[: len(begins)], ends[len(begins) :]
    length_m = marks.at_m[begins + 1] - marks.at_m[begins]
    pieces = _pieces(lines, marks, begins)
    xy = np.concatenate(
        [shapely.get_coordinates(shapely.get_point(pieces, k)).reshape(-1, 2) for k in (0, -1)]
    )
    times = np.maximum(np.bincount(ends, minlength=len(names)), 1)
    axes = [np.bincount(ends, weights=xy[:, k], minlength=len(names)) / times for k in (0, 1)]
    part, part_m = _parts(len(names), source, target, length_m)
    return RoadGraph(
        node_xy=np.stack(axes, axis=1),
        source=source.astype(np.int64),
        target=target.astype(np.int64),
        road=road[marks.line[begins]],
        length_m=length_m,
        part=part,
        part_m=part_m,
        lines=pieces,
    )


def _pieces(lines: Shapes, marks: _Marks, begins: Ints) -> Shapes:
    """The stretches of lines from each mark in `begins` to the next."""
    if not len(begins):
        return np.empty(0, dtype=object)
    xy, of_line = shapely.get_coordinates(lines, return_index=True)
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    step[np.flatnonzero(np.diff(of_line, prepend=-1))] = 0.0
    walked = np.cumsum(step)
    along = walked - walked[np.searchsorted(of_line, of_line)]
    start_line, start_m, end_m = marks.line[begins], marks.at_m[begins], marks.at_m[begins + 1]
    # Vertices strictly between: rows are in order of line and measure.
    low = _rank(of_line, along, start_line, start_m + _SAME_M, side="right")
    high = np.maximum(_rank(of_line, along, start_line, end_m - _SAME_M, side="left"), low)
    counts = high - low + 2
    piece = np.repeat(np.arange(len(begins)), counts)
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    rows = np.clip(low[piece] + offset - 1, 0, len(xy) - 1)
    coordinates = xy[rows]
    for place, at_m in ((offset == 0, start_m), (offset == counts[piece] - 1, end_m)):
        spots = shapely.line_interpolate_point(lines[start_line], at_m)
        coordinates[place] = shapely.get_coordinates(spots)
    return np.asarray(shapely.linestrings(coordinates, indices=piece), dtype=object)


def _rank(of_line: Ints, along: Floats, line: Ints, at_m: Floats, *, side: str) -> Ints:
    """First vertex of `line` beyond `at_m` (right), or not before it (left), by bisection."""
    low = np.searchsorted(of_line, line, side="left")
    high = np.searchsorted(of_line, line, side="right")
    while np.any(low < high):
        middle = (low + high) // 2
        value = along[np.minimum(middle, len(along) - 1)]
        is_before = (value <= at_m) if side == "right" else (value < at_m)
        is_open = low < high
        low = np.where(is_open & is_before, middle + 1, low)
        high = np.where(is_open & ~is_before, middle, high)
    return low.astype(np.int64)


def _parts(nodes: int, source: Ints, target: Ints, length_m: Floats) -> tuple[Ints, Floats]:
    part = _components(nodes, source, target)[source]
    total_m = np.bincount(part, weights=length_m, minlength=1)
    place = np.empty(len(total_m), dtype=np.int64)
    place[np.argsort(-total_m, kind="stable")] = np.arange(len(total_m))
    return place[part], np.asarray(total_m[part], dtype=np.float64)
