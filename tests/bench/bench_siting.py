"""Siting 2,000 candidates x 20,000 cells of ground, and against spopt's MCLP, in one run.

Coverage is by sight among the buildings of a made-up city. Both sides begin with the matrix of what
each candidate sees and end with the chosen sites. Run from the project's root:
`.venv/bin/python tests/bench/run.py siting`.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass

import numpy as np
from city import City, make_city
from numpy.typing import NDArray

from gis.candidates import Spots, are_built, pole_spots
from gis.obstacles import Obstacles, build_obstacles
from gis.siteproblem import SitingProblem
from gis.sitesolver import Siting, solve
from gis.siteview import Lenses, Options, cells_seen

CANDIDATES, CELLS, BUDGET = 2_000, 20_000, 200
GAP_LIMIT, SECONDS = 0.02, 60.0
SPEED_FLOOR = 100.0
#: The peer builds a constraint for each cell in Python; this size takes it the better part of a
#: minute, and both prove their optimum.
PEER_CELLS = 3_000


@dataclass(frozen=True, slots=True)
class Instance:
    """What each candidate sees and what that is worth."""

    problem: SitingProblem
    #: bool (cells, candidates): the same for the peer.
    sees: NDArray[np.bool_]


def main() -> bool:
    """Print the figures; True when every floor holds."""
    # The first call of each kernel compiles or loads it.
    solve(instance(make_city(n_buildings=200, n_cameras=50, side_m=700.0), 500, 5).problem)
    is_good = True
    for name, side_m, buildings in (
        ("county town, 6 x 6 km", 6_000.0, 14_400),
        ("town, 3 x 3 km", 3_000.0, 3_600),
        ("crowded, 1.6 x 1.6 km", 1_600.0, 1_000),
    ):
        city = make_city(n_buildings=buildings, n_cameras=CANDIDATES, side_m=side_m)
        is_good &= _against_the_clock(name, instance(city, CELLS, BUDGET))
    return _against_spopt() and is_good


def instance(city: City, cells: int, budget: int) -> Instance:
    """Candidates are the city's cameras; cells lie in the open, half of them near candidates."""
    obstacles = build_obstacles(city.polygons, city.heights_m, city.ids)
    rng = np.random.default_rng(11)
    x, y = _open_points(rng, obstacles, city, cells)
    weight = rng.integers(1, 11, cells).astype(np.float64)
    spots, lenses, options = _poses(city)
    starts, seen = cells_seen((obstacles, None), (spots, lenses, options), (x, y))
    count = len(options)
    problem = SitingProblem(starts, seen, weight, np.ones(count), np.arange(count), float(budget))
    sees = np.zeros((cells, count), dtype=bool)
    sees[seen, np.repeat(np.arange(count), np.diff(starts))] = True
    return Instance(problem, sees)


def _poses(city: City) -> tuple[Spots, Lenses, Options]:
    """The city's cameras, 90 degrees and 150 m; azimuths to whole degrees."""
    spots = pole_spots(city.x, city.y)
    lenses = Lenses(6.0, np.array([90.0]), np.array([150.0]), np.array([150.0]))
    count = len(spots)
    azimuth = np.round(city.azimuth_deg) % 360.0
    return spots, lenses, Options(np.arange(count), azimuth, np.zeros(count, dtype=np.int64))


def _open_points(
    rng: np.random.Generator, obstacles: Obstacles, city: City, count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    side_m = float(max(city.x.max(), city.y.max()))
    wide = rng.uniform(0.0, side_m, (2 * count, 2))
    at = rng.integers(0, len(city.x), 2 * count)
    near = np.column_stack([city.x, city.y])[at] + rng.normal(0.0, 80.0, (2 * count, 2))
    points = np.where((np.arange(2 * count) % 2 == 0)[:, np.newaxis], wide, near)
    free = ~are_built(obstacles, points[:, 0], points[:, 1])
    chosen = points[free][:count]
    return chosen[:, 0].copy(), chosen[:, 1].copy()


def _against_the_clock(name: str, made: Instance) -> bool:
    siting = solve(made.problem, seconds=SECONDS)
    per_site = len(made.problem.cells) / len(made.problem)
    steps = ", ".join(
        f"{step} {value / siting.bound:.2%}" for step, value in siting.by_step.items()
    )
    print(
        f"{name}: {CANDIDATES} candidates x {CELLS} cells, {per_site:.0f} cells a candidate, "
        f"budget {BUDGET}: {siting.seconds:.2f} s, value {siting.value:.0f}, bound "
        f"{siting.bound:.0f}, gap {siting.gap:.2%} (limit {GAP_LIMIT:.0%} in {SECONDS:.0f} s)"
        f"{', optimal' if siting.is_optimal else ''}; of the bound: {steps}",
        flush=True,
    )
    return siting.gap <= GAP_LIMIT and siting.seconds <= SECONDS + 1.0


def _against_spopt() -> bool:
    city = make_city(n_buildings=3_600, n_cameras=CANDIDATES, side_m=3_000.0)
    made = instance(city, PEER_CELLS, BUDGET)
    began = time.perf_counter()
    peer_value = _spopt_value(made)
    peer_s = time.perf_counter() - began
    own_s: list[float] = []
    sitings: list[Siting] = []
    for _ in range(3):
        began = time.perf_counter()
        sitings.append(solve(_from_matrix(made)))
        own_s.append(time.perf_counter() - began)
    own, ratio = sitings[0], peer_s / min(own_s)
    print(
        f"spopt 0.7.0 MCLP + CBC, {CANDIDATES} x {PEER_CELLS}: {peer_s:.1f} s, optimum "
        f"{peer_value:.0f}; ours {min(own_s):.3f} s, {own.value:.0f}, ratio {ratio:.0f}x "
        f"(floor {SPEED_FLOOR:.0f}x)"
    )
    return own.is_optimal and own.value == peer_value and ratio >= SPEED_FLOOR


def _from_matrix(made: Instance) -> SitingProblem:
    """The question from the same dense matrix the peer is given."""
    option, cells = np.nonzero(made.sees.T)
    count = made.sees.shape[1]
    starts = np.searchsorted(option, np.arange(count + 1))
    ones = np.ones(count)
    return SitingProblem(
        starts, cells, made.problem.weight, ones, np.arange(count), made.problem.budget
    )


def _spopt_value(made: Instance) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pulp
        from spopt.locate import MCLP

        model = MCLP.from_cost_matrix(
            np.where(made.sees, 0.0, 1.0),
            made.problem.weight,
            service_radius=0.5,
            p_facilities=int(made.problem.budget),
        )
        # Proven to the end, as ours is: CBC stops at a gap of its own otherwise.
        solved = model.solve(pulp.PULP_CBC_CMD(msg=False, gapRel=0.0))
    chosen = [j for j, variable in enumerate(solved.fac_vars) if variable.value() > 0.5]
    return made.problem.value(np.array(chosen, dtype=np.int64))


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
