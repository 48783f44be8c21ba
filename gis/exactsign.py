"""On which side of a line a point lies, exactly.

A double gives the answer nearly always; near the line the six products are summed as expansions
(Shewchuk, Adaptive Precision Floating-Point Arithmetic, 1997), whose sign carries no rounding.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled

Point = tuple[float, float]

#: Shewchuk's bound for the error of the plain determinant: (3 + 16 eps) eps, eps = 2**-53.
_BOUND = 3.3306690738754716e-16
_SPLITTER = 134217729.0  # 2**27 + 1


@compiled
def orientation(a: Point, b: Point, c: Point) -> int:
    """Side of c seen along a to b: 1 left, -1 right, 0 on the line.

    Parameters
    ----------
    a, b, c : tuple of float
        x and y in one plane, any unit; finite, between 1e-140 and 1e140 in size, or zero.

    """
    (ax, ay), (bx, by), (cx, cy) = a, b, c
    left, right = (ax - cx) * (by - cy), (ay - cy) * (bx - cx)
    difference = left - right
    if abs(difference) > _BOUND * (abs(left) + abs(right)):
        return 1 if difference > 0.0 else -1
    return _exact(a, b, c)


@compiled
def _exact(a: Point, b: Point, c: Point) -> int:
    (ax, ay), (bx, by), (cx, cy) = a, b, c
    total = np.zeros(13)
    count = 0
    count = _add_product(total, count, ax, by)
    count = _add_product(total, count, -ax, cy)
    count = _add_product(total, count, -cx, by)
    count = _add_product(total, count, -ay, bx)
    count = _add_product(total, count, ay, cx)
    count = _add_product(total, count, cy, bx)
    # Components do not overlap and grow: the last that is not zero has the sign of all.
    for k in range(count - 1, -1, -1):
        if total[k] != 0.0:
            return 1 if total[k] > 0.0 else -1
    return 0


@compiled
def _add_product(total: NDArray[np.float64], count: int, a: float, b: float) -> int:
    product = a * b
    scaled_a, scaled_b = _SPLITTER * a, _SPLITTER * b
    high_a, high_b = scaled_a - (scaled_a - a), scaled_b - (scaled_b - b)
    low_a, low_b = a - high_a, b - high_b
    rest = low_a * low_b - (((product - high_a * high_b) - low_a * high_b) - high_a * low_b)
    count = _grow(total, count, rest)
    return _grow(total, count, product)


@compiled
def _grow(total: NDArray[np.float64], count: int, value: float) -> int:
    """Add a number to an expansion, components ascending in size."""
    carry = value
    for k in range(count):
        summed = carry + total[k]
        part = summed - carry
        total[k] = (carry - (summed - part)) + (total[k] - part)
        carry = summed
    total[count] = carry
    return count + 1
