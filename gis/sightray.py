"""One line of sight: place C + s u at the distance s from the camera in plan, height linear in s.

It is met by the ground here and by buildings in `gis.sighttrace`; metres.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from gis.compiled import compiled
from gis.edgegrid import TOUCH_M
from gis.terrain import Relief, sample


class Line(NamedTuple):
    """Start, unit direction and length in plan; heights at both ends above one common level."""

    x: float
    y: float
    ux: float
    uy: float
    length_m: float
    z0: float
    z1: float
    #: 1.0 when heights are above the terrain's datum, 0.0 when above flat ground.
    ground_share: float


@compiled
def line_between(relief: Relief, ends: tuple[float, ...]) -> Line:
    """The line between two ends; on flat ground when the ground of either is unknown."""
    x, y, camera_height_m, target_x, target_y, target_height_m = ends
    length_m = math.hypot(target_x - x, target_y - y)
    ux, uy = 1.0, 0.0
    if length_m > TOUCH_M:
        ux, uy = (target_x - x) / length_m, (target_y - y) / length_m
    share, ground0, ground1 = 1.0, sample(relief, x, y), sample(relief, target_x, target_y)
    if math.isnan(ground0) or math.isnan(ground1):
        share, ground0, ground1 = 0.0, 0.0, 0.0
    z0, z1 = camera_height_m + ground0, target_height_m + ground1
    return Line(x, y, ux, uy, length_m, z0, z1, share)


@compiled
def height_at(line: Line, s: float) -> float:
    """Height of the line at distance `s`, on the level of its ends."""
    return line.z0 + (line.z1 - line.z0) * s / line.length_m


@compiled
def first_hill(relief: Relief, line: Line) -> tuple[float, float]:
    """First distance at which the ground rises above the line (inf if never), and the clearance.

    Between the lines through the cell centres the bilinear ground is a parabola along the line, so
    three values of a piece tell its lowest clearance exactly.
    """
    clearance, s = math.inf, 0.0
    col, row = (line.x - relief.left) / relief.step_x, (relief.top - line.y) / relief.step_y
    along_col, along_row = line.ux / relief.step_x, -line.uy / relief.step_y
    over = _over_ground(relief, line, 0.0)
    while s < line.length_m:
        after = min(_next_whole(col, along_col, s), _next_whole(row, along_row, s), line.length_m)
        middle, end = (
            _over_ground(relief, line, (s + after) / 2.0),
            _over_ground(relief, line, after),
        )
        share, least = _first_dip(over, middle, end)
        clearance = min(clearance, least)
        if share <= 1.0:
            return s + share * (after - s), least
        s, over = after, end
    return math.inf, clearance


@compiled
def _over_ground(relief: Relief, line: Line, s: float) -> float:
    return height_at(line, s) - sample(relief, line.x + s * line.ux, line.y + s * line.uy)


@compiled
def _next_whole(start: float, slope: float, s: float) -> float:
    """Distance after `s` at which start + slope * distance is next a whole number."""
    place = start + slope * s
    # A place within rounding of a whole number has been dealt with.
    if slope > 0.0:
        return (math.floor(place + 1e-9) + 1.0 - start) / slope
    if slope < 0.0:
        return (math.ceil(place - 1e-9) - 1.0 - start) / slope
    return math.inf


@compiled
def _first_dip(start: float, middle: float, end: float) -> tuple[float, float]:
    """Where the parabola through three clearances first goes below 0 (0 to 1, or inf); its least.

    Unknown ground (nan) between known ends hides nothing.
    """
    if math.isnan(start + middle + end):
        return math.inf, math.inf
    bend, slope = 2.0 * (start + end - 2.0 * middle), 4.0 * middle - 3.0 * start - end
    least = min(start, end)
    if bend > 0.0 and 0.0 < -slope < 2.0 * bend:
        least = min(least, start - slope * slope / (4.0 * bend))
    if least >= -TOUCH_M:
        return math.inf, least
    if start <= 0.0:
        return 0.0, least
    # The smaller root in the form that does not cancel; start > 0, so it is positive.
    root = math.sqrt(max(slope * slope - 4.0 * bend * start, 0.0))
    return min(2.0 * start / (root - slope), 1.0), least
