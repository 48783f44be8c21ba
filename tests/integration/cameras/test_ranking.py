"""Which cameras see a place: order, reasons, jurisdiction, fresh data; on real PostGIS.

In the land 0.001 degrees of latitude are 110.9 m and 0.001 of longitude 91.8 m; the hospital
(18 m high) stands at 110.0105-110.0110, 34.5105-34.5110.
"""

from typing import Any

import numpy as np
import pytest

from backend import db
from backend.cameras import ranking
from backend.cameras.schemas import SightAnswer
from backend.db import Scope
from backend.divisions.codes import span

WEST_TOWN, EAST_TOWN = 610522101000, 610522102000
SOUTH_OF_HOSPITAL = (110.0107, 34.5100)
NORTH_OF_HOSPITAL = (110.0107, 34.5112)


def ask(lon: float, lat: float, *, scope: Scope | None = None, limit: int = 10) -> SightAnswer:
    with db.begin(scope) as session:
        return ranking.rank(session, scope, lon, lat, limit=limit)


def pose(land: Any, camera_id: int, **fields: float | None) -> None:
    for name, value in fields.items():
        land.run(f"UPDATE poses SET {name} = %s WHERE camera_id = %s", value, camera_id)


def test_camera_that_looks_at_the_place_is_certain(land: Any) -> None:
    camera = land.add_camera("北向", 110.0050, 34.5050)
    answer = ask(110.0050, 34.5056)
    assert [c.camera_id for c in answer.cameras] == [camera]
    first = answer.cameras[0]
    assert (first.sight, first.reason) == ("certain", "sees")
    # 0.0006 degrees of latitude at 34.5 N: 66.6 m (geodesic).
    assert first.distance_m == pytest.approx(66.57, abs=0.05)
    assert first.bearing_deg == pytest.approx(0.0, abs=0.01)
    # 1920 px / (2 * slant * tan 45°), slant from 6 m down to 1.5 m over 66.57 m.
    assert first.pixels_per_m == pytest.approx(1920 / (2 * (66.57**2 + 4.5**2) ** 0.5), abs=0.1)
    assert not answer.none_sees


def test_building_between_blocks_and_is_named(land: Any) -> None:
    land.add_camera("被挡", *SOUTH_OF_HOSPITAL)
    answer = ask(*NORTH_OF_HOSPITAL)
    hospital = land.run("SELECT id FROM buildings")[0][0]
    first = answer.cameras[0]
    assert (first.sight, first.reason) == ("blocked", "blocked_by_building")
    assert first.reason_detail["building_id"] == hospital
    # The south wall is 0.0005 degrees of latitude north of the camera: 55.5 m.
    assert first.reason_detail["blocked_at_m"] == pytest.approx(55.5, abs=0.2)
    assert f"建筑 {hospital}" in first.reason_text
    assert answer.none_sees


def test_lookout_above_the_roof_sees_over_it(land: Any) -> None:
    camera = land.add_camera("高点", *SOUTH_OF_HOSPITAL)
    # From 60 m to 1.5 m over 133 m the line is at 60 - 58.5 * 111/133 = 11.2 m over the north
    # wall: below the roof of 18 m. From 150 m it is at 26 m: above.
    land.run("UPDATE cameras SET height_m = 60 WHERE id = %s", camera)
    assert ask(*NORTH_OF_HOSPITAL).none_sees
    land.run("UPDATE cameras SET height_m = 150 WHERE id = %s", camera)
    assert ask(*NORTH_OF_HOSPITAL).cameras[0].sight == "certain"


def test_turned_away_and_too_far_cameras_stay_with_their_reason(land: Any) -> None:
    away = land.add_camera("背向", 110.0050, 34.5060)
    far = land.add_camera("太远", 110.0050, 34.5030)
    reasons = {c.camera_id: c for c in ask(110.0050, 34.5050).cameras}
    assert reasons[away].reason == "out_of_field"
    assert reasons[away].reason_detail["off_axis_deg"] == pytest.approx(180, abs=0.1)
    assert reasons[far].reason == "out_of_range"
    assert "超出作用距离 150 米" in reasons[far].reason_text


def test_place_above_the_picture_is_told_without_an_angle(land: Any) -> None:
    # 6 m up, 60° down, 90° wide: the picture's upper edge is 60 - 29.4 = 30.6° below the horizon,
    # so it ends 4.5 / tan 30.6° = 7.6 m away; the place is 66 m away.
    camera = land.add_camera("俯视", 110.0050, 34.5050)
    pose(land, camera, tilt_deg=60)
    for azimuth in (0, None):
        pose(land, camera, azimuth_deg=azimuth)
        first = ask(110.0050, 34.5056).cameras[0]
        assert (first.sight, first.reason) == ("blocked", "out_of_field")
        assert "off_axis_deg" not in first.reason_detail
        assert first.reason_text.startswith("该点在画面上沿以上")


def test_camera_inside_a_footprint_is_possible_and_names_the_building(land: Any) -> None:
    land.add_camera("墙内", 110.0107, 34.5109)
    first = ask(110.0107, 34.5112).cameras[0]
    hospital = land.run("SELECT id FROM buildings")[0][0]
    assert (first.sight, first.reason) == ("possible", "inside_building")
    assert first.reason_detail["building_id"] == hospital


def test_every_reason_has_its_sentence_whatever_is_unknown(land: Any) -> None:
    rng = np.random.default_rng(3)
    for k in range(120):
        camera = land.add_camera(
            f"机{k}", 110.0095 + rng.uniform(0, 0.0025), 34.5095 + rng.uniform(0, 0.0025)
        )
        fields = {"azimuth_deg": rng.uniform(0, 359), "tilt_deg": rng.uniform(0, 80)}
        fields |= {"fov_deg": rng.uniform(20, 360), "range_m": rng.uniform(10, 200)}
        fields["azimuth_error_deg"] = rng.choice([0, 22.5])
        known = {name: value if rng.random() < 0.7 else None for name, value in fields.items()}
        known["azimuth_error_deg"] = float(fields["azimuth_error_deg"])
        pose(land, camera, **{n: None if v is None else float(v) for n, v in known.items()})
    reasons = set()
    for _ in range(60):
        for language in ("zh", "en"):
            with db.begin() as session:
                lon, lat = 110.0095 + rng.uniform(0, 0.0025), 34.5095 + rng.uniform(0, 0.0025)
                answer = ranking.rank(session, None, lon, lat, limit=100, language=language)
            reasons |= {camera.reason for camera in answer.cameras}
            assert all("{" not in camera.reason_text for camera in answer.cameras)
    assert len(reasons) == 8  # all but the terrain's


def test_octant_and_unknown_azimuth_are_possible_only(land: Any) -> None:
    octant = land.add_camera("八方位", 110.0050, 34.5050)
    pose(land, octant, azimuth_error_deg=22.5, fov_deg=40)
    unknown = land.add_camera("未知", 110.0051, 34.5050)
    pose(land, unknown, azimuth_deg=None)
    sights = {c.camera_id: (c.sight, c.reason) for c in ask(110.0050, 34.5056).cameras}
    assert sights[octant] == ("possible", "pose_uncertain")
    assert sights[unknown] == ("possible", "azimuth_unknown")


def test_certain_ranks_before_possible_before_blocked_and_alive_before_dead(land: Any) -> None:
    place = (110.0050, 34.5060)
    blocked = land.add_camera("挡", 110.0050, 34.5061)
    possible = land.add_camera("可能", 110.0050, 34.5058)
    pose(land, possible, azimuth_error_deg=60)
    dead = land.add_camera("停机", 110.0050, 34.5057)
    land.run("UPDATE cameras SET is_alive = false WHERE id = %s", dead)
    far = land.add_camera("远", 110.0050, 34.5052)
    near = land.add_camera("近", 110.0050, 34.5055)
    ids = [c.camera_id for c in ask(*place).cameras]
    assert ids == [near, far, dead, possible, blocked]


def test_one_sensor_of_several_that_sees_is_enough(land: Any) -> None:
    camera = land.add_camera("多目", 110.0050, 34.5050)
    land.run(
        "INSERT INTO poses (camera_id, sensor_no, azimuth_deg, fov_deg, range_m)"
        " VALUES (%s, 2, 180, 90, 150)",
        camera,
    )
    answer = ask(110.0050, 34.5045)
    assert [(c.camera_id, c.sight, c.sensor_no) for c in answer.cameras] == [(camera, "certain", 2)]


def test_what_a_camera_does_not_state_is_named_as_assumed(land: Any) -> None:
    camera = land.add_camera("缺参数", 110.0050, 34.5050)
    pose(land, camera, fov_deg=None, range_m=None)
    land.run("UPDATE cameras SET height_m = NULL WHERE id = %s", camera)
    # Assumed: field 60° ± 15° each side, so straight ahead is certain; 20 px/m end at 83 m.
    first = ask(110.0050, 34.5056).cameras[0]
    assert first.sight == "certain"
    assert first.assumed == ["height_m", "fov_deg", "range_m"]
    assert ask(110.0050, 34.5058).cameras[0].reason == "out_of_range"


def test_nearest_ptz_with_a_clear_line_is_offered_when_none_sees(land: Any) -> None:
    hidden = land.add_camera("近球机", *SOUTH_OF_HOSPITAL)
    clear = land.add_camera("远球机", 110.0107, 34.5124)
    land.run("UPDATE cameras SET has_ptz = true WHERE id IN (%s, %s)", hidden, clear)
    answer = ask(110.0107, 34.5112)
    assert answer.none_sees
    assert answer.nearest_ptz is not None
    assert (answer.nearest_ptz.camera_id, answer.nearest_ptz.line_clear) == (clear, True)


def test_ptz_at_the_other_end_of_the_land_is_no_help(land: Any) -> None:
    far = land.add_camera("远球机", 110.0700, 34.5100)
    land.run("UPDATE cameras SET has_ptz = true WHERE id = %s", far)
    # 0.065 degrees of longitude at 34.5 N: 5.97 km, beyond the 5 km of the setting.
    assert ask(110.0050, 34.5100).nearest_ptz is None


def test_caller_sees_cameras_of_its_jurisdiction_only(land: Any) -> None:
    west = land.add_camera("西", 110.0399, 34.5050)
    east = land.add_camera("东", 110.0401, 34.5050)
    place = (110.0400, 34.5056)
    assert {c.camera_id for c in ask(*place).cameras} == {west, east}
    for town, own in ((WEST_TOWN, west), (EAST_TOWN, east)):
        scope = Scope(1, *span(town))
        assert [c.camera_id for c in ask(*place, scope=scope).cameras] == [own]


def test_database_alone_hides_foreign_cameras_when_the_memory_would_show_them(
    land: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    land.add_camera("东", 110.0401, 34.5050)
    land.run("UPDATE cameras SET has_ptz = true")
    whole = Scope(1, 0, 999_999_999_999)
    with db.begin(Scope(1, *span(WEST_TOWN))) as session:
        # The first wall, the filter over the arrays, is told the whole land.
        answer = ranking.rank(session, whole, 110.0400, 34.5056)
    assert (answer.cameras, answer.nearest_ptz) == ([], None)


def test_new_building_and_moved_camera_count_at_once(land: Any) -> None:
    camera = land.add_camera("北向", 110.0050, 34.5050)
    assert ask(110.0050, 34.5056).cameras[0].sight == "certain"
    land.run(
        "INSERT INTO buildings (set_name, height_m, geom) VALUES ('new', 20,"
        " ST_Multi(ST_MakeEnvelope(110.0048, 34.5052, 110.0052, 34.5053, 4326)))"
    )
    assert ask(110.0050, 34.5056).cameras[0].reason == "blocked_by_building"
    land.run("DELETE FROM buildings WHERE set_name = 'new'")
    assert ask(110.0050, 34.5056).cameras[0].sight == "certain"
    land.run("UPDATE poses SET azimuth_deg = 180 WHERE camera_id = %s", camera)
    assert ask(110.0050, 34.5056).cameras[0].reason == "out_of_field"


def test_place_inside_a_building_says_so(land: Any) -> None:
    answer = ask(110.0107, 34.5107)
    assert answer.place_in_building == land.run("SELECT id FROM buildings")[0][0]


def test_no_camera_at_all_is_an_answer(land: Any) -> None:
    answer = ask(110.0050, 34.5056)
    assert (answer.cameras, answer.none_sees, answer.nearest_ptz) == ([], True, None)
