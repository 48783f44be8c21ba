"""What lies over one slab of slopes, in its order from the camera outwards. See `gis.slabs`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.knots import APEX, RIGHT, Ends
from gis.obstacles import Floats, Ints
from gis.strands import Strands

#: Of two borders nearer than this share of their depth the one that begins to hide comes first.
_TIE = 1e-12

#: A strand over a slab: depths at both ends, number and turn.
PICK = np.dtype([("w_a", "f8"), ("w_b", "f8"), ("strand", "i4"), ("turn", "i4")], align=True)
Picks = NDArray[Any]


@compiled
def depth(strands: Strands, s: int, m: float) -> float:
    """Reciprocal depth of a strand at slope m, to the bit that of its ends where it ends."""
    strand = strands[s]
    if m <= strand.lo:
        return float(strand.w_lo)
    if m >= strand.hi:
        return float(strand.w_hi)
    share = (m - strand.lo) / (strand.hi - strand.lo)
    return float(strand.w_lo + (strand.w_hi - strand.w_lo) * share)


@compiled
def pick(
    strands: Strands, active: Ints, picks: Picks, counts: tuple[int, int], span: tuple[float, float]
) -> int:
    """List the front and the veils that come before it anywhere in the slab; how many."""
    front, n_active = counts
    a, b = span
    front_a, front_b, n = depth(strands, front, a), depth(strands, front, b), 1
    first = picks[0]
    first.w_a, first.w_b, first.strand, first.turn = front_a, front_b, front, 0
    for i in range(n_active):
        s = active[i]
        w_a, w_b = depth(strands, s, a), depth(strands, s, b)
        if w_a > front_a or w_b > front_b:
            pick = picks[n]
            pick.w_a, pick.w_b, pick.strand, pick.turn = w_a, w_b, s, strands[s].turn
            n += 1
    return n


@compiled
def sort_picks(picks: Picks, n: int, share: float) -> None:
    """Nearest first at a share of the slab; of two in one place the one that begins to hide."""
    for i in range(1, n):
        pick = picks[i]
        w_a, w_b, s, turn = pick.w_a, pick.w_b, pick.strand, pick.turn
        w, j = w_a + share * (w_b - w_a), i
        while j > 0:
            other = picks[j - 1]
            other_w = other.w_a + share * (other.w_b - other.w_a)
            if w < other_w * (1.0 - _TIE):
                break
            if w <= other_w * (1.0 + _TIE) and turn <= other.turn:
                break
            picks[j] = other
            j -= 1
        place = picks[j]
        place.w_a, place.w_b, place.strand, place.turn = w_a, w_b, s, turn


@compiled
def are_ordered(picks: Picks, n: int) -> bool:
    """Whether the order holds at both ends of the slab."""
    for i in range(n - 1):
        one, other = picks[i], picks[i + 1]
        if one.w_a < other.w_a * (1.0 - _TIE) or one.w_b < other.w_b * (1.0 - _TIE):
            return False
    return True


@compiled
def crossings(picks: Picks, n: int, span: tuple[float, float]) -> Floats:
    """Slopes at which strands cross in the slab, ascending, and its end."""
    a, b = span
    cuts, k = np.empty(n * (n - 1) // 2 + 1), 0
    for i in range(n):
        for j in range(i + 1, n):
            at_a, at_b = picks[i].w_a - picks[j].w_a, picks[i].w_b - picks[j].w_b
            if (at_a < 0.0) != (at_b < 0.0):
                m = a + (b - a) * at_a / (at_a - at_b)
                if a < m < b:
                    cuts[k] = m
                    k += 1
    cuts[k] = b
    cuts[:k].sort()
    return cuts[: k + 1]


@compiled
def list_seen(picks: Picks, n_picked: int, ends: Ends, counts: tuple[int, int]) -> int:
    """List the borders of what is seen, on the right, from the camera outwards; how many.

    `counts` is what hides from the camera's foot on, and the number of strand 0 in the field.
    """
    deficit, base = counts
    count, n = deficit, 0
    if count == 0:
        ends[RIGHT, 0].strand = APEX
        n = 1
    for i in range(n_picked):
        turn, was = picks[i].turn, count
        count += turn
        is_far = turn == 0 or (was == 0 and count > 0)
        if (n % 2 == 1 and is_far) or (n % 2 == 0 and was > 0 and count == 0):
            ends[RIGHT, n].strand = base + picks[i].strand
            n += 1
        if turn == 0:
            break
    return n
