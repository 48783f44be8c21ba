"""Coordinate systems: told, assumed aloud, or refused."""

import numpy as np
import pytest
from pyproj import CRS

from gis.crs import decide_placement, is_misplaced, place
from gis.faults import FileRefused


def _refused(*arguments: str | None) -> str:
    with pytest.raises(FileRefused) as refused:
        decide_placement(*arguments)
    return refused.value.code


def test_nothing_is_guessed() -> None:
    assert _refused(None, None) == "crs.unknown"
    assert decide_placement(None, None, rule="RFC 7946").how == "assumed"
    assert decide_placement(None, "gcj02").how == "option"


def test_a_shifted_datum_overrules_a_geographic_crs_aloud() -> None:
    placement = decide_placement("EPSG:4326", "gcj02")
    assert placement.datum == "gcj02"
    assert placement.overrules.startswith("EPSG:4326")
    assert decide_placement("EPSG:4490", "wgs84").overrules == ""


def test_a_shifted_datum_contradicts_a_projected_crs() -> None:
    assert _refused("EPSG:4545", "gcj02") == "crs.contradiction"
    assert decide_placement("EPSG:4545", "cgcs2000").datum == "cgcs2000"


def test_a_crs_without_a_place_on_earth_is_refused() -> None:
    local = CRS.from_wkt(
        'LOCAL_CS["site",LOCAL_DATUM["site",0],UNIT["metre",1],AXIS["x",EAST],AXIS["y",NORTH]]'
    )
    assert _refused(local.to_wkt(), None) == "crs.local"
    assert _refused("no crs at all", None) == "crs.unreadable"


def test_a_zone_of_cgcs2000_is_undone() -> None:
    # The central meridian of EPSG:4545 is 108 E at easting 500,000; northing 0 is the equator.
    placement = decide_placement("EPSG:4545", None)
    lonlat = place(np.array([[500_000.0, 0.0]]), placement)
    assert np.allclose(lonlat, [[108.0, 0.0]], atol=1e-9)


def test_metres_in_a_file_of_degrees_are_found() -> None:
    placement = decide_placement("EPSG:4326", None)
    xy = np.array([[500_000.0, 3_765_000.0], [108.5, 34.0]])
    assert is_misplaced(xy, place(xy, placement), placement).tolist() == [True, False]


def test_degrees_in_a_file_of_metres_are_found() -> None:
    placement = decide_placement("EPSG:4545", None)
    xy = np.array([[108.5, 34.0], [546_200.0, 3_763_600.0]])
    assert is_misplaced(xy, place(xy, placement), placement).tolist() == [True, False]


def test_degrees_on_another_datum_stay_degrees() -> None:
    placement = decide_placement("EPSG:4269", None)
    xy = np.array([[-122.4, 37.7]])
    lonlat = place(xy, placement)
    assert not is_misplaced(xy, lonlat, placement).any()
    # NAD83 and WGS 84 lie within two metres of each other.
    assert np.abs(lonlat - xy).max() * 111_195 < 2.0
