"""What each option of a siting would see: cells of ground, and ground nobody may look at.

Metres and grid azimuths of one metric CRS. A proposed pose is taken as exact: it will be calibrated
when it is built. A cell counts as seen when its middle is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from gis.candidates import Floats, Indices, Shapes, Spots
from gis.density import band_reach
from gis.obstacles import Obstacles
from gis.optics import assumed_range_m
from gis.poses import PoseColumns, PoseTable, build_poses
from gis.sight import Verdict, watching
from gis.sightline import TARGET_HEIGHT_M, sightlines
from gis.terrain import Terrain
from gis.viewshed import Mount, viewsheds
from gis.visibility import View

#: Lines of sight asked at once: 50 MB of arrays.
_PAIRS_AT_ONCE = 500_000
#: Ground a view may share with a forbidden area and still not enter it: rounding of the overlay.
_ROUNDING_M2 = 1e-6


@dataclass(frozen=True, slots=True)
class Lenses:
    """Lenses to choose from, arrays of shape (lenses,), all at one height."""

    height_m: float
    fov_deg: Floats
    #: Radius in plan within which the wished density holds, metres.
    reach_m: Floats
    #: Radius in plan to which the picture shows anything (20 px/m): the camera's range.
    range_m: Floats


@dataclass(frozen=True, slots=True)
class Options:
    """One lens at one azimuth on one spot each, arrays of shape (n,)."""

    #: Row of the spots.
    spot: Indices
    azimuth_deg: Floats
    #: Row of the lenses.
    lens: Indices

    def __len__(self) -> int:
        return len(self.spot)

    def only(self, chosen: NDArray[np.bool_] | Indices) -> Options:
        """The chosen rows."""
        return Options(self.spot[chosen], self.azimuth_deg[chosen], self.lens[chosen])


def lenses_for(
    fov_deg: Floats,
    *,
    width_px: float,
    height_m: float,
    px_per_m: float,
    target_height_m: float = TARGET_HEIGHT_M,
) -> Lenses:
    """Lenses of given fields with the radius at which each still shows `px_per_m`."""
    fields = np.asarray(fov_deg, dtype=np.float64)
    range_m = np.asarray(assumed_range_m(fields, np.full(len(fields), float(width_px))))
    zeros = np.zeros(len(fields))
    poses = build_poses(
        PoseColumns(
            np.arange(len(fields)), zeros, zeros, height_m, 0.0, fields, range_m, width_px=width_px
        )
    )
    reach = band_reach(poses, [px_per_m], target_height_m=target_height_m).certain_m[:, 0]
    return Lenses(height_m, fields, reach, range_m)


def options_of(spots: Spots, lenses: Lenses, azimuths: int = 8) -> Options:
    """Every lens at evenly spread azimuths on every spot, as far as its open side allows."""
    step = np.arange(azimuths) * 360.0 / azimuths
    spot = np.repeat(np.arange(len(spots)), len(lenses.fov_deg) * azimuths)
    lens = np.tile(np.repeat(np.arange(len(lenses.fov_deg)), azimuths), len(spots))
    turn = np.tile(step, len(spots) * len(lenses.fov_deg))
    off = np.abs((turn - spots.facing_deg[spot] + 180.0) % 360.0 - 180.0)
    is_open = off <= spots.open_deg[spot] / 2.0
    # A panorama looks the same whichever way it is turned.
    is_open &= (lenses.fov_deg[lens] < 360.0) | (turn == 0.0)
    return Options(spot[is_open], turn[is_open], lens[is_open])


def cells_seen(
    scene: tuple[Obstacles, Terrain | None],
    looks: tuple[Spots, Lenses, Options],
    cells: tuple[Floats, Floats],
    *,
    target_height_m: float = TARGET_HEIGHT_M,
) -> tuple[Indices, Indices]:
    """Cells each option sees: cells[starts[j]:starts[j + 1]], ascending.

    One line of sight is followed for each spot and cell in reach of its longest lens; azimuths and
    lenses then only choose among them.
    """
    spots, lenses, options = looks
    x, y = cells
    spot, cell = _pairs_in_reach(spots, cells, float(lenses.reach_m.max(initial=0.0)))
    clear = np.empty(len(spot), dtype=bool)
    for at in range(0, len(spot), _PAIRS_AT_ONCE):
        part = slice(at, at + _PAIRS_AT_ONCE)
        ends = (spots.x[spot[part]], spots.y[spot[part]]), (x[cell[part]], y[cell[part]])
        lines = [
            np.column_stack([*end, np.full(len(end[0]), height)])
            for end, height in zip(ends, (lenses.height_m, target_height_m), strict=True)
        ]
        clear[part] = sightlines(scene[0], *lines, terrain=scene[1]).is_visible
    spot, cell = spot[clear], cell[clear]
    east, north = x[cell] - spots.x[spot], y[cell] - spots.y[spot]
    distance, bearing = np.hypot(east, north), np.degrees(np.arctan2(east, north))
    return _chosen(options, lenses, (spot, cell, distance, bearing))


def _pairs_in_reach(
    spots: Spots, cells: tuple[Floats, Floats], reach_m: float
) -> tuple[Indices, Indices]:
    if not len(spots) or not len(cells[0]):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    tree = cKDTree(np.column_stack(cells))
    places = np.column_stack([spots.x, spots.y])
    counts = tree.query_ball_point(places, reach_m, return_length=True)
    near: Iterable[Any] = tree.query_ball_point(places, reach_m, return_sorted=True)
    cell = np.fromiter(chain.from_iterable(near), np.int64, int(counts.sum()))
    return np.repeat(np.arange(len(spots)), counts), cell


def _chosen(
    options: Options, lenses: Lenses, pairs: tuple[Indices, Indices, Floats, Floats]
) -> tuple[Indices, Indices]:
    spot, cell, distance, bearing = pairs
    numbers, found = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    looks = np.stack([options.lens, options.azimuth_deg.astype(np.float64)], axis=1)
    for lens, azimuth in np.unique(looks, axis=0):
        kind = int(lens)
        same = np.flatnonzero((options.lens == kind) & (options.azimuth_deg == azimuth))
        option_at = np.full(int(spot.max(initial=-1)) + 1, -1, dtype=np.int64)
        known = same[options.spot[same] < len(option_at)]
        option_at[options.spot[known]] = known
        off = np.abs((bearing - azimuth + 180.0) % 360.0 - 180.0)
        sees = (off <= lenses.fov_deg[kind] / 2.0) & (distance <= lenses.reach_m[kind])
        sees &= option_at[spot] >= 0
        numbers.append(option_at[spot[sees]])
        found.append(cell[sees])
    option, seen = np.concatenate(numbers), np.concatenate(found)
    order = np.lexsort((seen, option))
    return np.searchsorted(option[order], np.arange(len(options) + 1)), seen[order]


def are_modest(
    scene: tuple[Obstacles, Terrain | None],
    looks: tuple[Spots, Lenses, Options],
    forbidden: Shapes,
    *,
    target_height_m: float = TARGET_HEIGHT_M,
) -> NDArray[np.bool_]:
    """Whether the view of each option enters none of the forbidden areas; shape (options,).

    Exact up to rounding, by viewshed polygons to the range of the lens. Ground inside a building
    is seen by nobody from outside it.
    """
    spots, lenses, options = looks
    modest = np.ones(len(options), dtype=bool)
    longest = float(lenses.range_m.max(initial=0.0))
    if not len(forbidden) or not len(options):
        return modest
    tree = shapely.STRtree(forbidden)
    points = shapely.points(spots.x, spots.y)
    near = np.unique(tree.query(points, predicate="dwithin", distance=longest)[0])
    near = near[np.isin(near, options.spot)]
    turns = [View(float(spots.x[i]), float(spots.y[i]), 0.0, 360.0, longest) for i in near]
    mounts = [Mount(lenses.height_m)] * len(turns)
    grounds = viewsheds(scene[0], turns, mounts, target_height_m=target_height_m, terrain=scene[1])
    closed = shapely.union_all(forbidden)
    for i, ground in zip(near.tolist(), grounds, strict=True):
        shown = shapely.union_all([ground.certain, ground.possible]).intersection(closed)
        if shown.area <= _ROUNDING_M2:
            continue
        rows = np.flatnonzero(options.spot == i)
        wedges = _wedges(spots, lenses, options.only(rows))
        modest[rows] = shapely.area(shapely.intersection(wedges, shown)) <= _ROUNDING_M2
    return modest


def _wedges(spots: Spots, lenses: Lenses, options: Options) -> Shapes:
    """Fields of the options in plan, drawn round the arc, not in it."""
    half = lenses.fov_deg[options.lens] / 2.0
    step = np.linspace(-1.0, 1.0, 33)
    angle = np.radians(options.azimuth_deg[:, np.newaxis] + half[:, np.newaxis] * step)
    radius = lenses.range_m[options.lens] / np.cos(np.radians(half / 32.0))
    x0, y0 = spots.x[options.spot], spots.y[options.spot]
    x = x0[:, np.newaxis] + radius[:, np.newaxis] * np.sin(angle)
    y = y0[:, np.newaxis] + radius[:, np.newaxis] * np.cos(angle)
    is_round = half >= 180.0
    rim = np.stack([x, y], axis=2)
    foot = np.where(is_round[:, np.newaxis], rim[:, 0], np.stack([x0, y0], axis=1))
    ring = np.concatenate([foot[:, np.newaxis], rim, foot[:, np.newaxis]], axis=1)
    return np.asarray(shapely.polygons(ring))


def seen_already(
    scene: tuple[Obstacles, Terrain | None],
    poses: PoseTable,
    cells: tuple[Floats, Floats],
    *,
    px_per_m: float,
    target_height_m: float = TARGET_HEIGHT_M,
) -> NDArray[np.bool_]:
    """Whether an existing camera sees each cell for sure at the density; shape (cells,)."""
    obstacles, terrain = scene
    seen = np.zeros(len(cells[0]), dtype=bool)
    if not len(poses):
        return seen
    reach = band_reach(poses, [px_per_m], target_height_m=target_height_m).certain_m[:, 0]
    for i, (x, y) in enumerate(zip(*(axis.tolist() for axis in cells), strict=True)):
        found = watching(poses, obstacles, terrain, x, y, target_height_m=target_height_m)
        sure = found.verdict == Verdict.CERTAIN
        seen[i] = bool(np.any(sure & (found.distance_m <= reach[found.pose])))
    return seen
