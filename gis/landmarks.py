"""Landmarks marked in a picture and on the map, checked and made ready for the fit.

Pixels from the upper left corner; metres in the scene's CRS, heights on one datum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.errors import ArgumentError, CalibrationError
from gis.pinhole import Picture
from gis.posefit import Problem

Floats = NDArray[np.float64]

LEAST_LANDMARKS = 4
#: Cameras hang level within this (one standard error): a weak prior that four landmarks need, since
#: roll would else cost them the little they leave over.
ROLL_ERROR_DEG = 3.0
#: Marks must span this share of the picture's width.
_LEAST_SPAN = 0.1
#: Metres; nearer than this to the lens nothing is a landmark.
_LEAST_DISTANCE_M = 0.5


@dataclass(frozen=True, slots=True)
class Station:
    """Where the lens is: metres in the scene's CRS, height on the landmarks' datum."""

    x: float
    y: float
    height_m: float
    #: Standard errors of the place (each of x and y) and of the height; 0 = taken as exact.
    place_error_m: float = 0.0
    height_error_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Landmarks:
    """n points marked in the picture (u, v; pixels) and on the map (x, y, height_m; metres)."""

    u: ArrayLike
    v: ArrayLike
    x: ArrayLike
    y: ArrayLike
    height_m: ArrayLike
    #: Standard error of each of the three, metres.
    error_m: float = 0.0


def problem_of(
    picture: Picture, station: Station, landmarks: Landmarks, click_px: float
) -> Problem:
    """The fit's problem; see `gis.calibration.calibrate` for what is refused."""
    marks = np.column_stack(_columns(landmarks, ("u", "v")))
    points = np.column_stack(_columns(landmarks, ("x", "y", "height_m")))
    if len(marks) != len(points):
        got = f"{len(marks)} marks, {len(points)} points"
        raise ArgumentError("landmarks", got=got, allowed="one point per mark")
    size = np.array([picture.width_px, picture.height_px])
    if not np.all((marks >= 0.0) & (marks <= size)):
        raise ArgumentError("u, v", got=marks.tolist(), allowed=f"within {size.tolist()}")
    if not 0.0 < click_px < math.inf:
        raise ArgumentError("click_px", got=click_px, allowed="finite and more than 0")
    _refuse_few(marks, picture)
    offsets = points - _finite_row(station)
    if np.any(np.linalg.norm(offsets, axis=1) < _LEAST_DISTANCE_M):
        raise ArgumentError("x, y, height_m", got="at the lens", allowed="0.5 m away or more")
    errors = _errors_of(station, landmarks)
    return Problem(
        offsets_m=offsets,
        marks_px=marks - size / 2.0,
        width_px=picture.width_px,
        click_px=click_px,
        landmark_error_m=errors[0],
        roll_error_rad=math.radians(ROLL_ERROR_DEG),
        shift_error_m=np.array([errors[1], errors[1], errors[2]]),
    )


def _columns(landmarks: Landmarks, names: tuple[str, ...]) -> list[Floats]:
    columns = [np.atleast_1d(np.asarray(getattr(landmarks, n), np.float64)) for n in names]
    for name, column in zip(names, columns, strict=True):
        if column.shape != columns[0].shape or column.ndim != 1 or not np.isfinite(column).all():
            got = f"{column.shape}, finite {bool(np.isfinite(column).all())}"
            raise ArgumentError(name, got=got, allowed="finite, one number per landmark")
    return columns


def _finite_row(station: Station) -> Floats:
    row = np.array([station.x, station.y, station.height_m], np.float64)
    if not np.isfinite(row).all():
        raise ArgumentError("station", got=row.tolist(), allowed="finite metres")
    return row


def _errors_of(station: Station, landmarks: Landmarks) -> tuple[float, float, float]:
    errors = (landmarks.error_m, station.place_error_m, station.height_error_m)
    if not all(0.0 <= error < math.inf for error in errors):
        raise ArgumentError("error_m", got=list(errors), allowed="finite, 0 or more")
    return errors


def _refuse_few(marks: Floats, picture: Picture) -> None:
    if len(marks) < LEAST_LANDMARKS:
        raise CalibrationError("too_few")
    apart = np.linalg.norm(marks[:, np.newaxis] - marks, axis=2)
    if apart.max() < _LEAST_SPAN * picture.width_px:
        raise CalibrationError("too_close")
    twins = np.argwhere(np.triu(apart < 1.0, 1))
    if len(twins):
        raise CalibrationError("too_close", landmarks=tuple(int(i) for i in twins[0]))
