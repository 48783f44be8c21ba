"""Directions in which a picture must not look: forbidden areas and masked sectors.

A view is judged by a box round its picture, in azimuth and depression, widened by the error of the
head: it may be refused although it just misses, it is never let through although it reaches in.
Metres of the scene's CRS, heights on one datum, degrees.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.aim import Lens, Mount, Views
from gis.aimboxes import Boxes, picture_boxes, widened
from gis.errors import ArgumentError
from gis.optics import assumed_range_m

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

#: Nothing forbids the view.
FREE = -1
#: Fields tried between the one wanted and the narrowest.
_STEPS = 10
_ARC_STEP_DEG = 6.0
#: Sectors built at once: 60 points each.
_CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class ForbiddenArea:
    """Ground that no picture may show, and what stands on it, from floor to ceiling."""

    outline: shapely.Geometry
    floor_m: float
    ceiling_m: float


@dataclass(frozen=True, slots=True)
class MaskedSector:
    """Azimuths from `from_deg` clockwise to `to_deg`, depressions from top to bottom."""

    from_deg: float
    to_deg: float
    top_deg: float = -90.0
    bottom_deg: float = 90.0


@dataclass(frozen=True, slots=True)
class Limits:
    """All that one head must not show; numbered areas first, then sectors."""

    areas: Sequence[ForbiddenArea] = ()
    sectors: Sequence[MaskedSector] = ()
    #: What the head's direction may be off, degrees.
    error_deg: float = 0.0
    #: An area counts up to here, and as far as the zoom shows `least_px_per_m` beyond.
    range_m: float = 300.0
    width_px: float = 1920.0
    least_px_per_m: float = 20.0
    tree: shapely.STRtree = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0.0 <= self.error_deg < math.inf:
            raise ArgumentError("error_deg", got=self.error_deg, allowed="0 or more, finite")
        outlines = np.array([area.outline for area in self.areas], dtype=object)
        object.__setattr__(self, "tree", shapely.STRtree(outlines))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is forbidden."""
        return not len(self.areas) and not len(self.sectors)


def entered(mount: Mount, views: Views, limits: Limits) -> Ints:
    """What each view reaches into first.

    Parameters
    ----------
    mount : Mount
        Where the lens is.
    views : Views
        n views.
    limits : Limits
        Areas in the mount's CRS, on its datum.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        Number of an area, or len(areas) + number of a sector; `FREE` for none.

    Notes
    -----
    Buildings are no excuse: an area behind a wall counts as seen, because walls of data are not
    those of the street. An area counts as the prism over its outline from floor to ceiling, as
    near as its nearest point. 100,000 views of a camera with four areas take about 2 s.

    """
    found = np.full(len(views), FREE, dtype=np.intp)
    for first in range(0, len(views), _CHUNK):
        rows = slice(first, first + _CHUNK)
        part = Views(views.azimuth_deg[rows], views.tilt_deg[rows], views.fov_deg[rows])
        boxes = widened(picture_boxes(part), limits.error_deg)
        found[rows] = boxes_entered(
            mount, part.azimuth_deg, boxes, limits, reach_m=shown_m(part.fov_deg, limits)
        )
    return found


def boxes_entered(
    mount: Mount, azimuth_deg: Floats, boxes: Boxes, limits: Limits, *, reach_m: Floats
) -> Ints:
    """What each box of directions reaches into first.

    Parameters
    ----------
    mount : Mount
        Where the lens is.
    azimuth_deg : numpy.ndarray of float64, shape (n,)
        True azimuths of the boxes' axes, degrees.
    boxes : Boxes
        n boxes, already widened by what the head may be off.
    limits : Limits
        Areas in the mount's CRS, on its datum.
    reach_m : numpy.ndarray of float64, shape (n,)
        Metres up to which an area counts.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        As `entered`.

    """
    areas = _areas_entered(mount, azimuth_deg, boxes, limits, reach_m)
    return np.where(areas != FREE, areas, _sectors_entered(azimuth_deg, boxes, limits))


def shown_m(fov_deg: Floats, limits: Limits) -> Floats:
    """Metres up to which an area counts in pictures of these fields."""
    seen_m = assumed_range_m(fov_deg, limits.width_px, px_per_m=limits.least_px_per_m)
    return np.asarray(np.maximum(seen_m, limits.range_m))


def narrowed(mount: Mount, views: Views, lens: Lens, limits: Limits) -> tuple[Views, Ints]:
    """The views, zoomed in where only a narrower field keeps out of what is forbidden.

    Parameters
    ----------
    mount : Mount
        Where the lens is.
    views : Views
        n views, fields within the lens.
    lens : Lens
        Its narrowest field ends the search.
    limits : Limits
        As in `entered`.

    Returns
    -------
    views : Views
        The widest of ten fields that is free; where none is, as wanted.
    reached : numpy.ndarray of int, shape (n,)
        As `entered`, of the views returned: not `FREE` means that it must not be shown.

    """
    reached = entered(mount, views, limits)
    field_deg = views.fov_deg.copy()
    for step in range(1, _STEPS + 1):
        blocked = np.flatnonzero(reached != FREE)
        if not blocked.size:
            break
        share = step / _STEPS
        wanted = views.fov_deg[blocked]
        tried = wanted ** (1.0 - share) * np.minimum(lens.narrowest_deg, wanted) ** share
        outcome = entered(mount, views.chosen(blocked).with_field(tried), limits)
        free = blocked[outcome == FREE]
        field_deg[free] = tried[outcome == FREE]
        reached[free] = FREE
    return views.with_field(field_deg), reached


def _sectors_entered(azimuth_deg: Floats, boxes: Boxes, limits: Limits) -> Ints:
    found = np.full(len(azimuth_deg), FREE, dtype=np.intp)
    for number, sector in reversed(list(enumerate(limits.sectors))):
        width = (sector.to_deg - sector.from_deg) % 360.0 or 360.0
        ahead = (azimuth_deg - sector.from_deg - width / 2.0 + 180.0) % 360.0 - 180.0
        beside = np.abs(ahead) <= width / 2.0 + boxes.half_deg
        level = (boxes.bottom_deg >= sector.top_deg) & (boxes.top_deg <= sector.bottom_deg)
        found[beside & level] = len(limits.areas) + number
    return found


def _areas_entered(
    mount: Mount, azimuth_deg: Floats, boxes: Boxes, limits: Limits, reach_m: Floats
) -> Ints:
    found = np.full(len(azimuth_deg), FREE, dtype=np.intp)
    if not len(limits.areas):
        return found
    sectors = _sectors(mount, azimuth_deg, boxes, reach_m)
    row, number = limits.tree.query(sectors, predicate="intersects")
    # The nearest point of the whole outline, also where it lies beside the picture: the exact one
    # took 9 of 12 s for 100,000 views and hardly let one more through.
    spot = shapely.Point(mount.x, mount.y)
    nearest_m = shapely.distance(spot, limits.tree.geometries)[number]
    floor = mount.height_m - np.array([limits.areas[n].floor_m for n in number])
    ceiling = mount.height_m - np.array([limits.areas[n].ceiling_m for n in number])
    # Between nearest and reach the prism shows its extremes at one of the two ends.
    low = np.maximum(_depression(floor, nearest_m), _depression(floor, reach_m[row]))
    high = np.minimum(_depression(ceiling, nearest_m), _depression(ceiling, reach_m[row]))
    meets = (boxes.bottom_deg[row] >= high) & (boxes.top_deg[row] <= low)
    # The last writer wins: the lowest number.
    order = np.argsort(-number[meets], kind="stable")
    found[row[meets][order]] = number[meets][order]
    return found


def _depression(below_m: Floats, distance_m: Floats) -> Floats:
    return np.degrees(np.arctan2(below_m, distance_m))


def _sectors(
    mount: Mount, azimuth_deg: Floats, boxes: Boxes, reach_m: ArrayLike
) -> NDArray[np.object_]:
    """Sectors of the ground in front of each box, a little larger than the true ones."""
    count = max(math.ceil(2.0 * float(np.max(boxes.half_deg, initial=1.0)) / _ARC_STEP_DEG), 2)
    share = np.linspace(-1.0, 1.0, count + 1)
    grid = azimuth_deg - mount.convergence_deg
    angle = np.radians(grid[:, np.newaxis] + boxes.half_deg[:, np.newaxis] * share)
    # Chords lie within the circle: points pushed out until the chords touch it.
    step = np.radians(boxes.half_deg / count)
    radius = (np.asarray(reach_m) / np.cos(step))[:, np.newaxis]
    arc = np.stack([mount.x + radius * np.sin(angle), mount.y + radius * np.cos(angle)], axis=2)
    apex = np.broadcast_to([mount.x, mount.y], (len(azimuth_deg), 1, 2))
    # A whole turn has no apex: its first point stands for it, and it ends where it began.
    whole = (boxes.half_deg >= 180.0)[:, np.newaxis, np.newaxis]
    apex = np.where(whole, arc[:, :1], apex)
    arc[:, -1:] = np.where(whole, arc[:, :1], arc[:, -1:])
    ring = np.concatenate([apex, arc, apex], axis=1)
    return np.asarray(shapely.polygons(ring), dtype=object)
