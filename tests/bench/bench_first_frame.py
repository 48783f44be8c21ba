"""From the operator's click to the first picture presented, in the real console in Chromium.

Counted from the click that states the purpose (the console then asks for a ticket, opens the
socket and builds its player) to the time Chromium gives for the first frame on the screen. The
cameras send clips with frame numbers on the wall-clock grid, joined in the middle of a group of
pictures as real cameras are, so a frame's age on the screen is known without trusting anybody.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from databases_for_bench import database

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from chromium import Consoles, Guard, chromium
from picture import READ_CODE
from playwright.sync_api import Page, expect
from stage import PASSWORD, Stage, staged
from town import CAMERAS

from video.simulator.devices import DeviceSpec
from video.simulator.streams import ClipStream

GOP_S = 2.0
WARM_OPENINGS, COLD_OPENINGS = 20, 8
WARM_MEDIAN_S, WARM_P95_S = 0.5, 1.0
COLD_S = GOP_S + 0.5
LATENCY_S = 0.3
FRAMES = 150

_WATCH_OPENINGS = """
window.firstFrames_s = []
addEventListener('click', (event) => {
  const button = event.target.closest('[data-testid="purpose-confirm"]')
  if (button) window.clickedAt_ms = performance.now()
}, true)
new MutationObserver((changes) => {
  for (const node of changes.flatMap((change) => [...change.addedNodes])) {
    if (!(node instanceof Element)) continue
    const video = node.matches('video') ? node : node.querySelector('video')
    const asked_ms = window.clickedAt_ms
    video?.requestVideoFrameCallback((now, { expectedDisplayTime }) =>
      window.firstFrames_s.push((Math.max(now, expectedDisplayTime) - asked_ms) / 1000))
  }
}).observe(document, { childList: true, subtree: true })
"""

_FIRST_FRAME = """
() => new Promise((resolve) => {
  const look = () => {
    if (window.firstFrames_s.length) resolve(window.firstFrames_s[0])
    else requestAnimationFrame(look)
  }
  look()
})
"""

# Frame n of a clip leaves the camera at (n + whole loops) / fps of the wall clock.
_AGES = f"""
(video, {{ frames, fps, phase_s, length_s }}) => new Promise((resolve) => {{
  const read = {READ_CODE}
  const ages = []
  const look = (now, {{ expectedDisplayTime }}) => {{
    const number = read(video)
    const shown_s = (performance.timeOrigin + Math.max(now, expectedDisplayTime)) / 1000
    const age_s = shown_s - phase_s - number / fps
    if (number !== null) ages.push(((age_s % length_s) + length_s) % length_s)
    if (ages.length < frames) video.requestVideoFrameCallback(look)
    else resolve(ages)
  }}
  video.requestVideoFrameCallback(look)
}})
"""


def main() -> bool:
    """Measure warm and cold openings and the picture's age; return whether within the limits."""
    specs = [
        DeviceSpec(id=c.key, name=c.name, scene="clip", join="at_once", sub_fps=25, gop_s=GOP_S)
        for c in CAMERAS
    ]
    with (
        tempfile.TemporaryDirectory() as folder,
        database("bench_first_frame") as url,
        staged(url, specs, Path(folder) / "log", GRIDLINK_MEDIA__LINGER_S="0.2") as stage,
        chromium() as browser,
    ):
        consoles = Consoles(stage, browser, Guard())
        page = consoles.blank()
        page.add_init_script(_WATCH_OPENINGS)
        return _measured(stage, page)


def _measured(stage: Stage, page: Page) -> bool:
    _sign_in(stage, page)
    cold = _openings(stage, page, COLD_OPENINGS, lambda key: _wait_until_idle(stage, key))
    live_runs: dict[str, int] = {}
    with stage.client("operator") as operator:

        def warm(key: str) -> None:
            order = {"camera_ids": [stage.cameras[key]]}
            [(asked_at,)] = stage.run("SELECT clock_timestamp()")
            assert operator.post("/api/streams/warm", json=order).status_code == 202
            stream = stage.fleet.device(key).streams["sub"]
            _wait(lambda: stream.is_running)
            if live_runs.get(key) == stream.starts:
                return  # the relay has pulled it ever since
            first_frame = "SELECT last_frame_at > %s FROM cameras WHERE id = %s"
            _wait(lambda: stage.run(first_frame, asked_at, stage.cameras[key]) == [(True,)])
            live_runs[key] = stream.starts

        hot = _openings(stage, page, WARM_OPENINGS, warm)
        ages = _picture_ages(stage, page, warm)
    p95 = statistics.quantiles(hot, n=20)[-1]
    print(f"  warm openings s: {_spread(hot)}; cold openings s: {_spread(cold)}")
    print(
        f"  age of {len(ages)} frames s: {_spread(ages)}; group of pictures {GOP_S:g} s at 25 fps"
    )
    return all(
        [
            _say("first frame, warmed camera, median s", statistics.median(hot), WARM_MEDIAN_S),
            _say("first frame, warmed camera, p95 s", p95, WARM_P95_S),
            _say("first frame, cold camera, slowest s", max(cold), COLD_S),
            _say("age of the picture on screen, median s", statistics.median(ages), LATENCY_S),
        ]
    )


def _say(name: str, value: float, limit: float) -> bool:
    print(f"{name}: {value:.3f} (limit {limit:g}) ratio {value / limit:.2f}")
    return value <= limit


def _spread(values: Sequence[float]) -> str:
    return (
        f"{min(values):.3f} {statistics.median(values):.3f} {max(values):.3f} (least, median, most)"
    )


def _sign_in(stage: Stage, page: Page) -> None:
    login = {"username": stage.account("operator"), "password": PASSWORD}
    assert page.context.request.post("/api/session", data=login).ok
    page.goto("/watch")
    expect(page.get_by_test_id("live-state")).to_have_attribute("data-state", "open")


def _openings(stage: Stage, page: Page, count: int, prepare: Callable[[str], None]) -> list[float]:
    """Open every camera equally often, put into its state by `prepare`; the seconds of each."""
    taken: list[float] = []
    for camera in CAMERAS:
        page.goto(f"/watch/cameras/{stage.cameras[camera.key]}")
        for _ in range(count // len(CAMERAS)):
            prepare(camera.key)
            taken.append(_open(page))
            page.get_by_test_id("wall-close").click()
    return taken


def _open(page: Page) -> float:
    """Open the camera on the sheet; return the seconds from click to first frame."""
    page.evaluate("window.firstFrames_s = []")
    page.get_by_test_id("camera-watch").click()
    page.get_by_test_id("purpose-confirm").click()
    return float(page.evaluate(_FIRST_FRAME))


def _picture_ages(stage: Stage, page: Page, warm: Callable[[str], None]) -> list[float]:
    key = CAMERAS[0].key
    stream = stage.fleet.device(key).streams["sub"]
    assert isinstance(stream, ClipStream)
    page.goto(f"/watch/cameras/{stage.cameras[key]}")
    warm(key)
    _open(page)
    fps = float(stream.video.fps)
    wanted = {
        "frames": FRAMES,
        "fps": fps,
        "phase_s": stream.phase_s,
        "length_s": len(stream.clip.units) / fps,
    }
    ages = page.get_by_test_id("wall-video").evaluate(_AGES, wanted)
    # The first second belongs to the opening: the player walks from the cached group to the edge.
    return [float(age) for age in ages[25:]]


def _wait_until_idle(stage: Stage, key: str) -> None:
    """Wait until the relay has let go of the camera: nobody pulls it."""
    stream = stage.fleet.device(key).streams["sub"]
    _wait(lambda: not stream.is_running)


def _wait(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline, "waited a minute"
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
