"""Where the next cameras should stand, for arrays: candidates and ground in, a plan with proof out.

Metres and grid azimuths of one metric CRS; `gis.siting` is the door for frames.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gis.candidates import SOURCES, Floats, Indices, Shapes, Spots, are_built, are_outside
from gis.errors import ArgumentError
from gis.obstacles import Obstacles
from gis.poses import PoseTable
from gis.sightline import TARGET_HEIGHT_M
from gis.siteproblem import SitingProblem
from gis.sitesolver import Siting, Step, solve
from gis.siteview import (
    Lenses,
    Options,
    are_modest,
    cells_seen,
    lenses_for,
    options_of,
    seen_already,
)
from gis.terrain import Terrain
from gis.viewshed import Mount, viewsheds
from gis.visibility import View


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be built and for how much."""

    #: Cameras, or money when a cost is given.
    budget: float
    #: Least density at which ground counts as seen.
    px_per_m: float = 20.0
    #: Horizontal fields to choose from, degrees.
    fov_deg: tuple[float, ...] = (90.0,)
    #: What a camera costs by its lens and by what it hangs on, added up; the rest is free.
    lens_cost: tuple[float, ...] | None = None
    source_cost: Mapping[str, float] | None = None
    height_m: float = 4.0
    width_px: float = 1920.0
    azimuths: int = 8
    #: Cameras on one spot, at most.
    per_spot: int = 1
    target_height_m: float = TARGET_HEIGHT_M
    #: Time for the search.
    seconds: float = 60.0

    def __post_init__(self) -> None:
        if not self.fov_deg or not all(0.0 < fov <= 360.0 for fov in self.fov_deg):
            raise ArgumentError("fov_deg", got=self.fov_deg, allowed="above 0, up to 360")
        if self.lens_cost is not None and len(self.lens_cost) != len(self.fov_deg):
            got, allowed = len(self.lens_cost), f"{len(self.fov_deg)}, one per lens"
            raise ArgumentError("lens_cost", got=got, allowed=allowed)
        if self.azimuths < 1:
            raise ArgumentError("azimuths", got=self.azimuths, allowed="1 or more")


@dataclass(frozen=True, slots=True)
class Land:
    """What stands there: obstacles, existing cameras, and ground the law keeps cameras from."""

    obstacles: Obstacles
    terrain: Terrain | None = None
    #: Existing cameras: what they see for sure earns nothing.
    poses: PoseTable | None = None
    #: No camera stands in these, and none looks into them (Order 799 Art. 8); polygons.
    forbidden: Shapes = field(default_factory=lambda: np.empty(0, dtype=object))
    #: No camera stands in these without the consent of Art. 10; polygons.
    closed: Shapes = field(default_factory=lambda: np.empty(0, dtype=object))


@dataclass(frozen=True, slots=True)
class Ground:
    """Pieces of open ground to see, by their middles; arrays of shape (cells,)."""

    x: Floats
    y: Floats
    area_m2: Floats
    #: Worth of seeing the piece; see `gis.gapweights`.
    weight: Floats


@dataclass(frozen=True, slots=True)
class SitePlan:
    """The chosen cameras, the most useful first; arrays of shape (chosen,)."""

    siting: Siting
    #: Candidates that law and buildings left, and the options chosen among theirs.
    spots: Spots
    lenses: Lenses
    options: Options
    #: Rows of the ground each sees at the density, and of these the ones that neither existing
    #: cameras nor those before it see.
    seen: tuple[Indices, ...]
    added: tuple[Indices, ...]
    #: Weight and area of `added`.
    gain: Floats
    gain_m2: Floats
    #: Share of the area it sees that existing cameras see for sure (Art. 6: no double building).
    overlap_share: Floats
    #: What it sees to the end of its range; valid polygons.
    views: Shapes
    cost: Floats
    #: How many candidates and options there were, and how many the law struck out.
    counts: dict[str, int]

    def __len__(self) -> int:
        return len(self.gain)


def plan_sites(
    land: Land,
    spots: Spots,
    ground: Ground,
    wish: Wish,
    *,
    on_step: Callable[[Step], bool] = lambda step: True,
) -> SitePlan:
    """Cameras worth building on the candidate spots, with the proof of how good they are.

    Parameters
    ----------
    land : Land
        Obstacles, existing cameras and restricted areas, metric CRS.
    spots : Spots
        Candidates, same CRS; see `gis.candidates`.
    ground : Ground
        What is to be seen, same CRS.
    wish : Wish
        Lenses, density, budget.
    on_step : callable
        As in `gis.sitesolver.solve`; False stops with the best so far.

    Returns
    -------
    SitePlan
        Nothing chosen when no candidate is lawful or none sees new ground.

    Raises
    ------
    ArgumentError
        If a number of the wish is outside its range.

    Notes
    -----
    A candidate inside a building or a restricted area is struck out, and so is every option whose
    view would enter a forbidden area: limits, not costs.

    """
    looks, counts = _lawful(land, spots, wish)
    starts, cells = cells_seen(
        (land.obstacles, land.terrain),
        looks,
        (ground.x, ground.y),
        target_height_m=wish.target_height_m,
    )
    known = _known(land, ground, wish)
    problem = SitingProblem(
        starts,
        cells,
        np.where(known, 0.0, ground.weight),
        _costs(wish, looks),
        looks[2].spot,
        wish.budget,
        wish.per_spot,
    )
    siting = solve(problem, seconds=wish.seconds, on_step=on_step)
    return _ranked((land, ground, known), looks, problem, (wish, siting, counts))


def _lawful(
    land: Land, spots: Spots, wish: Wish
) -> tuple[tuple[Spots, Lenses, Options], dict[str, int]]:
    """Candidates and options that buildings and the law leave, and how many there were."""
    is_lawful = are_outside(spots.x, spots.y, np.concatenate([land.forbidden, land.closed]))
    standing = spots.only(is_lawful & ~are_built(land.obstacles, spots.x, spots.y))
    lenses = lenses_for(
        np.asarray(wish.fov_deg),
        width_px=wish.width_px,
        height_m=wish.height_m,
        px_per_m=wish.px_per_m,
        target_height_m=wish.target_height_m,
    )
    options = options_of(standing, lenses, wish.azimuths)
    modest = are_modest(
        (land.obstacles, land.terrain),
        (standing, lenses, options),
        land.forbidden,
        target_height_m=wish.target_height_m,
    )
    counts = {
        "spots": len(spots),
        "spots_unlawful": int((~is_lawful).sum()),
        "spots_open": len(standing),
        "options": len(options),
        "options_unlawful": int((~modest).sum()),
    }
    return (standing, lenses, options.only(modest)), counts


def _costs(wish: Wish, looks: tuple[Spots, Lenses, Options]) -> Floats:
    spots, _, options = looks
    if wish.lens_cost is None and wish.source_cost is None:
        return np.ones(len(options))
    by_source = [(wish.source_cost or {}).get(source, 0.0) for source in SOURCES]
    by_lens = np.zeros(len(wish.fov_deg)) if wish.lens_cost is None else np.array(wish.lens_cost)
    return np.asarray(np.array(by_source)[spots.source[options.spot]] + by_lens[options.lens])


def _known(land: Land, ground: Ground, wish: Wish) -> NDArray[np.bool_]:
    if land.poses is None:
        return np.zeros(len(ground.x), dtype=bool)
    return seen_already(
        (land.obstacles, land.terrain),
        land.poses,
        (ground.x, ground.y),
        px_per_m=wish.px_per_m,
        target_height_m=wish.target_height_m,
    )


def _ranked(
    seen_land: tuple[Land, Ground, NDArray[np.bool_]],
    looks: tuple[Spots, Lenses, Options],
    problem: SitingProblem,
    found: tuple[Wish, Siting, dict[str, int]],
) -> SitePlan:
    """The chosen in the order in which each adds most to those before it."""
    land, ground, known = seen_land
    wish, siting, counts = found
    spots, lenses, options = looks
    is_seen = known.copy()
    left = siting.chosen.tolist()
    order: list[int] = []
    added: list[Indices] = []
    while left:
        fresh = {j: problem.seen_by(j)[~is_seen[problem.seen_by(j)]] for j in left}
        best = max(left, key=lambda j: (float(problem.weight[fresh[j]].sum()), -j))
        if not problem.weight[fresh[best]].sum() > 0.0:
            break  # an option the solver took for nothing: not worth a camera
        is_seen[fresh[best]] = True
        order.append(best)
        added.append(fresh[best])
        left.remove(best)
    chosen = np.array(order, dtype=np.int64)
    seen = tuple(problem.seen_by(j) for j in order)
    taken = options.only(chosen)
    area = ground.area_m2
    overlap = [float(area[c[known[c]]].sum() / area[c].sum()) for c in seen]
    return SitePlan(
        siting,
        spots,
        lenses,
        taken,
        seen,
        tuple(added),
        np.array([float(problem.weight[c].sum()) for c in added]),
        np.array([float(area[c].sum()) for c in added]),
        np.array(overlap),
        _views(land, (spots, lenses, taken), wish.target_height_m),
        problem.cost[chosen],
        counts,
    )


def _views(land: Land, looks: tuple[Spots, Lenses, Options], target_height_m: float) -> Shapes:
    spots, lenses, options = looks
    views = [
        View(
            float(spots.x[spot]),
            float(spots.y[spot]),
            float(azimuth),
            float(lenses.fov_deg[lens]),
            float(lenses.range_m[lens]),
        )
        for spot, azimuth, lens in zip(options.spot, options.azimuth_deg, options.lens, strict=True)
    ]
    mounts = [Mount(lenses.height_m)] * len(views)
    sheds = viewsheds(
        land.obstacles, views, mounts, target_height_m=target_height_m, terrain=land.terrain
    )
    out = np.empty(len(views), dtype=object)
    out[:] = [shed.certain for shed in sheds]
    return out
