"""What a head shows on its way between two positions, and a way round what it must not show.

The axes of a head run at speeds of their own, so on the way from one position to another every
position of the box between the two may occur: the leg is judged by all of them at once. Along one
axis the box is the way itself. Device units, degrees, metres in the scene's CRS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.aim import Mount, Views
from gis.aimboxes import Boxes, picture_boxes, widened
from gis.aimhead import HeadModel, views_of
from gis.aimlimits import FREE, Limits, boxes_entered, entered, shown_m

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

#: Positions looked at along pan and tilt; between them the axis leans by less than the slack.
_ALONG, _UP = 13, 5
_SLACK_DEG = 0.1
#: Beyond this depression or elevation a leaning axis may turn the azimuth anywhere.
_STEEP_DEG = 85.0
#: A full turn; a head with one may have no end stop, and take the shorter way round.
_FULL_TURN_DEG = 340.0
#: Less than half a turn: whichever kind the head is, it goes the way it is judged.
_LONGEST_TURN_DEG = 170.0
_FIELDS, _TILTS = 6, 12
_LEGS_AT_ONCE = 4_000


@dataclass(frozen=True, slots=True)
class Route:
    """Positions to go through, the last being the goal; `entered` of the legs that remain."""

    stops: tuple[tuple[float, float, float], ...]
    #: `FREE`, or the number (as in `gis.aimlimits`) of what the way cannot be led round.
    reached: int


def swept(mount: Mount, head: HeadModel, starts: Floats, ends: Floats, limits: Limits) -> Ints:
    """What each move reaches into first, on any way its axes may take.

    Parameters
    ----------
    mount : Mount
        Where the lens is.
    head : HeadModel
        Calibrated, or of a device that states degrees.
    starts, ends : numpy.ndarray of float64, shape (n, 3)
        Pan, tilt, zoom in device units, within the axes' ranges. Pan runs within its range, never
        across its ends.
    limits : Limits
        Areas in the mount's CRS, on its datum.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        As `gis.aimlimits.entered`; `FREE` only where no picture on the way reaches in.

    Raises
    ------
    ArgumentError
        If a position is not finite.

    Notes
    -----
    The pictures of 65 positions of the box between start and end, in its widest field, are put
    into one box of directions; an area counts as far as the narrowest field shows. 100,000 moves
    of a camera with four areas take about 12 s.

    """
    found = np.full(len(starts), FREE, dtype=np.intp)
    for first in range(0, len(starts), _LEGS_AT_ONCE):
        rows = slice(first, first + _LEGS_AT_ONCE)
        azimuth, boxes, reach_m = _shown(head, starts[rows], ends[rows], limits)
        found[rows] = boxes_entered(mount, azimuth, boxes, limits, reach_m=reach_m)
    return found


def ring_entered(mount: Mount, start: Views, end: Views, limits: Limits) -> Ints:
    """What a head reaches into that turns between two views either way round.

    Parameters
    ----------
    mount : Mount
        Where the lens is.
    start, end : Views
        n views each.
    limits : Limits
        As in `entered`.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        As `entered`.

    Notes
    -----
    For heads whose positions nobody knows: everything between the two tilts, all round.

    """
    both = [widened(picture_boxes(view), limits.error_deg) for view in (start, end)]
    top = np.minimum(both[0].top_deg, both[1].top_deg)
    bottom = np.maximum(both[0].bottom_deg, both[1].bottom_deg)
    narrowest = np.minimum(start.fov_deg, end.fov_deg)
    boxes = Boxes(np.full(len(top), 180.0), top, bottom)
    reach_m = shown_m(narrowest, limits)
    return boxes_entered(mount, start.azimuth_deg, boxes, limits, reach_m=reach_m)


def route(
    mount: Mount,
    head: HeadModel,
    here: tuple[float, float, float],
    there: tuple[float, float, float],
    limits: Limits,
) -> Route:
    """A way from one position to another that shows nothing forbidden.

    Parameters
    ----------
    mount : Mount
        Where the lens is.
    head : HeadModel
        Calibrated, or of a device that states degrees.
    here, there : tuple of float
        Pan, tilt, zoom in device units; the picture at `there` is free.
    limits : Limits
        As in `swept`.

    Returns
    -------
    Route
        One stop where the straight way is free; else up to four before the goal: to another field,
        up or down, round, down or up, and to the field wanted. Not `FREE`: none of the ways is.

    Raises
    ------
    ArgumentError
        If a position is not finite.

    Notes
    -----
    Six fields times fourteen tilts are tried, 10 ms. A head that stands in what is forbidden may
    leave it: its first two legs, which only zoom and tilt, then need not be free.

    """
    span = _span_deg(head, here, there)
    if _is_free(mount, head, here, there, limits, both_ways=span > _LONGEST_TURN_DEG):
        return Route((there,), FREE)
    ways = _ways(head, here, there)
    legs = swept(mount, head, ways[:, :-1].reshape(-1, 3), ways[:, 1:].reshape(-1, 3), limits)
    blocked = legs.reshape(len(ways), -1)
    stands_free = entered(mount, views_of(head, np.array([here])), limits)[0] == FREE
    judged = blocked if stands_free else blocked[:, 2:]
    free = np.flatnonzero(np.all(judged == FREE, axis=1))
    if not free.size:
        return Route((there,), int(np.max(blocked)))
    # Of the free ways the shortest; one that leaves what is forbidden by the way that shows least.
    cost = np.sum(blocked[free] != FREE, axis=1) * 1e6 + _length(head, ways[free])
    best = ways[free[int(np.argmin(cost))]]
    return Route(_stops(head, best), FREE)


def _is_free(
    mount: Mount,
    head: HeadModel,
    here: tuple[float, float, float],
    there: tuple[float, float, float],
    limits: Limits,
    *,
    both_ways: bool,
) -> bool:
    start, end = np.array([here]), np.array([there])
    if both_ways and _turn_deg(head) >= _FULL_TURN_DEG:
        start_view, end_view = views_of(head, start), views_of(head, end)
        return bool(ring_entered(mount, start_view, end_view, limits)[0] == FREE)
    return bool(swept(mount, head, start, end, limits)[0] == FREE)


def _ways(
    head: HeadModel, here: tuple[float, float, float], there: tuple[float, float, float]
) -> Floats:
    """(m, 6, 3): here, in another field, at another tilt, round, at the goal's tilt, the goal."""
    axes = head.axes
    # A hair within the ranges: an end stop may not be reached to the last digit.
    tilts = np.linspace(
        axes.tilt.low + 0.01 * axes.tilt.half, axes.tilt.high - 0.01 * axes.tilt.half, _TILTS
    )
    tilt, zoom = np.meshgrid(
        np.concatenate([[here[1], there[1]], tilts]),
        np.concatenate([[here[2], there[2]], np.linspace(axes.zoom.low, axes.zoom.high, _FIELDS)]),
    )
    tilt, zoom = tilt.ravel(), zoom.ravel()
    ways = np.empty((len(tilt), 6, 3))
    ways[:, 0], ways[:, 5] = here, there
    ways[:, 1:3, 0], ways[:, 3:5, 0] = here[0], there[0]
    ways[:, 1, 1], ways[:, 4, 1] = here[1], there[1]
    ways[:, 2:4, 1] = tilt[:, np.newaxis]
    ways[:, 1:5, 2] = zoom[:, np.newaxis]
    return ways


def _length(head: HeadModel, ways: Floats) -> Floats:
    """How long the ways are, in halves of the axes' ranges."""
    halves = np.array([head.axes.pan.half, head.axes.tilt.half, head.axes.zoom.half])
    steps: Floats = np.abs(np.diff(ways, axis=1)) / halves
    return np.asarray(np.sum(np.max(steps, axis=2), axis=1))


def _stops(head: HeadModel, way: Floats) -> tuple[tuple[float, float, float], ...]:
    """The positions to send, without those where nothing changes; long turns in parts."""
    stops: list[tuple[float, float, float]] = []
    last = way[0]
    for stop in way[1:]:
        if np.allclose(stop, last, atol=1e-9):
            continue
        parts = math.ceil(abs(_span_deg(head, tuple(last), tuple(stop))) / _LONGEST_TURN_DEG) or 1
        for part in range(1, parts + 1):
            pan, tilt, zoom = (float(v) for v in last + (stop - last) * part / parts)
            stops.append((pan, tilt, zoom))
        last = stop
    return tuple(stops) or (tuple(float(v) for v in way[-1]),)  # type: ignore[return-value]


def _span_deg(
    head: HeadModel, here: tuple[float, float, float], there: tuple[float, float, float]
) -> float:
    """Degrees of pan between two positions, measured within the range."""
    return float(abs(there[0] - here[0]) / head.axes.pan.half * abs(head.numbers[1]))


def _turn_deg(head: HeadModel) -> float:
    return float(2.0 * abs(head.numbers[1]))


def _shown(
    head: HeadModel, starts: Floats, ends: Floats, limits: Limits
) -> tuple[Floats, Boxes, Floats]:
    """Axis, box and reach of all that n moves may show."""
    along = np.linspace(0.0, 1.0, _ALONG)[:, np.newaxis]
    up = np.linspace(0.0, 1.0, _UP)[np.newaxis, :]
    step = ends - starts
    grid = np.empty((len(starts), _ALONG, _UP, 3))
    grid[..., 0] = starts[:, 0, None, None] + step[:, 0, None, None] * along
    grid[..., 1] = starts[:, 1, None, None] + step[:, 1, None, None] * up
    grid[..., 2] = np.minimum(starts[:, 2], ends[:, 2])[:, None, None]
    seen = views_of(head, grid.reshape(-1, 3))
    far = views_of(head, np.where([False, False, True], np.maximum(starts, ends), starts))
    boxes = widened(picture_boxes(seen), limits.error_deg + _SLACK_DEG)
    shape = (len(starts), _ALONG, _UP)
    azimuth = np.unwrap(seen.azimuth_deg.reshape(shape), axis=1, period=360.0)
    # Each row of tilts is unwrapped by itself: all begin within half a turn of the first.
    azimuth -= 360.0 * np.round((azimuth[:, :1] - azimuth[:, :1, :1]) / 360.0)
    half = boxes.half_deg.reshape(shape)
    left, right = np.min(azimuth - half, axis=(1, 2)), np.max(azimuth + half, axis=(1, 2))
    steep = np.max(np.abs(seen.tilt_deg).reshape(shape), axis=(1, 2)) > _STEEP_DEG
    return (
        (left + right) / 2.0,
        Boxes(
            np.where(steep, 180.0, np.minimum((right - left) / 2.0, 180.0)),
            np.min(boxes.top_deg.reshape(shape), axis=(1, 2)),
            np.max(boxes.bottom_deg.reshape(shape), axis=(1, 2)),
        ),
        shown_m(far.fov_deg, limits),
    )
