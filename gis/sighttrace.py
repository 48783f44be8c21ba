"""Kernels that follow one line of sight through the edge grid and over the terrain; metres.

A line is described by the distance s from the camera in plan: place C + s u, height linear in s.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.edgegrid import TOUCH_M
from gis.handle import Handle
from gis.sightray import Line, first_hill, height_at, line_between
from gis.terrain import Relief
from gis.town import Town, is_within, town_cell

Floats = NDArray[np.float64]
#: camera x, y, height above ground; target x, y, height above ground
Ends = tuple[float, float, float, float, float, float]
Point = tuple[float, float]
#: cause (gis.sightline.Cause), building or -1, distance or nan, clearance
Traced = tuple[int, int, float, float]

_CLEAR, _BUILDING, _TERRAIN, _CAMERA_INSIDE = 0, 1, 2, 3
_MISSED, _TOUCHED, _ENTERED, _LEFT = 0, 1, 2, 3


@compiled
def trace(town: Town, relief: Relief, line: Line, skipped: int) -> Traced:
    """First thing that ends the line of sight; building `skipped` (-1: none) is as if not there.

    `skipped` still hides a target that stands inside it.
    That the camera stands inside a building is found where the line leaves it, or where the target
    is inside the same: asking at the camera first would cost every line a search.
    """
    building, at_m, clearance_m = _first_building(town, line, skipped)
    if building < 0:
        building = _roof_over_target(town, line)
        if building >= 0:
            roof = _roof(town, building, line)
            at_m, clearance_m = _meets_roof_at(line, roof), line.z1 - roof
    if building >= 0 and at_m <= 0.0 and building != skipped:
        roof = _roof(town, building, line)
        if line.z0 < roof and is_within(town, building, line.x, line.y):
            return _CAMERA_INSIDE, building, 0.0, line.z0 - roof
    if line.ground_share > 0.0:
        hill_m, over_hill_m = first_hill(relief, line)
        if hill_m < at_m:
            return _TERRAIN, -1, hill_m, over_hill_m
        clearance_m = min(clearance_m, over_hill_m) if building < 0 else clearance_m
    if building >= 0:
        return _BUILDING, building, at_m, clearance_m
    return _CLEAR, -1, math.nan, clearance_m


@compiled
def trace_one(obstacles: Handle, terrain: Handle, ends: tuple[float, ...]) -> Traced:
    """`trace` from Python."""
    town, relief = obstacles.arrays, terrain.arrays
    return trace(town, relief, line_between(relief, ends), -1)


@compiled
def trace_many(
    obstacles: Handle, terrain: Handle, pairs: Floats
) -> tuple[NDArray[np.int8], NDArray[np.int32], Floats, Floats]:
    """`trace` for each row camera x, y, height, target x, y, height."""
    town, relief, count = obstacles.arrays, terrain.arrays, len(pairs)
    cause = np.empty(count, dtype=np.int8)
    building = np.empty(count, dtype=np.int32)
    at_m, clearance_m = np.empty(count), np.empty(count)
    for i in range(count):
        p = pairs[i]
        line = line_between(relief, (p[0], p[1], p[2], p[3], p[4], p[5]))
        cause[i], building[i], at_m[i], clearance_m[i] = trace(town, relief, line, -1)
    return cause, building, at_m, clearance_m


@compiled
def _roof(town: Town, building: int, line: Line) -> float:
    b = town.buildings[building]
    return float(b.height_m + line.ground_share * b.ground_m)


@compiled
def _meets_roof_at(line: Line, roof: float) -> float:
    """Distance at which a falling line goes through the roof's height; 0 if it starts below."""
    if line.z0 <= roof:
        return 0.0
    return line.length_m * (line.z0 - roof) / (line.z0 - line.z1)


@compiled
def _roof_over_target(town: Town, line: Line) -> int:
    """A building that holds the target under its roof, or -1."""
    x, y = line.x + line.length_m * line.ux, line.y + line.length_m * line.uy
    cell = town_cell(town, x, y)
    if cell < 0:
        return -1
    for k in range(town.box_starts[cell], town.box_starts[cell + 1]):
        b = town.box_items[k]
        if line.z1 < _roof(town, b, line) and is_within(town, b, x, y):
            return int(b)
    return -1


@compiled
def _first_building(town: Town, line: Line, skipped: int) -> tuple[int, float, float]:
    """Nearest building entered below its roof (or -1), where, and the clearance there or over all.

    Cells are walked in order along the line (Amanatides and Woo 1987); it ends at the first hit.
    """
    found, found_at, found_clearance = -1, math.inf, math.inf
    clearance = math.inf
    s, last = _span_in_grid(town, line)
    if s > last or line.length_m <= TOUCH_M:
        return found, found_at, clearance
    col = _clamped((line.x + s * line.ux - town.origin_x) / town.cell_m, town.ncols - 1)
    row = _clamped((line.y + s * line.uy - town.origin_y) / town.cell_m, town.nrows - 1)
    step_col, step_row = (1 if line.ux > 0.0 else -1), (1 if line.uy > 0.0 else -1)
    while True:
        cell = row * town.ncols + col
        for k in range(town.starts[cell], town.starts[cell + 1]):
            wall = town.listed[k]
            crossed = _crossing(line, (wall.x0, wall.y0), (wall.x1, wall.y1))
            if crossed[0] == _MISSED or wall.owner == skipped:
                continue
            b = wall.owner
            at, over = _meet_wall(town, line, b, crossed)
            clearance = min(clearance, over)
            if at < found_at:
                found, found_at, found_clearance = b, at, over
        border_x = _border_at(line.x, line.ux, town.origin_x + col * town.cell_m, town.cell_m)
        border_y = _border_at(line.y, line.uy, town.origin_y + row * town.cell_m, town.cell_m)
        border = min(border_x, border_y)
        if found_at <= border or border >= last:
            break
        if border_x <= border_y:
            col += step_col
        else:
            row += step_row
        if col < 0 or row < 0 or col >= town.ncols or row >= town.nrows:
            break
    return found, found_at, (found_clearance if found >= 0 else clearance)


@compiled
def _clamped(value: float, last: int) -> int:
    return min(max(math.floor(value), 0), last)


@compiled
def _border_at(start: float, slope: float, low: float, cell_m: float) -> float:
    """Distance along the line to the far border of a cell that begins at `low`, on one axis."""
    if slope > 0.0:
        return (low + cell_m - start) / slope
    if slope < 0.0:
        return (low - start) / slope
    return math.inf


@compiled
def _span_in_grid(town: Town, line: Line) -> tuple[float, float]:
    """First and last distance at which the line is over the grid; first > last when never."""
    first, last = 0.0, line.length_m
    for axis in range(2):
        start, slope = (line.x, line.ux) if axis == 0 else (line.y, line.uy)
        low = town.origin_x if axis == 0 else town.origin_y
        high = low + town.cell_m * (town.ncols if axis == 0 else town.nrows)
        if slope == 0.0:
            if not low <= start <= high:
                return 1.0, 0.0
            continue
        one, other = (low - start) / slope, (high - start) / slope
        first, last = max(first, min(one, other)), min(last, max(one, other))
    return first, last


@compiled
def _crossing(line: Line, start: Point, end: Point) -> tuple[int, float]:
    """How the line meets a wall, and at which distance.

    Takes numbers, not the arrays: handing arrays on costs a reference count each, and most walls
    of a cell are missed.
    """
    ax, ay, bx, by = start[0] - line.x, start[1] - line.y, end[0] - line.x, end[1] - line.y
    left_a, left_b = line.ux * ay - line.uy * ax, line.ux * by - line.uy * bx
    if min(left_a, left_b) > TOUCH_M or max(left_a, left_b) < -TOUCH_M:
        return _MISSED, math.nan
    along_a, along_b = line.ux * ax + line.uy * ay, line.ux * bx + line.uy * by
    limit = line.length_m + TOUCH_M
    if min(along_a, along_b) > limit or max(along_a, along_b) < -TOUCH_M:
        return _MISSED, math.nan
    if abs(left_a) <= TOUCH_M or abs(left_b) <= TOUCH_M:
        return _TOUCHED, math.nan
    s = along_a + (along_b - along_a) * left_a / (left_a - left_b)
    if s < -TOUCH_M or s > limit:
        return _MISSED, s
    if s <= TOUCH_M or s >= line.length_m - TOUCH_M:
        return _TOUCHED, s
    # The building lies left of the wall: a wall that runs from left to right lets the line in.
    return (_ENTERED if left_a > left_b else _LEFT), s


@compiled
def _meet_wall(
    town: Town, line: Line, building: int, crossed: tuple[int, float]
) -> tuple[float, float]:
    """Where this wall shows that the line is blocked (inf if it does not), and the clearance.

    A wall crossed squarely into the building decides alone. A wall that is only touched, or crossed
    at an end of the line, cannot tell inside from outside: then the whole building is asked.
    """
    crossing, s = crossed
    if crossing == _TOUCHED:
        return meet_building(town, line, building)
    roof = _roof(town, building, line)
    over = height_at(line, s) - roof
    if over >= 0.0:
        return math.inf, over
    if crossing == _ENTERED:
        return s, over
    if line.z0 >= roof:
        # It came in above the roof; in which wing it fell below, the whole building must say.
        return meet_building(town, line, building)
    # It was seen entering, unless it began inside.
    began_inside = is_within(town, building, line.x, line.y)
    return (0.0 if began_inside else math.inf), (over if began_inside else math.inf)


@compiled
def meet_building(town: Town, line: Line, building: int) -> tuple[float, float]:
    """Where the line is first inside the building below its roof (inf if never), and clearance.

    All crossings and touched corners cut the line into pieces; a piece counts if its middle is
    inside. Costs edges x pieces, and is needed only where a line meets a corner or starts on a
    wall.
    """
    cuts = _cuts(town, line, building)
    roof = _roof(town, building, line)
    clearance = math.inf
    for i in range(len(cuts) - 1):
        if cuts[i + 1] - cuts[i] <= TOUCH_M:
            continue
        middle = (cuts[i] + cuts[i + 1]) / 2.0
        x, y = line.x + middle * line.ux, line.y + middle * line.uy
        if not is_within(town, building, x, y):
            continue
        over = min(height_at(line, cuts[i]), height_at(line, cuts[i + 1])) - roof
        clearance = min(clearance, over)
        if over < 0.0:
            is_low = height_at(line, cuts[i]) < roof
            return (cuts[i] if is_low else _meets_roof_at(line, roof)), over
    return math.inf, clearance


@compiled
def _cuts(town: Town, line: Line, building: int) -> Floats:
    """Ascending distances, both ends included, at which the line meets the building's town."""
    first, stop = town.buildings[building].first, town.buildings[building].stop
    cuts = np.empty(2 * (stop - first) + 2)
    cuts[0], cuts[1] = 0.0, line.length_m
    count = 2
    for e in range(first, stop):
        wall = town.walls[e]
        ax, ay, bx, by = wall.x0 - line.x, wall.y0 - line.y, wall.x1 - line.x, wall.y1 - line.y
        left_a, left_b = line.ux * ay - line.uy * ax, line.ux * by - line.uy * bx
        along_a, along_b = line.ux * ax + line.uy * ay, line.ux * bx + line.uy * by
        if abs(left_a) <= TOUCH_M and 0.0 < along_a < line.length_m:
            cuts[count] = along_a
            count += 1
        if (left_a > 0.0) != (left_b > 0.0):
            s = along_a + (along_b - along_a) * left_a / (left_a - left_b)
            if 0.0 < s < line.length_m:
                cuts[count] = s
                count += 1
    return np.sort(cuts[:count])
