"""Least squares of a head's numbers on landmarks seen at known device positions.

A landmark may be marked anywhere in the picture, or the head driven until it stands in the middle.
Metres in the scene's CRS, degrees, marks in halves of the picture's width and height.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.stats import f as fisher
from scipy.stats import t as student

from gis.aim import ASPECT
from gis.aimhead import (
    Axes,
    HeadModel,
    direction_error_deg,
    field_deg,
    leaned,
    turned,
    unit_positions,
)
from gis.errors import ArgumentError, CalibrationError
from gis.pinhole import axes as picture_axes

__all__ = ["Fitted", "Observations", "Prior", "fit_head"]

Floats = NDArray[np.float64]

LEAST_OBSERVATIONS = 3
#: Of a mark, in halves of the picture's width: four pixels of 1920.
_MARK_ERROR = 4.0 / 960.0
#: A head comes back to a position this exactly, and says so as exactly; degrees.
_REPEAT_DEG = 0.1
#: Two standard errors beyond which a head is not calibrated; degrees.
_WIDEST_DEG = 5.0
_FALSE_ALARM = 1e-3
_FEWEST_TO_JUDGE = 5
_SUSPECT_SCATTER = 1.5


@dataclass(frozen=True, slots=True)
class Observations:
    """n landmarks: device positions, marks, and metres east, north and up from the lens.

    A mark of 0, 0 is a landmark in the middle of the picture.
    """

    #: (n, 3) pan, tilt, zoom, device units.
    positions: Floats
    #: (n, 2) halves of width and height from the middle, right and downwards.
    marks: Floats
    #: (n, 3) metres in true east, north, up from the lens.
    offsets_m: Floats
    #: Standard error of a landmark's place, metres.
    error_m: float = 1.0

    def without(self, row: int) -> Observations:
        """The same without one."""
        return Observations(
            np.delete(self.positions, row, axis=0),
            np.delete(self.marks, row, axis=0),
            np.delete(self.offsets_m, row, axis=0),
            self.error_m,
        )


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of a head before: its numbers and how far each may be off (1 sigma)."""

    numbers: Floats
    errors: Floats

    @classmethod
    def generic(cls, *, widest_deg: float, narrowest_deg: float) -> Prior:
        """Of a head with generic spaces: pan over about a turn, tilt over about a right angle."""
        half = math.log(math.tan(math.radians(widest_deg) / 2.0))
        tele = math.log(math.tan(math.radians(narrowest_deg) / 2.0)) - half
        numbers = [0.0, 180.0, 0.0, -30.0, 60.0, 0.0, 0.0, 0.0, half, tele, 0.0]
        errors = [360.0, 40.0, 3.0, 60.0, 30.0, 3.0, 1.5, 1.5, 0.2, 0.7, 0.5]
        return cls(np.array(numbers), np.array(errors))

    @classmethod
    def spherical(cls, head: HeadModel) -> Prior:
        """Of a head that states degrees: its zero and its lean are what installation left open."""
        errors = np.array([360.0, 0.2, 0.2, 3.0, 0.2, 0.2, 1.5, 1.5, 0.2, 0.5, 0.3])
        return cls(head.numbers.copy(), errors)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A head with covariance, and what speaks for it."""

    head: HeadModel
    #: (n,) degrees between where each landmark is and where the fit has it.
    residuals_deg: Floats
    rms_deg: float
    #: Two standard errors of the direction where the landmarks were seen: the largest.
    error_deg: float
    #: Whether a mark off the middle says anything of the field of view.
    field_measured: bool


def fit_head(observations: Observations, axes: Axes, prior: Prior) -> Fitted:
    """The head under which the landmarks appear where marked.

    Parameters
    ----------
    observations : Observations
        At least 3, finite, none at the lens.
    axes : Axes
        Of the device.
    prior : Prior
        What is believed before; the pan of generic heads is tried both ways round.

    Returns
    -------
    Fitted

    Raises
    ------
    ArgumentError
        If shapes differ or a number is not finite.
    CalibrationError
        `too_few`; `misplaced` with the landmark that contradicts all others; `too_unsure` where
        two standard errors of the direction exceed 5 degrees at a landmark.

    Notes
    -----
    Minimised: squared angles between mark and landmark over 0.1 deg^2 + (4 px of 1920)^2 +
    (error_m / distance)^2, plus the prior. Covariance (J'J)^-1, times s^2 with s the scatter
    widened by Student's factor where it exceeds 1. A landmark is misplaced when the fit without
    it is better beyond chance (F test at 0.1 %, from five on).

    """
    _require_sound(observations)
    fit = _best(observations, axes, prior)
    if len(observations.positions) >= _FEWEST_TO_JUDGE and fit.scatter > _SUSPECT_SCATTER:
        _refuse_misplaced(observations, axes, prior, fit)
    widened = max(1.0, fit.scatter * float(student.ppf(0.975, max(fit.freedom, 1))) / 2.0)
    head = HeadModel(fit.numbers, fit.covariance * widened**2, axes)
    error_deg = float(np.max(direction_error_deg(head, observations.positions)))
    if error_deg > _WIDEST_DEG:
        raise CalibrationError("too_unsure", rms_px=fit.rms_deg)
    fov = field_deg(fit.numbers, unit_positions(axes, observations.positions)[2])
    spread = np.abs(observations.marks) * np.tan(np.radians(fov) / 2.0)[:, np.newaxis]
    return Fitted(
        head=head,
        residuals_deg=fit.residuals_deg,
        rms_deg=fit.rms_deg,
        error_deg=error_deg,
        field_measured=bool(np.degrees(np.max(spread)) > 2.0),
    )


@dataclass(frozen=True, slots=True)
class _Fit:
    numbers: Floats
    covariance: Floats
    residuals_deg: Floats
    chi2: float

    @property
    def freedom(self) -> int:
        """Two angles a landmark against pan zero, pan scale, tilt zero and tilt scale."""
        return 2 * len(self.residuals_deg) - 4

    @property
    def scatter(self) -> float:
        return math.sqrt(self.chi2 / max(self.freedom, 1))

    @property
    def rms_deg(self) -> float:
        return float(np.sqrt(np.mean(self.residuals_deg**2)))


def _best(observations: Observations, axes: Axes, prior: Prior) -> _Fit:
    """Of the local fits from each way round of the pan, and each zero that starts them."""
    ways = (1.0, -1.0) if prior.errors[1] > 10.0 else (1.0,)
    fits = [_fitted(observations, axes, prior, way) for way in ways]
    return min(fits, key=lambda fit: fit.chi2)


def _fitted(observations: Observations, axes: Axes, prior: Prior, way: float) -> _Fit:
    believed = prior.numbers.copy()
    believed[1] *= way
    start = believed.copy()
    start[0] = _first_zero(observations, axes, believed)
    believed[0] = start[0]  # of the zero nothing is believed; a far one would pull
    found = least_squares(
        _errors, start, args=(observations, axes, Prior(believed, prior.errors)),
        x_scale=prior.errors,
    )  # fmt: skip
    count = 2 * len(observations.positions)
    angles = _angles_off(found.x, observations, axes)
    slopes = np.asarray(found.jac, np.float64)
    return _Fit(
        np.asarray(found.x, np.float64),
        np.asarray(np.linalg.pinv(slopes.T @ slopes), np.float64),
        np.hypot(angles[:, 0], angles[:, 1]),
        float(found.fun[:count] @ found.fun[:count]),
    )


def _first_zero(observations: Observations, axes: Axes, believed: Floats) -> float:
    """The pan zero at which all bearings agree best on the circle."""
    pan, _, _ = unit_positions(axes, observations.positions)
    east, north, _ = observations.offsets_m.T
    zero = np.arctan2(east, north) - np.radians(believed[1] * pan)
    return math.degrees(math.atan2(float(np.sin(zero).mean()), float(np.cos(zero).mean())))


def _errors(numbers: Floats, observations: Observations, axes: Axes, prior: Prior) -> Floats:
    angles = _angles_off(numbers, observations, axes)
    slant = np.linalg.norm(observations.offsets_m, axis=1)
    # The field believed before: one that is fitted would grow, so that its marks may be worse.
    fov = field_deg(prior.numbers, unit_positions(axes, observations.positions)[2])
    mark = np.degrees(_MARK_ERROR * np.tan(np.radians(fov) / 2.0))
    place = np.degrees(observations.error_m / slant)
    sigma = np.sqrt(_REPEAT_DEG**2 + mark**2 + place**2)
    return np.concatenate(
        [(angles / sigma[:, np.newaxis]).ravel(), (numbers - prior.numbers) / prior.errors]
    )


def _angles_off(numbers: Floats, observations: Observations, axes: Axes) -> Floats:
    """(n, 2) degrees across and down between the marks and where the landmarks would appear."""
    pan, tilt, zoom = unit_positions(axes, observations.positions)
    bearing, rise = turned(numbers, pan, tilt)
    half = np.tan(np.radians(field_deg(numbers, zoom)) / 2.0)
    ways = observations.offsets_m / np.linalg.norm(observations.offsets_m, axis=1)[:, np.newaxis]
    upright = leaned(numbers, ways, back=True)
    off = np.empty((len(ways), 2))
    for row, way in enumerate(upright):
        frame = picture_axes(np.array([bearing[row], -rise[row], 0.0]))
        right, down, ahead = frame @ way
        marked = observations.marks[row] * half[row] / np.array([1.0, ASPECT])
        off[row] = np.degrees(np.arctan2([right, down], max(ahead, 0.02)) - np.arctan(marked))
    return off


def _refuse_misplaced(observations: Observations, axes: Axes, prior: Prior, fit: _Fit) -> None:
    """Raise if the fit without one landmark is better than chance allows."""
    count = len(observations.positions)
    rests = [_best(observations.without(row), axes, prior) for row in range(count)]
    limit = float(fisher.ppf(1.0 - _FALSE_ALARM / count, 2, fit.freedom - 2))
    scale = [max(rest.scatter**2, 1.0) for rest in rests]
    jumps = [(fit.chi2 - r.chi2) / 2.0 / s for r, s in zip(rests, scale, strict=True)]
    worst = int(np.argmax(jumps))
    if jumps[worst] > limit:
        raise CalibrationError("misplaced", landmarks=(worst,), rms_px=fit.rms_deg)


def _require_sound(observations: Observations) -> None:
    count = len(observations.positions)
    if count < LEAST_OBSERVATIONS:
        raise CalibrationError("too_few")
    shapes = {"positions": 3, "marks": 2, "offsets_m": 3}
    for name, width in shapes.items():
        values = getattr(observations, name)
        if values.shape != (count, width) or not np.all(np.isfinite(values)):
            raise ArgumentError(name, got=values.shape, allowed=f"finite, shape ({count}, {width})")
    if np.any(np.linalg.norm(observations.offsets_m, axis=1) < 0.5):
        raise ArgumentError("offsets_m", got="one at the lens", allowed="0.5 m off and more")
