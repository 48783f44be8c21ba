"""Where a camera looks, from landmarks marked in its picture and on the map, and how sure that is.

The camera's place and height are known within stated errors; azimuth, tilt and field of view come
out with standard errors. Metres in the scene's CRS, degrees, pixels from the upper left corner.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as fisher
from scipy.stats import t as student

from gis.errors import CalibrationError
from gis.landmarks import Landmarks, Station, problem_of
from gis.pinhole import Attitude, Picture
from gis.posefit import Fit, Problem, fit_pose

__all__ = ["Attitude", "Calibration", "Grade", "Landmarks", "Picture", "Station", "calibrate"]

Floats = NDArray[np.float64]

#: A careful click; the scatter is never taken to be less, however well few marks happen to fit.
CLICK_PX = 2.0
#: What a pose must be known within (two standard errors) to be handed out at all.
_WIDEST_DEG = 10.0
_WIDEST_FIELD_SHARE = 1.0 / 3.0
#: Scatter of clicks, as a share of the width, beyond which a fit is none.
_LARGEST_RMS_SHARE = 0.02
#: From here on a landmark may be named even where four leave the F test no power.
_SUSPECT_RMS_SHARE = 0.005
#: Chance of naming a landmark that is none the worse for being the worst.
_FALSE_ALARM = 1e-3


class Grade(StrEnum):
    """How good a calibration is: by the scatter, and by two standard errors of the azimuth."""

    #: Azimuth within 1 degree.
    GOOD = "good"
    #: Azimuth within 3 degrees.
    FAIR = "fair"
    ROUGH = "rough"


@dataclass(frozen=True, slots=True)
class Calibration:
    """A pose with standard errors (`sigma`, same fields, degrees) and what speaks for it."""

    attitude: Attitude
    sigma: Attitude
    #: (n, 2) clicked minus drawn, pixels.
    residuals_px: Floats
    rms_px: float
    grade: Grade
    #: Metres east, north, up by which the camera seems to stand beside its stated place; 0 when
    #: that was taken as exact.
    shift_m: tuple[float, float, float]


def calibrate(
    picture: Picture, station: Station, landmarks: Landmarks, *, click_px: float = CLICK_PX
) -> Calibration:
    """Azimuth, tilt, horizontal field and roll under which the landmarks appear where marked.

    Parameters
    ----------
    picture : Picture
        Size the marks are counted in.
    station : Station
        Metric CRS; azimuths come out as grid azimuths of that frame.
    landmarks : Landmarks
        At least 4, within the picture; same CRS and height datum as the station.
    click_px : float
        Least scatter of a mark (one standard error, each of u and v), > 0.

    Returns
    -------
    Calibration
        Azimuth in [0, 360).

    Raises
    ------
    ArgumentError
        If a number is not finite, lengths differ, a mark is outside the picture or a landmark is
        at the lens.
    CalibrationError
        With the landmarks meant: fewer than 4 (`too_few`), marks too near each other or twice the
        same (`too_close`), a landmark that would lie behind the lens (`behind`),
        one that contradicts all others (`misplaced`; several when they cannot be told apart), no
        camera that shows them so (`no_common_pose`), or two standard errors beyond 10 degrees of
        azimuth or tilt or a third of the field (`too_unsure`).

    Notes
    -----
    Pinhole, square pixels, principal point in the middle. Minimised: squared pixel errors over
    click_px^2 + (focal error_m / depth)^2, plus (roll / 3 deg)^2, plus the camera's shift over its
    stated error. Covariance: (J'J)^-1 of that, times s^2 with 2 s = max(2, t sqrt(chi2 / (2n - 4)))
    and t the 97.5 % point of Student's distribution, so that two standard errors hold 95 % also
    when four landmarks scatter more than `click_px`.

    A landmark is misplaced when the fit without it is better beyond chance (F test at 0.1 %). Marks
    in one line are no fault in themselves: with the place known, three numbers remain, and a
    line across the picture fixes them; what it leaves open shows in the standard errors.

    """
    problem = problem_of(picture, station, landmarks, click_px)
    fit = fit_pose(problem)
    if fit.scatter > 2.0:
        _refuse_misplaced(problem, fit)
    behind = tuple(int(i) for i in np.flatnonzero(fit.depth_m <= 0.0))
    if behind:
        raise CalibrationError("behind", landmarks=behind, rms_px=fit.rms_px)
    if fit.scatter * click_px > _LARGEST_RMS_SHARE * picture.width_px:
        raise CalibrationError("no_common_pose", rms_px=fit.rms_px)
    return _stated(problem, fit)


def _refuse_misplaced(problem: Problem, fit: Fit) -> None:
    """Raise if the fit without one landmark is better than chance allows."""
    count = len(problem.marks_px)
    rests = [fit_pose(problem.without(row)) for row in range(count)]
    scale = [max(rest.scatter**2, 1.0) for rest in rests]
    limit = float(fisher.ppf(1.0 - _FALSE_ALARM / count, 2, fit.freedom - 2))
    jump = [(fit.chi2 - rest.chi2) / 2.0 / s for rest, s in zip(rests, scale, strict=True)]
    is_far = fit.scatter * problem.click_px > _SUSPECT_RMS_SHARE * problem.width_px
    suspects = [
        row
        for row, rest in enumerate(rests)
        if jump[row] > limit or (is_far and rest.scatter < fit.scatter / 3.0)
    ]
    if suspects:
        # Several only where the best explanation is not clearly the best.
        least = min(scale[row] for row in suspects)
        named = tuple(row for row in suspects if scale[row] <= 4.0 * least)
        raise CalibrationError("misplaced", landmarks=named, rms_px=fit.rms_px)


def _stated(problem: Problem, fit: Fit) -> Calibration:
    azimuth, tilt, log_focal, roll = fit.parameters[:4]
    fov = 2.0 * math.atan(problem.width_px / 2.0 / math.exp(log_focal))
    widened = max(1.0, fit.scatter * float(student.ppf(0.975, fit.freedom)) / 2.0)
    errors = np.sqrt(np.diag(fit.covariance)[:4]) * widened
    errors[2] *= math.sin(fov)  # |d fov / d ln f| = sin(fov)
    sigma = Attitude(*(math.degrees(errors[i]) for i in (0, 1, 2, 3)))
    attitude = Attitude(*(math.degrees(a) for a in (azimuth % (2.0 * math.pi), tilt, fov, roll)))
    widest = 2.0 * max(sigma.azimuth_deg, sigma.tilt_deg)
    if widest > _WIDEST_DEG or 2.0 * sigma.fov_deg > _WIDEST_FIELD_SHARE * attitude.fov_deg:
        raise CalibrationError("too_unsure", rms_px=fit.rms_px)
    shift = np.zeros(3)
    shift[problem.shift_error_m > 0.0] = fit.parameters[4:]
    return Calibration(
        attitude=attitude,
        sigma=sigma,
        residuals_px=fit.residuals_px,
        rms_px=fit.rms_px,
        grade=_grade(sigma.azimuth_deg, fit.scatter),
        shift_m=(float(shift[0]), float(shift[1]), float(shift[2])),
    )


def _grade(sigma_deg: float, scatter: float) -> Grade:
    if 2.0 * sigma_deg <= 1.0 and scatter <= 3.0:
        return Grade.GOOD
    return Grade.FAIR if 2.0 * sigma_deg <= 3.0 else Grade.ROUGH
