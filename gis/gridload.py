"""How heavy each grid is: amounts of work against the mean of their set, weighted into one figure.

A grid of the load 1 has what the average grid of its set has.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.errors import ArgumentError

Floats = NDArray[np.float64]

MEASURES = ("households", "buildings", "places", "incidents", "road_m")
"""What is counted: households, buildings, places, incidents a month, metres of road."""

DEFAULT_WEIGHTS: Mapping[str, float] = {
    "households": 0.40,
    "buildings": 0.15,
    "places": 0.15,
    "incidents": 0.20,
    "road_m": 0.10,
}
"""Households first: by them grids are drawn (300 to 500 a grid); the rest tells what they miss."""


def relative_amounts(amounts: ArrayLike) -> Floats:
    """Amounts of each measure divided by the measure's mean over the grids where it is known.

    Parameters
    ----------
    amounts : array_like of float, shape (grids, measures)
        Counts, incidents a month, metres; at least 0, NaN where nobody knows.

    Returns
    -------
    numpy.ndarray of float64, that shape
        1 is the mean; NaN where the amount is unknown, and 0 where the mean itself is 0.

    Raises
    ------
    ArgumentError
        If an amount is negative or infinite, or the shape is not two-dimensional.

    """
    given = np.asarray(amounts, dtype=np.float64)
    if given.ndim != 2:
        raise ArgumentError("amounts", got=f"shape {given.shape}", allowed="(grids, measures)")
    known = ~np.isnan(given)
    if np.any(np.isinf(given)) or np.any(given[known] < 0):
        raise ArgumentError("amounts", got="negative or infinite", allowed="0 or more, or NaN")
    mean = np.where(known, given, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(known, given / np.where(mean > 0, mean, 1.0), np.nan)


def loads(relative: ArrayLike, weights: Mapping[str, float]) -> Floats:
    """Weighted mean of what is known of each grid: sum(w * r) / sum(w), over its known measures.

    Parameters
    ----------
    relative : array_like of float, shape (grids, 5)
        As `relative_amounts` gives them, columns in the order of `MEASURES`.
    weights : mapping of str to float
        Of each measure, 0 or more; a measure left out weighs nothing.

    Returns
    -------
    numpy.ndarray of float64, shape (grids,)
        1 is an average grid; NaN where nothing with a weight is known.

    Raises
    ------
    ArgumentError
        If a weight is negative, not finite, or of no measure.

    """
    unknown = set(weights) - set(MEASURES)
    if unknown:
        raise ArgumentError("weights", got=sorted(unknown), allowed=", ".join(MEASURES))
    weight = np.array([weights.get(name, 0.0) for name in MEASURES])
    if not np.all(np.isfinite(weight)) or np.any(weight < 0):
        raise ArgumentError("weights", got=weight.tolist(), allowed="0 or more")
    given = np.asarray(relative, dtype=np.float64).reshape(-1, len(MEASURES))
    known = ~np.isnan(given)
    total = known @ weight
    summed = np.where(known, given, 0.0) @ weight
    return np.where(total > 0, summed / np.where(total > 0, total, 1.0), np.nan)
