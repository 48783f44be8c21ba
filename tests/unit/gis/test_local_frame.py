"""The local metric frame against pyproj's geodesics."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Geod
from shapely.geometry import Point, box

from gis.errors import ArgumentError
from gis.frame import LocalFrame, frame_for

GEOD = Geod(ellps="WGS84")
# Tongguan county, the size to serve: 526 km2.
FRAME = LocalFrame(110.25, 34.54)


def test_centre_is_the_origin() -> None:
    x, y = FRAME.to_metric(110.25, 34.54)
    assert (float(x), float(y)) == pytest.approx((0.0, 0.0), abs=1e-9)


def test_there_and_back_is_exact_to_a_micrometre() -> None:
    rng = np.random.default_rng(0)
    lon, lat = 110.25 + rng.uniform(-0.5, 0.5, 200), 34.54 + rng.uniform(-0.5, 0.5, 200)
    back_lon, back_lat = FRAME.to_lonlat(*FRAME.to_metric(lon, lat))
    # 1e-11 degrees are about a micrometre.
    np.testing.assert_allclose([back_lon, back_lat], [lon, lat], atol=1e-11, rtol=0)


@pytest.mark.parametrize(("east", "north"), [(0.15, 0.1), (-0.15, 0.1), (0.15, -0.1)])
def test_true_azimuth_less_convergence_is_the_grid_azimuth(east, north):
    lon, lat = FRAME.lon + east, FRAME.lat + north
    for azimuth in (0.0, 77.0, 200.0, 315.0):
        far_lon, far_lat, _ = GEOD.fwd(lon, lat, azimuth, 150.0)
        x, y = FRAME.to_metric([lon, far_lon], [lat, far_lat])
        grid = np.degrees(np.arctan2(x[1] - x[0], y[1] - y[0])) % 360.0
        convergence = float(FRAME.convergence_deg(lon, lat))
        # About 0.15 sin(34.5) = 0.085 degrees: a wrong sign would show a hundredfold.
        assert abs(convergence) > 0.08
        off = (azimuth - convergence - grid + 180.0) % 360.0 - 180.0
        # The geodesic bends by up to 1e-5 degrees against the straight line over 150 m.
        assert off == pytest.approx(0.0, abs=1e-4)


def test_grid_north_lies_east_of_true_north_on_the_eastern_side() -> None:
    assert float(FRAME.convergence_deg(110.45, 34.54)) > 0
    assert float(FRAME.convergence_deg(110.05, 34.54)) < 0


def test_distances_in_a_county_are_true_to_a_hundred_thousandth() -> None:
    lon, lat = 110.45, 34.70
    far_lon, far_lat, _ = GEOD.fwd(lon, lat, 60.0, 500.0)
    x, y = FRAME.to_metric([lon, far_lon], [lat, far_lat])
    assert np.hypot(*(np.diff(x), np.diff(y)))[0] == pytest.approx(500.0, rel=1e-5)


def test_frame_for_points_is_centred_on_their_extent() -> None:
    assert frame_for([110.0, 110.4, 110.1], [34.0, 34.2, 34.3]) == LocalFrame(110.2, 34.15)


def test_geometries_go_there_and_back() -> None:
    shapes = np.array([Point(110.3, 34.6), box(110.2, 34.5, 110.3, 34.6)], dtype=object)
    moved = FRAME.geometry_to_metric(shapes)
    # 0.1 degrees of longitude at 34.5 N are 9.18 km (cos 34.5 * 111.32 km * 0.1).
    width = moved[1].bounds[2] - moved[1].bounds[0]
    assert width == pytest.approx(9180, rel=0.01)
    back = FRAME.geometry_to_lonlat(moved)
    assert back[0].equals_exact(shapes[0], 1e-10)
    assert back[1].equals_exact(shapes[1], 1e-10)


def test_coordinates_that_are_no_places_are_refused() -> None:
    with pytest.raises(ArgumentError):
        FRAME.to_metric([110.0, np.nan], [34.0, 34.0])
    with pytest.raises(ArgumentError):
        LocalFrame(200.0, 34.0)
    with pytest.raises(ArgumentError):
        frame_for([], [])
