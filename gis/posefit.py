"""Least squares of a camera's attitude and field on marked landmarks; used by `gis.calibration`.

Parameters of a fit: azimuth, tilt, ln(focal length in px), roll, and the camera's shift east,
north, up (metres) from the place it is said to stand; angles in radians.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from gis.pinhole import axes, project_centred

Floats = NDArray[np.float64]

#: Half fields tried as a start, evenly in ln(focal): 4 to 150 degrees across the picture.
_START_FIELDS_DEG = np.degrees(2.0 * np.arctan(np.geomspace(math.tan(math.radians(2.0)), 3.7, 18)))
_STARTS = 3
_ATTITUDE = 4  # parameters of the camera itself; the shift comes on top


@dataclass(frozen=True, slots=True)
class Problem:
    """What is fitted: n landmarks as seen from the lens, and how well everything is known."""

    #: (n, 3) metres east, north, up from the lens.
    offsets_m: Floats
    #: (n, 2) pixels from the middle of the picture.
    marks_px: Floats
    width_px: float
    click_px: float
    landmark_error_m: float
    roll_error_rad: float
    #: (3,) standard errors of the camera's place; all 0 = the place is exact and stays.
    shift_error_m: Floats

    def without(self, row: int) -> Problem:
        """The same without one landmark."""
        return replace(
            self,
            offsets_m=np.delete(self.offsets_m, row, axis=0),
            marks_px=np.delete(self.marks_px, row, axis=0),
        )


@dataclass(frozen=True, slots=True)
class Fit:
    """Parameters, residuals (clicked minus drawn, px, (n, 2)), depths and the covariance."""

    parameters: Floats
    residuals_px: Floats
    depth_m: Floats
    #: Of the parameters, for the errors stated in the problem.
    covariance: Floats
    #: Sum of squared errors in units of their expected size; roll's prior left out.
    chi2: float

    @property
    def freedom(self) -> int:
        """Degrees of freedom; the priors of roll and shift each pay for what they constrain."""
        return self.residuals_px.size - _ATTITUDE

    @property
    def scatter(self) -> float:
        """Size of the errors in units of what was expected: about 1 when all is as stated."""
        return math.sqrt(self.chi2 / self.freedom)

    @property
    def rms_px(self) -> float:
        """Size of a residual, one number for u and v, free of what the fit absorbed."""
        return math.sqrt(float(np.sum(self.residuals_px**2)) / self.freedom)


def fit_pose(problem: Problem) -> Fit:
    """The best of several local fits.

    Parameters
    ----------
    problem : Problem
        At least 3 landmarks, none at the lens.

    Returns
    -------
    Fit

    Notes
    -----
    Starts: for each of 18 fields the rotation that best turns the marks' rays into the landmarks'
    directions (Kabsch, in closed form), and the axis through the landmarks' middle without roll;
    the three best go through Levenberg-Marquardt. About 10 ms.

    """
    starts = [start for fov in _START_FIELDS_DEG for start in _starts(problem, float(fov))]
    scatter = _scatter(problem, starts[0])
    costs = [float(np.sum(_errors(start, problem, scatter) ** 2)) for start in starts]
    best = [starts[i] for i in np.argsort(costs)[:_STARTS]]
    return min((_refined(problem, start) for start in best), key=lambda fit: fit.chi2)


def _refined(problem: Problem, start: Floats) -> Fit:
    """Twice, because how many pixels a metre at a landmark means follows from the focal length."""
    parameters = start
    for _ in range(2 if problem.landmark_error_m else 1):
        scatter = _scatter(problem, parameters)
        found = least_squares(_errors, parameters, args=(problem, scatter), method="lm")
        parameters = found.x
    marks, depth = _drawn(parameters, problem)
    errors = np.delete(found.fun, 2 * len(marks))
    slopes = np.asarray(found.jac, np.float64)
    return Fit(
        parameters,
        problem.marks_px - marks,
        depth,
        np.asarray(np.linalg.pinv(slopes.T @ slopes), np.float64),
        float(errors @ errors),
    )


def _errors(parameters: Floats, problem: Problem, scatter_px: Floats) -> Floats:
    """Residuals over their expected size: 2n of the marks, roll, and the shift when it is free."""
    marks, _ = _drawn(parameters, problem)
    drawn = ((problem.marks_px - marks) / scatter_px[:, np.newaxis]).ravel()
    roll = parameters[3] / problem.roll_error_rad
    return np.concatenate([drawn, [roll], parameters[_ATTITUDE:] / _free(problem.shift_error_m)])


def _drawn(parameters: Floats, problem: Problem) -> tuple[Floats, Floats]:
    offsets = problem.offsets_m
    if len(parameters) > _ATTITUDE:
        shift = np.zeros(3)
        shift[problem.shift_error_m > 0.0] = parameters[_ATTITUDE:]
        offsets = offsets - shift
    # A step of the fit may leave every lens behind: a focal length of 1 to 9 million pixels.
    focal_px = math.exp(min(max(parameters[2], 0.0), 16.0))
    return project_centred(parameters[[0, 1, 3]], focal_px, offsets)


def _free(shift_error_m: Floats) -> Floats:
    return shift_error_m[shift_error_m > 0.0]


def _scatter(problem: Problem, parameters: Floats) -> Floats:
    """Pixels by which a mark may be off: the click, and the landmark's own place."""
    depth = np.maximum(_drawn(parameters, problem)[1], 1.0)
    place_px = math.exp(parameters[2]) * problem.landmark_error_m / depth
    return np.asarray(np.hypot(problem.click_px, place_px))


def _starts(problem: Problem, fov_deg: float) -> list[Floats]:
    focal_px = problem.width_px / (2.0 * math.tan(math.radians(fov_deg) / 2.0))
    rays = np.column_stack([problem.marks_px, np.full(len(problem.marks_px), focal_px)])
    rays /= np.linalg.norm(rays, axis=1)[:, np.newaxis]
    ways = problem.offsets_m / np.linalg.norm(problem.offsets_m, axis=1)[:, np.newaxis]
    turned, level = _turned(rays, ways), _level(rays, ways)
    rest = np.zeros(np.count_nonzero(problem.shift_error_m))
    return [
        np.concatenate([[azimuth, tilt, math.log(focal_px), 0.0], rest])
        for azimuth, tilt in (turned, level)
    ]


def _turned(rays: Floats, ways: Floats) -> tuple[float, float]:
    """Azimuth and tilt of the rotation that turns the rays into the ways (Kabsch)."""
    left, _, right = np.linalg.svd(ways.T @ rays)
    sign = np.linalg.det(left @ right)
    return _azimuth_and_tilt((left * [1.0, 1.0, sign]) @ right[:, 2])


def _level(rays: Floats, ways: Floats) -> tuple[float, float]:
    """Azimuth and tilt that bring the middle of the rays to the middle of the ways, no roll."""
    azimuth, tilt = _azimuth_and_tilt(ways.mean(axis=0))
    middle = rays.mean(axis=0)
    azimuth -= math.atan2(middle[0], middle[2])
    tilt -= math.atan2(middle[1], middle[2])
    for _ in range(3):  # a tilted picture's columns are no meridians: put right what is left
        seen = axes(np.array([azimuth, tilt, 0.0])) @ ways.mean(axis=0)
        azimuth += math.atan2(seen[0], seen[2]) - math.atan2(middle[0], middle[2])
        tilt += math.atan2(seen[1], seen[2]) - math.atan2(middle[1], middle[2])
    return azimuth, tilt


def _azimuth_and_tilt(way: Floats) -> tuple[float, float]:
    return math.atan2(way[0], way[1]), -math.atan2(way[2], math.hypot(way[0], way[1]))
