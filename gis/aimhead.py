"""How a head's own numbers become directions, and back: pan zero, scales, bends, lean, zoom.

Positions are the device's: pan to the right, tilt upwards, zoom in from wide to narrow, each within
its stated range. Directions are true azimuth, tilt below the horizon, horizontal field; degrees.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gis.aim import Views, views
from gis.errors import ArgumentError

Floats = NDArray[np.float64]

#: Names of the numbers a head is described by, in the order of `HeadModel.numbers`.
NUMBERS = (
    "pan_zero_deg",
    "pan_scale_deg",
    "pan_bend_deg",
    "tilt_zero_deg",
    "tilt_scale_deg",
    "tilt_bend_deg",
    "lean_east_deg",
    "lean_north_deg",
    "log_half",
    "log_zoom",
    "log_zoom_bend",
)
_NEWTON_STEPS = 12


@dataclass(frozen=True, slots=True)
class Span:
    """What a head can reach on one axis, in its own units, low < high."""

    low: float
    high: float

    @property
    def half(self) -> float:
        """Half the range; what "one unit" of the model is."""
        return (self.high - self.low) / 2.0

    @property
    def middle(self) -> float:
        """The middle of the range, the model's zero."""
        return (self.high + self.low) / 2.0


@dataclass(frozen=True, slots=True)
class Axes:
    """Ranges of the three axes as the device states them."""

    pan: Span
    tilt: Span
    zoom: Span


@dataclass(frozen=True, slots=True)
class HeadModel:
    """A head's numbers (`NUMBERS`), their covariance, and its axes.

    With p and t the position in halves of its range from the middle, -1 to 1, and z the zoom from
    0 to 1: azimuth = zero + scale p + bend sin(pi p); elevation = zero + scale t + bend t^2; the
    axis then leans by small turns about east and north; ln tan(fov / 2) = log_half + log_zoom z +
    log_zoom_bend z^2.
    """

    numbers: Floats
    #: (11, 11), degrees squared; all 0 = taken as exact.
    covariance: Floats
    axes: Axes

    def with_numbers(self, numbers: Floats) -> HeadModel:
        """The same head with other numbers."""
        return replace(self, numbers=numbers)


def spherical_head(axes: Axes, *, widest_deg: float, narrowest_deg: float) -> HeadModel:
    """The head of a device that states degrees: 0 is north, a unit is a degree.

    Parameters
    ----------
    axes : Axes
        As stated, degrees.
    widest_deg, narrowest_deg : float
        Horizontal fields at the ends of the zoom, 0 < narrowest <= widest < 180.

    Returns
    -------
    HeadModel
        Exact; what the installation got wrong shows in a calibration alone.

    """
    numbers = np.zeros(len(NUMBERS))
    numbers[0], numbers[1] = axes.pan.middle, axes.pan.half
    numbers[3], numbers[4] = axes.tilt.middle, axes.tilt.half
    numbers[8] = _log_half(widest_deg)
    numbers[9] = _log_half(narrowest_deg) - numbers[8]
    return HeadModel(numbers, np.zeros((len(NUMBERS), len(NUMBERS))), axes)


def views_of(head: HeadModel, positions: Floats) -> Views:
    """Where the head looks at device positions.

    Parameters
    ----------
    head : HeadModel
        Calibrated, or of a device that states degrees.
    positions : numpy.ndarray of float64, shape (n, 3)
        Pan, tilt, zoom in the device's units.

    Returns
    -------
    Views
        n views.

    Raises
    ------
    ArgumentError
        If the shape is another or a number is not finite.

    """
    if positions.ndim != 2 or positions.shape[1] != 3 or not np.all(np.isfinite(positions)):
        raise ArgumentError("positions", got=positions.shape, allowed="finite, shape (n, 3)")
    pan, tilt, zoom = _unit(head, positions)
    bearing, rise = turned(head.numbers, pan, tilt)
    way = leaned(head.numbers, _way(bearing, rise))
    azimuth, elevation = _angles(way)
    return views(azimuth, np.clip(-elevation, -90.0, 90.0), field_deg(head.numbers, zoom))


def positions_of(head: HeadModel, wanted: Views) -> tuple[Floats, NDArray[np.bool_]]:
    """Device positions that look where wanted, and whether the head reaches there.

    Parameters
    ----------
    head : HeadModel
        As in `views_of`.
    wanted : Views
        n views; a field beyond the lens is clamped to its end.

    Returns
    -------
    positions : numpy.ndarray of float64, shape (n, 3)
        Pan, tilt, zoom in the device's units, clamped to its ranges.
    reached : numpy.ndarray of bool, shape (n,)
        False where pan or tilt had to be clamped by more than half a degree.

    Notes
    -----
    The lean is taken off first; the bends are small against the scales, so a few Newton steps do.

    """
    numbers = head.numbers
    way = _way(np.radians(wanted.azimuth_deg), np.radians(-wanted.tilt_deg))
    azimuth, elevation = _angles(leaned(numbers, way, back=True))
    pan = _solved_pan(numbers, azimuth)
    tilt = _solved_tilt(numbers, elevation)
    clamped_pan, clamped_tilt = np.clip(pan, -1.0, 1.0), np.clip(tilt, -1.0, 1.0)
    short_pan = np.abs(pan - clamped_pan) * abs(numbers[1]) * np.cos(np.radians(elevation))
    short_tilt = np.abs(tilt - clamped_tilt) * abs(numbers[4])
    zoom = _solved_zoom(numbers, wanted.fov_deg)
    axes = head.axes
    positions = np.column_stack(
        [
            axes.pan.middle + axes.pan.half * clamped_pan,
            axes.tilt.middle + axes.tilt.half * clamped_tilt,
            axes.zoom.low + 2.0 * axes.zoom.half * zoom,
        ]
    )
    return positions, (short_pan < 0.5) & (short_tilt < 0.5)


def direction_error_deg(head: HeadModel, positions: Floats) -> Floats:
    """Two standard errors of the direction at device positions, from the head's covariance.

    Parameters
    ----------
    head : HeadModel
        With a covariance.
    positions : numpy.ndarray of float64, shape (n, 3)
        Device units.

    Returns
    -------
    numpy.ndarray of float64, shape (n,)
        Degrees; 0 for a head taken as exact.

    """
    pan, tilt, _ = _unit(head, positions)
    slopes = []
    for number in range(8):
        step = np.zeros(len(NUMBERS))
        step[number] = 1e-3
        ahead = leaned(head.numbers + step, _way(*turned(head.numbers + step, pan, tilt)))
        behind = leaned(head.numbers - step, _way(*turned(head.numbers - step, pan, tilt)))
        slopes.append(np.degrees(ahead - behind) / 2e-3)
    jacobian = np.stack(slopes, axis=2)  # (n, 3, 8): way by number
    spread = np.einsum("nik,kl,nil->n", jacobian, head.covariance[:8, :8], jacobian)
    return np.asarray(2.0 * np.sqrt(np.maximum(spread, 0.0)))


def turned(numbers: Floats, pan: Floats, tilt: Floats) -> tuple[Floats, Floats]:
    """Bearing and elevation about the head's own axis, radians, of unit positions."""
    bearing = numbers[0] + numbers[1] * pan + numbers[2] * np.sin(np.pi * pan)
    rise = numbers[3] + numbers[4] * tilt + numbers[5] * tilt**2
    return np.radians(bearing), np.radians(rise)


def leaned(numbers: Floats, ways: Floats, *, back: bool = False) -> Floats:
    """Directions (..., 3) east, north, up turned by the lean of the axis, or turned back."""
    about_east, about_north = np.radians(numbers[6:8])
    (se, sn), (ce, cn) = np.sin([about_east, about_north]), np.cos([about_east, about_north])
    east_turn = np.array([[1.0, 0.0, 0.0], [0.0, ce, -se], [0.0, se, ce]])
    north_turn = np.array([[cn, 0.0, sn], [0.0, 1.0, 0.0], [-sn, 0.0, cn]])
    turn = north_turn @ east_turn
    return np.asarray(ways @ (turn if back else turn.T))


def field_deg(numbers: Floats, zoom: Floats) -> Floats:
    """Horizontal fields at zooms from 0 to 1."""
    log = numbers[8] + numbers[9] * zoom + numbers[10] * zoom**2
    return np.asarray(np.degrees(2.0 * np.arctan(np.exp(np.clip(log, -8.0, 3.0)))))


def unit_positions(axes: Axes, positions: Floats) -> tuple[Floats, Floats, Floats]:
    """Pan and tilt in halves of the range from the middle, zoom from 0 to 1."""
    return (
        (positions[:, 0] - axes.pan.middle) / axes.pan.half,
        (positions[:, 1] - axes.tilt.middle) / axes.tilt.half,
        (positions[:, 2] - axes.zoom.low) / (2.0 * axes.zoom.half),
    )


def _unit(head: HeadModel, positions: Floats) -> tuple[Floats, Floats, Floats]:
    return unit_positions(head.axes, positions)


def _way(bearing: Floats, rise: Floats) -> Floats:
    level = np.cos(rise)
    return np.stack([np.sin(bearing) * level, np.cos(bearing) * level, np.sin(rise)], axis=-1)


def _angles(way: Floats) -> tuple[Floats, Floats]:
    level = np.hypot(way[..., 0], way[..., 1])
    return (
        np.degrees(np.arctan2(way[..., 0], way[..., 1])),
        np.degrees(np.arctan2(way[..., 2], level)),
    )


def _solved_pan(numbers: Floats, azimuth: Floats) -> Floats:
    """Unit pans of azimuths; of two a whole turn apart, the one nearer the middle."""
    zero, scale, bend = numbers[:3]
    turn = (azimuth - zero + 180.0) % 360.0 - 180.0
    pan = turn / scale
    for _ in range(_NEWTON_STEPS):
        error = scale * pan + bend * np.sin(np.pi * pan) - turn
        pan = pan - error / (scale + bend * np.pi * np.cos(np.pi * pan))
    return np.asarray(pan)


def _solved_tilt(numbers: Floats, elevation: Floats) -> Floats:
    zero, scale, bend = numbers[3:6]
    tilt = (elevation - zero) / scale
    for _ in range(_NEWTON_STEPS):
        error = zero + scale * tilt + bend * tilt**2 - elevation
        slope = scale + 2.0 * bend * tilt
        # Where the bend has turned the scale round there is no such tilt: stay, and be clamped.
        tilt = np.where(slope * scale > 0.0, tilt - error / np.where(slope, slope, 1.0), tilt)
    return np.asarray(tilt)


def _solved_zoom(numbers: Floats, fov_deg: Floats) -> Floats:
    """Zooms from 0 to 1 of fields, by looking them up: the field need not be a simple curve."""
    zoom = np.linspace(0.0, 1.0, 501)
    fields = np.minimum.accumulate(field_deg(numbers, zoom))  # narrower with zoom, or as narrow
    return np.asarray(np.interp(-fov_deg, -fields, zoom))


def _log_half(fov_deg: float) -> float:
    if not 0.0 < fov_deg < 180.0:
        raise ArgumentError("fov_deg", got=fov_deg, allowed="between 0 and 180, both excluded")
    return float(np.log(np.tan(np.radians(fov_deg) / 2.0)))
