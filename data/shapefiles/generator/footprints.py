"""Building footprints as simple shapes about the origin, x along the street front (metres)."""

from __future__ import annotations

import shapely
from shapely import Polygon, affinity, box


def slab(length: float, depth: float) -> Polygon:
    """A plain rectangle."""
    return box(-length / 2, -depth / 2, length / 2, depth / 2)


def ell(length: float, depth: float, wing: float, thick: float) -> Polygon:
    """An L: a bar along the front and a wing going back at its west end."""
    x, y = length / 2, depth / 2
    corners = [(-x, -y), (x, -y), (x, -y + thick), (-x + wing, -y + thick), (-x + wing, y), (-x, y)]
    return Polygon(corners)


def horseshoe(length: float, depth: float, thick: float) -> Polygon:
    """A U, open to the south: the usual teaching block."""
    x, y = length / 2, depth / 2
    inner = [(-x + thick, -y), (-x + thick, y - thick), (x - thick, y - thick), (x - thick, -y)]
    return Polygon([(-x, y), (-x, -y), *inner, (x, -y), (x, y)])


def courtyard(length: float, depth: float, thick: float) -> Polygon:
    """Four wings about a yard: a polygon with a hole."""
    yard = box(-length / 2 + thick, -depth / 2 + thick, length / 2 - thick, depth / 2 - thick)
    return Polygon(slab(length, depth).exterior.coords, [yard.exterior.coords])


def aitch(length: float, depth: float, thick: float) -> Polygon:
    """An H: two wards and a link."""
    x, y, t = length / 2, depth / 2, thick / 2
    corners = [(-x, -y), (-x + thick, -y), (-x + thick, -t), (x - thick, -t), (x - thick, -y)]
    corners += [(x, -y), (x, y), (x - thick, y), (x - thick, t), (-x + thick, t)]
    return Polygon([*corners, (-x + thick, y), (-x, y)])


def placed(shape: Polygon, at: tuple[float, float], heading_deg: float) -> Polygon:
    """The shape turned counter-clockwise by `heading_deg` and moved to `at`, on centimetres."""
    turned = affinity.rotate(shape, heading_deg, origin=(0, 0))
    moved = affinity.translate(turned, *at)
    result = shapely.set_precision(moved, 0.01)
    assert isinstance(result, Polygon)
    return result
