"""The planning workspace in use: figures joined to the map, a what-if by drag, a siting proved."""

import re
import subprocess
import sys

import pytest
from chromium import Consoles
from playwright.sync_api import Page, expect
from stage import ROOT, Stage
from town import CROSSING

# Counting, what-if and siting each compile their kernels when sources have changed.
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

_FIRST_ANSWER_MS = 90_000
"""The first what-if of a server may wait for compiled kernels."""

#: Place and pose; the version also counts what its pictures showed meanwhile.
AS_IT_STANDS = (
    "SELECT ST_AsText(c.geom), c.height_m, p.azimuth_deg, p.azimuth_error_deg, p.fov_deg, p.range_m"
    " FROM cameras c JOIN poses p ON p.camera_id = c.id WHERE c.id = %s"
)


@pytest.fixture(scope="module", autouse=True)
def coverage_counted(stage: Stage) -> None:
    stage.served.run(["-m", "backend.cli", "coverage", "refresh", "--wait"])


def view_of_the_crossing(zoom: float) -> str:
    return f"#map={zoom}/{CROSSING[1]}/{CROSSING[0]}"


def certain_shares(page: Page, band: str) -> list[float]:
    cells = page.locator(f'[data-testid="plan-row"] [data-band="{band}"]').all_inner_texts()
    return [float(re.sub(r"[<% ]", "", cell)) for cell in cells]


def test_the_table_sorts_and_a_row_opens_its_sheet_and_the_map(
    stage: Stage, consoles: Consoles
) -> None:
    page = consoles.signed_in("planner", "/plan")
    rows = page.get_by_test_id("plan-row")
    expect(rows).to_have_count(4)
    page.get_by_test_id("plan-sort-overview").click()
    shares = certain_shares(page, "overview")
    # All cameras stand round one crossing, well inside one grid: the others see nothing.
    assert shares[0] > 0
    assert shares[1:] == [0, 0, 0]
    rows.first.click()
    expect(page).to_have_url(re.compile(r"/plan/grids/\d+"))
    expect(page.get_by_test_id("subject-sheet")).to_contain_text("柳林村第1网格")
    expect(page.get_by_test_id("subject-sheet")).to_contain_text("人民路口南")
    page.reload()
    expect(page.get_by_test_id("subject-sheet")).to_contain_text("柳林村第1网格")


def test_a_camera_dragged_in_a_what_if_changes_figures_and_nothing_real(
    stage: Stage, consoles: Consoles
) -> None:
    near = stage.cameras["near"]
    before = stage.run(AS_IT_STANDS, near)
    page = consoles.signed_in(
        "planner", f"/plan/cameras/{near}?tab=whatif{view_of_the_crossing(17.5)}"
    )
    expect(page.get_by_test_id("whatif-sheet")).to_contain_text("人民路口南")
    azimuth = page.get_by_test_id("whatif-azimuth_deg")
    azimuth.fill("90")
    azimuth.press("Enter")
    outline = page.locator('[data-testid="whatif-compare"] tr[data-band="outline"]')
    expect(outline).to_be_visible(timeout=_FIRST_ANSWER_MS)
    azimuth.blur()
    here = page.get_by_test_id("whatif-position")
    position = here.inner_text()
    with page.expect_response(lambda answer: "/coverage/what-if" in answer.url) as dragged:
        drag_camera(page)
    assert dragged.value.status == 200
    expect(here).not_to_have_text(position)
    page.get_by_test_id("scenario-name").fill("路口改向")
    page.get_by_test_id("scenario-save-as").click()
    expect(page.get_by_test_id("scenario-row")).to_contain_text("路口改向")
    expect(page.get_by_test_id("scenario-row")).to_have_attribute("data-state", "draft")
    assert stage.run(AS_IT_STANDS, near) == before


def drag_camera(page: Page) -> None:
    """Drag the camera south of the crossing to the east; the crossing is the map's middle.

    At zoom 17.5 a pixel is 40,075,017 m * cos(34.51 deg) / (512 * 2 ** 17.5) = 0.348 m wide, so
    the camera 30 m south of the crossing stands 86 px below the middle.
    """
    box = page.locator(".maplibregl-canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + 86
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y, steps=6)
    page.mouse.up()


def test_a_siting_states_its_value_its_bound_and_its_gap(stage: Stage, consoles: Consoles) -> None:
    page = consoles.signed_in("planner", "/plan?tab=siting")
    page.get_by_test_id("siting-name").fill("路口补点")
    page.get_by_test_id("siting-count").fill("2")
    page.get_by_test_id("siting-start").click()
    expect(page).to_have_url(re.compile(r"/plan/sitings/\d+"))
    worker = subprocess.Popen(
        [sys.executable, "-m", "backend.cli", "worker"], cwd=ROOT, env=stage.served.environment
    )
    try:
        expect(page.get_by_test_id("proposal")).to_have_count(2, timeout=_FIRST_ANSWER_MS)
    finally:
        worker.terminate()
        worker.wait(30)
    expect(page.get_by_test_id("siting-value")).to_have_text(re.compile(r"\d"))
    expect(page.get_by_test_id("siting-bound")).to_have_text(re.compile(r"\d"))
    expect(page.get_by_test_id("siting-gap")).to_have_text(re.compile(r"≤|最优"))
