"""Datums against published reference values and against their own inverse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.datum import gcj02_to_bd09, to_wgs84, wgs84_to_gcj02
from gis.errors import ArgumentError

METRES_PER_DEGREE = 111_195.0
# gcoord's test data (MIT): WGS 84, GCJ-02 and BD-09 of two cities, degrees.
ZHUMADIAN = ((114.0164322, 33.0133556), (114.022306, 33.0115324), (114.0287781, 33.0176697))


def _pair(lon: float, lat: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array([lon]), np.array([lat])


def test_forward_formulas_meet_the_published_values() -> None:
    wgs84, gcj02, bd09 = ZHUMADIAN
    shifted = wgs84_to_gcj02(*_pair(*wgs84))
    assert np.allclose(np.ravel(shifted), gcj02, rtol=0, atol=1e-5)
    assert np.allclose(np.ravel(gcj02_to_bd09(*shifted)), bd09, rtol=0, atol=1e-5)


def test_inverses_meet_the_published_values() -> None:
    wgs84, gcj02, bd09 = ZHUMADIAN
    assert np.allclose(np.ravel(to_wgs84(*_pair(*gcj02), "gcj02")), wgs84, rtol=0, atol=1e-5)
    assert np.allclose(np.ravel(to_wgs84(*_pair(*bd09), "bd09")), wgs84, rtol=0, atol=1e-5)


@given(st.floats(75.0, 134.0), st.floats(18.5, 53.0))
def test_round_trips_are_exact_to_a_tenth_of_a_millimetre(lon: float, lat: float) -> None:
    gcj02 = wgs84_to_gcj02(*_pair(lon, lat))
    for shifted, datum in ((gcj02, "gcj02"), (gcj02_to_bd09(*gcj02), "bd09")):
        back = np.ravel(to_wgs84(*shifted, datum))
        assert np.abs(back - (lon, lat)).max() * METRES_PER_DEGREE < 1e-4


def test_gcj02_is_the_identity_outside_the_mainland() -> None:
    lon, lat = np.array([-122.4, 2.35, 151.2]), np.array([37.8, 48.85, -33.9])
    assert np.array_equal(wgs84_to_gcj02(lon, lat), (lon, lat))
    assert np.array_equal(to_wgs84(lon, lat, "gcj02"), (lon, lat))


def test_cgcs2000_counts_as_wgs84() -> None:
    assert np.array_equal(to_wgs84(*_pair(110.0, 34.5), "cgcs2000"), _pair(110.0, 34.5))


def test_an_unknown_datum_is_refused() -> None:
    with pytest.raises(ArgumentError, match="beijing54"):
        to_wgs84(*_pair(110.0, 34.5), "beijing54")
