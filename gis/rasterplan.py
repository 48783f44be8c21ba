"""A count on the raster laid out in tiles, and the tiles shared out to threads; metres."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.coverage import Subjects
from gis.density import band_reach
from gis.errors import ArgumentError
from gis.obstacles import Ints, Obstacles
from gis.poses import PoseTable
from gis.rastercasts import Casts, casts_of
from gis.rasterfill import Cells
from gis.rastersubjects import Laid, laid
from gis.rastertally import Points
from gis.rastertile import Planes, cover
from gis.rastertiles import TILE_CELLS, Tile, poses_meeting, tiles_of
from gis.sightline import TARGET_HEIGHT_M
from gis.terrain import Terrain

Longs = NDArray[np.int64]
Progress = Callable[[float], None]
Counted = TypeVar("Counted")

#: A cell keeps its best band in three bits.
MAX_BANDS = 7


@dataclass(frozen=True, slots=True)
class CoverPlan:
    """A count laid out in tiles; made by `cover_plan`."""

    obstacles: Obstacles
    casts: Casts
    #: Rows of the pose table behind each of the casts.
    pose: Longs
    px_per_m: tuple[float, ...]
    cell_m: float
    terrain: Terrain | None
    laid: Laid
    tiles: list[Tile]
    #: Casts whose range meets each tile.
    casts_of_tile: list[Ints]

    def __len__(self) -> int:
        return len(self.tiles)


def cover_plan(
    obstacles: Obstacles,
    poses: PoseTable,
    subjects: Subjects,
    *,
    px_per_m: ArrayLike,
    target_height_m: float = TARGET_HEIGHT_M,
    cell_m: float = 1.0,
    terrain: Terrain | None = None,
    use: NDArray[np.bool_] | None = None,
    tile_cells: int = TILE_CELLS,
) -> CoverPlan:
    """The count of `raster_figures` laid out in tiles, for callers that share them out.

    Parameters
    ----------
    obstacles, poses, subjects, px_per_m, target_height_m, cell_m, terrain, use
        As in `raster_figures`. A partition needs the buildings and poses within the longest
        range of its subjects, more do not change its figures.
    tile_cells : int
        Side of a tile in cells.

    Returns
    -------
    CoverPlan

    Raises
    ------
    ArgumentError, GeometryError
        As `raster_figures`.

    """
    if not 0.1 <= cell_m <= 100.0:
        raise ArgumentError("cell_m", got=cell_m, allowed="0.1 to 100 m")
    if not 0.0 <= target_height_m < np.inf:
        raise ArgumentError("target_height_m", got=target_height_m, allowed="finite, 0 or more")
    if use is not None and (use.shape != (len(poses),) or use.dtype != np.bool_):
        got = f"{use.dtype} {use.shape}"
        raise ArgumentError("use", got=got, allowed=f"bool, shape ({len(poses)},)")
    reach = band_reach(poses, px_per_m, target_height_m=target_height_m)
    if len(reach.px_per_m) > MAX_BANDS:
        n_bands = len(reach.px_per_m)
        raise ArgumentError("px_per_m", got=n_bands, allowed=f"at most {MAX_BANDS} bands")
    wish = (reach, target_height_m)
    casts, pose = casts_of(obstacles, poses, wish, use=use, over_terrain=terrain is not None)
    on_raster = laid(obstacles, subjects, cell_m)
    tiles, order = tiles_of(on_raster, cell_m, tile_cells)
    points = on_raster.points
    in_order = Points(
        points.row[order],
        points.col[order],
        points.subject[order],
        points.measure[order],
        points.length_um[order],
    )
    on_raster = replace(on_raster, points=in_order)
    met = poses_meeting(tiles, casts.u, casts.v, casts.looks.range_m)
    return CoverPlan(obstacles, casts, pose, reach.px_per_m, cell_m, terrain, on_raster, tiles, met)


def planes_of(plan: CoverPlan, tile: int, wanted: Cells) -> Planes:
    """What the cameras see of a tile; `wanted` as in `gis.rastertile.cover`."""
    window, chosen = plan.tiles[tile].window, plan.casts_of_tile[tile]
    if plan.terrain is None:
        return cover(plan.obstacles.walls, plan.casts, chosen, window, wanted)
    # Kernels of sight over terrain are compiled where there is one.
    from gis.rastersight import cover_over

    return cover_over(plan.obstacles, plan.terrain, plan.casts, chosen, (window, wanted))


def each_tile(
    plan: CoverPlan,
    count: Callable[[CoverPlan, int], Counted],
    threads: int,
    progress: Progress | None,
) -> Iterator[Counted]:
    """`count(plan, tile)` of every tile, in their order, counted by several threads."""
    if threads < 1:
        raise ArgumentError("threads", got=threads, allowed="1 or more")
    told, done = threading.Lock(), 0

    def count_and_tell(tile: int) -> Counted:
        nonlocal done
        counts = count(plan, tile)
        with told:
            done += 1
            if progress is not None:
                progress(done / len(plan))
        return counts

    with ThreadPoolExecutor(threads) as pool:
        try:
            yield from pool.map(count_and_tell, range(len(plan)))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
