"""The visible front as the upper envelope of segments over slope: sorting, walking, joining.

Along a straight wall the reciprocal depth w = 1/u is linear in the slope m = v/u, so walls are
straight segments in the (m, w) plane and the nearest is the highest. See `gis.wedge`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gis.compiled import compiled
from gis.obstacles import Floats, Ints

ARC = -1
"""The piece of a front where nothing stands within range."""

MIN_WEDGE = 1e-10
"""Narrower wedges are skipped: 15 nm at 150 m, below the rounding of coordinates."""

_TIE = 1e-12
_GAPS = (701, 301, 132, 57, 23, 10, 4, 1)  # Ciura's gaps for Shell's sort


class Board(NamedTuple):
    """Working space of a sweep, reused from camera to camera (no allocation in the loop).

    Edges as segments in (m, w): `lo`, `hi` slopes, `w_lo` and its `rise` per slope, `edge` index.
    Events in order of `key`; `event` is 2 * segment, plus 1 where the segment ends.
    `active` lists the segments over the current wedge, `place` their position in that list.
    The result is in `piece_*`: edge index (or ARC) from slope `lo` to `hi` with its depths w.
    """

    lo: Floats
    hi: Floats
    w_lo: Floats
    rise: Floats
    edge: Ints
    key: Floats
    event: Ints
    active: Ints
    place: Ints
    piece_edge: Ints
    piece_lo: Floats
    piece_hi: Floats
    piece_w_lo: Floats
    piece_w_hi: Floats


@compiled
def new_board(n_edges: int) -> Board:
    """Working space for up to `n_edges` candidate edges."""
    # An envelope of n segments has at most 2 n a(n) pieces, a the inverse Ackermann function,
    # which is below 4 for any n that fits in a computer.
    n, n_events, n_pieces = n_edges, 2 * n_edges, 8 * n_edges + 8
    return Board(
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.empty(n, np.int32),
        np.empty(n_events),
        np.empty(n_events, np.int32),
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.empty(n_pieces, np.int32),
        np.empty(n_pieces),
        np.empty(n_pieces),
        np.empty(n_pieces),
        np.empty(n_pieces),
    )


@compiled
def sort_events(key: Floats, event: Ints, n: int) -> None:
    """Shell's sort in place: tens to a few hundred events, where it beats argsort's allocation."""
    for gap in _GAPS:
        for i in range(gap, n):
            k, e = key[i], event[i]
            j = i
            while j >= gap and key[j - gap] > k:
                key[j] = key[j - gap]
                event[j] = event[j - gap]
                j -= gap
            key[j] = k
            event[j] = e


@compiled
def walk(board: Board, n_events: int, reach: float) -> int:
    """Cross the field from right to left, from event to event; returns the number of pieces."""
    cursor, n_active, n_pieces = -reach, 0, 0
    for k in range(n_events):
        if board.key[k] - cursor > MIN_WEDGE:
            n_pieces = _front(board, n_active, cursor, board.key[k], n_pieces)
        cursor = max(cursor, board.key[k])
        segment = board.event[k] >> 1
        if board.event[k] & 1:
            n_active -= 1
            last = board.active[n_active]
            board.active[board.place[segment]] = last
            board.place[last] = board.place[segment]
        else:
            board.active[n_active] = segment
            board.place[segment] = n_active
            n_active += 1
    if reach - cursor > MIN_WEDGE:
        n_pieces = _front(board, n_active, cursor, reach, n_pieces)
    return n_pieces


@compiled
def _front(board: Board, n_active: int, a: float, b: float, n_pieces: int) -> int:
    """Pieces of the envelope of the active segments over the wedge a to b."""
    if n_active == 0:
        return _put(board, ARC, n_pieces, (a, b, 0.0, 0.0))
    at_a, at_b = _nearest(board, n_active, a, b), _nearest(board, n_active, b, a)
    while at_a != at_b and _w(board, at_b, b) > _w(board, at_a, b) * (1.0 + _TIE):
        # Footprints that overlap: their edges cross inside the wedge.
        m, follower = _first_crossing(board, n_active, at_a, a, b)
        n_pieces = _put_segment(board, at_a, n_pieces, a, m)
        a, at_a = m, follower
    return _put_segment(board, at_a, n_pieces, a, b)


@compiled
def _w(board: Board, segment: int, m: float) -> float:
    return float(board.w_lo[segment] + board.rise[segment] * (m - board.lo[segment]))


@compiled
def _nearest(board: Board, n_active: int, m: float, other: float) -> int:
    """Active segment nearest at slope m; of those that meet there, the nearest at `other`."""
    best = int(board.active[0])
    if n_active == 1:
        return best
    best_w = _w(board, best, m)
    for k in range(1, n_active):
        segment = int(board.active[k])
        w = _w(board, segment, m)
        if w > best_w * (1.0 + _TIE):
            best, best_w = segment, w
        elif w >= best_w * (1.0 - _TIE) and _w(board, segment, other) > _w(board, best, other):
            best, best_w = segment, max(w, best_w)
    return best


@compiled
def _first_crossing(
    board: Board, n_active: int, front: int, a: float, b: float
) -> tuple[float, int]:
    """Slope where another active segment first comes before `front`, and which."""
    best_m, best, best_w = b, front, _w(board, front, b)
    for k in range(n_active):
        segment = int(board.active[k])
        gain = _w(board, segment, b) - _w(board, front, b)
        if gain <= 0.0:
            continue
        lack = max(_w(board, front, a) - _w(board, segment, a), 0.0)
        m = a + (b - a) * lack / (lack + gain)
        if m < best_m or (m == best_m and _w(board, segment, b) > best_w):
            best_m, best, best_w = m, segment, _w(board, segment, b)
    return best_m, best


@compiled
def _put_segment(board: Board, segment: int, n_pieces: int, a: float, b: float) -> int:
    depths = (a, b, _w(board, segment, a), _w(board, segment, b))
    return _put(board, board.edge[segment], n_pieces, depths)


@compiled
def _put(board: Board, edge: int, n_pieces: int, piece: tuple[float, float, float, float]) -> int:
    """Append a piece, or lengthen the last one when it is the same edge; returns the count."""
    a, b, w_a, w_b = piece
    if b - a <= MIN_WEDGE:
        return n_pieces
    last = n_pieces - 1
    if last >= 0 and board.piece_edge[last] == edge and a - board.piece_hi[last] <= MIN_WEDGE:
        board.piece_hi[last] = b
        board.piece_w_hi[last] = w_b
        return n_pieces
    board.piece_edge[n_pieces] = edge
    board.piece_lo[n_pieces] = a
    board.piece_hi[n_pieces] = b
    board.piece_w_lo[n_pieces] = w_a
    board.piece_w_hi[n_pieces] = w_b
    return n_pieces + 1
