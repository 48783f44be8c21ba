"""A length no loop through one spot of each group can fall below: Held and Karp's, by spots."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ROUNDS = 600
_SHRINK = 0.985


def held_karp_bound(distance_m: Floats, group: Ints, back: Floats, *, aim_m: float) -> float:
    """Lower bound of the length of any loop from spot 0 through one spot of each group.

    Seen by groups a loop is a 1-tree: a spanning tree of all groups but the start, and two edges at
    the start; and it leaves each group by the spot by which it came. The second is taken out and
    priced: with a price p on each spot, an edge ij costs d_ij + p_i + p_j, and one spot of each
    group pays back 2 p. So for any p

        L(p) = least 1-tree over (min d_ij + p_i + p_j between groups) - 2 sum over groups of max p

    bounds every loop, and p is moved to where each group's chosen spot has both of its edges.

    Parameters
    ----------
    distance_m : numpy.ndarray of float64, shape (n + 1, n + 1)
        Between spots, row 0 the start; as long one way as the other.
    group : numpy.ndarray of int64, shape (n + 1,)
        Groups 0, 1, ... and -1 for the start; at least two groups.
    back : numpy.ndarray of float64, shape (n + 1,)
        From each spot to the end of the loop.
    aim_m : float
        Length of a known loop; steps are taken towards it.

    Returns
    -------
    float
        Metres, at least 0.

    Notes
    -----
    M. Held and R. M. Karp, The traveling-salesman problem and minimum spanning trees: part II,
    Mathematical Programming 1 (1971), with prices on spots instead of places. O(n^2) a round.
    Where the loop does not return, its end is one more group, at no distance from the start.

    """
    cost, starts = _arranged(distance_m, group, back)
    price = np.zeros(len(cost))
    best, step = 0.0, 2.0
    for _ in range(_ROUNDS):
        length, degree = _one_tree(cost + price[:, None] + price[None, :], starts)
        paid = _dearest(price, starts)
        bound = length - 2.0 * float(price[paid].sum())
        best = max(best, bound)
        slope = degree
        slope[paid] -= 2.0
        if not slope.any():
            break
        price = price + step * max(aim_m - bound, 0.0) / float(slope @ slope) * slope
        step *= _SHRINK
    return best


def _arranged(distance_m: Floats, group: Ints, back: Floats) -> tuple[Floats, Ints]:
    """Costs with spots in order of groups, the start first; and the row each group begins at."""
    order = np.argsort(group, kind="stable")
    cost = distance_m[np.ix_(order, order)]
    cost = np.minimum(cost, cost.T)
    home = back[order]
    own = group[order]
    if not np.array_equal(home, cost[:, 0]):
        wider = np.zeros((len(cost) + 1, len(cost) + 1))
        wider[:-1, :-1] = cost
        wider[-1, :-1] = wider[:-1, -1] = home
        wider[-1, 0] = wider[0, -1] = 0.0
        cost, own = wider, np.append(own, own.max() + 1)
    starts = np.flatnonzero(np.diff(own, prepend=-2))
    return cost, starts.astype(np.int64)


def _dearest(price: Floats, starts: Ints) -> Ints:
    """The spot of the highest price in each group."""
    return np.array(
        [first + int(price[first:end].argmax()) for first, end in _spans(price, starts)]
    )


def _spans(rows: Floats, starts: Ints) -> list[tuple[int, int]]:
    ends = [*starts[1:].tolist(), len(rows)]
    return list(zip(starts.tolist(), ends, strict=True))


def _one_tree(cost: Floats, starts: Ints) -> tuple[float, Floats]:
    """Length of the least 1-tree over groups, and how many of its edges each spot has."""
    between = np.minimum.reduceat(np.minimum.reduceat(cost, starts, axis=0), starts, axis=1)
    np.fill_diagonal(between, np.inf)
    edges = [*_tree(between), *((0, int(h)) for h in np.argsort(between[0])[:2])]
    spans = _spans(cost, starts)
    degree = np.zeros(len(cost))
    length = 0.0
    for g, h in edges:
        (a, a_end), (b, b_end) = spans[g], spans[h]
        block = cost[a:a_end, b:b_end]
        i, j = divmod(int(block.argmin()), b_end - b)
        degree[a + i] += 1
        degree[b + j] += 1
        length += float(block[i, j])
    return length, degree


def _tree(between: Floats) -> list[tuple[int, int]]:
    """Edges of the least spanning tree of all groups but the first (Prim)."""
    near = between[1].copy()
    link = np.ones(len(between), dtype=np.int64)
    is_open = np.ones(len(between), dtype=bool)
    is_open[[0, 1]] = False
    edges = []
    while is_open.any():
        node = int(np.argmin(np.where(is_open, near, np.inf)))
        edges.append((int(link[node]), node))
        is_open[node] = False
        closer = between[node] < near
        near = np.where(closer, between[node], near)
        link = np.where(closer, node, link)
    return edges
