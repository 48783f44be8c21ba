"""Odd streams in a real browser: they play, are converted or wait in line, and can be heard."""

from collections.abc import Iterator

import pytest
from chromium import Consoles
from playwright.sync_api import Locator, Page, expect
from stage import CAMERA_PASSWORD, PASSWORD, Stage
from town import VILLAGES, lonlat

from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet, ThreadedFleet
from video.simulator.oddities import Odd

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]

SMALL = {"scene": "clip", "sub_size": (320, 180), "sub_fps": 6.25, "main_fps": 6.25}
H265 = {
    "codec": "h265",
    "has_sub": False,
    "scene": "clip",
    "main_size": (320, 180),
    "main_fps": 6.25,
}
PATIENT_MS = 90_000
# Each with what its tile must say; the last one is converted.
CAMERAS = {
    "odd-b": (SMALL | {"odd": (Odd.B_FRAMES,), "sound": "aac"}, "B"),
    "odd-jumps": (SMALL | {"odd": (Odd.TIME_JUMPS,), "sound": "pcma"}, "H.264"),
    "odd-back": (SMALL | {"odd": (Odd.TIME_BACK, Odd.SETS_IN_BAND), "sound": "g726"}, "H.264"),
    "odd-sdp": (SMALL | {"odd": (Odd.SETS_IN_SDP, Odd.SLICES)}, "H.264"),
    "odd-change": (SMALL | {"odd": (Odd.SETS_CHANGE,)}, "H.264"),
    "odd-h265": (H265, "360p"),
}

_COUNT_FRAMES = """
() => {
  window.frames_of = {}
  for (const tile of document.querySelectorAll('[data-testid=wall-tile]')) {
    for (const video of tile.querySelectorAll('video')) {
      const look = () => {
        window.frames_of[tile.dataset.camera] = (window.frames_of[tile.dataset.camera] ?? 0) + 1
        video.requestVideoFrameCallback(look)
      }
      video.requestVideoFrameCallback(look)
    }
  }
}
"""
_PLAYS = "(id) => (window.frames_of[id] ?? 0) > 25"
# The sound plays in an element that stands in no page.
_KEEP_SOUNDS = """
window.sounds = []
window.Audio = class extends Audio { constructor() { super(); window.sounds.push(this) } }
"""
_HEARD = "() => window.sounds.some((one) => one.currentTime > 1 && one.webkitAudioDecodedByteCount)"


class Odds:
    """The odd cameras, mounted and enrolled."""

    def __init__(self, stage: Stage, fleet: Fleet) -> None:
        self.ids = {}
        with stage.client("admin") as admin:
            for number, key in enumerate(CAMERAS):
                [(self.ids[key],)] = stage.run(
                    "INSERT INTO cameras (set_name, name, code, division_code, height_m, geom)"
                    " VALUES ('odd', %s, %s, %s, 6, ST_SetSRID(ST_Point(%s, %s), 4326))"
                    " RETURNING id",
                    *(f"怪流{number + 1}号", key, VILLAGES[1], *lonlat(1500 + number, 900)),
                )
                device = {"username": "admin", "password": CAMERA_PASSWORD}
                device["address"] = fleet.onvif_url(key)
                answer = admin.post(f"/api/cameras/{self.ids[key]}/enrol", json=device)
                assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def odds(stage: Stage) -> Iterator[Odds]:
    specs = [DeviceSpec(id=key, **changes) for key, (changes, _) in CAMERAS.items()]
    with ThreadedFleet(specs) as fleet:
        yield Odds(stage, fleet)
        stage.run("DELETE FROM cameras WHERE set_name = 'odd'")


def tile(page: Page, odds: Odds, key: str) -> Locator:
    return page.locator(f'[data-testid="wall-tile"][data-camera="{odds.ids[key]}"]')


def test_odd_streams_play_and_are_heard(stage: Stage, odds: Odds, consoles: Consoles) -> None:
    page = consoles.blank()
    page.add_init_script(_KEEP_SOUNDS)
    login = {"username": stage.account("operator"), "password": PASSWORD}
    assert page.context.request.post("/api/session", data=login).ok
    page.goto("/wall")
    page.get_by_test_id("wall-size-9").click()
    page.keyboard.press("/")
    page.get_by_test_id("wall-camera-search").fill("怪流")
    expect(page.get_by_test_id("wall-camera")).to_have_count(len(CAMERAS), timeout=PATIENT_MS)
    for number, camera_id in enumerate(odds.ids.values()):
        page.locator(f'[data-testid="wall-camera"][data-id="{camera_id}"]').click()
        if number == 0:
            page.get_by_test_id("purpose-confirm").click()
    expect(page.get_by_test_id("wall-tile")).to_have_count(len(CAMERAS), timeout=PATIENT_MS)
    page.evaluate(_COUNT_FRAMES)
    for key, camera_id in odds.ids.items():
        page.wait_for_function(_PLAYS, arg=camera_id, timeout=PATIENT_MS)
        codec = tile(page, odds, key).get_by_test_id("tile-codec")
        expect(codec).to_contain_text(CAMERAS[key][1], timeout=PATIENT_MS)
    expect(tile(page, odds, "odd-back").get_by_test_id("tile-sound")).to_be_disabled()
    expect(tile(page, odds, "odd-sdp").get_by_test_id("tile-sound")).to_have_count(0)
    for key in ("odd-b", "odd-jumps"):  # AAC as it is, G.711 converted
        one = tile(page, odds, key)
        one.locator(".picture").click()
        page.keyboard.press("m")
        page.wait_for_function(_HEARD, timeout=PATIENT_MS)
        expect(one.get_by_test_id("tile-sound")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("m")
        page.evaluate("window.sounds.length = 0")
