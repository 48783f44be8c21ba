"""Simulated walkers whose whole way is known, and the fixes that their trackers send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import shapely

from gis.tracks import Fixes, rules_of

STREETS = Path(__file__).parents[4] / "shared/data/sf/streets/stclines_streets.shp"
FEET_M = 0.3048006096
#: What units ride and walk at, m/s: below the limits of `gis.tracks.rules_of`.
PACE_MPS = {"foot": 1.2, "ebike": 4.2, "motorcycle": 9.0, "car": 12.0}


@dataclass(frozen=True)
class Walk:
    """A way second by second, and the fixes taken from it."""

    t: np.ndarray
    x: np.ndarray
    y: np.ndarray
    fixes: Fixes

    def way(self, from_s: float, to_s: float) -> shapely.Geometry:
        """Where the walker was in a period, as a line."""
        inner = self.t[(self.t > from_s) & (self.t < to_s)]
        low, high = max(from_s, self.t[0]), min(to_s, self.t[-1])
        if low > high:
            return shapely.LineString()
        at = np.concatenate([[low], inner, [high]])
        return shapely.LineString(np.stack([self.at(self.x, at), self.at(self.y, at)], axis=1))

    def at(self, column: np.ndarray, times: np.ndarray) -> np.ndarray:
        return np.interp(times, self.t, column)


def roam(rng: np.random.Generator, vehicle: str, seconds: int) -> np.ndarray:
    """Wander about an open place: turns, U-turns, stops, and spurts at the very limit."""
    limit = rules_of(vehicle).speed_mps * 0.999
    heading, speed, steps = rng.uniform(0, 2 * np.pi), PACE_MPS[vehicle], np.zeros((seconds, 2))
    for k in range(1, seconds):
        act = rng.random()
        if act < 0.01:
            heading += np.pi
        elif act < 0.05:
            heading += rng.normal(0, 1.0)
        elif act < 0.06:
            speed = 0.0
        elif act < 0.09:
            speed = PACE_MPS[vehicle] * rng.uniform(0.5, 1.5)
        elif act < 0.095:
            speed = limit
        step = min(speed, limit)
        steps[k] = step * np.cos(heading), step * np.sin(heading)
    return np.cumsum(steps, axis=0)


def along_streets(rng: np.random.Generator, vehicle: str, seconds: int) -> np.ndarray:
    """Follow the streets of San Francisco, turning anywhere at a corner, back at dead ends."""
    corners, onward = _street_corners()
    here = int(rng.choice(np.flatnonzero([len(next_) > 1 for next_ in onward])))
    points, before = [corners[here]], -1
    length = 0.0
    while length < 2.0 * PACE_MPS[vehicle] * seconds:
        ahead = onward[here]
        choice = [n for n in ahead if n != before] if rng.random() < 0.95 else list(ahead)
        before, here = here, int(rng.choice(choice or list(ahead)))
        length += float(np.hypot(*(corners[here] - points[-1])))
        points.append(corners[here])
    speed = np.clip(PACE_MPS[vehicle] * rng.uniform(0.3, 1.6, seconds // 30 + 1), 0, None)
    speed[rng.random(len(speed)) < 0.1] = 0.0
    gone = np.concatenate([[0.0], np.cumsum(np.repeat(speed, 30))])[:seconds]
    line = shapely.LineString(np.array(points))
    return shapely.get_coordinates(shapely.line_interpolate_point(line, gone))


_KNOWN: dict[str, tuple[np.ndarray, list[list[int]]]] = {}


def _street_corners() -> tuple[np.ndarray, list[list[int]]]:
    if "sf" not in _KNOWN:
        import pyogrio

        lines = pyogrio.read_dataframe(STREETS, read_geometry=True).geometry.to_numpy()
        lines = shapely.force_2d(lines[~shapely.is_empty(lines)])
        lines = lines[np.isfinite(shapely.length(lines))]
        ends = np.concatenate(
            [shapely.get_coordinates(shapely.get_point(lines, k)) for k in (0, -1)]
        )
        corners, which = np.unique(np.round(ends * FEET_M, 1), axis=0, return_inverse=True)
        onward: list[list[int]] = [[] for _ in corners]
        for a, b in which.reshape(2, -1).T:
            if a != b:
                onward[a].append(int(b))
                onward[b].append(int(a))
        _KNOWN["sf"] = corners, onward
    return _KNOWN["sf"]


Walker = Callable[..., Walk]


@pytest.fixture(scope="session")
def walker() -> Walker:
    """A function that makes a walk: seed, vehicle, and how often its tracker sends."""
    return make_walk


def make_walk(
    seed: int,
    vehicle: str,
    *,
    every_s: float | None = None,
    hours: float = 1.0,
    accuracy_m: float | None = None,
    silence_s: float = 0.0,
    streets: bool = False,
    unit: int = 1,
) -> Walk:
    """Make a walk and its fixes, off by up to the scaled accuracy that each states.

    Without `every_s` fixes come each 5 to 120 s; one silence of `silence_s` in the middle.
    """
    rng = np.random.default_rng(seed)
    seconds = int(hours * 3600)
    xy = (along_streets if streets else roam)(rng, vehicle, seconds)
    begin = float(rng.integers(0, 3600))
    t = begin + np.arange(len(xy), dtype=np.float64)
    gaps = np.full(seconds, every_s) if every_s else rng.uniform(5, 120, seconds)
    at = begin + rng.uniform(0, 5) + np.concatenate([[0.0], np.cumsum(gaps)])
    at = np.round(at[at < t[-1]], 3)
    middle = (t[0] + t[-1]) / 2
    at = at[np.abs(at - middle) > silence_s / 2]
    stated = np.full(len(at), accuracy_m) if accuracy_m else rng.uniform(1, 9, len(at))
    # Radii of a plane normal law whose 68 % is the stated accuracy, cut where the rules cut it.
    off = np.minimum(rng.rayleigh(1 / 1.51, len(at)), rules_of(vehicle).accuracy_scale) * stated
    towards = rng.uniform(0, 2 * np.pi, len(at))
    x = np.interp(at, t, xy[:, 0]) + off * np.cos(towards)
    y = np.interp(at, t, xy[:, 1]) + off * np.sin(towards)
    units = np.full(len(at), unit, dtype=np.int64)
    return Walk(t, xy[:, 0], xy[:, 1], Fixes(units, at, x, y, stated, np.full(len(at), np.nan)))
