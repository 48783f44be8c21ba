"""Which grids a unit was in, from when to when: runs of its known legs in each grid.

Metres in one plane frame, seconds since 1970 UTC. The definition is docs/decisions/0021-patrol.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.gridindex import GridIndex, Shapes, index_grids
from gis.tracks import Flags, Floats, Ints, Legs
from gis.visitruns import DWELL, ENTERED, GRID, SURE, UNIT, visit_rows


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits by unit, grid and time of entry; arrays of shape (v,)."""

    #: Number of the unit, int64, and place of the grid in the grids asked about, int32.
    unit: Ints
    grid: NDArray[np.int32]
    #: First and last time in the grid, seconds since 1970 UTC; equal for a fix on its own.
    entered_s: Floats
    left_s: Floats
    #: Time within the grid, without short leavings, seconds; 0 or more.
    dwell_s: Floats
    #: Whether a fix proves it: farther inside the grid than it may be off.
    is_sure: Flags

    def __len__(self) -> int:
        return len(self.unit)


def find_visits(
    grids: Shapes | GridIndex,
    legs: Legs,
    *,
    from_s: float = -np.inf,
    to_s: float = np.inf,
) -> Visits:
    """Visits of grids.

    On a known leg the unit is taken to go straight and evenly. A visit is a run of such time
    within a grid: it goes on over leavings of at most `rules.merge_s`, ends at a gap, and begins
    and ends where the straight legs cross the border. A fix between two gaps is a visit without
    duration.

    Parameters
    ----------
    grids : ndarray of polygon, shape (n,), or GridIndex
        Metres in the frame of the legs; an index built once spares its building.
    legs : Legs
        From `gis.tracks.legs`.
    from_s, to_s : float, optional
        Period looked at, seconds since 1970 UTC, the end excluded; visits are cut there. With
        legs from fixes of this period and `rules.margin_s` more on either side the answer is that
        of all fixes.

    Returns
    -------
    Visits
        None where no unit was in a grid.

    Raises
    ------
    GeometryError
        If a grid is no polygon.

    Notes
    -----
    Linear in the legs; a leg asks only the edges of the cells it passes.

    """
    index = grids if isinstance(grids, GridIndex) else index_grids(grids)
    ends = (legs.x0, legs.y0, legs.t0, legs.x1, legs.y1, legs.t1)
    proof = (legs.radius0_m, legs.radius1_m, legs.is_firm0, legs.is_firm1, legs.is_known)
    rows = visit_rows(
        index.arrays, legs.unit, ends, proof, (legs.rules.merge_s, float(from_s), float(to_s))
    )
    rows = rows[np.lexsort((rows[:, ENTERED], rows[:, GRID], rows[:, UNIT]))]
    unit, grid = rows[:, UNIT].astype(np.int64), rows[:, GRID].astype(np.int32)
    entered_s, left_s, dwell_s = np.ascontiguousarray(rows[:, ENTERED : DWELL + 1].T)
    return Visits(unit, grid, entered_s, left_s, dwell_s, rows[:, SURE] == 1.0)
