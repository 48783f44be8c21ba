"""What the console does besides the main journey: answers, languages, faults, limits of a role."""

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from chromium import Consoles, Guard
from picture import plays
from playwright.sync_api import Page, expect
from stage import Stage
from town import BLIND_SPOT, COUNTY, CROSSING, lonlat

pytestmark = pytest.mark.e2e


def place(at: tuple[float, float]) -> str:
    return f"/watch/place?lon={at[0]:.6f}&lat={at[1]:.6f}"


def is_live(page: Page) -> None:
    expect(page.get_by_test_id("live-state")).to_have_attribute("data-state", "open")


def open_picture(page: Page, stage: Stage, key: str) -> None:
    """Open the picture of one camera from its own sheet, for the purpose proposed."""
    page.goto(f"/watch/cameras/{stage.cameras[key]}")
    page.get_by_test_id("camera-watch").click()
    page.get_by_test_id("purpose-confirm").click()
    expect(page.get_by_test_id("wall-tile")).to_have_attribute("data-state", "live")


def test_a_place_tells_who_sees_it_and_why_the_others_do_not(
    stage: Stage, consoles: Consoles
) -> None:
    page = consoles.signed_in("operator", place(CROSSING))
    sheet = page.get_by_test_id("sight-sheet")
    expect(sheet).to_contain_text("柳林村第1网格")
    reasons = {
        "near": ("certain", "30 m"),
        "dome": ("certain", "60 m"),
        "away": ("blocked", "视场"),
        "behind": ("blocked", "建筑"),
    }
    for key, (sight, word) in reasons.items():
        camera = sheet.locator(f'[data-testid="sight-camera"][data-camera="{stage.cameras[key]}"]')
        expect(camera).to_have_attribute("data-sight", sight)
        expect(camera).to_contain_text(word)
    expect(page.get_by_test_id("none-sees")).to_have_count(0)


def test_where_none_sees_the_nearest_turning_camera_is_offered(
    stage: Stage, consoles: Consoles
) -> None:
    page = consoles.signed_in("operator", place(lonlat(*BLIND_SPOT)))
    offer = page.get_by_test_id("none-sees").get_by_test_id("nearest-ptz")
    expect(offer).to_contain_text("东门球机")
    # 600 m west of the crossing, and the dome stands 60 m east of it.
    expect(offer).to_contain_text("660 m")
    expect(page.get_by_test_id("open-best")).to_be_disabled()


def test_language_and_theme_switch_and_are_remembered(consoles: Consoles) -> None:
    page = consoles.signed_in("operator")
    report = page.get_by_test_id("report-open")
    expect(report).to_contain_text("上报")
    page.get_by_test_id("account-menu").click()
    page.get_by_test_id("language-switch").click()
    expect(report).to_contain_text("Report")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_test_id("theme-switch").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark
    page.reload()
    expect(report).to_contain_text("Report")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_a_link_to_a_camera_survives_reload(stage: Stage, consoles: Consoles) -> None:
    page = consoles.signed_in("operator", f"/watch/cameras/{stage.cameras['dome']}")
    for _ in range(2):
        expect(page.get_by_test_id("camera-sheet")).to_contain_text("东门球机")
        expect(page).to_have_url(re.compile(rf"/watch/cameras/{stage.cameras['dome']}\b"))
        page.reload()


def test_a_frozen_camera_is_greyed_and_named_within_four_seconds(
    stage: Stage, consoles: Consoles
) -> None:
    page = consoles.signed_in("operator")
    open_picture(page, stage, "near")
    tile, video = page.get_by_test_id("wall-tile"), page.get_by_test_id("wall-video")
    with frozen(stage, "near") as since_s:
        expect(tile).to_have_attribute("data-state", re.compile("stale|stalled"), timeout=4000)
        assert time.monotonic() - since_s < 4
        assert "grayscale" in video.evaluate("(video) => getComputedStyle(video).filter")
    expect(tile).to_have_attribute("data-state", "live")
    assert plays(video, 0.5)


@contextmanager
def frozen(stage: Stage, key: str) -> Iterator[float]:
    """Stop a camera's pictures while the block runs; its connections stay open."""
    stage.fleet.device(key).freeze()
    try:
        yield time.monotonic()
    finally:
        stage.fleet.device(key).revive()


def test_a_picture_returns_by_itself_when_the_media_worker_was_killed(
    stage: Stage, consoles: Consoles, guard: Guard
) -> None:
    page = consoles.signed_in("operator")
    open_picture(page, stage, "near")
    guard.expect("WebSocket connection to .* failed")
    [worker] = stage.served.children()
    os.kill(worker, signal.SIGKILL)
    tile, video = page.get_by_test_id("wall-tile"), page.get_by_test_id("wall-video")
    expect(tile).not_to_have_attribute("data-state", "live")
    expect(tile).to_have_attribute("data-state", "live", timeout=30_000)
    assert plays(video, 0.5)


def test_a_planner_sees_the_camera_and_cannot_open_its_picture(
    stage: Stage, consoles: Consoles
) -> None:
    page = consoles.signed_in("planner", f"/watch/cameras/{stage.cameras['near']}")
    expect(page.get_by_test_id("camera-sheet")).to_contain_text("人民路口南")
    expect(page.locator('[data-testid="camera-watch"]:enabled')).to_have_count(0)
    page.goto(place(CROSSING))
    expect(page.get_by_test_id("sight-camera")).to_have_count(4)
    expect(page.locator('[data-testid^="open-camera-"]:enabled')).to_have_count(0)
    expect(page.locator('[data-testid="open-best"]:enabled')).to_have_count(0)
    expect(page.locator('[data-testid="report-open"]:enabled')).to_have_count(0)
    with stage.client("planner") as planner:
        order = {"camera_id": stage.cameras["near"], "purpose": "patrol", "profile": "sub"}
        assert planner.post("/api/streams", json=order).status_code == 403


def test_the_end_of_a_session_leads_to_the_login_and_back(
    stage: Stage, consoles: Consoles, guard: Guard
) -> None:
    page = consoles.signed_in("operator")
    is_live(page)
    guard.expect(r"status of 401 ")
    stage.run("UPDATE sessions SET ended_at = now() WHERE ended_at IS NULL")
    # The next act finds the session gone, unless a tile or the live stream has found it before.
    page.evaluate("() => document.querySelector('[data-testid=scope-all]')?.click()")
    expect(page.get_by_test_id("login-username")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/login\?next="))


def test_a_lost_server_is_shown_and_what_was_missed_appears(
    stage: Stage, consoles: Consoles, guard: Guard
) -> None:
    page = consoles.signed_in("operator")
    is_live(page)
    # The map names each tile it could not fetch.
    guard.expect("ERR_CONNECTION_", "ERR_INCOMPLETE_CHUNKED", r"assets/maplibre")
    stage.served.kill()
    expect(page.get_by_test_id("live-state")).to_have_attribute("data-state", "lost")
    incident_id = reported_elsewhere(stage)
    stage.served.start()
    is_live(page)
    row = page.locator(f'[data-testid="incident-row"][data-id="{incident_id}"]')
    expect(row).to_be_visible()


def reported_elsewhere(stage: Stage) -> int:
    """Store an incident while no server runs that could tell of it."""
    [(incident_id,)] = stage.run(
        "INSERT INTO incidents (number, kind, severity, geom, division_code, reported_by)"
        " SELECT 'MISSED-1', 'fire', 'red', ST_SetSRID(ST_Point(%s, %s), 4326), %s, min(id)"
        " FROM users RETURNING id",
        *lonlat(-300, 300),
        COUNTY,
    )
    return int(incident_id)
