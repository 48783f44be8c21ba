"""How far a view has turned against its reference: corners matched, chance matches cast out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from video.healthlook import WIDTH_PX, Corners, Look

_NEAR_PX = 3.0
_STAYED_PX = 4.0
_RATIO = 0.8
_KEPT = 500
_LEAST = 8
_FLAT = (1e-6, 5.0)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shift:
    """How the present view lies to its reference.

    ``matched`` corners found again, ``stayed`` of them within 4 px of where they were,
    ``agreed`` those that move as one. Turns are degrees: ``right_deg`` clockwise from above,
    ``up_deg``, ``roll_deg`` clockwise in the picture's sense of the camera; ``zoom`` above 1 is
    nearer. ``error_deg`` is one standard error of the turn, the field's own error included. All
    None when too few agree.
    """

    matched: int
    stayed: int
    agreed: int
    shift_px: float | None = None
    right_deg: float | None = None
    up_deg: float | None = None
    roll_deg: float | None = None
    zoom: float | None = None
    error_deg: float | None = None

    @property
    def turn_deg(self) -> float | None:
        """Return the whole angle between the two axes, without roll."""
        if self.right_deg is None or self.up_deg is None:
            return None
        return math.hypot(self.right_deg, self.up_deg)


def shift_between(
    reference: Look, now: Look, *, fov_deg: float, fov_error_deg: float = 0.0
) -> Shift:
    """Return how the view turned since the reference.

    The camera turns about its lens: a picture point ``p`` goes to ``K R K^-1 p`` with
    ``f = 320 px / tan(fov / 2)``. Corners are matched both ways, the motion most agree on is found
    by RANSAC, first as a similarity, then, with corners enough, as a homography.

    Parameters
    ----------
    reference, now : Look
        Of the same shape of picture.
    fov_deg, fov_error_deg : float
        Horizontal field of view of the reference, 0 < fov < 170, and half the width of its error.

    Returns
    -------
    Shift

    Notes
    -----
    Hartley and Zisserman, Multiple View Geometry, 2nd ed., 8.4 (rotation about the centre).

    """
    was, is_ = _pairs(reference.corners, now.corners)
    stayed = int((np.hypot(*(is_ - was).T) < _STAYED_PX).sum()) if len(was) else 0
    few = Shift(len(was), stayed, 0)
    if len(was) < _LEAST:
        return few
    similarity, kept = cv2.estimateAffinePartial2D(
        was, is_, method=cv2.RANSAC, ransacReprojThreshold=_NEAR_PX, maxIters=4000, confidence=0.999
    )
    if similarity is None:
        return few
    motion, agreed = np.vstack([similarity, (0.0, 0.0, 1.0)]), kept.ravel().astype(bool)
    if len(was) >= 20:
        motion, agreed = _bent(was, is_, motion, agreed)
    if agreed.sum() < _LEAST or not _is_sound(motion):
        return replace(few, agreed=int(agreed.sum()))
    focal_px = WIDTH_PX / 2 / math.tan(math.radians(fov_deg) / 2)
    found = _measured(few, motion, (was[agreed], is_[agreed]), (now.height_px, focal_px))
    from_field = (found.turn_deg or 0.0) * fov_error_deg / fov_deg
    return replace(found, error_deg=math.hypot(found.error_deg or 0.0, from_field))


def learn(reference: Look, now: Look, *, looks: int) -> Look:
    """Return the reference with what a further look at the same view teaches.

    Corners found again in their places gain weight, new ones come in at the bottom; the weightless
    ones, such as those of passers-by, are the first to go. Places of old corners never move, so a
    view that creeps is still found out.

    Parameters
    ----------
    reference, now : Look
        Of the same shape of picture.
    looks : int
        Looks in the reference so far; its figures are the mean of all.

    """
    old, new = reference.corners, now.corners
    pairs = _indices(old, new)
    near = np.hypot(*(old.at[pairs[:, 0]] - new.at[pairs[:, 1]]).T) < _STAYED_PX
    found = pairs[near]
    seen = old.seen.copy()
    seen[found[:, 0]] = np.minimum(seen[found[:, 0]].astype(np.int64) + 1, 60_000)
    is_new = np.ones(len(new), dtype=bool)
    is_new[found[:, 1]] = False
    weight = np.concatenate([seen, new.seen[is_new]])
    order = np.argsort(-weight.astype(np.int64), kind="stable")[:_KEPT]
    corners = Corners(
        np.concatenate([old.at, new.at[is_new]])[order],
        np.concatenate([old.told, new.told[is_new]])[order],
        weight[order],
    )
    share = 1.0 / (min(looks, 20) + 1)
    return replace(
        reference,
        brightness=_mixed(reference.brightness, now.brightness, share),
        contrast=_mixed(reference.contrast, now.contrast, share),
        chroma=_mixed(reference.chroma, now.chroma, share),
        sharpness=_mixed(reference.sharpness, now.sharpness, share),
        texture=reference.texture * np.float32(1 - share) + now.texture * np.float32(share),
        corners=corners,
    )


def _mixed(old: float, new: float, share: float) -> float:
    return old * (1 - share) + new * share


def _pairs(old: Corners, new: Corners) -> tuple[Floats, Floats]:
    """Return the places of corners matched, before and now: float64 (n, 2) each."""
    pairs = _indices(old, new)
    return old.at[pairs[:, 0]].astype(np.float64), new.at[pairs[:, 1]].astype(np.float64)


def _indices(old: Corners, new: Corners) -> NDArray[np.intp]:
    """Return which corner is which, int (n, 2): clearly best one way, and best both ways."""
    none = np.empty((0, 2), dtype=np.intp)
    if len(old) < 2 or len(new) < 2:
        return none
    matcher = cv2.BFMatcher(cv2.NORM_HAMMING)
    best = {
        (pair[0].queryIdx, pair[0].trainIdx)
        for pair in matcher.knnMatch(old.told, new.told, k=2)
        if len(pair) == 2 and pair[0].distance < _RATIO * pair[1].distance
    }
    back = {(match.trainIdx, match.queryIdx) for match in matcher.match(new.told, old.told)}
    return np.array(sorted(best & back), dtype=np.intp).reshape(-1, 2)


def _bent(
    was: Floats, is_: Floats, motion: Floats, agreed: NDArray[np.bool_]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the homography where it explains clearly more than the similarity does."""
    found, kept = cv2.findHomography(
        was, is_, method=cv2.RANSAC, ransacReprojThreshold=_NEAR_PX, maxIters=4000, confidence=0.999
    )
    if found is None:
        return motion, agreed
    bent = np.asarray(found, dtype=np.float64)
    more = kept.ravel().astype(bool)
    if not _is_sound(bent) or more.sum() < max(1.15 * agreed.sum(), 20):
        return motion, agreed
    return bent, more


def _is_sound(motion: Floats) -> bool:
    """Return whether a motion keeps the picture's orientation and does not fold it."""
    size = float(np.linalg.det(motion[:2, :2]))
    least, most = _FLAT
    return math.isfinite(size) and least < size < most**2 and abs(motion[2, 0]) < 2e-3


def _measured(
    few: Shift,
    motion: Floats,
    pairs: tuple[Floats, Floats],
    picture: tuple[int, float],
) -> Shift:
    """Return a motion in degrees.

    The axis of now is the point of before that went to the middle; what the motion does about the
    middle beyond a turn to that axis is roll and zoom. Reading the turn off the perspective part
    instead errs by half a degree, because corners far from the middle decide it.
    """
    height_px, focal_px = picture
    middle = np.array([WIDTH_PX / 2, height_px / 2, 1.0])
    before = np.linalg.solve(motion, middle)
    x, y = before[:2] / before[2] - middle[:2]
    right, up = math.atan2(x, focal_px), math.atan2(-y, math.hypot(x, focal_px))
    rest = _slope(motion @ np.linalg.inv(_turned(right, up, focal_px, middle)), middle)
    agreed = len(pairs[0])
    spread_px = math.sqrt(2 / agreed) * _residuals(motion, *pairs) + 0.1
    return replace(
        few,
        agreed=agreed,
        shift_px=math.hypot(x, y),
        right_deg=math.degrees(right),
        up_deg=math.degrees(up),
        # A picture that turns counter-clockwise comes from a camera that rolls clockwise.
        roll_deg=math.degrees(math.atan2(rest[0, 1] - rest[1, 0], rest[0, 0] + rest[1, 1])),
        zoom=math.sqrt(abs(float(np.linalg.det(rest)))),
        error_deg=math.degrees(spread_px / focal_px),
    )


def _turned(right: float, up: float, focal_px: float, middle: Floats) -> Floats:
    """Return K R K^-1 of a turn to the right, then up, radians."""
    lens = np.array([[focal_px, 0, middle[0]], [0, focal_px, middle[1]], [0, 0, 1]])
    c, s, d, t = math.cos(right), math.sin(right), math.cos(up), math.sin(up)
    about_y = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    about_x = np.array([[1, 0, 0], [0, d, -t], [0, t, d]])
    return np.asarray(lens @ (about_y @ about_x).T @ np.linalg.inv(lens), dtype=np.float64)


def _slope(motion: Floats, at: Floats) -> Floats:
    """Return the derivative of a motion at a point, float64 (2, 2)."""
    gone = motion @ at
    flat = motion[:2, :2] / gone[2] - np.outer(gone[:2], motion[2, :2]) / gone[2] ** 2
    return np.asarray(flat, dtype=np.float64)


def _residuals(motion: Floats, was: Floats, is_: Floats) -> float:
    """Return the root mean square of what the motion leaves unexplained, pixels."""
    carried = np.column_stack([was, np.ones(len(was))]) @ motion.T
    gap = carried[:, :2] / carried[:, 2:] - is_
    return float(np.sqrt((gap**2).sum(axis=1).mean()))
