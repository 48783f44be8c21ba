"""How much of each grid is seen today, kept in memory: what every what-if is measured against.

Only the grids somebody asks about are counted; the next question about the same street finds them.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gis.coverage import Figures, Subjects
from gis.exactcover import Plots, plot_figures, plots_of
from gis.seenground import SeenGrounds

from ..cameras.status import out_of_service
from ..db import Scope, begin
from ..holding import Holding
from . import grounds, subjects
from .grounds import Held as Cameras
from .keeping import Kept
from .schemas import Reading
from .subjects import Held as Land

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Rows = NDArray[np.intp]

MOST_KEPT = 4000
"""Plots; and columns of figures."""


@dataclass(frozen=True, slots=True)
class Today:
    """Cameras and land at one moment, for some bands; `figures` of the same state are kept."""

    cameras: Cameras
    land: Land
    plots: Kept[int, Plots]
    figures: Kept[tuple[int, bytes], Figures]

    def touching(self, views: NDArray[np.object_], scope: Scope) -> Rows:
        """Return the subjects of a jurisdiction that enter sums and meet any of the views."""
        land = self.land
        own = (land.division_code >= scope.low) & (land.division_code <= scope.high)
        rows = np.flatnonzero(land.is_summed & own & (land.kinds != "place"))
        _, met = shapely.STRtree(land.shapes.areas[rows]).query(views, predicate="intersects")
        return np.asarray(rows[np.unique(met)])

    def near(self, rows: Rows) -> Longs:
        """Return ids of the cameras that reach any of the subjects."""
        boxes = shapely.bounds(self.land.shapes.areas[rows])
        found = [self.cameras.near(box) for box in boxes]
        return np.unique(np.concatenate([*found, np.empty(0, dtype=np.int64)]))

    def plots_of(self, rows: Rows) -> Plots:
        """Return the grounds of subjects, ready to be counted; of their roads nothing is asked."""
        ready = self.plots.completed([int(row) for row in rows], self._plots)
        return Plots(
            tuple(plot for one in ready for plot in one.plots),
            np.concatenate([one.totals for one in ready] or [np.zeros((3, 0))], axis=1),
            np.concatenate([one.boxes for one in ready] or [np.zeros((0, 4))]),
        )

    def figures_of(self, rows: Rows, seen: SeenGrounds, out: Longs) -> Figures:
        """Return what `seen`, all cameras near the subjects but those `out`, see of them."""
        keys = [(int(row), out.tobytes()) for row in rows]

        def counted(missing: list[tuple[int, bytes]]) -> list[Figures]:
            plots = self.plots_of(np.array([row for row, _ in missing], dtype=np.intp))
            return _columns(plot_figures(seen, plots))

        ready = self.figures.completed(keys, counted)
        px_per_m = self.cameras.reach.px_per_m
        return Figures(
            px_per_m,
            np.concatenate([one.totals for one in ready] or [np.zeros((3, 0))], axis=1),
            np.concatenate(
                [one.seen for one in ready] or [np.zeros((3, 0, len(px_per_m), 4))], axis=1
            ),
        )

    def _plots(self, rows: list[int]) -> list[Plots]:
        made = []
        for row in rows:
            at = np.array([row], dtype=np.intp)
            nothing = np.array([shapely.LineString()], dtype=object)
            ground = Subjects(self.land.shapes.areas[at], nothing, nothing)
            made.append(plots_of(ground, self.land.built_in(at)))
        return made


_held = Holding[Today]()


def current(session: Session, px_per_m: tuple[float, ...]) -> Today:
    """Return cameras and land as the database has them now."""
    cameras = grounds.current(session, px_per_m)
    land = subjects.current(session, cameras.lookout.frame, cameras.scene.obstacles)

    def renew(last: Today | None) -> Today:
        is_same_land = last is not None and last.land is land
        if last is not None and is_same_land and last.cameras is cameras:
            return last
        plots = last.plots if last is not None and is_same_land else Kept[int, Plots](MOST_KEPT)
        return Today(cameras, land, plots, Kept(MOST_KEPT))

    return _held.renewed(renew, px_per_m)


def out_of_order(near: Longs, reading: Reading) -> Longs:
    """Return which of these cameras do not count: by `now`, the dead, blind and moved ones."""
    if reading == "installed":
        return np.empty(0, dtype=np.int64)
    # Under the owner's eyes: a neighbour's camera that is dead sees no more than one's own.
    with begin() as owner:
        return out_of_service(owner, near.tolist())


def _columns(figures: Figures) -> list[Figures]:
    return [
        Figures(figures.px_per_m, figures.totals[:, i : i + 1], figures.seen[:, i : i + 1])
        for i in range(figures.totals.shape[1])
    ]
