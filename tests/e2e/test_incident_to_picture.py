"""From a click on the map to the live picture, and on to the closed incident in every console."""

import re

import pytest
from chromium import Consoles
from picture import clock_age_ms, plays
from playwright.sync_api import Locator, Page, expect
from stage import PASSWORD, Stage
from town import CROSSING

pytestmark = pytest.mark.e2e

ABOVE_THE_CROSSING = f"/watch#map=17.5/{CROSSING[1]}/{CROSSING[0]}"


def click_middle_of_map(page: Page) -> None:
    """Click the crossing: the address put it in the middle of the map."""
    map_view = page.get_by_test_id("map")
    expect(map_view).to_have_attribute("data-ready", "true")
    box = map_view.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def rows(page: Page, incident_id: int) -> Locator:
    return page.locator(f'[data-testid="incident-row"][data-id="{incident_id}"]')


def number_in(address: str) -> int:
    found = re.search(r"/watch/incidents/(\d+)", address)
    assert found, address
    return int(found[1])


def sign_in_by_hand(page: Page, username: str) -> None:
    page.goto(ABOVE_THE_CROSSING)
    page.get_by_test_id("login-username").fill(username)
    page.get_by_test_id("login-password").fill(PASSWORD)
    page.get_by_test_id("login-submit").click()
    expect(page.get_by_test_id("live-state")).to_have_attribute("data-state", "open")


def report_by_mouse(page: Page) -> int:
    page.get_by_test_id("report-open").click()
    click_middle_of_map(page)
    expect(page.get_by_test_id("report-chosen")).to_contain_text("110.0100")
    page.get_by_test_id("report-kind").select_option("fire")
    page.get_by_test_id("report-description").fill("路口冒烟")
    page.get_by_test_id("report-submit").click()
    page.wait_for_url(re.compile(r"/watch/incidents/\d+"))
    return number_in(page.url)


def test_an_incident_clicked_on_the_map_brings_its_pictures_and_is_closed(
    stage: Stage, consoles: Consoles
) -> None:
    colleague = consoles.signed_in("dispatcher")
    expect(colleague.get_by_test_id("live-state")).to_have_attribute("data-state", "open")
    colleague.evaluate("window.neverReloaded = true")
    page = consoles.blank()
    sign_in_by_hand(page, stage.account("operator"))

    incident_id = report_by_mouse(page)

    place = stage.run("SELECT ST_X(geom), ST_Y(geom) FROM incidents WHERE id = %s", incident_id)
    # At zoom 17.5 a pixel is 0.18 m of equator, 0.15 m here; the click may miss by one: 2e-6 deg.
    assert place[0] == pytest.approx(CROSSING, abs=4e-6)
    expect(rows(colleague, incident_id)).to_be_visible()
    shows_ranked_cameras(page, stage)
    shows_pictures_after_the_purpose(page, stage, incident_id)
    closes(page, incident_id, "已扑灭，无人受伤")

    expect(rows(page, incident_id)).to_have_count(0)
    expect(rows(colleague, incident_id)).to_have_count(0)
    assert colleague.evaluate("window.neverReloaded") is True
    page.get_by_test_id("wall-close").click()
    is_on_record(stage, consoles, incident_id)


def shows_ranked_cameras(page: Page, stage: Stage) -> None:
    cameras = page.get_by_test_id("incident-sheet").get_by_test_id("sight-camera")
    expect(cameras).to_have_count(4)
    # Certain by density (45 px/m before 23), then the blind by distance (50 m before 60 m).
    order = [stage.cameras[key] for key in ("near", "dome", "away", "behind")]
    told = cameras.evaluate_all("found => found.map((c) => [+c.dataset.camera, c.dataset.sight])")
    assert told == list(
        map(list, zip(order, ("certain", "certain", "blocked", "blocked"), strict=True))
    )
    # The wall begins 20 m in front of the camera behind it.
    expect(cameras.nth(3)).to_contain_text("20 ")
    expect(cameras.nth(3)).to_contain_text("60")


def shows_pictures_after_the_purpose(page: Page, stage: Stage, incident_id: int) -> None:
    opened = "SELECT count(*) FROM register WHERE incident_id = %s AND act = 'stream.live.opened'"
    expect(page.get_by_test_id("purpose-bar")).to_be_visible()
    expect(page.get_by_test_id("wall-tile")).to_have_count(0)
    assert stage.run(opened, incident_id) == [(0,)], "a picture was opened without a purpose"
    page.get_by_test_id("purpose-confirm").click()
    tiles = page.get_by_test_id("wall-tile")
    expect(tiles).to_have_count(2)
    for number in range(2):
        expect(tiles.nth(number)).to_have_attribute("data-state", "live")
        video = tiles.nth(number).get_by_test_id("wall-video")
        assert plays(video, 0.5)
        assert clock_age_ms(video) < 2000
    assert stage.run(opened, incident_id) == [(2,)]


def closes(page: Page, incident_id: int, result: str) -> None:
    page.get_by_test_id("act-handle").click()
    expect(page.get_by_test_id("incident-sheet")).to_have_attribute("data-state", "handling")
    page.get_by_test_id("act-close").click()
    page.get_by_test_id("close-result").fill(result)
    page.get_by_test_id("close-submit").click()
    expect(page.get_by_test_id("incident-sheet")).to_have_attribute("data-state", "closed")
    expect(page.get_by_test_id("incident-result")).to_have_text(result)
    expect(page.get_by_test_id("timeline-entry")).to_have_count(3)


def is_on_record(stage: Stage, consoles: Consoles, incident_id: int) -> None:
    """Timeline, register and its chain, as an inspector sees them in a console."""
    with stage.client("inspector") as inspector:
        timeline = inspector.get(f"/api/incidents/{incident_id}/timeline").json()["entries"]
        steps = [(e["act"], e["from_state"], e["to_state"]) for e in timeline]
        assert steps == [
            ("report", None, "reported"),
            ("handle", "reported", "handling"),
            ("close", "handling", "closed"),
        ]
    page = consoles.signed_in("inspector", "/register")
    row = page.get_by_test_id("register-row")
    expect(row.filter(has_text="人民路口南").first).to_be_visible()
    expect(row.filter(has_text="东门球机").first).to_be_visible()
    page.get_by_test_id("register-verify").click()
    expect(page.get_by_test_id("register-verdict")).to_be_visible()
    assert stage.run(
        "SELECT DISTINCT purpose FROM register WHERE incident_id = %s", incident_id
    ) == [("incident",)]


def test_an_incident_is_reported_watched_and_rejected_by_keyboard_alone(
    stage: Stage, consoles: Consoles
) -> None:
    page = consoles.signed_in("operator")
    expect(page.get_by_test_id("live-state")).to_have_attribute("data-state", "open")
    press = page.keyboard.press

    press("n")
    kind = page.get_by_test_id("report-kind")
    expect(kind).to_be_focused()
    expect(kind.locator("option[value=fire]")).to_be_attached()  # the kinds have come
    press("ArrowDown")
    expect(kind).not_to_have_value("")
    press("Tab")  # the grade the kind proposes
    press("Tab")
    expect(page.get_by_test_id("report-place")).to_be_focused()
    page.keyboard.type(f"{CROSSING[0]}00, {CROSSING[1]}00")
    press("Enter")
    expect(page.get_by_test_id("report-description")).to_be_focused()
    press("Control+Enter")
    page.wait_for_url(re.compile(r"/watch/incidents/\d+"))
    incident_id = number_in(page.url)
    place = stage.run("SELECT ST_X(geom), ST_Y(geom) FROM incidents WHERE id = %s", incident_id)
    assert place[0] == pytest.approx(CROSSING, abs=1e-9)

    expect(page.get_by_test_id("purpose-bar")).to_be_visible()
    press("p")
    expect(page.get_by_test_id("wall-tile").first).to_have_attribute("data-state", "live")

    page.get_by_test_id("act-reject").focus()
    press("Enter")
    expect(page.get_by_test_id("reject-text")).to_be_focused()
    page.keyboard.type("演习，无火情")
    press("Control+Enter")
    expect(page.get_by_test_id("incident-sheet")).to_have_attribute("data-state", "rejected")
    expect(rows(page, incident_id)).to_have_count(0)


def test_a_grid_code_typed_by_hand_places_the_report_in_that_grid(
    stage: Stage, consoles: Consoles
) -> None:
    page = consoles.signed_in("operator")
    page.get_by_test_id("report-open").click()
    page.get_by_test_id("report-kind").select_option("facility")
    page.get_by_test_id("report-place").press_sequentially("610522101202002")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("report-chosen")).to_contain_text("610522101202002")
    page.get_by_test_id("report-submit").click()
    page.wait_for_url(re.compile(r"/watch/incidents/\d+"))
    grids = "SELECT grid_code FROM incident_grids WHERE incident_id = %s"
    assert stage.run(grids, number_in(page.url)) == [("610522101202002",)]
