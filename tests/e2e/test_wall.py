"""The wall: arranged, kept, enlarged without a black moment, refilled, toured, shown twice."""

import re
import time
from collections.abc import Iterator

import pytest
from chromium import Consoles
from picture import plays
from playwright.sync_api import Locator, Page, expect
from stage import CAMERA_PASSWORD, Stage
from town import VILLAGES, lonlat

from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet, ThreadedFleet

pytestmark = pytest.mark.e2e

# In the north-east, out of sight of the crossing and its cameras: (east, north) in metres.
SPOT = (1300.0, 1500.0)
# All look north at the spot over the same width, so the nearest has the most pixels a metre.
KEYS = {"wall-1": 20.0, "wall-2": 30.0, "wall-3": 40.0}

# What is seen over all frames the page draws, until told to stop: how dark it was at worst, and
# the widths of the pictures. Under the picture in front lies the last one of a stream begun anew.
_WATCH_BRIGHTNESS = """
(tile) => {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 8
  const context = canvas.getContext('2d', { willReadFrequently: true })
  window.darkest = 255
  window.widths = []
  const look = () => {
    const video = tile.querySelector('[data-testid=wall-video]')
    const still = tile.querySelector('[data-testid=wall-still]')
    const width = video.videoWidth || still.width
    context.clearRect(0, 0, 8, 8)
    if (still.width) context.drawImage(still, 0, 0, 8, 8)
    context.drawImage(video, 0, 0, 8, 8)
    const pixels = context.getImageData(0, 0, 8, 8).data
    let sum = 0
    for (let i = 0; i < pixels.length; i += 4) sum += pixels[i] + pixels[i + 1] + pixels[i + 2]
    window.darkest = Math.min(window.darkest, sum / 192)
    if (window.widths.at(-1) !== width) window.widths.push(width)
    if (!window.isEnough) requestAnimationFrame(look)
  }
  look()
}
"""


# When the tile was greyed, and when the page last drew a frame of it: both by the page's own clock.
# Answered at the first picture seen: a camera that freezes before it would leave nothing to time.
_WATCH_AGE = """
(tile) => new Promise((seen) => {
  for (const video of tile.querySelectorAll('video')) {
    const drawn = () => {
      if (video.dataset.testid === 'wall-video') {
        window.drawnAt_ms = performance.now()
        seen()
      }
      video.requestVideoFrameCallback(drawn)
    }
    video.requestVideoFrameCallback(drawn)
  }
  new MutationObserver(() => {
    if (/stale|stalled/.test(tile.dataset.state)) window.greyAt_ms ??= performance.now()
  }).observe(tile, { attributes: true, attributeFilter: ['data-state'] })
})
"""


class Wall:
    """Three cameras of a spot of their own, and what a test asks of them."""

    def __init__(self, stage: Stage, fleet: Fleet) -> None:
        self.stage, self.fleet = stage, fleet
        self.ids = {key: self._mount(key, south_m) for key, south_m in KEYS.items()}
        with stage.client("admin") as admin:
            for key, camera_id in self.ids.items():
                device = {"username": "admin", "password": CAMERA_PASSWORD}
                device["address"] = fleet.onvif_url(key)
                answer = admin.post(f"/api/cameras/{camera_id}/enrol", json=device)
                assert answer.status_code == 200, answer.text
            # After a start, or a change of its kernels, the first ranking may take a minute.
            lon, lat = lonlat(*SPOT)
            path = f"/api/sight?lon={lon}&lat={lat}"
            seen = admin.get(path, timeout=150).json()["cameras"]
            assert [c["camera_id"] for c in seen] == list(self.ids.values())

    def _mount(self, key: str, south_m: float) -> int:
        [(camera_id,)] = self.stage.run(
            "INSERT INTO cameras (set_name, name, code, division_code, height_m, geom)"
            " VALUES ('wall', %s, %s, %s, 6, ST_SetSRID(ST_Point(%s, %s), 4326)) RETURNING id",
            *(f"北山{key[-1]}号", key, VILLAGES[1]),
            *lonlat(SPOT[0], SPOT[1] - south_m),
        )
        self.stage.run(
            "INSERT INTO poses (camera_id, azimuth_deg, azimuth_error_deg, fov_deg, range_m)"
            " VALUES (%s, 0, 0, 70, 150)",
            camera_id,
        )
        return int(camera_id)

    def incident(self) -> int:
        """Report an incident at the spot, none of whose cameras is told dead any more."""
        dead = "SELECT count(*) FROM cameras WHERE set_name = 'wall' AND is_alive IS FALSE"
        # One that came back is told so a window later: flapping ones are told of now and then.
        end = time.monotonic() + 120
        while self.stage.run(dead) != [(0,)]:
            assert time.monotonic() < end, "a camera stays dead"
            time.sleep(0.5)
        lon, lat = lonlat(*SPOT)
        with self.stage.client("operator") as operator:
            report = {"kind": "fire", "severity": "yellow", "lon": lon, "lat": lat}
            answer = operator.post("/api/incidents", json=report)
            assert answer.status_code == 201, answer.text
            return int(answer.json()["id"])


@pytest.fixture(scope="module")
def wall(stage: Stage) -> Iterator[Wall]:
    specs = [
        DeviceSpec(id=key, name=key, main_size=(960, 540), main_fps=6, sub_fps=6) for key in KEYS
    ]
    with ThreadedFleet(specs) as fleet:
        standing = Wall(stage, fleet)
        yield standing
        stage.run("DELETE FROM cameras WHERE set_name = 'wall'")


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Wait longer than usual for facts: three streams, a browser and a server share the cores."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


def tiles(page: Page) -> Locator:
    return page.get_by_test_id("wall-tile")


def tile(page: Page, wall: Wall, key: str) -> Locator:
    return page.locator(f'[data-testid="wall-tile"][data-camera="{wall.ids[key]}"]')


def slots(page: Page) -> dict[int, int]:
    """Return which camera stands in which tile."""
    pairs = tiles(page).evaluate_all("all => all.map((t) => [+t.dataset.slot, +t.dataset.camera])")
    return dict(pairs)


def states_purpose(page: Page) -> None:
    expect(page.get_by_test_id("purpose-bar")).to_be_visible()
    page.get_by_test_id("purpose-confirm").click()
    expect(page.get_by_test_id("purpose-bar")).to_have_count(0)


def is_live(tile: Locator) -> None:
    expect(tile).to_have_attribute("data-state", "live", timeout=30_000)
    expect(tile.get_by_test_id("tile-state")).to_contain_text("<1 s", timeout=30_000)


def shown_live(wall: Wall, consoles: Consoles) -> tuple[Page, Locator]:
    """Return the wall of a new incident, and the tile of its best camera once it is live."""
    page = consoles.signed_in("operator", f"/wall/incidents/{wall.incident()}")
    states_purpose(page)
    first = tile(page, wall, "wall-1")
    is_live(first)
    return page, first


def test_a_wall_is_put_together_arranged_kept_and_opened_again(
    stage: Stage, wall: Wall, consoles: Consoles
) -> None:
    page = consoles.signed_in("operator", "/wall")
    expect(page.get_by_test_id("wall-blank")).to_be_visible()
    page.keyboard.press("/")
    search = page.get_by_test_id("wall-camera-search")
    expect(search).to_be_focused()
    search.fill("北山")
    picks = page.get_by_test_id("wall-camera")
    expect(picks).to_have_count(3)
    one, two, three = (wall.ids[key] for key in KEYS)
    page.locator(f'[data-testid="wall-camera"][data-id="{one}"]').click()
    assert stage.run("SELECT count(*) FROM streams WHERE camera_id = %s", one) == [(0,)]
    states_purpose(page)
    for camera in (two, three):  # under the same purpose, each into the next empty tile
        page.locator(f'[data-testid="wall-camera"][data-id="{camera}"]').click()
    assert slots(page) == {0: one, 1: two, 2: three}
    is_live(tile(page, wall, "wall-1"))
    expect(tile(page, wall, "wall-1").get_by_test_id("tile-place")).to_have_text("桃源村第2网格")
    expect(tile(page, wall, "wall-1").get_by_test_id("tile-codec")).to_contain_text("H.264")
    page.evaluate("window.kept = document.querySelector('[data-slot=\"0\"] video')")

    tile(page, wall, "wall-1").get_by_test_id("tile-caption").drag_to(
        page.locator('[data-place="3"]')
    )
    assert slots(page) == {1: two, 2: three, 3: one}
    # The tile moved with its decoder: nothing was opened again.
    assert page.evaluate("document.querySelector('[data-slot=\"3\"] video') === window.kept")
    page.locator("h1").click()
    page.keyboard.press("2")
    page.keyboard.press("Shift+ArrowLeft")
    assert slots(page) == {0: two, 2: three, 3: one}

    page.get_by_test_id("wall-tab-layouts").click()
    page.get_by_test_id("layout-name").fill("北山一带")
    page.get_by_test_id("layout-save").click()
    kept = page.get_by_test_id("wall-layout").filter(has_text="北山一带")
    expect(kept).to_be_visible()
    page.goto("/wall")  # a page loaded anew shows no picture before a purpose is stated
    expect(page.get_by_test_id("wall-blank")).to_be_visible()
    page.get_by_test_id("wall-tab-layouts").click()
    kept.click()
    states_purpose(page)
    expect(tiles(page)).to_have_count(3)
    assert slots(page) == {0: two, 2: three, 3: one}
    is_live(tile(page, wall, "wall-2"))
    # Each camera each time: its own ticket and its own entry.
    opened = "SELECT count(*) FROM register WHERE camera_id = %s AND act = 'stream.live.opened'"
    assert [stage.run(opened, camera) for camera in (one, two, three)] == [[(2,)]] * 3


def test_the_enlarged_tile_changes_to_the_main_stream_without_a_black_moment(
    wall: Wall, consoles: Consoles
) -> None:
    page, first = shown_live(wall, consoles)
    expect(first).to_have_attribute("data-profile", "sub")
    assert plays(first.get_by_test_id("wall-video"), 0.3)
    first.evaluate(_WATCH_BRIGHTNESS)
    page.locator("h1").click()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(first).to_have_attribute("data-profile", "main", timeout=30_000)
    assert plays(first.get_by_test_id("wall-video"), 0.3)
    expect(first.get_by_test_id("tile-codec")).to_contain_text("540p")
    page.keyboard.press("Escape")
    expect(first).to_have_attribute("data-profile", "sub", timeout=30_000)
    page.evaluate("window.isEnough = true")
    assert page.evaluate("window.widths") == [640, 960, 640]
    # Nothing drawn gives 0; the simulated street is a bright picture.
    assert page.evaluate("window.darkest") > 60

    first.locator(".picture").hover()
    page.mouse.wheel(0, -200)
    expect(first.get_by_test_id("tile-zoom")).to_contain_text("1.2")
    page.keyboard.press("Escape")
    expect(first.get_by_test_id("tile-zoom")).to_have_count(0)


def test_a_camera_that_starts_anew_leaves_its_last_picture_greyed_until_the_next(
    wall: Wall, consoles: Consoles
) -> None:
    page, first = shown_live(wall, consoles)
    video, still = first.get_by_test_id("wall-video"), first.get_by_test_id("wall-still")
    assert plays(video, 0.3)
    first.evaluate(_WATCH_BRIGHTNESS)
    device = wall.fleet.device("wall-1")
    device.die()  # its connections break; the next one finds it again
    device.revive()
    expect(still).to_have_js_property("width", 640, timeout=30_000)
    assert "grayscale" in still.evaluate("(still) => getComputedStyle(still).filter")
    is_live(first)
    assert plays(first.get_by_test_id("wall-video"), 0.3)
    page.evaluate("window.isEnough = true")
    assert page.evaluate("window.widths") == [640]
    assert page.evaluate("window.darkest") > 60


def test_a_camera_that_dies_is_greyed_at_once_and_replaced_by_the_next_of_the_ranking(
    wall: Wall, consoles: Consoles
) -> None:
    page = consoles.signed_in("operator", f"/wall/incidents/{wall.incident()}")
    states_purpose(page)
    expect(tiles(page)).to_have_count(3)
    page.get_by_test_id("wall-size-1").click()
    expect(tiles(page)).to_have_count(1)
    is_live(tile(page, wall, "wall-1"))
    # Its last picture of either stream stays in view; what the socket says proves nothing.
    first = tile(page, wall, "wall-1")
    first.evaluate(_WATCH_AGE)
    wall.fleet.device("wall-1").freeze()
    try:
        expect(first).to_have_attribute("data-state", re.compile("stale|stalled"), timeout=10_000)
        told = "(video) => getComputedStyle(video).filter"
        assert "grayscale" in first.get_by_test_id("wall-video").evaluate(told)
        assert page.evaluate("window.greyAt_ms - window.drawnAt_ms") < 3000
        second = tile(page, wall, "wall-2")
        note = second.get_by_test_id("tile-replaced")
        expect(note).to_contain_text("北山1号", timeout=30_000)
        expect(note).to_contain_text(re.compile("无画面|画面停滞"))
        is_live(second)
    finally:
        wall.fleet.device("wall-1").revive()
    second.get_by_test_id("tile-restore").click()
    is_live(tile(page, wall, "wall-1"))


def test_a_second_window_shows_what_the_first_works_on_and_says_when_that_is_gone(
    wall: Wall, consoles: Consoles
) -> None:
    first = consoles.signed_in("operator", f"/watch/incidents/{wall.incident()}")
    second = first.context.new_page()
    second.goto("/wall?follow=1")
    expect(first.get_by_test_id("purpose-bar")).to_be_visible()
    expect(second.get_by_test_id("follow-pending")).to_be_visible()
    expect(tiles(second)).to_have_count(0)
    first.get_by_test_id("purpose-confirm").click()
    expect(tiles(second)).to_have_count(3)
    is_live(tile(second, wall, "wall-1"))
    expect(second.get_by_test_id("rail-watch")).to_have_count(0)
    first.close()
    lost = second.get_by_test_id("follow-lost")
    expect(lost).to_contain_text("主窗口", timeout=20_000)
    is_live(tile(second, wall, "wall-1"))  # the pictures stay
    lost.get_by_role("button").click()
    expect(second.get_by_test_id("wall-workspace")).to_be_visible()


def test_a_tour_turns_its_pages_pauses_and_is_led_by_hand(wall: Wall, consoles: Consoles) -> None:
    page = consoles.signed_in("operator", "/wall")
    page.get_by_test_id("wall-tab-tours").click()
    page.get_by_test_id("tour-add").click()
    page.get_by_test_id("tour-search").fill("桃源村第2")
    page.get_by_test_id("tour-hit").click()
    page.get_by_test_id("tour-size-1").click()
    page.get_by_test_id("tour-dwell").fill("5")
    page.get_by_test_id("tour-save").click()
    page.get_by_test_id("wall-tour").first.click()
    states_purpose(page)
    roll = page.get_by_test_id("wall-roll")
    expect(roll).to_have_attribute("data-page", "1")
    expect(roll).to_have_attribute("data-page", "2", timeout=15_000)
    page.locator("h1").click()
    page.keyboard.press("t")
    expect(page.get_by_test_id("tour-pause")).to_have_text("继续")
    for key, number in (("]", "3"), ("]", "1"), ("[", "3")):
        page.keyboard.press(key)
        expect(roll).to_have_attribute("data-page", number)
    expect(tiles(page)).to_have_count(1)
    page.get_by_test_id("tour-stop").click()
    expect(page.get_by_test_id("tour-running")).to_have_count(0)


def test_who_may_open_no_picture_finds_no_wall(consoles: Consoles) -> None:
    page = consoles.signed_in("planner", "/wall")
    expect(page.locator(".refused")).to_be_visible()
    expect(page.get_by_test_id("rail-wall")).to_have_count(0)
