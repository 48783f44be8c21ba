"""A click on the map turns the dome to it; a hand in its picture turns it on; the lock is shown."""

import pytest
from chromium import Consoles
from playwright.sync_api import Page, expect
from stage import Stage
from town import CROSSING

pytestmark = pytest.mark.e2e

CLOSE_UP = f"/watch#map=17.5/{CROSSING[1]}/{CROSSING[0]}"


def click_the_crossing(page: Page) -> None:
    map_view = page.get_by_test_id("map")
    expect(map_view).to_have_attribute("data-ready", "true")
    box = map_view.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_a_click_turns_the_dome_and_a_drag_in_its_picture_turns_it_on(
    stage: Stage, consoles: Consoles
) -> None:
    dome = stage.fleet.device("dome")
    page = consoles.signed_in("dispatcher", CLOSE_UP)
    click_the_crossing(page)
    page.get_by_test_id("aim-here").click()
    row = page.get_by_test_id("aim-row").filter(has_text="东门球机")
    expect(row).to_have_attribute("data-outcome", "aimed", timeout=60_000)
    # The dome stands 60 m east of the crossing, and 20 m at 60.2 m fill 18.9 degrees.
    view = dome.true_view()
    assert view.azimuth_deg == pytest.approx(270.0, abs=0.5)
    # Between its ends the zoom is assumed: nobody has measured this head.
    assert view.fov_deg == pytest.approx(18.9, abs=1.5)

    row.get_by_role("button").click()
    page.get_by_test_id("purpose-confirm").click()
    tile = page.get_by_test_id("wall-tile")
    expect(tile).to_have_attribute("data-state", "live", timeout=60_000)
    surface = tile.get_by_test_id("ptz-surface")
    expect(tile.get_by_test_id("ptz-lock")).to_be_visible()
    box = surface.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    with page.expect_response(lambda r: r.url.endswith("/ptz/move") and r.ok, timeout=60_000):
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] - 60, middle[1], steps=4)
        page.mouse.up()
    # Pulled to the left: the head turned right, so far as 60 px of the picture are.
    width = min(box["width"], box["height"] * 16 / 9)
    assert dome.true_view().azimuth_deg == pytest.approx(270.0 + 60 / width * 18.9, abs=1.0)
    acts = stage.run("SELECT act, purpose FROM register WHERE act LIKE 'ptz.%' ORDER BY seq")
    assert acts == [("ptz.aimed", "patrol"), ("ptz.moved", "patrol")]
