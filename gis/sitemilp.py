"""The proven answer to siting: a mixed-integer model in HiGHS, begun from a good choice."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

from gis.siteproblem import Floats, Indices, SitingProblem, by_cell

#: The next round of cuts is taken to last this times the longest yet (2.8 was the worst seen).
_CAUTION = 1.5


@dataclass(frozen=True, slots=True)
class Proven:
    """What the solver found."""

    #: Options, ascending; the ones it began with when it found none better.
    chosen: Indices
    #: No choice is worth more; inf when it had no time to find out.
    bound: float
    is_optimal: bool


def proven(
    problem: SitingProblem,
    first: Indices,
    *,
    seconds: float,
    on_bound: Callable[[float, float], bool] = lambda value, bound: True,
) -> Proven:
    """Best choice and bound within a time.

    Parameters
    ----------
    problem : SitingProblem
        Collapsed by `gis.siteproblem.collapsed`, or the model is needlessly large.
    first : ndarray of int64
        An allowed choice to begin with.
    seconds : float
        Time limit of the solver, > 0.
    on_bound : callable
        Called with the best value and bound so far, some times a second; False stops.

    Returns
    -------
    Proven

    Notes
    -----
    max sum_k w_k y_k, y_k <= sum_{j sees k} x_j, sum_j c_j x_j <= budget, sum_{j in g} x_j <=
    `per_group`; x binary, 0 <= y <= 1. y need not be integer: for whole x it is at its bound.

    """
    solver = _model(problem)
    solver.setOptionValue("time_limit", float(seconds))
    # One scheduler serves a process, and a solve that asks for other threads than it has fails.
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_rel_gap", 0.0)
    # The cells are merged already; what presolve finds beyond that costs more than it saves
    # (1.0 s against 0.16 s on a town, and no better a bound on a crowded one).
    solver.setOptionValue("presolve", "off")
    # The first relaxation takes the simplex method 37 s on a dense city, the interior point 2 s.
    solver.setOptionValue("mip_lp_solver", "ipm")
    _begin_with(solver, problem, first)
    faults = _listen(solver, seconds, on_bound)
    solver.run()
    if faults:
        raise faults[0]
    info = solver.getInfo()
    is_optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    bound = -info.mip_dual_bound if math.isfinite(info.mip_dual_bound) else math.inf
    found = np.asarray(solver.getSolution().col_value, dtype=np.float64)[: len(problem)]
    chosen = np.flatnonzero(found > 0.5)
    is_better = problem.is_allowed(chosen) and problem.value(chosen) > problem.value(first)
    return Proven(chosen if is_better else np.sort(first), bound, is_optimal)


def _model(problem: SitingProblem) -> highspy.Highs:
    n, k = len(problem), len(problem.weight)
    starts, index, value, upper = _rows(problem)
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    cost = np.concatenate([np.zeros(n), -problem.weight])
    solver.passModel(
        n + k,
        len(upper),
        len(index),
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        cost,
        np.zeros(n + k),
        np.ones(n + k),
        np.full(len(upper), -highspy.kHighsInf),
        upper,
        starts.astype(np.int32),
        index.astype(np.int32),
        value,
        np.concatenate([np.ones(n), np.zeros(k)]).astype(np.int32),
    )
    return solver


def _rows(problem: SitingProblem) -> tuple[Indices, Indices, Floats, Floats]:
    """Row starts, columns, values and upper limits: one row per cell, the budget, the groups."""
    n, k = len(problem), len(problem.weight)
    cell_starts, options = by_cell(problem)
    seen = np.split(options, cell_starts[1:-1]) if k else []
    crowded = _crowded(problem)
    columns = [np.append(row, n + cell) for cell, row in enumerate(seen)]
    values = [np.append(np.full(len(row), -1.0), 1.0) for row in seen]
    columns += [np.arange(n), *crowded]
    values += [problem.cost, *(np.ones(len(group)) for group in crowded)]
    starts = np.concatenate([[0], np.cumsum([len(row) for row in columns])])
    upper = np.concatenate(
        [np.zeros(k), [problem.affordable], np.full(len(crowded), float(problem.per_group))]
    )
    return starts[:-1].astype(np.int64), np.concatenate(columns), np.concatenate(values), upper


def _crowded(problem: SitingProblem) -> list[Indices]:
    """Options of each group that holds more than may be chosen."""
    order = np.argsort(problem.group, kind="stable")
    counts = np.unique(problem.group, return_counts=True)[1]
    groups = np.split(order, np.cumsum(counts)[:-1]) if len(counts) else []
    return [group for group in groups if len(group) > problem.per_group]


def _begin_with(solver: highspy.Highs, problem: SitingProblem, first: Indices) -> None:
    n = len(problem)
    columns: NDArray[np.float64] = np.zeros(n + len(problem.weight))
    columns[first] = 1.0
    for option in first.tolist():
        columns[n + problem.seen_by(option)] = 1.0
    solver.setSolution(len(columns), np.arange(len(columns), dtype=np.int32), columns)


def _listen(
    solver: highspy.Highs, seconds: float, on_bound: Callable[[float, float], bool]
) -> list[BaseException]:
    """Pass the solver's news on, and stop it in time; what the caller raised stands in the list.

    It looks at its clock between rounds of cuts, and on a dense city one round takes 20 s: a round
    that would likely end too late is not begun.
    """
    began = last = time.monotonic()
    longest_s = 0.0
    faults: list[BaseException] = []

    def ask(event: highspy.HighsCallbackEvent) -> None:
        nonlocal last, longest_s
        now = time.monotonic()
        longest_s, last = max(longest_s, now - last), now
        known, answer = event.data_out, event.data_in
        goes_on = False
        try:
            goes_on = not faults and on_bound(-known.mip_primal_bound, -known.mip_dual_bound)
        except BaseException as fault:  # cannot pass through the solver's frames
            faults.append(fault)
        if answer is not None and (not goes_on or now - began + _CAUTION * longest_s > seconds):
            answer.user_interrupt = True

    solver.cbMipInterrupt.subscribe(ask)
    return faults
