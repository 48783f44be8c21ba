"""Ways along roads that lead through a piece of ground, from one place of its border to another.

Metres of one local frame throughout.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon

from gis.errors import ArgumentError

Floats = NDArray[np.float64]

_ALONG_M = 5.0
"""A road this near to the border is the border: following it would part nothing."""
_NEAR_M = 25.0
"""A road that ends this near to the border is taken on to it."""
_SAME_M = 0.01
_MOST_DOORS = 40


@dataclass(frozen=True, slots=True)
class Path:
    """A line that reaches over the ground's border at both ends; how much of it follows roads."""

    line: LineString
    road_share: float


def crossing_paths(
    ground: Polygon, roads: Iterable[LineString], *, over_m: float = 1.0
) -> Iterator[Path]:
    """Yield the shortest way along roads between each two doors of the ground, the shortest first.

    A door is an end of the roads within the ground that lies near its border; the rest of the way
    to the border is straight.

    Parameters
    ----------
    ground : Polygon
        Valid, metres.
    roads : iterable of LineString
        Centrelines, metres; crossings need no common node.
    over_m : float
        By how much each way reaches over the border; more than 0.

    Yields
    ------
    Path
        None where no road leads through.

    Raises
    ------
    ArgumentError
        If `over_m` is not positive.

    Notes
    -----
    One Dijkstra from each door, at most 40 doors: of more, those spread evenly along the border.

    """
    if not over_m > 0:
        raise ArgumentError("over_m", got=over_m, allowed="more than 0 m")
    edges = _edges(ground, list(roads))
    if not edges:
        return
    nodes, ends = _nodes(edges)
    doors = _doors(ground, nodes, ends)
    if len(doors) < 2:
        return
    for way in _ways(edges, ends, len(nodes), doors):
        yield _reaching(ground, way, over_m)


def _edges(ground: Polygon, roads: list[LineString]) -> list[LineString]:
    """Return the roads within the ground, cut where they meet, without what follows its border."""
    inner = ground.buffer(-_ALONG_M)
    near = [road for road in roads if road.intersects(inner)]
    if not near or inner.is_empty:
        return []
    noded = shapely.node(shapely.multilinestrings(near))
    clipped = shapely.get_parts(shapely.intersection(shapely.get_parts(noded), inner))
    lines = shapely.get_parts(clipped)
    return [line for line in lines if isinstance(line, LineString) and line.length > _SAME_M]


def _nodes(edges: list[LineString]) -> tuple[Floats, NDArray[np.int64]]:
    """Return where edges end, each place once, and the two places of each edge."""
    tips: Floats = np.array(
        [tip[:2] for edge in edges for tip in (edge.coords[0], edge.coords[-1])], dtype=np.float64
    )
    _, first, place = np.unique(
        np.round(tips / _SAME_M).astype(np.int64), axis=0, return_index=True, return_inverse=True
    )
    return tips[first], place.reshape(-1, 2)


def _doors(ground: Polygon, nodes: Floats, ends: NDArray[np.int64]) -> NDArray[np.int64]:
    away: Floats = np.asarray(shapely.distance(shapely.points(nodes), ground.exterior))
    degree = np.bincount(ends.ravel(), minlength=len(nodes))
    doors = np.flatnonzero((away <= _NEAR_M) & (degree == 1))
    if len(doors) <= _MOST_DOORS:
        return doors
    along = shapely.line_locate_point(ground.exterior, shapely.points(nodes[doors]))
    spread = np.linspace(0, len(doors), _MOST_DOORS, endpoint=False).astype(np.int64)
    return doors[np.argsort(along, kind="stable")[spread]]


def _ways(
    edges: list[LineString], ends: NDArray[np.int64], count: int, doors: NDArray[np.int64]
) -> Iterator[LineString]:
    from scipy.sparse import csr_array  # not at import: the server starts without scipy
    from scipy.sparse.csgraph import dijkstra

    length = np.array([edge.length for edge in edges])
    best: dict[tuple[int, int], int] = {}
    for number in np.argsort(-length, kind="stable"):  # of two edges the shorter is kept
        low, high = sorted(ends[number].tolist())
        best[low, high] = int(number)
    pairs = np.array(list(best))
    graph = csr_array((length[list(best.values())], pairs.T), shape=(count, count))
    away, before = dijkstra(graph, directed=False, indices=doors, return_predecessors=True)
    row, column = np.triu_indices(len(doors), 1)
    far = away[row, doors[column]]
    for k in np.argsort(far, kind="stable"):
        if not np.isfinite(far[k]):
            return
        chain = [int(doors[column[k]])]
        while chain[-1] != doors[row[k]]:
            chain.append(int(before[row[k], chain[-1]]))
        steps = list(pairwise(chain))
        if steps:
            yield _joined([edges[best[min(step), max(step)]] for step in steps])


def _joined(edges: list[LineString]) -> LineString:
    """Return the edges as one line; each begins or ends where the one before it does."""
    lines = [np.asarray(edge.coords)[:, :2] for edge in edges]
    if len(lines) > 1 and _gap(lines[0][-1], lines[1]) > _gap(lines[0][0], lines[1]):
        lines[0] = lines[0][::-1]
    for k in range(1, len(lines)):
        if np.hypot(*(lines[k][0] - lines[k - 1][-1])) > np.hypot(
            *(lines[k][-1] - lines[k - 1][-1])
        ):
            lines[k] = lines[k][::-1]
    return LineString(np.vstack([lines[0], *(line[1:] for line in lines[1:])]))


def _gap(tip: Floats, line: Floats) -> float:
    return float(min(np.hypot(*(tip - line[0])), np.hypot(*(tip - line[-1]))))


def _reaching(ground: Polygon, way: LineString, over_m: float) -> Path:
    """Take both ends straight on to the nearest place of the border, and a little over it."""
    coords = np.asarray(way.coords)
    line = LineString(
        [_beyond(ground, coords[0], over_m), *coords, _beyond(ground, coords[-1], over_m)]
    )
    within = line.intersection(ground).length
    return Path(line, min(1.0, way.length / within) if within > 0 else 0.0)


def _beyond(ground: Polygon, tip: Floats, over_m: float) -> Floats:
    border = ground.exterior
    foot = np.asarray(border.interpolate(border.project(shapely.Point(tip))).coords[0])
    away = foot - tip
    length = float(np.hypot(*away))
    return foot + away / length * over_m if length > 0 else foot
