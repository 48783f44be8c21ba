"""Figures of divisions: sums over the grids below them, so that no ground is counted twice."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..divisions.codes import parent

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
WHOLE = 0
"""The code under which the sum over the whole land stands."""


@dataclass(frozen=True, slots=True)
class Land:
    """Grids as lists of one length; areas in m2."""

    grid_sets: list[str]
    grid_kinds: list[str]
    grid_divisions: list[int]
    grid_areas: list[float]


def chosen_sets(land: Land) -> list[bool]:
    """Return which grids enter sums: the basic ones of one set a village.

    Police and governance may draw two sets over one village; that which covers most of it counts,
    and of equals the first by name. Exclusive grids lie in basic ones.
    """
    areas: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    rows = list(
        zip(land.grid_sets, land.grid_kinds, land.grid_divisions, land.grid_areas, strict=True)
    )
    for name, kind, code, area in rows:
        if kind == "basic":
            areas[code][name] += area
    best = {
        # Equal sets differ by rounding alone; a thousandth decides nothing.
        code: min(sets, key=lambda name: (-round(sets[name] / max(sets.values()), 3), name))
        for code, sets in areas.items()
    }
    return [kind == "basic" and best[code] == name for name, kind, code, _ in rows]


def lineages(codes: Ints) -> dict[int, list[int]]:
    """Return, for each distinct code, itself and the divisions above it, and the whole land."""
    found: dict[int, list[int]] = {}
    for code in np.unique(codes).tolist():
        line = [code] if code else []
        while line and (above := parent(line[-1])) is not None:
            line.append(above)
        found[code] = [*line, WHOLE]
    return found


def summed(codes: Ints, amounts: Floats) -> dict[int, Floats]:
    """Return the sum of `amounts` (first axis: subjects) for every division above a subject."""
    sums: dict[int, Floats] = {}
    lines = lineages(codes)
    for code in np.unique(codes).tolist():
        here = amounts[codes == code].sum(axis=0)
        for above in lines[code]:
            sums[above] = sums[above] + here if above in sums else here
    return sums
