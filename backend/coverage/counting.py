"""Figures, seen ground and sights of some subjects: reads nothing, writes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.coverage import Figures
from gis.density import PLANNING_PX_PER_M
from gis.exactcover import Plots, plot_figures, plots_of
from gis.seenground import SeenGrounds

from ..settings import load
from .grounds import Held as Cameras
from .subjects import Held as Land

CHUNK = 100
"""Subjects counted together: their cameras' grounds are in memory at the same time."""

Rows = NDArray[np.intp]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Counted:
    """Some subjects with what cameras see of them, installed and now."""

    rows: Rows
    plots: Plots
    seen: SeenGrounds
    seen_now: SeenGrounds
    installed: Figures
    now: Figures
    differs: NDArray[np.bool_]
    """Along `rows`: whether a camera that reaches the subject does not count now."""

    def figures(self, reading: str) -> Figures:
        return self.installed if reading == "installed" else self.now

    def grounds(self, reading: str) -> SeenGrounds:
        return self.seen if reading == "installed" else self.seen_now


@dataclass(frozen=True, slots=True)
class Sight:
    """Certain ground of one camera in one subject, m2 at the lowest density; 0 where possible."""

    camera_id: int
    row: int
    seen_m2: float


def exactly(cameras: Cameras, land: Land, rows: Rows, out: Ints) -> Iterator[Counted]:
    """Count subjects by polygons, some at a time; `out` are the cameras that do not count now."""
    for first in range(0, len(rows), CHUNK):
        chunk = rows[first : first + CHUNK]
        plots = plots_of(land.only(chunk), land.built_in(chunk))
        seen = cameras.seen(reaching(cameras, land, chunk))
        seen_now = seen.without(out)
        installed = plot_figures(seen, plots)
        differs = _differing(plots, seen, seen_now)
        now = plot_figures(seen_now, plots) if differs.any() else installed
        yield Counted(chunk, plots, seen, seen_now, installed, now, differs)


def _differing(plots: Plots, seen: SeenGrounds, seen_now: SeenGrounds) -> NDArray[np.bool_]:
    """Whether a plot is reached by more cameras than work."""
    if len(seen.camera_index) == len(seen_now.camera_index):
        return np.zeros(len(plots), dtype=bool)
    boxes = [plot.box for plot in plots.plots]
    return np.array([len(seen.near(box)) > len(seen_now.near(box)) for box in boxes])


def by_cells(cameras: Cameras, land: Land, rows: Rows, out: Ints) -> tuple[Figures, Figures]:
    """Count subjects by cells of 1 m: installed and now."""
    from gis.rastercover import raster_figures

    shapes, scene, poses = land.only(rows), cameras.scene, cameras.lookout.poses

    def counted(use: NDArray[np.bool_] | None) -> Figures:
        return raster_figures(
            scene.obstacles,
            poses,
            shapes,
            px_per_m=PLANNING_PX_PER_M,
            target_height_m=load().sight.target_height_m,
            terrain=scene.terrain,
            use=use,
        )

    working = ~np.isin(cameras.lookout.camera_id, out)
    installed = counted(None)
    return installed, installed if working.all() else counted(working)


def reaching(cameras: Cameras, land: Land, rows: Rows) -> Ints:
    """Return the cameras whose circle of range meets any of the subjects' boxes."""
    boxes = shapely.bounds(land.shapes.areas[rows])
    near = [cameras.near(box) for box in boxes]
    return np.unique(np.concatenate([*near, np.empty(0, np.int64)])).astype(np.int64)


def sights_of(counted: Counted, land: Land) -> list[Sight]:
    """Return which cameras reach which of the subjects, and what they see of each."""
    found = []
    for row in counted.rows.tolist():
        area = land.shapes.areas[row]
        near = counted.seen.near(shapely.bounds(area))
        sure, perhaps = counted.seen.certain[near, 0], counted.seen.possible[near, 0]
        seen_m2 = shapely.area(shapely.intersection(sure, area))
        touches = (seen_m2 > 0) | shapely.intersects(perhaps, area)
        ids = counted.seen.camera_index[near]
        found += [Sight(int(ids[i]), row, float(seen_m2[i])) for i in np.flatnonzero(touches)]
    return found
