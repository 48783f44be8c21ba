"""Visits of real taxis in San Francisco's plots, against a computation of its own.

Tracks: Piorkowski, Sarafijanovic-Djukic, Grossglauser 2009 (CRAWDAD epfl/mobility). The other side
is written leg by leg with pandas and GEOS: no index, no kernels, other order of steps.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from gis.frame import LocalFrame
from gis.tracks import Fixes, clean, legs, rules_of
from gis.visits import find_visits

SF = Path(__file__).parents[4] / "shared/data/sf"
FRAME = LocalFrame(-122.44, 37.76)
CAR = rules_of("car")
RADIUS_M = CAR.assumed_accuracy_m * CAR.accuracy_scale
DAY_S = 86_400

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not SF.exists(), reason="needs the published data sets"),
]


@pytest.fixture(scope="module")
def plots() -> np.ndarray:
    import pyogrio

    shapes = pyogrio.read_dataframe(SF / "grids.geojson").geometry.to_numpy()
    return FRAME.geometry_to_metric(shapes)


@pytest.fixture(scope="module")
def taxis() -> dict[str, pd.DataFrame]:
    """Three taxis; columns are lat, then lon."""
    told = {}
    with tarfile.open(SF / "tracks.tar.gz") as packed:
        names = sorted(name for name in packed.getnames() if name.endswith(".txt"))
        for name in (names[0], names[20], names[45]):
            member = packed.extractfile(name)
            assert member is not None
            track = pd.read_csv(
                io.BytesIO(member.read()), sep=" ", names=["lat", "lon", "occupied", "at"]
            )
            track["x"], track["y"] = FRAME.to_metric(track["lon"], track["lat"])
            told[name] = track[["at", "x", "y"]].astype(float)
    return told


def _as_fixes(track: pd.DataFrame) -> Fixes:
    silent = np.full(len(track), np.nan)
    unit = np.ones(len(track), dtype=np.int64)
    return Fixes(unit, *(track[c].to_numpy().copy() for c in ("at", "x", "y")), silent, silent)


def _possible(a: pd.Series, b: pd.Series) -> bool:
    reach = CAR.speed_mps * abs(b["at"] - a["at"]) + 2 * RADIUS_M
    return bool(np.hypot(b["x"] - a["x"], b["y"] - a["y"]) <= reach)


def _plain_clean(track: pd.DataFrame) -> pd.DataFrame:
    """One fix a second of time, then those that most of their neighbours contradict go."""
    ordered = track.sort_values(["at", "x", "y"]).drop_duplicates("at").reset_index(drop=True)
    rows, jumps = ordered.to_dict("records"), []
    for k, row in enumerate(rows):
        around = rows[max(k - 3, 0) : k] + rows[k + 1 : k + 4]
        around = [other for other in around if abs(other["at"] - row["at"]) <= CAR.window_s]
        against = sum(not _possible(row, other) for other in around)
        jumps.append(against >= 2 and against > len(around) / 2)
    return ordered[~np.array(jumps)].reset_index(drop=True)


def _plain_visits(track: pd.DataFrame, plots: np.ndarray) -> pd.DataFrame:
    """Visits with entered, left and dwell by cutting each leg at each plot with GEOS."""
    later = track.shift(-1)
    ways = shapely.linestrings(
        np.stack([track[["x", "y"]].to_numpy()[:-1], track[["x", "y"]].to_numpy()[1:]], axis=1)
    )
    known = [
        later["at"][k] - track["at"][k] <= CAR.gap_s and _possible(track.loc[k], track.loc[k + 1])
        for k in range(len(track) - 1)
    ]
    run = np.cumsum([not is_known for is_known in known])
    pieces = []
    for k, plot in zip(*shapely.STRtree(plots).query(ways, "intersects"), strict=True):
        begin, end = track["at"][k], track["at"][k + 1]
        if known[k] and shapely.length(ways[k]) == 0.0:
            pieces.append((plot, run[k], begin, end))
        elif known[k]:
            for part in shapely.get_parts(shapely.intersection(ways[k], plots[plot])):
                if shapely.length(part) > 0.0:
                    ends = shapely.line_locate_point(ways[k], shapely.boundary(part).geoms, True)
                    low, high = sorted(begin + ends * (end - begin))
                    pieces.append((plot, run[k], low, high))
    told = pd.DataFrame(pieces, columns=["plot", "run", "low", "high"])
    told = told.sort_values(["plot", "low", "high"]).reset_index(drop=True)
    before = told.groupby(["plot", "run"])["high"].cummax().groupby([told["plot"], told["run"]])
    is_new = ~(told["low"] - before.shift(1) <= CAR.merge_s)
    told["visit"], told["dwell"] = is_new.cumsum(), told["high"] - told["low"]
    return told.groupby("visit").agg(
        plot=("plot", "first"), entered=("low", "min"), left=("high", "max"), dwell=("dwell", "sum")
    )


def test_visits_of_taxis_are_those_of_cutting_every_leg_by_geos(taxis, plots):
    """To a millisecond; visits of less than that may be there or not, where a way grazes a plot."""
    count = 0
    for track in taxis.values():
        part = track[track["at"] < track["at"].min() + 2 * DAY_S]
        found = find_visits(plots, legs(clean(_as_fixes(part), CAR)))
        stays = found.left_s - found.entered_s > 1e-3
        told = _plain_visits(_plain_clean(part), plots)
        told = told[told["left"] - told["entered"] > 1e-3].sort_values(["plot", "entered"])
        mine = np.stack([found.grid, found.entered_s, found.left_s, found.dwell_s], axis=1)[stays]
        np.testing.assert_allclose(mine, told.to_numpy(dtype=float), rtol=0, atol=1e-3)
        count += len(mine)
    assert count > 1000


def test_time_per_plot_and_hour_adds_up_whatever_the_hour_is_asked_alone(taxis, plots):
    """Visits cut hour by hour: a plot's time is that of the day; no hour has more than 3600 s."""
    track = next(iter(taxis.values()))
    begin = float(np.ceil(track["at"].min() / DAY_S) * DAY_S)
    own = legs(clean(_as_fixes(track), CAR))
    day = find_visits(plots, own, from_s=begin, to_s=begin + DAY_S)
    by_hour = np.zeros((24, len(plots)))
    for hour in range(24):
        low = begin + 3600.0 * hour
        visits = find_visits(plots, own, from_s=low, to_s=low + 3600.0)
        np.add.at(by_hour[hour], visits.grid, visits.dwell_s)
    whole = np.bincount(day.grid, weights=day.dwell_s, minlength=len(plots))
    np.testing.assert_allclose(by_hour.sum(axis=0), whole, atol=1e-6)
    assert by_hour.sum(axis=1).max() <= 3600.0 + 1e-6


def test_jumps_of_taxis_are_left_out(taxis):
    """No known leg is faster than the limit allows with both fixes off by what they may be."""
    for track in taxis.values():
        own = legs(clean(_as_fixes(track), CAR))
        apart = np.hypot(own.x1 - own.x0, own.y1 - own.y0)[own.is_known]
        lasted = (own.t1 - own.t0)[own.is_known]
        assert np.all(apart <= CAR.speed_mps * lasted + 2 * RADIUS_M)
        assert lasted.max() <= CAR.gap_s
