"""Coverage by counting cells: a city in a second, the same bits however the work is shared out.

A cell is seen where its centre is, by the rule of `gis.viewshed`; buildings are no ground. Every
figure is a sum of whole numbers over cells, so any partition into tiles, threads or processes
gives the same. `gis.exactcover` overlays polygons instead: the reported number. Metres in the
CRS of the obstacles.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.coverage import Figures, Subjects
from gis.obstacles import Ints, Obstacles
from gis.poses import PoseTable
from gis.rasterplan import CoverPlan, Progress, cover_plan, each_tile, planes_of
from gis.rastertally import N_CODES, codes_of, tally_areas, tally_points
from gis.sightline import TARGET_HEIGHT_M
from gis.terrain import Terrain

__all__ = [
    "CoverPlan",
    "TileCounts",
    "cover_plan",
    "raster_figures",
    "summed",
    "tile_counts",
]

Longs = NDArray[np.int64]

_NOTHING = np.empty((0, 0), dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class TileCounts:
    """Whole numbers counted in one tile."""

    subjects: Ints
    #: int64 (3, subjects, 1 + 3 bands): cells of area, micrometres of road and outline; first all
    #: there is, then per band seen for sure, so by two cameras or more, and seen at least perhaps.
    counts: Longs


def raster_figures(
    obstacles: Obstacles,
    poses: PoseTable,
    subjects: Subjects,
    *,
    px_per_m: ArrayLike,
    target_height_m: float = TARGET_HEIGHT_M,
    cell_m: float = 1.0,
    terrain: Terrain | None = None,
    threads: int = 2,
    use: NDArray[np.bool_] | None = None,
    progress: Progress | None = None,
) -> Figures:
    """Coverage of subjects by density band, counted on a raster.

    Parameters
    ----------
    obstacles : Obstacles
        Buildings, metric CRS; with terrain, built with `ground_under` as `ground_m`.
    poses : PoseTable
        Same CRS. Poses of one camera_index are one camera and never count as two.
    subjects : Subjects
        Same CRS; they may overlap.
    px_per_m : array_like of float, shape (bands,)
        At most 7, ascending, > 0; see `gis.density.PLANNING_PX_PER_M`.
    target_height_m : float
        Above ground, >= 0.
    cell_m : float
        Side of a cell, 0.1 to 100 m; see Notes for what it costs in accuracy.
    terrain : Terrain, optional
        Then every cell is decided by its own line of sight: slower, 2 m cells are enough.
    threads : int
        Tiles counted side by side, >= 1. It does not change a bit of the result.
    use : numpy.ndarray of bool, shape (poses,), optional
        Poses that count; default all.
    progress : callable, optional
        Told the share done (0 to 1) after each tile, from one thread at a time; an exception
        raised in it ends the count and comes out here.

    Returns
    -------
    Figures
        Area in m2 of cells whose centre no building covers; roads and outlines in m.

    Raises
    ------
    ArgumentError
        If a number is outside its range.
    GeometryError
        If a subject is of the wrong kind.

    Notes
    -----
    On 1 m cells the worst of 400 grids of 25 ha in a dense town was off the exact figure by
    0.02 % of its area. Roads and outlines are cut into pieces of at most 1 m and judged by the
    cell of the middle of each.

    """
    plan = cover_plan(
        obstacles,
        poses,
        subjects,
        px_per_m=px_per_m,
        target_height_m=target_height_m,
        cell_m=cell_m,
        terrain=terrain,
        use=use,
    )
    return summed(plan, each_tile(plan, tile_counts, threads, progress))


def tile_counts(plan: CoverPlan, tile: int) -> TileCounts:
    """Whole numbers counted in one tile of the plan; lets go of the interpreter lock meanwhile."""
    at = plan.tiles[tile]
    planes = planes_of(plan, tile, _NOTHING)
    codes = codes_of(planes)
    cells = tally_areas(codes, at.window, plan.laid.areas, at.subjects)
    by_code = tally_points(codes, at.window, plan.laid.points, at.subjects, at.span)
    by_code[0] = cells
    by_code[0, :, N_CODES - 1] = 0  # built over: no ground
    return TileCounts(at.subjects, by_code @ _code_meaning(len(plan.px_per_m)))


def _code_meaning(n_bands: int) -> Longs:
    """What each code of a cell counts for: int64 (`N_CODES`, 1 + 3 bands)."""
    code = np.arange(N_CODES)[:, np.newaxis]
    band = np.arange(1, n_bands + 1)
    first, second, perhaps = code % 8, code // 8 % 8, code // 64
    is_seen = [(level >= band) & (perhaps < 8) for level in (first, second, perhaps)]
    return np.hstack([np.ones((N_CODES, 1), dtype=bool), *is_seen]).astype(np.int64)


def summed(plan: CoverPlan, counts: Iterable[TileCounts]) -> Figures:
    """Figures of the counts of all tiles, in any order."""
    n, k = len(plan.laid.cells), len(plan.px_per_m)
    total = np.zeros((3, n, 1 + 3 * k), dtype=np.int64)
    for part in counts:
        total[:, part.subjects] += part.counts
    return _figures(plan, total)


def _figures(plan: CoverPlan, total: Longs) -> Figures:
    unit = np.array([plan.cell_m**2, 1e-6, 1e-6])
    certain, more, perhaps = np.split(total[:, :, 1:], 3, axis=2)
    seen = np.stack([certain, perhaps - certain, certain - more, more], axis=3)
    return Figures(
        plan.px_per_m,
        total[:, :, 0] * unit[:, np.newaxis],
        seen * unit[:, np.newaxis, np.newaxis, np.newaxis],
    )
