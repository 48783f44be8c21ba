"""Exact conversions both ways: published values, a millimetre everywhere, the mainland's border."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gis.crs import convert
from gis.faults import FileRefused
from gis.readings import parse_reading

METRES_PER_DEGREE = 111_195.0
CITIES = Path(__file__).parents[4] / "shared/data/cn/gcoord_china-cities.json"
SYSTEMS = ("gcj02", "bd09", "gcj02web", "gcj02mc", "bd09mc", "web")


def _published(name: str) -> NDArray[np.float64]:
    cities = json.loads(CITIES.read_text("utf-8"))
    return np.array([city["coords"][name] for city in cities], dtype=np.float64)


@pytest.mark.realdata
@pytest.mark.skipif(not CITIES.exists(), reason="the published positions are not at hand")
@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("GCJ02", "gcj02"),
        ("BD09", "bd09"),
        ("BD09MC", "bd09mc"),
        ("GCJ02MC", "gcj02mc"),
        ("EPSG3857", "web"),
    ],
)
def test_664_published_positions_are_met_to_a_hundred_thousandth_of_a_degree(
    name: str, system: str
) -> None:
    there = convert(_published(name), system, "wgs84")
    assert np.abs(there - _published("WGS84")).max() < 1e-5
    forth = convert(_published("WGS84"), "wgs84", system)
    # A hundred-thousandth of a degree is 1.12 m of a Mercator's metres.
    assert np.abs(forth - _published(name)).max() < (1e-5 if system in ("gcj02", "bd09") else 1.2)


def _everywhere() -> NDArray[np.float64]:
    chance = np.random.default_rng(5)
    world = np.column_stack(
        [chance.uniform(-180, 180, 40_000), chance.uniform(-73.9, 73.9, 40_000)]
    )
    west, south, east, north = 72.004, 0.8293, 137.8347, 55.8271
    near = chance.uniform(-0.2, 0.2, 20_000)
    edges = [
        np.column_stack(
            [
                np.where(near[:10_000] > 0, west, east) + near[10_000:],
                chance.uniform(south, north, 10_000),
            ]
        ),
        np.column_stack(
            [
                chance.uniform(west, east, 10_000),
                np.where(near[:10_000] > 0, south, north) + near[10_000:],
            ]
        ),
    ]
    return np.concatenate([world, *edges])


@pytest.mark.parametrize("system", SYSTEMS)
def test_there_and_back_is_a_millimetre_anywhere_at_the_border_too(system: str) -> None:
    spots = _everywhere()
    back = convert(convert(spots, "wgs84", system), system, "wgs84")
    assert np.abs(back - spots).max() * METRES_PER_DEGREE < 1e-3


@pytest.mark.parametrize("system", ["gcj02", "bd09"])
def test_back_and_there_is_a_millimetre_too(system: str) -> None:
    # Every place of a shifted datum is one place on WGS 84: no strip is mapped upon another.
    spots = _everywhere()
    there = convert(convert(spots, system, "wgs84"), "wgs84", system)
    assert np.abs(there - spots).max() * METRES_PER_DEGREE < 1e-3


@pytest.mark.parametrize("system", ["gcj02", "bd09"])
def test_outside_the_mainland_a_shifted_datum_is_the_identity(system: str) -> None:
    # San Francisco, Paris, Sydney, and a metre outside each side of the box.
    spots = np.array(
        [[-122.4, 37.8], [2.35, 48.85], [151.2, -33.9], [72.00399, 30.0], [137.83471, 30.0]]
    )
    assert np.array_equal(convert(spots, "wgs84", system), spots)
    assert np.array_equal(convert(spots, system, "wgs84"), spots)


def test_a_zone_in_both_forms_and_units_is_one_place() -> None:
    # 108°E at the equator is easting 500,000 of its zone, 36,500,000 with the zone's number.
    spot = np.array([[108.0, 0.0]])
    assert convert(spot, "wgs84", "epsg:4545")[0] == pytest.approx((500_000.0, 0.0), abs=1e-6)
    assert convert(spot, "wgs84", "epsg:4524")[0] == pytest.approx((36_500_000.0, 0.0), abs=1e-6)
    feet = convert(spot, "wgs84", "epsg:4545+usft")[0]
    assert feet[0] == pytest.approx(500_000.0 * 3937.0 / 1200.0)
    assert convert(spot, "wgs84", "epsg:4545+swapped")[0] == pytest.approx(
        (0.0, 500_000.0), abs=1e-6
    )


@pytest.mark.parametrize(
    ("packing", "number"),
    [("packed", 1101230.5), ("dotted", 110.12305), ("minutes", 11012.508333333)],
)
def test_packed_degrees_hold_minutes_and_seconds_as_digits(packing: str, number: float) -> None:
    # 110° 12' 30.5" is 110 + 12/60 + 30.5/3600 degrees.
    numbers = np.array([[number, number]])
    assert convert(numbers, f"wgs84+{packing}", "wgs84")[0, 0] == pytest.approx(
        110.20847222, abs=1e-8
    )


def test_sixty_minutes_are_no_packed_degrees() -> None:
    assert np.isnan(convert(np.array([[1106130.0, 340000.0]]), "wgs84+packed", "wgs84")[0, 0])


@pytest.mark.parametrize(
    "name",
    ["beijing54", "gcj02+ft", "epsg:4326", "epsg:99999", "epsg:4545+packed", "wgs84+ft+usft"],
)
def test_a_reading_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(FileRefused) as refused:
        parse_reading(name)
    assert refused.value.code == "crs.no_such_datum"
