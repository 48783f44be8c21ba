"""What an edit of grids does to the ground: what nobody has any more, what two have at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.gridarea import area_m2

LEAST_M2 = 0.1
"""What the nodes of common borders may move; less is no fault."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A fault that an edit would make; `shapes` are the places of the two in after + standing."""

    kind: Literal["gap", "overlap"]
    ground: BaseGeometry
    area_m2: float
    shapes: tuple[int, ...] = ()


def losses(
    before: Sequence[BaseGeometry],
    after: Sequence[BaseGeometry],
    standing: Sequence[BaseGeometry],
) -> list[Loss]:
    """Gaps and overlaps that are there after an edit and were not before it.

    Parameters
    ----------
    before, after : sequence of Polygon or MultiPolygon
        Grids that end and grids that begin, lon/lat EPSG:4326, of one kind and set.
    standing : sequence of Polygon or MultiPolygon
        Their neighbours, which stay.

    Returns
    -------
    list of Loss
        Of 0.1 m2 and more; gaps first, the largest first. Empty when the edit is sound.

    """
    old, new, rest = _array(before), _array(after), _array(standing)
    lost = shapely.difference(shapely.union_all(old), shapely.union_all(np.append(new, rest)))
    gaps = [Loss("gap", part, m2) for part, m2 in _grounds([lost])]
    everybody = np.append(new, rest)
    one, other = shapely.STRtree(everybody).query(new, predicate="intersects")
    is_once = (one < other) | (other >= len(new))
    one, other = one[is_once & (one != other)], other[is_once & (one != other)]
    common = shapely.intersection(everybody[one], everybody[other])
    is_ground = shapely.area(common) > 0.0
    known = _doubled(old, rest) if is_ground.any() else shapely.Polygon()
    overlaps = [
        Loss("overlap", part, m2, (int(a), int(b)))
        for a, b, ground in zip(one[is_ground], other[is_ground], common[is_ground], strict=True)
        for part, m2 in _grounds([shapely.difference(ground, known)])
    ]
    return sorted(gaps, key=lambda x: -x.area_m2) + sorted(overlaps, key=lambda x: -x.area_m2)


def _doubled(old: NDArray[np.object_], rest: NDArray[np.object_]) -> BaseGeometry:
    """Return the ground that two grids had before."""
    everybody = np.append(old, rest)
    one, other = shapely.STRtree(everybody).query(old, predicate="intersects")
    pairs = one != other
    return shapely.union_all(shapely.intersection(everybody[one[pairs]], everybody[other[pairs]]))


def _grounds(shapes: Sequence[BaseGeometry]) -> list[tuple[BaseGeometry, float]]:
    parts = shapely.get_parts(shapely.get_parts(_array(shapes)))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return [
        (part, float(m2)) for part, m2 in zip(parts, area_m2(parts), strict=True) if m2 >= LEAST_M2
    ]


def _array(shapes: Sequence[BaseGeometry]) -> NDArray[np.object_]:
    array = np.empty(len(shapes), dtype=object)
    array[:] = list(shapes)
    return array
