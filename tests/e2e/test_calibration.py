"""Calibration at the console: landmarks in picture and map, a wrong one named, and by eye."""

import math
import re
from collections.abc import Iterator

import pytest
from chromium import Consoles, Guard
from playwright.sync_api import Page, expect
from stage import Stage
from town import CAMERAS, lonlat

pytestmark = pytest.mark.e2e

NEAR = next(camera for camera in CAMERAS if camera.key == "near")
HEIGHT_M = 6.0
AZIMUTH, TILT, FOV = 20.0, 11.0, 70.0
# Metres of plan distance and degrees beside the axis, on the ground; every one in the picture.
LANDMARKS = [(20, -18), (26, 14), (45, -9), (60, 22), (36, 3)]


@pytest.fixture
def near(stage: Stage) -> Iterator[int]:
    """The camera south of the crossing; its pose is put back, the town is shared."""
    camera = stage.cameras["near"]
    yield camera
    stage.run(
        "UPDATE poses SET azimuth_deg = %s, azimuth_error_deg = 0, fov_deg = %s, tilt_deg = NULL,"
        " fov_error_deg = 0, tilt_error_deg = 0, source = 'stated' WHERE camera_id = %s",
        *(NEAR.azimuth_deg, NEAR.fov_deg, camera),
    )
    stage.run("UPDATE viewsheds SET is_stale = false WHERE camera_id = %s", camera)


def mark(width_px: float, height_px: float, reach_m: float, beside_deg: float) -> tuple[float, ...]:
    """Where a ground point appears in a picture of that size, and where it lies."""
    focal = width_px / 2.0 / math.tan(math.radians(FOV / 2.0))
    tilt, beside = math.radians(TILT), math.radians(beside_deg)
    ahead, right = reach_m * math.cos(beside), reach_m * math.sin(beside)
    depth = ahead * math.cos(tilt) + HEIGHT_M * math.sin(tilt)
    down = HEIGHT_M * math.cos(tilt) - ahead * math.sin(tilt)
    bearing = math.radians(AZIMUTH + beside_deg)
    east, north = reach_m * math.sin(bearing), reach_m * math.cos(bearing)
    return (
        width_px / 2.0 + focal * right / depth,
        height_px / 2.0 + focal * down / depth,
        *lonlat(NEAR.east_m + east, NEAR.north_m + north),
    )


def add_landmark(page: Page, reach_m: float, beside_deg: float, *, off_deg: float = 0.0) -> None:
    """Click a point into the picture and type its place, `off_deg` of longitude beside it."""
    picture = page.get_by_test_id("calibration-picture")
    width, height, scale = picture.evaluate(
        "p => { const i = p.querySelector('img');"
        " return [i.naturalWidth, i.naturalHeight, Number(p.dataset.scale)] }"
    )
    box = picture.bounding_box()
    assert box is not None
    u, v, lon, lat = mark(width, height, reach_m, beside_deg)
    assert 0.0 < u < width and 0.0 < v < height
    # The picture is fitted: what it does not fill is left free on both sides.
    x = (box["width"] - width * scale) / 2.0 + u * scale
    y = (box["height"] - height * scale) / 2.0 + v * scale
    picture.click(position={"x": x, "y": y})
    place = page.get_by_test_id("landmark-row").last.get_by_test_id("landmark-place")
    place.fill(f"{lon + off_deg:.7f}, {lat:.7f}")
    place.press("Enter")


def figure(page: Page, name: str) -> float:
    shown = page.get_by_test_id(f"calibration-{name}").inner_text()
    return float(re.match(r"-?[\d.]+", shown)[0])  # type: ignore[index]


def test_landmarks_turn_the_camera_and_the_turn_can_be_undone(
    stage: Stage, consoles: Consoles, guard: Guard, near: int
) -> None:
    guard.expect(r"422 .*/calibration$")
    page = consoles.signed_in("planner", f"/plan/calibrate/{near}")
    page.get_by_test_id("calibration-snapshot").click()
    expect(page.get_by_test_id("calibration-picture")).to_be_visible()
    for reach_m, beside_deg in LANDMARKS[:-1]:
        add_landmark(page, reach_m, beside_deg)
    # The first answer of a server just started waits until all kernels are compiled.
    expect(page.get_by_test_id("calibration-verdict")).to_be_visible(timeout=150_000)
    # A fifth landmark 35 m beside its place is named by its number.
    add_landmark(page, *LANDMARKS[-1], off_deg=0.0004)
    expect(page.get_by_test_id("calibration-fault")).to_contain_text("5")
    expect(page.get_by_test_id("landmark-row").nth(4)).to_have_attribute("data-suspect", "true")
    page.get_by_test_id("landmark-row").nth(4).get_by_test_id("landmark-remove").click()
    add_landmark(page, *LANDMARKS[-1])
    expect(page.get_by_test_id("landmark-row")).to_have_count(5)
    expect(page.get_by_test_id("calibration-verdict")).to_be_visible()
    # Clicks fall on whole pixels of the screen, which are some 2.5 pixels of the picture.
    assert figure(page, "azimuth") == pytest.approx(AZIMUTH, abs=1.0)
    assert figure(page, "tilt") == pytest.approx(TILT, abs=1.0)
    assert figure(page, "fov") == pytest.approx(FOV, abs=3.0)

    page.get_by_test_id("calibration-apply").click()
    toast = page.get_by_test_id("toast").filter(has_text=NEAR.name)
    expect(toast).to_be_visible()
    pose = "SELECT azimuth_deg, source, tilt_error_deg > 0 FROM poses WHERE camera_id = %s"
    [(azimuth, source, is_known)] = stage.run(pose, near)
    assert azimuth == pytest.approx(AZIMUTH, abs=1.0)
    assert (source, is_known) == ("calibrated", True)
    with page.expect_response(lambda r: r.request.method == "PATCH" and r.ok):
        toast.get_by_role("button", name="撤销").click()
    assert stage.run(pose, near) == [(NEAR.azimuth_deg, "stated", False)]


def test_a_place_clicked_on_the_map_belongs_to_the_mark_before_it(
    consoles: Consoles, near: int
) -> None:
    page = consoles.signed_in("planner", f"/watch/cameras/{near}")
    page.get_by_test_id("camera-calibrate").click()
    page.get_by_test_id("calibration-snapshot").click()
    page.get_by_test_id("calibration-picture").click(position={"x": 200, "y": 200})
    expect(page.get_by_test_id("calibration-next")).to_contain_text("地图")
    expect(page.get_by_test_id("map")).to_have_attribute("data-ready", "true")
    page.get_by_test_id("map").click(position={"x": 200, "y": 100})
    place = page.get_by_test_id("landmark-row").get_by_test_id("landmark-place")
    expect(place).to_have_value(re.compile(r"^110\.0\d+, 34\.5\d+$"))
    expect(page.get_by_test_id("calibration-next")).to_contain_text("2")
    page.get_by_test_id("calibration-mark").press("Shift+ArrowRight")
    page.get_by_test_id("calibration-mark").press("Delete")
    expect(page.get_by_test_id("landmark-row")).to_have_count(0)


def test_by_eye_a_sector_is_turned_over_a_live_picture(
    stage: Stage, consoles: Consoles, near: int
) -> None:
    page = consoles.signed_in("planner", f"/plan/calibrate/{near}")
    page.get_by_test_id("way-turn").click()
    page.get_by_test_id("calibration-open-live").click()
    expect(page.get_by_test_id("calibration-live")).to_have_attribute("data-state", "live")
    map_box = page.get_by_test_id("map").bounding_box()
    assert map_box is not None
    # The camera is in the middle of the map; its turning handle lies 60 m north of it.
    middle = (map_box["x"] + map_box["width"] / 2.0, map_box["y"] + map_box["height"] / 2.0)
    metre_px = 512 * 2**17.5 / (40_075_016.7 * math.cos(math.radians(34.51)))
    page.mouse.move(middle[0], middle[1] - 60 * metre_px)
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] - 60, steps=4)
    page.mouse.up()
    azimuth = float(page.get_by_test_id("turn-azimuth").input_value())
    assert azimuth == pytest.approx(45.0, abs=2.0)
    with page.expect_response(lambda r: r.request.method == "PATCH" and r.ok):
        page.get_by_test_id("turn-save").click()
    pose = "SELECT azimuth_deg, azimuth_error_deg, source FROM poses WHERE camera_id = %s"
    assert stage.run(pose, near) == [(azimuth, 5.0, "drawn")]
