"""A set of grids, from a file or the database, and everything that is wrong with its tiling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gis.tiling import TilingFaults, check_tiling
from gis.tilingcodes import Duplicate, Malformed, duplicate_codes, malformed_codes
from gis.tilingmends import Mend, MendedTiling, mend_tiling
from gis.tilingparents import (
    Leaving,
    Unfilled,
    leaving_parents,
    match_parents,
    unfilled_parents,
)
from gis.tilingspots import Spot

Shapes = NDArray[np.object_]
EXCLUSIVE_LAYER = 1


@dataclass(frozen=True, slots=True)
class InvalidRow:
    """A row whose outline is no sound polygon; `is_mended` when it could be put right."""

    number: int
    reason: str
    lon: float | None
    lat: float | None
    is_mended: bool


@dataclass(frozen=True, slots=True)
class Parents:
    """The larger areas, and what each grid states as its own (None: by code or by place)."""

    codes: list[str | None]
    shapes: Shapes
    stated: list[str | None] | None = None


@dataclass(frozen=True, slots=True)
class Tiling:
    """Grids to be checked: lon/lat, one entry a grid in every list; None where a row has no shape.

    `numbers` are rows of a file or ids of the database; `layers` part basic from exclusive grids.
    """

    shapes: Shapes
    numbers: list[int]
    codes: list[str | None]
    layers: list[int]
    is_coded: bool = True
    declared: str = ""
    invalid: list[InvalidRow] = field(default_factory=list)
    parents: Parents | None = None

    def label(self, row: int) -> str | int:
        """The code of a grid; its number where it has none."""
        return self.codes[row] or self.numbers[row]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found."""

    tiling: Tiling
    faults: TilingFaults
    duplicates: list[Duplicate]
    malformed: list[Malformed]
    leaving: list[Leaving]
    unfilled: list[Unfilled]


def check(
    tiling: Tiling,
    *,
    layout: str | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> Checked:
    """Check a tiling for everything that can be wrong with it."""
    faults = check_tiling(
        tiling.shapes, layers=tiling.layers, declared=tiling.declared, on_progress=on_progress
    )
    duplicates = duplicate_codes(tiling.codes) if tiling.is_coded else []
    malformed = malformed_codes(tiling.codes, layout) if tiling.is_coded else []
    leaving, unfilled = _against_parents(tiling, faults, on_progress)
    return Checked(tiling, faults, duplicates, malformed, leaving, unfilled)


def _against_parents(
    tiling: Tiling, faults: TilingFaults, on_progress: Callable[[str], None] | None
) -> tuple[list[Leaving], list[Unfilled]]:
    parents = tiling.parents
    if parents is None or not len(parents.shapes):
        return [], []
    if on_progress is not None:
        on_progress("parents")
    parent_of = match_parents(
        tiling.codes, parents.codes, parents.stated, shapes=tiling.shapes, parents=parents.shapes
    )
    leaving = leaving_parents(tiling.shapes, parents.shapes, parent_of, faults.plane)
    # Exclusive grids lie on basic ones and are not what fills a village.
    parent_of = np.where(np.asarray(tiling.layers) == EXCLUSIVE_LAYER, -1, parent_of)
    return leaving, unfilled_parents(tiling.shapes, parents.shapes, parent_of, faults.plane)


def mends_of(checked: Checked, *, below_m2: float | None = None) -> list[Mend]:
    """One mend for each overlap, gap and sliver, those of at least `below_m2` left out."""
    return [mend for mend, spot in mendable(checked) if below_m2 is None or spot.area_m2 < below_m2]


def mendable(checked: Checked) -> list[tuple[Mend, Spot]]:
    """All that can be mended: overlaps, gaps, slivers, each from large to small."""
    faults = checked.faults
    slivers = [piece for piece in faults.pieces if piece.spot.is_sliver]
    return [
        *((Mend("overlap", (o.a, o.b), o.spot.shape), o.spot) for o in faults.overlaps),
        *((Mend("gap", g.neighbours, g.spot.shape), g.spot) for g in faults.gaps),
        *((Mend("sliver", (p.row,), p.spot.shape), p.spot) for p in slivers),
    ]


def mend(checked: Checked, mends: list[Mend], lines: Shapes | None = None) -> MendedTiling:
    """Apply mends, each layer for itself: ground never passes from a basic to an exclusive grid."""
    layers = np.asarray(checked.tiling.layers)
    changed = {}
    owners: dict[int, tuple[int, ...]] = {}
    for layer in np.unique(layers).tolist():
        chosen = [k for k, mend in enumerate(mends) if mend.rows and layers[mend.rows[0]] == layer]
        shapes = checked.tiling.shapes.copy()
        shapes[layers != layer] = None
        done = mend_tiling(
            shapes, [mends[k] for k in chosen], plane=checked.faults.plane, lines=lines
        )
        changed.update(done.changed)
        owners.update(zip(chosen, done.owners, strict=True))
    return MendedTiling(changed, tuple(owners.get(k, ()) for k in range(len(mends))))


def mended_tiling(tiling: Tiling, mended: MendedTiling) -> Tiling:
    """The tiling as it would be; a grid of which nothing is left has no shape."""
    shapes = tiling.shapes.copy()
    for row, shape in mended.changed.items():
        shapes[row] = None if shape.is_empty else shape
    return Tiling(
        shapes,
        tiling.numbers,
        tiling.codes,
        tiling.layers,
        tiling.is_coded,
        tiling.declared,
        [],
        tiling.parents,
    )
