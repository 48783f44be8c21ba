"""The density band of each cell a pose sees, by its distance and the sure field; kernels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gis.compiled import compiled
from gis.rastercasts import Casts
from gis.rasterfill import Window, joined

#: What a mask holds where a pose sees: half a byte of ones lets a band through as perhaps, a whole
#: one as sure too. Masking bytes goes eight times faster than choosing among them.
PERHAPS, SURE = 0x0F, 0xFF


@compiled
def grade(
    mask: Any, casts: Casts, i: int, frame: tuple[Window, Window, Window], best: tuple[Any, Any]
) -> Window:
    """Raise the camera's best band per cell: 1 + the densest band that holds there, 0 for none.

    `frame` is the window in which the pose sees, the tile, and the window that the camera's other
    poses have touched; `best` the planes for sure and perhaps. Returns the window touched by now.
    """
    box, tile, touched = frame
    sure, perhaps = best
    right, down, width = box.col0 - tile.col0, box.row0 - tile.row0, box.col1 - box.col0
    band_sure, band_perhaps = np.zeros(width, np.uint8), np.zeros(width, np.uint8)
    # Numbers are taken out once: handing the poses' record on costs more than a row's work.
    circle = (casts.u[i], casts.near_m[i], casts.looks.range_m[i])
    certain_m, possible_m = casts.certain_m[i], casts.possible_m[i]
    # Most fields of view are known: then both radii are one, and half the work is done.
    is_known = np.all(certain_m == possible_m)
    azimuth_deg, sure_deg = casts.turned_deg[i], casts.sure_deg[i]
    has_edge, v = 2.0 * sure_deg < casts.looks.fov_deg[i], casts.v[i]
    for row in range(box.row1 - box.row0):
        dv = (box.row0 + row + 0.5) * box.cell_m - v
        _band_cells(possible_m, circle, (dv, box), band_perhaps)
        if is_known:
            _copy(band_perhaps, band_sure)
        else:
            _band_cells(certain_m, circle, (dv, box), band_sure)
        if has_edge:
            _keep_sure_field((circle[0], azimuth_deg, sure_deg), (dv, box), band_sure)
        seen = mask[row + down, right : right + width]
        sure_row = sure[row + down, right : right + width]
        perhaps_row = perhaps[row + down, right : right + width]
        for col in range(width):
            for_sure = band_sure[col] & (seen[col] >> 4)
            at_best = max(band_perhaps[col] & seen[col], for_sure)
            sure_row[col] = max(sure_row[col], for_sure)
            perhaps_row[col] = max(perhaps_row[col], at_best)
    return joined(touched, box)


@compiled
def _band_cells(
    radii: Any, circle: tuple[float, float, float], place: tuple[float, Window], bands: Any
) -> None:
    """Band of each cell of a row by distance alone; the circle is u, near and far edge."""
    (u, near_m, far_m), (dv, box) = circle, place
    scale = 1.0 / box.cell_m
    _fill(bands, 0)
    for b in range(radii.size):
        radius = min(radii[b], far_m)
        if radius <= 0.0 or abs(dv) > radius:
            break
        half = math.sqrt(radius * radius - dv * dv)
        first, stop = _columns((u - half) * scale, (u + half) * scale, box)
        _fill(bands[first:stop], b + 1)
    if abs(dv) < near_m:
        half = math.sqrt(near_m * near_m - dv * dv)
        first, stop = _columns((u - half) * scale, (u + half) * scale, box)
        _fill(bands[first:stop], 0)


# Loops over all of a slice become one instruction a dozen cells; over a part of an array, or by
# assignment to a slice, they take five times as long.
@compiled
def _fill(bands: Any, band: int) -> None:
    value = np.uint8(band)
    for col in range(bands.size):
        bands[col] = value


@compiled
def _copy(bands: Any, out: Any) -> None:
    for col in range(out.size):
        out[col] = bands[col]


@compiled
def _columns(left: float, right: float, box: Window) -> tuple[int, int]:
    """Columns of the window, counted from its first, whose centres lie from left to right."""
    width = box.col1 - box.col0
    first = math.ceil(left - 0.5) - box.col0
    stop = math.floor(right - 0.5) + 1 - box.col0
    first = min(max(first, 0), width)
    return first, max(min(stop, width), first)


@compiled
def _keep_sure_field(
    field: tuple[float, float, float], place: tuple[float, Window], bands: Any
) -> None:
    """Clear the bands of a row's cells outside the sure field: u, azimuth and half angle."""
    (u, azimuth_deg, half_deg), (dv, box) = field, place
    if half_deg <= 90.0:
        left, right = _wedge_span(azimuth_deg, half_deg, dv)
        first, stop = 0, 0
        if left <= right:
            first, stop = _columns((u + left) / box.cell_m, (u + right) / box.cell_m, box)
        _fill(bands[:first], 0)
        _fill(bands[stop:], 0)
        return
    left, right = _wedge_span(azimuth_deg + 180.0, 180.0 - half_deg, dv)
    if left <= right:
        first, stop = _columns((u + left) / box.cell_m, (u + right) / box.cell_m, box)
        _fill(bands[first:stop], 0)


@compiled
def _wedge_span(azimuth_deg: float, half_deg: float, dv: float) -> tuple[float, float]:
    """From where to where, from the apex, a row at `dv` lies in a wedge; left > right for nowhere.

    Half angle at most 90 degrees.
    """
    left, right = -1e9, 1e9
    for side in (-1.0, 1.0):
        angle = math.radians(azimuth_deg + side * half_deg)
        nu, nv = -side * math.cos(angle), side * math.sin(angle)
        # Inside where nu du + nv dv >= 0.
        if nu > 0.0:
            left = max(left, -nv * dv / nu)
        elif nu < 0.0:
            right = min(right, -nv * dv / nu)
        elif nv * dv < 0.0:
            return 1.0, 0.0
    return left, right
