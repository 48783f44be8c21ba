"""Bearings as people write them; expected values are the compass itself."""

import pytest

from gis.bearings import Bearing, bearing_of_direction_type, parse_bearings
from gis.errors import ArgumentError


@pytest.mark.parametrize(
    ("written", "degrees"),
    [("135.0", 135.0), ("-45", 315.0), ("360", 0.0), ("90°", 90.0), ("12 度", 12.0), (7, 7.0)],
)
def test_degrees_are_certain(written: str | float, degrees: float) -> None:
    assert parse_bearings(written) == (Bearing(degrees, 0.0),)


@pytest.mark.parametrize(
    ("written", "degrees", "error"),
    [
        *[("N", 0.0, 22.5), ("nw", 315.0, 22.5), ("NNE", 22.5, 11.25), ("WSW", 247.5, 11.25)],
        *[("N/B", 0.0, 22.5), ("S/B", 180.0, 22.5), ("EB", 90.0, 22.5)],
        *[("West Bound", 270.0, 22.5), ("Northbound", 0.0, 22.5), ("North-East", 45.0, 22.5)],
        *[("东", 90.0, 22.5), ("朝东南", 135.0, 22.5), ("西北方向", 315.0, 22.5)],
        *[("北向", 0.0, 22.5), ("由东向西", 270.0, 22.5)],
    ],
)
def test_compass_points_are_as_wide_as_their_share(
    written: str, degrees: float, error: float
) -> None:
    assert parse_bearings(written) == (Bearing(degrees, error),)


@pytest.mark.parametrize("written", ["90;180", "90,180", "90/180", "90、180", "90； 180"])
def test_a_list_makes_several_sensors(written: str) -> None:
    assert [bearing.azimuth_deg for bearing in parse_bearings(written)] == [90.0, 180.0]


def test_a_sector_looks_along_its_middle_as_wide_as_it_says() -> None:
    # 0-88: middle 44. 350-10 passes north: 20 wide around 0. 0-360: all round.
    assert parse_bearings("0-88") == (Bearing(44.0, 0.0, 88.0),)
    assert parse_bearings("350-10") == (Bearing(0.0, 0.0, 20.0),)
    assert parse_bearings("0-360")[0].fov_deg == 360.0


@pytest.mark.parametrize("written", ["", "  ", None, "unknown", "N/A", "未知", "-"])
def test_unknown_is_never_north(written: str | None) -> None:
    assert parse_bearings(written) == ()


@pytest.mark.parametrize("written", ["up", "400000", "东西", "x;90", "NNN"])
def test_what_cannot_be_read_is_told(written: str) -> None:
    with pytest.raises(ArgumentError):
        parse_bearings(written)


def test_more_than_a_turn_is_taken_but_never_certain() -> None:
    assert parse_bearings("370") == (Bearing(10.0, 22.5),)


def test_direction_types_follow_the_standard() -> None:
    # FACTS.md section 5: 1 looks west to east and so on.
    expected = {1: 90, 2: 270, 3: 180, 4: 0, 5: 135, 6: 45, 7: 225, 8: 315}
    for value, degrees in expected.items():
        assert bearing_of_direction_type(str(value)) == Bearing(float(degrees), 22.5)
    assert bearing_of_direction_type("") is None
    assert bearing_of_direction_type(0) is None
    with pytest.raises(ArgumentError):
        bearing_of_direction_type("9")
