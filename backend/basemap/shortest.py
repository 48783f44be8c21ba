"""The shortest ways among spots on the road network, by pgRouting: metres, and their course."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from .routing import Snap, Vehicle, box_round, points_of

Floats = NDArray[np.float64]

_MATRIX = text(
    "SELECT start_vid, end_vid, agg_cost FROM pgr_withPointsCostMatrix(CAST(:edges AS text),"
    " CAST(:points AS text), CAST(:all AS bigint[]), directed => false)"
)


# The last row of a way names its end and no edge.
_COURSES = text(
    "SELECT * FROM (SELECT w.start_pid, w.end_pid, w.path_seq, w.node, w.edge, w.cost AS length_m,"
    "  lead(w.node) OVER (PARTITION BY w.start_pid, w.end_pid ORDER BY w.path_seq) AS next_node"
    "  FROM pgr_withPoints(CAST(:edges AS text), CAST(:points AS text), CAST(:pairs AS text),"
    "   directed => false) w) w"
    " JOIN (SELECT e.id, e.source, e.target, e.length_m AS whole_m, s.speed_mps FROM road_edges e"
    "  JOIN road_speeds s ON s.road_class = e.road_class AND s.vehicle = :vehicle) e"
    " ON e.id = w.edge ORDER BY w.start_pid, w.end_pid, w.path_seq"
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A way's part on one edge: shares of the edge from where to where, metres and seconds."""

    edge_id: int
    begin: float
    end: float
    length_m: float
    travel_s: float


def distances(session: Session, spots: Sequence[Snap]) -> Floats:
    """Return metres by road between each two spots, inf where no road leads; walks not counted."""
    count = len(spots)
    found = np.full((count, count), np.inf)
    np.fill_diagonal(found, 0.0)
    asked = {
        "edges": _edges(spots),
        "points": points_of(spots),
        "all": [-number for number in range(1, count + 1)],
    }
    rows = np.array(session.execute(_MATRIX, asked).all(), dtype=np.float64).reshape(-1, 3)
    start, end = (-rows[:, k].astype(np.intp) - 1 for k in (0, 1))
    found[start, end] = rows[:, 2]
    return found


def courses(
    session: Session, vehicle: Vehicle, spots: Sequence[Snap], pairs: Sequence[tuple[int, int]]
) -> list[list[Stretch]]:
    """Return the course of the shortest way for each pair of rows of `spots`."""
    apart = sorted({pair for pair in pairs if pair[0] != pair[1]})
    if not apart:
        return [[] for _ in pairs]
    asked = {
        "edges": _edges(spots),
        "points": points_of(spots),
        "pairs": "SELECT * FROM (VALUES "  # noqa: S608  numbers alone
        + ", ".join(f"({-a - 1}::bigint, {-b - 1}::bigint)" for a, b in apart)
        + ") c(source, target)",
        "vehicle": vehicle,
    }
    found: dict[tuple[int, int], list[Stretch]] = {pair: [] for pair in apart}
    for row in session.execute(_COURSES, asked):
        found[-row.start_pid - 1, -row.end_pid - 1].append(_stretch(row, spots))
    return [found.get(pair, []) for pair in pairs]


def _stretch(row: Any, spots: Sequence[Snap]) -> Stretch:
    share = row.length_m / row.whole_m
    # Both ends of a ring are one node: the metres tell which of them is meant.
    begin, end = min(
        ((b, e) for b in _shares(row, row.node, spots) for e in _shares(row, row.next_node, spots)),
        key=lambda ends: abs(abs(ends[1] - ends[0]) - share),
    )
    return Stretch(row.edge, begin, end, row.length_m, row.length_m / row.speed_mps)


def _shares(row: Any, node: int, spots: Sequence[Snap]) -> list[float]:
    """Return where on a row's edge a node or point may lie, as shares of the edge."""
    if node < 0:
        return [spots[-node - 1].fraction]
    return [share for share, end in ((0.0, row.source), (1.0, row.target)) if end == node]


def _edges(spots: Sequence[Snap]) -> str:
    return (
        "SELECT id, source, target, length_m AS cost FROM road_edges"  # noqa: S608
        f" WHERE geom && {box_round(spots)}"
    )
