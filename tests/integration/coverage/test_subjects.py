"""What coverage is counted for: grids, divisions without grids, key places, roads inside them."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from backend import db
from backend.cameras import lookout
from backend.coverage import subjects
from backend.coverage.summing import Land, chosen_sets, summed
from tests.conftest import COUNTY, NEIGHBOUR, VILLAGES, WEST_TOWN


def held() -> subjects.Held:
    with db.begin() as session:
        watch, scene = lookout.current(session)
        return subjects.current(session, watch.frame, scene.obstacles)


def test_every_grid_is_a_subject_and_a_division_only_where_there_are_no_grids(land: Any) -> None:
    assert np.count_nonzero(held().kinds == "grid") == 13
    assert np.count_nonzero(held().kinds == "division") == 0
    land.run("UPDATE grids SET valid_to = CURRENT_DATE WHERE division_code = %s", VILLAGES[3])
    found = held()
    assert np.count_nonzero(found.kinds == "grid") == 10
    assert found.ids[found.kinds == "division"].tolist() == [VILLAGES[3]]


def test_areas_agree_with_the_spheroid(land: Any) -> None:
    found = held()
    with db.begin() as session:
        asked = text("SELECT id, ST_Area(geom::geography) FROM grids ORDER BY id")
        expected = dict(session.execute(asked).tuples().all())
    for index in np.flatnonzero(found.kinds == "grid"):
        # Metres of the frame are true to 3e-5; the area to twice that.
        assert found.shapes.areas[index].area == pytest.approx(
            expected[int(found.ids[index])], rel=1e-4
        )


def test_two_sets_over_one_village_enter_its_sum_once(land: Any) -> None:
    found = held()
    codes = [found.codes[i] for i in np.flatnonzero(found.is_summed)]
    assert len(codes) == 9
    assert not any(str(code).startswith("P") for code in codes)


def test_the_set_that_covers_more_of_a_village_counts_and_exclusive_grids_never_do() -> None:
    land = Land(
        grid_sets=["a", "b", "b", "b"],
        grid_kinds=["basic", "basic", "basic", "exclusive"],
        grid_divisions=[7, 7, 7, 7],
        grid_areas=[50.0, 40.0, 60.0, 5.0],
    )
    assert chosen_sets(land) == [False, True, True, False]


def test_sums_go_up_to_the_county_and_the_whole_land() -> None:
    codes = np.array([VILLAGES[0], VILLAGES[1], VILLAGES[2], NEIGHBOUR])
    sums = summed(codes, np.array([[1.0], [2.0], [4.0], [8.0]]))
    assert sums[WEST_TOWN] == [3.0]
    assert sums[COUNTY] == [7.0]
    assert sums[610000000000] == [15.0]
    assert sums[0] == [15.0]


def test_a_key_place_is_known_by_outline_then_building_then_circle(land: Any) -> None:
    circle = held()
    [place] = np.flatnonzero(circle.kinds == "place")
    # Drawn with 8 chords a quarter: 0.6 % less than the circle of 50 m.
    assert circle.shapes.areas[place].area == pytest.approx(7854, rel=0.01)
    assert circle.shapes.outlines[place].is_empty
    land.run(
        "INSERT INTO buildings (set_name, height_m, geom) SELECT 'x', 9,"
        " ST_Multi(ST_Expand(geom, 0.0001)) FROM places WHERE is_key"
    )
    building = held()
    # 0.0002 degrees are 18.4 m by 22.2 m here.
    assert building.shapes.outlines[place].length == pytest.approx(2 * (18.4 + 22.2), rel=0.01)
    assert building.shapes.areas[place].area > 18.4 * 22.2
    land.run("UPDATE places SET outline = ST_Multi(ST_Expand(geom, 0.001)) WHERE is_key")
    stated = held()
    assert stated.shapes.areas[place].area == pytest.approx(183.6 * 221.9, rel=0.01)


def test_roads_are_cut_at_the_borders(land: Any) -> None:
    land.run(
        "INSERT INTO roads (set_name, geom) VALUES ('x', ST_Multi(ST_GeomFromText("
        "'LINESTRING(110.01 34.51, 110.03 34.51)', 4326)))"
    )
    found = held()
    lengths = {
        found.codes[i]: found.shapes.roads[i].length for i in np.flatnonzero(found.is_summed)
    }
    # A hundredth of a degree of longitude at 34.51 N is 918 m.
    assert lengths[f"{VILLAGES[0]}001"] == pytest.approx(918, rel=0.01)
    assert lengths[f"{VILLAGES[1]}001"] == pytest.approx(918, rel=0.01)


def test_a_building_whose_border_crosses_itself_is_mended(land: Any) -> None:
    land.run(
        "INSERT INTO buildings (set_name, height_m, geom) VALUES ('bow', 9, ST_Multi("
        "ST_GeomFromText('POLYGON((110.005 34.505, 110.006 34.506, 110.006 34.505,"
        " 110.005 34.506, 110.005 34.505))', 4326)))"
    )
    built = held().built
    assert all(shape.is_valid for shape in built)
    # Two triangles: half of 91.8 m by 110.9 m together.
    assert min(shape.area for shape in built) > 0
    assert any(shape.area == pytest.approx(91.8 * 110.9 / 2, rel=0.01) for shape in built)
