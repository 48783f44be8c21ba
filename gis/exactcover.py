"""Coverage figures by exact overlay: the numbers that are reported; metres in one plane CRS.

`gis.seenground` gives what each camera sees, `plots_of` what there is to see, `exact_figures` how
much of it is seen by one camera or more. `gis.rastercover` counts the same by cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from gis.bandground import areal
from gis.coverage import PARTS, Figures, Subjects
from gis.crossings import DOUBT, GROUND, OUTLINE, ROAD, VIEW
from gis.depths import covered_amounts
from gis.errors import ArgumentError
from gis.lattice import Lattice, Rings, lattice_over, lines_between, lines_of, rings_of
from gis.outlines import outline_pieces
from gis.seenground import SeenGrounds

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Plot:
    """One subject made ready: what can be seen of it, as borders."""

    #: The area without its buildings; MultiPolygon, Polygon or empty.
    ground: BaseGeometry
    #: Rings of the ground; roads; outline pieces, moved out of their walls.
    rings: Rings
    roads: Rings
    outline: Rings
    #: min x, min y, max x, max y of all of them; nan for nothing at all.
    box: Floats


@dataclass(frozen=True, slots=True)
class Plots:
    """Subjects made ready by `plots_of`; worth keeping, for they hang on no camera."""

    plots: tuple[Plot, ...]
    #: float64 (3, n), as `Figures.totals`.
    totals: Floats
    #: Box of each plot, float64 (n, 4).
    boxes: Floats

    def __len__(self) -> int:
        return len(self.plots)

    def only(self, rows: ArrayLike) -> Plots:
        """The subjects of these rows, in that order."""
        chosen = np.asarray(rows, dtype=np.int64)
        plots = tuple(self.plots[row] for row in chosen)
        return Plots(plots, self.totals[:, chosen], self.boxes[chosen])


def plots_of(subjects: Subjects, built: Shapes) -> Plots:
    """What there is to see of each subject.

    Parameters
    ----------
    subjects : Subjects
        Metric CRS.
    built : ndarray of Polygon or MultiPolygon
        Building footprints that touch the subjects, valid; they may overlap.

    Returns
    -------
    Plots
        Ground is the area less the buildings. Roads count as they are, outlines as
        `gis.outlines.outline_pieces` lays them.

    """
    tree = STRtree(built)
    plots, totals = [], np.zeros((3, len(subjects)))
    for i, (area, road, outline) in enumerate(
        zip(subjects.areas, subjects.roads, subjects.outlines, strict=True)
    ):
        near = built[np.sort(tree.query(area, predicate="intersects"))]
        ground = shapely.difference(area, shapely.union_all(near)) if len(near) else area
        pieces = outline_pieces(outline, tree)
        groups = (rings_of(areal(_one(ground))), lines_of(_one(road)), lines_between(pieces))
        plots.append(Plot(ground, *groups, _box(groups)))
        along = pieces[:, 1] - pieces[:, 0]
        totals[:, i] = ground.area, shapely.length(road), np.hypot(*along.T).sum()
    boxes = np.array([plot.box for plot in plots]).reshape(len(plots), 4)
    return Plots(tuple(plots), np.nan_to_num(totals), boxes)


def exact_figures(grounds: SeenGrounds, subjects: Subjects, built: Shapes) -> Figures:
    """Amounts of ground, road and outline that are seen, by subject and band.

    Parameters
    ----------
    grounds : SeenGrounds
        Of all cameras that count.
    subjects, built
        As in `plots_of`.

    Returns
    -------
    Figures
        What a camera sees perhaps counts as possible only where no camera sees for sure.

    Notes
    -----
    Exact for the polygons given, up to their rounding to 8 micrometres; see `gis.depths`. Memory
    and time grow with the cameras near one subject, not with all.

    """
    return plot_figures(grounds, plots_of(subjects, built))


def plot_figures(grounds: SeenGrounds, plots: Plots) -> Figures:
    """`exact_figures` of subjects that are ready."""
    figures = Figures(
        grounds.px_per_m,
        plots.totals,
        np.zeros((3, len(plots), len(grounds.px_per_m), len(PARTS))),
    )
    return _recounted(grounds, plots, figures, np.arange(len(plots)))


def changed_figures(
    before: SeenGrounds,
    after: SeenGrounds,
    plots: Plots,
    figures: Figures,
    cameras: ArrayLike,
) -> Figures:
    """`plot_figures(after, plots)` by counting again only the subjects that a change touches.

    Parameters
    ----------
    before, after : SeenGrounds
        With the same bands, differing in nothing but `cameras`.
    plots : Plots
        Of both.
    figures : Figures
        `plot_figures(before, plots)`; it is not changed.
    cameras : array_like of int
        Numbers of the cameras that were added, changed or taken away.

    Returns
    -------
    Figures
        The same bits as a full count gives.

    Raises
    ------
    ArgumentError
        If the bands differ.

    """
    if not before.px_per_m == after.px_per_m == figures.px_per_m:
        raise ArgumentError("after", got=after.px_per_m, allowed=f"bands {figures.px_per_m}")
    chosen = np.asarray(cameras, dtype=np.int64)
    changed = np.concatenate([g.bounds[np.isin(g.camera_index, chosen)] for g in (before, after)])
    return _recounted(after, plots, figures, _touched(plots.boxes, changed))


def _touched(boxes: Floats, changed: Floats) -> Longs:
    """Rows of the boxes that meet any of the changed ones."""
    b, c = boxes[:, np.newaxis, :], changed[np.newaxis, :, :]
    meets = (b[..., :2] <= c[..., 2:]) & (b[..., 2:] >= c[..., :2])
    return np.flatnonzero(np.any(np.all(meets, axis=2), axis=1))


def _recounted(grounds: SeenGrounds, plots: Plots, figures: Figures, rows: Longs) -> Figures:
    seen = figures.seen.copy()
    for row in rows:
        seen[:, row] = _counted(grounds, plots.plots[row], plots.totals[:, row])
    return Figures(figures.px_per_m, figures.totals, seen)


def _counted(grounds: SeenGrounds, plot: Plot, totals: Floats) -> Floats:
    """Amounts (3, bands, parts) of one subject."""
    cameras = grounds.near(plot.box)
    bands = len(grounds.px_per_m)
    amounts = np.zeros((3, bands, len(PARTS)))
    # Band after band, so that the rings of a band lie together.
    sure = rings_of(grounds.certain[cameras].T.ravel())
    perhaps = rings_of(grounds.possible[cameras].T.ravel())
    if not len(sure.owner) and not len(perhaps.owner):
        return amounts
    lattice = lattice_over(sure, perhaps, plot.rings, plot.roads, plot.outline)
    for band in range(bands):
        views = sure.of(band * len(cameras), (band + 1) * len(cameras))
        doubtful = perhaps.of(band * len(cameras), (band + 1) * len(cameras))
        covered = _covered(lattice, (views, doubtful), plot)
        once = np.clip(covered[:, 0], 0.0, totals)
        more = np.clip(covered[:, 1], 0.0, once)
        possible = np.clip(covered[:, 2], once, totals) - once
        amounts[:, band] = np.stack([once, possible, once - more, more], axis=1)
    return amounts


def _covered(lattice: Lattice, views: tuple[Rings, Rings], plot: Plot) -> Floats:
    """Amounts (3, 3) of the plot: seen for sure, by two or more, for sure or perhaps."""
    sure, doubtful = views
    if not len(sure.owner) and not len(doubtful.owner):
        return np.zeros((3, 3))
    base = int(sure.owner[-1]) + 1 if len(sure.owner) else 0
    lines = base + (int(doubtful.owner[-1]) + 1 if len(doubtful.owner) else 0)
    groups = [(sure, sure.owner, VIEW), (doubtful, doubtful.owner + base, DOUBT)]
    for rings, kind in ((plot.rings, GROUND), (plot.roads, ROAD), (plot.outline, OUTLINE)):
        groups.append((rings, np.full(len(rings.owner), lines + kind - GROUND), kind))
    amounts = covered_amounts(lattice.borders(groups))
    unit = np.array([lattice.step_m**2, lattice.step_m, lattice.step_m])
    return np.asarray(amounts * unit[:, np.newaxis])


def _one(shape: BaseGeometry | None) -> Shapes:
    shapes = np.empty(1, dtype=object)
    shapes[0] = shape
    return shapes


def _box(groups: tuple[Rings, ...]) -> Floats:
    xy = np.concatenate([rings.xy for rings in groups])
    if not len(xy):
        return np.full(4, np.nan)
    return np.concatenate([xy.min(axis=0), xy.max(axis=0)])
