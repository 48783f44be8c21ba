"""A bound on siting for any size: what no choice can pass, by Lagrangian relaxation.

The mixed-integer model is closed to questions of a million entries; this costs two products with
the coverage matrix a round.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from gis.siteproblem import Floats, Indices, SitingProblem

#: Rounds without progress before the step is halved, and the step below which it ends.
_PATIENCE = 12
_LEAST_STEP = 0.005
#: Share of the last direction that is kept: the price of a cell then does not swing.
_MOMENTUM = 0.6


def lagrangian_bound(
    problem: SitingProblem,
    value: float,
    *,
    rounds: int = 400,
    goes_on: Callable[[float], bool] = lambda bound: True,
) -> float:
    """No choice is worth more than this.

    Parameters
    ----------
    problem : SitingProblem
        Best collapsed.
    value : float
        Of a known choice; steers the steps and does not enter the bound.
    rounds : int
        At most.
    goes_on : callable
        Asked each round with the bound so far; False ends.

    Returns
    -------
    float
        The least bound met; it tends to that of the linear relaxation.

    Notes
    -----
    With a price 0 <= l_k <= w_k on "cell k counts only if an option sees it",
    L(l) = sum_k (w_k - l_k) + max_x sum_j x_j p_j, p_j = sum_{k seen by j} l_k, over choices the
    budget and the places allow, bounds every choice (Fisher 1981). The prices follow a deflected
    subgradient with Polyak's step.

    """
    sees = csr_array(
        (np.ones(len(problem.cells)), problem.cells, problem.starts),
        shape=(len(problem), len(problem.weight)),
    )
    weight, best = problem.weight, float(problem.weight.sum())
    price, direction = 0.5 * weight, np.zeros(len(weight))
    step, idle = 1.0, 0
    for _ in range(rounds):
        if not goes_on(best) or step < _LEAST_STEP or best <= value:
            break
        worth = np.asarray(sees @ price)
        bought, share = _bought(problem, worth)
        bound = float((weight - price).sum() + (share * worth[bought]).sum())
        idle = 0 if bound < best * (1.0 - 1e-5) else idle + 1
        best = min(best, bound)
        if idle >= _PATIENCE:
            step, idle = step / 2.0, 0
        chosen = np.zeros(len(problem))
        chosen[bought] = share
        slope = np.asarray(sees.T @ chosen) - 1.0
        direction = slope + _MOMENTUM * direction
        length = float(direction @ direction)
        if length == 0.0:
            break
        price = np.clip(price - step * max(bound - value, 0.0) / length * direction, 0.0, weight)
    return best


def _bought(problem: SitingProblem, worth: Floats) -> tuple[Indices, Floats]:
    """Options that a budget buys if none overlapped, and how much of each: the last in part.

    At one cost for all, each place gives its best `per_group`; at several costs places do not
    bind, which can only raise the bound.
    """
    cost = np.maximum(problem.cost, 1e-12)
    order = np.argsort(-worth / cost, kind="stable")
    if np.all(problem.cost == problem.cost[:1]):
        order = order[_rank_in_group(problem.group[order]) < problem.per_group]
    spent = np.cumsum(cost[order])
    share = np.clip((problem.affordable - (spent - cost[order])) / cost[order], 0.0, 1.0)
    taken = share > 0.0
    return order[taken], share[taken]


def _rank_in_group(group: Indices) -> Indices:
    """How many of the same group come before each, in the order given."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - np.searchsorted(ordered, ordered)
    return rank
