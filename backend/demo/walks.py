"""Where a simulated unit walks: closed rounds on the road network, as a function of time alone.

Nothing is remembered between two questions, so that a demonstration begun again goes on where
its units would be by now, and what they did before the start can be told afterwards.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

M_PER_DEG = 111_320.0
#: Units stand still for a while at each turn of the clock: a talk at a door, a look round.
_REST_EVERY_S, _REST_S = 1200.0, 180.0


@dataclass(frozen=True, slots=True)
class Roads:
    """Edges of a road network: node numbers, lengths in metres, and each edge's lon, lat line."""

    source: Ints
    target: Ints
    length_m: Floats
    lines: list[Floats]

    @property
    def nodes(self) -> int:
        return int(max(self.source.max(), self.target.max())) + 1


@dataclass(frozen=True, slots=True)
class Walk:
    """A closed round: vertices (n, 2) lon, lat, and metres from the first to each, shape (n,)."""

    lonlat: Floats
    along_m: Floats
    speed_mps: float

    def position(self, at_s: float) -> tuple[float, float]:
        """Return lon, lat at a moment in seconds since 1970; the same for the same moment."""
        rounds, into = divmod(at_s, _REST_EVERY_S + _REST_S)
        moving_s = rounds * _REST_EVERY_S + min(into, _REST_EVERY_S)
        along = (moving_s * self.speed_mps) % self.along_m[-1]
        lon = np.interp(along, self.along_m, self.lonlat[:, 0])
        lat = np.interp(along, self.along_m, self.lonlat[:, 1])
        return float(lon), float(lat)


def round_trip(roads: Roads, stops: Ints, speed_mps: float) -> Walk | None:
    """Return the shortest way through `stops` in their order and back; None without two of them.

    Stops that no road joins to the first are left out.
    """
    lengths = np.concatenate([roads.length_m, roads.length_m])
    ends = (
        np.concatenate([roads.source, roads.target]),
        np.concatenate([roads.target, roads.source]),
    )
    graph = coo_array((lengths, ends), shape=(roads.nodes, roads.nodes)).tocsr()
    far_m, before = dijkstra(graph, indices=stops, return_predecessors=True)
    joined = [k for k in range(len(stops)) if np.isfinite(far_m[0, stops[k]])]
    if len(joined) < 2:
        return None
    nodes: list[int] = []
    for k, start in enumerate(joined):
        end = stops[joined[(k + 1) % len(joined)]]
        nodes += _way(before[start], int(stops[start]), int(end))[:-1]
    nodes.append(nodes[0])
    return _drawn(roads, nodes, speed_mps)


def _way(before: NDArray[np.int32], start: int, end: int) -> list[int]:
    way = [end]
    while way[-1] != start:
        way.append(int(before[way[-1]]))
    return way[::-1]


def _drawn(roads: Roads, nodes: list[int], speed_mps: float) -> Walk | None:
    between: dict[tuple[int, int], int] = {}
    for e in np.argsort(-roads.length_m):  # the shortest of two roads between the same nodes
        between[int(roads.source[e]), int(roads.target[e])] = int(e)
    pieces = []
    for a, b in pairwise(nodes):
        forth, back = between.get((a, b)), between.get((b, a))
        is_forth = back is None or (
            forth is not None and roads.length_m[forth] <= roads.length_m[back]
        )
        pieces.append(roads.lines[forth] if is_forth else roads.lines[back][::-1])  # type: ignore[index]
    lonlat = np.concatenate([pieces[0][:1], *(piece[1:] for piece in pieces)])
    step = np.diff(lonlat, axis=0) * M_PER_DEG
    step[:, 0] *= np.cos(np.radians(lonlat[0, 1]))
    along_m = np.concatenate([[0.0], np.cumsum(np.hypot(step[:, 0], step[:, 1]))])
    return Walk(lonlat, along_m, speed_mps) if along_m[-1] > 0.0 else None
