"""Boxes of directions that hold what pictures show: azimuths about an axis, tilts between two.

A picture is never larger than its box; it may be smaller. Degrees, depressions below the horizon.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.aim import ASPECT, Views

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Boxes:
    """What pictures show at most: azimuths within half_deg of the axis, depressions top..bottom."""

    half_deg: Floats
    top_deg: Floats
    bottom_deg: Floats


def picture_boxes(views: Views) -> Boxes:
    """Azimuths and depressions that the pictures show at most.

    Parameters
    ----------
    views : Views
        n views.

    Returns
    -------
    Boxes
        half_deg is 180 where the picture holds nadir or zenith.

    Notes
    -----
    The extremes lie in the corners or in the middles of the upper and lower edge. A ray of the
    picture is heading (cos t - d sin t) + right a + down (sin t + d cos t), t the tilt, a and d
    the tangents across and down.

    """
    half = np.tan(np.radians(views.fov_deg) / 2.0)
    tilt = np.radians(views.tilt_deg)
    sides, depths = [], []
    holds_pole = np.zeros(len(views), dtype=bool)
    for below in (-half / ASPECT, half / ASPECT):
        ahead = np.cos(tilt) - below * np.sin(tilt)
        sunk = np.sin(tilt) + below * np.cos(tilt)
        holds_pole |= ahead <= 1e-9
        sides.append(np.degrees(np.arctan2(half, ahead)))
        depths.append(np.degrees(np.arctan2(sunk, np.hypot(half, ahead))))
        depths.append(np.degrees(np.arctan2(sunk, np.maximum(ahead, 0.0))))
    looks_down = views.tilt_deg > 0.0
    top, bottom = np.min(depths, axis=0), np.max(depths, axis=0)
    return Boxes(
        np.where(holds_pole, 180.0, np.max(sides, axis=0)),
        np.where(holds_pole & ~looks_down, -90.0, top),
        np.where(holds_pole & looks_down, 90.0, bottom),
    )


def widened(boxes: Boxes, error_deg: float) -> Boxes:
    """Boxes that hold the pictures of a head that may be off by so much.

    Near nadir and zenith a degree of the head is many degrees of azimuth.
    """
    steepest = np.minimum(np.maximum(np.abs(boxes.top_deg), np.abs(boxes.bottom_deg)), 89.0)
    half = boxes.half_deg + error_deg / np.cos(np.radians(steepest))
    return Boxes(
        np.minimum(half, 180.0),
        np.maximum(boxes.top_deg - error_deg, -90.0),
        np.minimum(boxes.bottom_deg + error_deg, 90.0),
    )
