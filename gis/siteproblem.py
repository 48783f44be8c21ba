"""Which options to build under a budget: the question of siting as arrays, made small.

An option is one lens at one azimuth on one place; a cell is a piece of ground with a weight. Each
cell seen by at least one chosen option counts once (maximal covering location, Church and ReVelle
1974), so overlap earns nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.errors import ArgumentError

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SitingProblem:
    """Options, what each sees, what that is worth, and what may be spent.

    Raises
    ------
    ArgumentError
        If lengths differ, a cell does not exist, or a weight, cost or budget is negative or not
        finite.

    """

    #: Cells seen by option j: cells[starts[j]:starts[j + 1]], ascending, each once.
    starts: Indices
    cells: Indices
    #: float64 (cells,), >= 0. Ground that existing cameras see for sure has weight 0.
    weight: Floats
    #: float64 (options,), >= 0; all 1 for a budget in cameras.
    cost: Floats
    #: int64 (options,): the pole or spot of the option; at most `per_group` of one are chosen.
    group: Indices
    #: Costs of the chosen options add up to no more than this.
    budget: float
    per_group: int = 1

    def __post_init__(self) -> None:
        for name, kind in _COLUMNS.items():
            object.__setattr__(self, name, _column(name, getattr(self, name), kind))
        n = len(self.cost)
        if len(self.group) != n:
            raise ArgumentError("group", got=len(self.group), allowed=f"{n}, one per option")
        starts = self.starts
        is_csr = len(starts) == n + 1 and starts[0] == 0 and starts[-1] == len(self.cells)
        if not (is_csr and np.all(np.diff(starts) >= 0)):
            raise ArgumentError("starts", got=len(starts), allowed=f"{n + 1}, from 0 to all cells")
        if len(self.cells) and not (0 <= self.cells.min() <= self.cells.max() < len(self.weight)):
            raise ArgumentError("cells", got="another", allowed=f"0 to {len(self.weight) - 1}")
        if not (np.isfinite(self.budget) and self.budget >= 0.0):
            raise ArgumentError("budget", got=self.budget, allowed="0 or more, finite")
        if self.per_group < 1:
            raise ArgumentError("per_group", got=self.per_group, allowed="1 or more")

    def __len__(self) -> int:
        return len(self.cost)

    def seen_by(self, option: int) -> Indices:
        """Cells the option sees."""
        return self.cells[self.starts[option] : self.starts[option + 1]]

    def value(self, chosen: Indices) -> float:
        """Weight of the cells at least one chosen option sees."""
        is_seen = np.zeros(len(self.weight), dtype=bool)
        for option in chosen.tolist():
            is_seen[self.seen_by(option)] = True
        return float(self.weight[is_seen].sum())

    def is_allowed(self, chosen: Indices) -> bool:
        """Whether budget and places allow these options together."""
        crowd = np.unique(self.group[chosen], return_counts=True)[1]
        spent = float(self.cost[chosen].sum())
        return spent <= self.affordable and not np.any(crowd > self.per_group)

    @property
    def affordable(self) -> float:
        """The budget with room for the rounding of sums of costs."""
        return self.budget * (1.0 + 1e-9) + 1e-12


_COLUMNS: dict[str, type[np.int64 | np.float64]] = {
    "starts": np.int64,
    "cells": np.int64,
    "weight": np.float64,
    "cost": np.float64,
    "group": np.int64,
}


def collapsed(problem: SitingProblem) -> SitingProblem:
    """The same question with one cell for all that the same options see.

    Cells without weight or seen by no option fall away. Every choice keeps its value, so optimum
    and bound are those of `problem`.

    Notes
    -----
    Cells are told apart by the exact list of their options, not by a hash. Linear in the entries;
    20,000 cells become 5,000 to 11,000 in a built-up city.

    """
    cell_starts, options = by_cell(problem)
    heavy = np.flatnonzero((problem.weight > 0.0) & (np.diff(cell_starts) > 0))
    place: dict[bytes, int] = {}
    row = np.full(len(problem.weight), -1, dtype=np.int64)
    for cell in heavy.tolist():
        key = options[cell_starts[cell] : cell_starts[cell + 1]].tobytes()
        row[cell] = place.setdefault(key, len(place))
    weight = np.bincount(row[heavy], weights=problem.weight[heavy], minlength=len(place))
    option = np.repeat(np.arange(len(problem)), np.diff(problem.starts))
    kept = row[problem.cells] >= 0
    entries = np.unique(option[kept] * max(len(place), 1) + row[problem.cells[kept]])
    option, cells = np.divmod(entries, max(len(place), 1))
    starts = np.searchsorted(option, np.arange(len(problem) + 1))
    return SitingProblem(
        starts,
        cells,
        weight.astype(np.float64),
        problem.cost,
        problem.group,
        problem.budget,
        problem.per_group,
    )


def by_cell(problem: SitingProblem) -> tuple[Indices, Indices]:
    """Options that see cell c, ascending: options[starts[c]:starts[c + 1]]."""
    order = np.argsort(problem.cells, kind="stable")
    options = np.repeat(np.arange(len(problem)), np.diff(problem.starts))[order]
    counts = np.bincount(problem.cells, minlength=len(problem.weight))
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), options


def _column(
    name: str, values: ArrayLike, kind: type[np.int64 | np.float64]
) -> NDArray[np.int64 | np.float64]:
    column: NDArray[np.int64 | np.float64] = np.ascontiguousarray(values, dtype=kind)
    if column.ndim != 1:
        raise ArgumentError(name, got=f"shape {column.shape}", allowed="one axis")
    if kind is np.float64 and not (np.all(np.isfinite(column)) and np.all(column >= 0.0)):
        raise ArgumentError(name, got="negative, nan or inf", allowed="0 or more, finite")
    return column
