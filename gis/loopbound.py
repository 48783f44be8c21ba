"""A length that no loop through all groups can fall below: Held and Karp's bound by 1-trees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ROUNDS = 400
_SHRINK = 0.97


def held_karp_bound(distance_m: Floats, group: Ints, back: Floats, *, aim_m: float) -> float:
    """Lower bound of the length of any loop from spot 0 through one spot of each group.

    Between two groups no loop is shorter than between their nearest spots. Over these distances
    every loop is a 1-tree: a spanning tree of all but one node, and two edges at that one. A
    penalty p on each node adds 2 sum p to every loop, and more or less to 1-trees by their degrees;
    so min 1-tree - 2 sum p bounds every loop for any p, and p is moved towards degrees of 2.

    Parameters
    ----------
    distance_m : numpy.ndarray of float64, shape (n + 1, n + 1)
        Between spots, row 0 the start.
    group : numpy.ndarray of int64, shape (n + 1,)
        Groups 0, 1, ... and -1 for the start.
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
    Mathematical Programming 1 (1971). O(g^2) a round. The end of a loop that does not return is a
    node of its own, at no distance from the groups where `back` is 0.

    """
    between = _between(distance_m, group, back)
    count = len(between)
    penalty = np.zeros(count)
    best, step = 0.0, 2.0
    for _ in range(_ROUNDS):
        length, degree = _one_tree(between + penalty[:, None] + penalty[None, :])
        bound = length - 2.0 * penalty.sum()
        best = max(best, bound)
        slope = degree - 2.0
        if not slope.any():
            break
        penalty = penalty + step * max(aim_m - bound, 0.0) / float(slope @ slope) * slope
        step *= _SHRINK
    return best


def _between(distance_m: Floats, group: Ints, back: Floats) -> Floats:
    """Least distances, symmetric, among: start, groups, end; the end is tied to the start."""
    groups = int(group.max()) + 1
    rows = np.stack([distance_m[group == g].min(axis=0) for g in range(-1, groups)])
    least = np.stack([rows[:, group == g].min(axis=1) for g in range(-1, groups)], axis=1)
    least = np.minimum(least, least.T)
    home = np.array([back[group == g].min() for g in range(-1, groups)])
    returns = np.allclose(home[1:], least[1:, 0])
    size = groups + (1 if returns else 2)
    closed: Floats = np.full((size, size), np.inf)
    if returns:
        closed[:] = least
        np.fill_diagonal(closed, np.inf)
        return closed
    closed[:-1, :-1] = least
    closed[-1, :-1] = closed[:-1, -1] = home
    closed[-1, 0] = closed[0, -1] = 0.0
    np.fill_diagonal(closed, np.inf)
    return closed


def _one_tree(cost: Floats) -> tuple[float, Floats]:
    """Length and degrees of the least spanning tree of nodes 1.. with two edges to node 0."""
    count = len(cost)
    degree = np.zeros(count)
    near = cost[1].copy()
    link = np.ones(count, dtype=np.int64)
    near[[0, 1]] = np.inf
    length = 0.0
    for _ in range(count - 2):
        node = int(np.argmin(near))
        length += float(near[node])
        degree[node] += 1
        degree[link[node]] += 1
        near[node] = np.inf
        closer = (cost[node] < near) & np.isfinite(near)  # infinite: in the tree already
        near = np.where(closer, cost[node], near)
        link = np.where(closer, node, link)
    ends = np.argsort(cost[0])[:2]
    degree[ends] += 1
    degree[0] += 2
    return length + float(cost[0][ends].sum()), degree
