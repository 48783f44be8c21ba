"""Where a unit can have been between two fixes, in closed form; metres in a plane.

A way of at most `budget_m` leads from one fix to the other. Ways that come near a place make an
ellipse around the fixes; a place that no way avoids is one whose disc costs too long a detour.
"""

from __future__ import annotations

import math

from gis.compiled import compiled

#: Fixes x0, y0, x1, y1; greatest sum of distances to both; greatest distance to either.
Region = tuple[float, float, float, float, float, float, float]
Span = tuple[float, float]

#: Widens what may have been reached and narrows what surely was, against rounding.
_SLACK_M = 1e-6


@compiled
def disc_row(x: float, y: float, radius: float, row_y: float) -> Span:
    """Least and greatest x of a disc at one y; the first is greater for none."""
    square = radius * radius - (row_y - y) * (row_y - y)
    if radius < 0.0 or square < 0.0:
        return math.inf, -math.inf
    half = math.sqrt(square)
    return x - half, x + half


@compiled
def ellipse_row(region: Region, row_y: float) -> Span:
    """Least and greatest x at one y of the places whose distances to both fixes add up."""
    x0, y0, x1, y1, total, _, _ = region
    dx, dy = x1 - x0, y1 - y0
    apart = math.hypot(dx, dy)
    c, s = (dx / apart, dy / apart) if apart > 0.0 else (1.0, 0.0)
    long2 = 0.25 * total * total
    short2 = long2 - 0.25 * apart * apart
    if short2 <= 0.0:
        return math.inf, -math.inf
    # (x, y) A (x, y)' <= 1 around the middle, solved for x.
    a = c * c / long2 + s * s / short2
    b = c * s * (1.0 / long2 - 1.0 / short2)
    k = s * s / long2 + c * c / short2
    v = row_y - 0.5 * (y0 + y1)
    square = b * b * v * v - a * (k * v * v - 1.0)
    if square < 0.0:
        return math.inf, -math.inf
    half, middle = math.sqrt(square) / a, 0.5 * (x0 + x1) - b * v / a
    return middle - half, middle + half


@compiled
def region_row(region: Region, row_y: float) -> Span:
    """Least and greatest x at one y of what may have been reached."""
    low, high = -math.inf, math.inf
    if region[4] < math.inf:
        low, high = ellipse_row(region, row_y)
    for k in range(2):
        if region[5 + k] < math.inf:
            first, last = disc_row(region[2 * k], region[2 * k + 1], region[5 + k], row_y)
            low, high = max(low, first), min(high, last)
    return low - _SLACK_M, high + _SLACK_M


@compiled
def is_in_region(region: Region, x: float, y: float) -> bool:
    """Whether the place may have been reached."""
    away0 = math.hypot(x - region[0], y - region[1])
    away1 = math.hypot(x - region[2], y - region[3])
    is_near = away0 <= region[5] + _SLACK_M and away1 <= region[6] + _SLACK_M
    return is_near and away0 + away1 <= region[4] + _SLACK_M


@compiled
def region_bounds(region: Region) -> tuple[float, float, float, float]:
    """Box around what may have been reached: least x and y, greatest x and y."""
    x0, y0, x1, y1, total, reach0, reach1 = region
    low_x, low_y, high_x, high_y = -math.inf, -math.inf, math.inf, math.inf
    if total < math.inf:
        # Half the extent of an ellipse along an axis: the root of the sum of squared half axes.
        wide, high = 0.5 * (x1 - x0), 0.5 * (y1 - y0)
        short2 = max(0.25 * total * total - wide * wide - high * high, 0.0)
        half_x, half_y = math.sqrt(short2 + wide * wide), math.sqrt(short2 + high * high)
        low_x, high_x = 0.5 * (x0 + x1) - half_x, 0.5 * (x0 + x1) + half_x
        low_y, high_y = 0.5 * (y0 + y1) - half_y, 0.5 * (y0 + y1) + half_y
    low_x, high_x = max(low_x, x0 - reach0, x1 - reach1), min(high_x, x0 + reach0, x1 + reach1)
    low_y, high_y = max(low_y, y0 - reach0, y1 - reach1), min(high_y, y0 + reach0, y1 + reach1)
    return low_x - _SLACK_M, low_y - _SLACK_M, high_x + _SLACK_M, high_y + _SLACK_M


@compiled
def capsule_row(line: tuple[float, float, float, float], radius: float, row_y: float) -> Span:
    """Least and greatest x at one y of the places nearer than `radius` to a straight line."""
    x0, y0, x1, y1 = line
    low, high = disc_row(x0, y0, radius, row_y)
    first, last = disc_row(x1, y1, radius, row_y)
    low, high = min(low, first), max(high, last)
    dx, dy = x1 - x0, y1 - y0
    apart = math.hypot(dx, dy)
    if apart == 0.0:
        return low, high
    # The band beside the line: 0 <= along <= apart and |across| <= radius, both linear in x.
    c, s, v = dx / apart, dy / apart, row_y - y0
    left, right = -math.inf, math.inf
    for at_x, rest, least, most in ((c, s * v, 0.0, apart), (-s, c * v, -radius, radius)):
        if at_x == 0.0:
            if rest < least or rest > most:
                return low, high
        else:
            a, b = (least - rest) / at_x, (most - rest) / at_x
            left, right = max(left, min(a, b)), min(right, max(a, b))
    if left > right:
        return low, high
    return min(low, x0 + left), max(high, x0 + right)


@compiled
def line_distance(line: tuple[float, float, float, float], x: float, y: float) -> float:
    """Distance of a place from a straight line between two points, metres."""
    dx, dy = line[2] - line[0], line[3] - line[1]
    square = dx * dx + dy * dy
    along = ((x - line[0]) * dx + (y - line[1]) * dy) / square if square > 0.0 else 0.0
    along = min(max(along, 0.0), 1.0)
    return math.hypot(line[0] + along * dx - x, line[1] + along * dy - y)


@compiled
def is_unavoidable(
    line: tuple[float, float, float, float],
    radii: tuple[float, float],
    budget_m: float,
    swath_m: float,
    place: tuple[float, float],
) -> bool:
    """Whether every way of at most `budget_m` comes within the swath of a place.

    `radii` say how far the truth may lie from each fix, and `budget_m` has both added: the true
    way, lengthened straight to the fixes, is one of those asked about. It touches the disc on its
    true part if the fix is a radius away from the disc; else the disc is taken smaller, so that
    wherever the lengthened way touches it the true end is within the swath.
    """
    x, y = place
    away0, away1 = math.hypot(x - line[0], y - line[1]), math.hypot(x - line[2], y - line[3])
    disc = swath_m
    for away, radius in ((away0, radii[0]), (away1, radii[1])):
        disc = min(disc, max(swath_m - radius, away - radius))
    if disc <= 0.0 or line_distance(line, x, y) >= disc:
        return False
    if away0 <= disc or away1 <= disc:
        return True
    apart = math.hypot(line[2] - line[0], line[3] - line[1])
    cosine = (away0 * away0 + away1 * away1 - apart * apart) / (2.0 * away0 * away1)
    turn = math.acos(min(max(cosine, -1.0), 1.0))
    arc = turn - math.acos(disc / away0) - math.acos(disc / away1)
    if arc <= 0.0:
        return False
    tangents = math.sqrt(away0 * away0 - disc * disc) + math.sqrt(away1 * away1 - disc * disc)
    return tangents + disc * arc > budget_m + _SLACK_M
