"""The workspace of grids: split on the map, undone, saved, applied, reverted; balance, staff.

Grids are changed for good here, so this is a town of its own, without devices.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
import town
from chromium import Consoles, Guard
from playwright.sync_api import Browser, Page, expect
from stage import Stage, build_console

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

_SLOW_MS = 60_000
#: The south-west grid of the town in the middle of the free part of the map, at a fixed zoom.
VIEW = "#map=13.7/34.51/110.01"
IN_FORCE = "SELECT code FROM grids WHERE valid_to IS NULL ORDER BY code"


@pytest.fixture
def county(database: str, serve: Callable[[], AbstractContextManager[str]]) -> Iterator[Stage]:
    """Serve a town of its own from this process."""
    build_console()
    with psycopg.connect(database) as connection:
        cameras = town.build(connection)
        # Twenty houses beside the road through the crossing, and ten in the west of it.
        connection.execute(
            "INSERT INTO buildings (set_name, height_m, geom) SELECT 'town', 6,"
            " ST_Multi(ST_Expand(ST_SetSRID(ST_Point(110.0012 + 0.0006 * n, 34.506), 4326), 5e-5))"
            " FROM generate_series(0, 29) n"
        )
    with serve() as address:
        yield Stage(SimpleNamespace(url=address), None, database, cameras)  # type: ignore[arg-type]


@pytest.fixture
def desk(county: Stage, running_chromium: Browser, guard: Guard) -> Iterator[Consoles]:
    opened = Consoles(county, running_chromium, guard)
    yield opened
    opened.close()
    assert guard.faults == []


def open_grids(desk: Consoles, role: str = "planner", query: str = "") -> Page:
    page = desk.signed_in(role, f"/grids?set=basic{query}{VIEW}")
    page.set_default_timeout(_SLOW_MS)
    expect.set_options(timeout=_SLOW_MS)
    return page


def picture(page: Page, name: str) -> None:
    """Keep a picture in the folder that GRIDLINK_TEST_PICTURES names."""
    if folder := os.environ.get("GRIDLINK_TEST_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"tiling_{name}.png"))


def pick(page: Page, code: str) -> None:
    page.get_by_test_id("grid-filter").fill(code)
    page.get_by_test_id("grid-row").first.click()
    page.get_by_test_id("grid-filter").fill("")
    page.get_by_test_id("grid-filter").press("Escape")


def draw_across(page: Page) -> None:
    """Draw from north to south over the middle of the map, beyond the grid at both ends."""
    page.wait_for_function("document.querySelector('.maplibregl-canvas').style.cursor !== ''")
    box = page.locator(".maplibregl-canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    # A pixel is 4.85 m at this zoom, and the grid ends 1,109 m to either side: at 229 px.
    for away in (-270, 270):
        page.mouse.move(x + 8, y + away, steps=3)
        page.mouse.click(x + 8, y + away)
    page.keyboard.press("Enter")


def test_a_grid_is_split_on_the_map_undone_redone_saved_applied_and_reverted(
    county: Stage, desk: Consoles
) -> None:
    before = county.run(IN_FORCE)
    page = open_grids(desk)
    expect(page.get_by_test_id("grid-row")).to_have_count(4)
    pick(page, "610522101201001")
    page.get_by_test_id("grid-tool-split").click()
    draw_across(page)
    expect(page.get_by_test_id("grid-operation")).to_have_attribute("data-op", "split")
    expect(page.get_by_test_id("grid-row")).to_have_count(5)
    expect(page.get_by_test_id("grid-effect")).not_to_have_count(0)
    page.keyboard.press("u")
    expect(page.get_by_test_id("grid-row")).to_have_count(4)
    page.keyboard.press("y")
    expect(page.get_by_test_id("grid-row")).to_have_count(5)
    assert county.run(IN_FORCE) == before  # a preview writes nothing
    page.get_by_test_id("grid-save-title").fill("柳林村第1网格拆分")
    page.get_by_test_id("grid-save-reason").fill("户数过多")
    page.get_by_test_id("grid-save-plan").click()
    expect(page).to_have_url(re.compile(r"/grids/changes/\d+"))
    expect(page.get_by_test_id("change-state")).to_have_text("计划中")
    page.get_by_test_id("change-apply").click()
    expect(page.get_by_test_id("change-state")).to_have_text("已生效")
    assert len(county.run(IN_FORCE)) == len(before) + 1
    page.get_by_test_id("change-revert").click()
    expect(page.get_by_test_id("change-state")).to_have_text("已撤回")
    assert county.run(IN_FORCE) == before
    page.goto(f"/grids?set=basic{VIEW}")  # the map has gone to what was changed
    split_along_the_road_and_apply_now(page)
    # The next serial by the layout of codes: 003 was given before, and no code is given twice.
    new = ("610522101201004",)
    assert county.run(IN_FORCE) == sorted([*before, new])


def split_along_the_road_and_apply_now(page: Page) -> None:
    """Point at 解放路, 700 m east of the crossing in the middle of the map."""
    expect(page.get_by_test_id("grid-row")).to_have_count(4)
    pick(page, "610522101201001")
    page.keyboard.press("d")
    expect(page.get_by_test_id("grid-tool-road")).to_have_attribute("aria-pressed", "true")
    box = page.locator(".maplibregl-canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2 + 144, box["y"] + box["height"] / 2)
    expect(page.get_by_test_id("grid-line-take")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("grid-row")).to_have_count(5)
    page.get_by_test_id("grid-save-title").fill("沿解放路拆分")
    page.get_by_test_id("grid-save-reason").fill("道路为界")
    page.get_by_test_id("grid-save-apply").click()
    expect(page.get_by_test_id("change-state")).to_have_text("已生效")


def test_neighbours_are_merged_and_a_border_is_moved_by_the_keyboard_alone(
    county: Stage, desk: Consoles
) -> None:
    page = open_grids(desk)
    expect(page.get_by_test_id("grid-row")).to_have_count(4)
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("Enter")
    expect(page.get_by_test_id("grid-row").and_(page.locator("[aria-pressed=true]"))).to_have_count(
        2
    )
    page.keyboard.press("b")
    # Whoever presses a key before the border can be dragged, presses it in vain.
    expect(page.get_by_test_id("grid-tool-boundary")).to_have_attribute("aria-pressed", "true")
    for _ in range(20):
        page.keyboard.press("Shift+ArrowUp")
    expect(page.get_by_test_id("grid-line-take")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("grid-operation")).to_have_attribute("data-op", "move_boundary")
    expect(page.get_by_test_id("grid-effect")).not_to_have_count(0)
    page.keyboard.press("u")
    expect(page.get_by_test_id("grid-operation")).to_have_count(0)
    pick(page, "610522101201001")
    pick(page, "610522101201002")
    page.keyboard.press("m")
    expect(page.get_by_test_id("grid-operation")).to_have_attribute("data-op", "merge")
    expect(page.get_by_test_id("grid-row")).to_have_count(3)
    pick(page, "610522101202001")
    page.keyboard.press("r")
    page.get_by_test_id("grid-form-code").fill("610522101202009")
    page.get_by_test_id("grid-form-code").press("Enter")
    steps = page.get_by_test_id("grid-operation")
    expect(steps).to_have_count(2)
    page.keyboard.press("u")
    page.keyboard.press("u")
    expect(steps).to_have_count(0)
    expect(page.get_by_test_id("grid-row")).to_have_count(4)
    page.keyboard.press("y")
    page.keyboard.press("y")
    expect(page.locator("[data-op=merge] ~ [data-op=recode]")).to_be_visible()
    expect(page.get_by_test_id("grid-row")).to_have_count(3)
    expect(page.get_by_test_id("grid-picks")).to_contain_text("610522101202009")


def test_a_heavy_grid_is_parted_along_the_road_and_somebody_is_put_on_duty(
    county: Stage, desk: Consoles
) -> None:
    page = open_grids(desk, query="&tab=load")
    row = page.get_by_test_id("load-row").first
    expect(row).to_have_attribute("data-heavy", "true")
    row.click()
    page.get_by_test_id("balance-ask").click()
    expect(page.get_by_test_id("balance")).to_contain_text("路")
    page.get_by_test_id("balance-take").click()
    expect(page.get_by_test_id("grid-operation")).to_have_attribute("data-op", "split")
    expect(page.get_by_test_id("grid-row")).to_have_count(5)
    worker = county.account("worker")
    page.get_by_test_id("grids-tab-staff").click()
    expect(page.get_by_test_id("vacancy-row")).to_have_count(4)
    page.get_by_test_id("vacancy-row").first.click()
    page.get_by_test_id("staff-add").click()
    page.get_by_test_id("duty-account").select_option(worker)
    page.get_by_test_id("duty-save").click()
    expect(page.get_by_test_id("duty-row")).to_contain_text(worker)
    expect(page.get_by_test_id("lacks-worker")).to_have_count(0)
    page.get_by_test_id("duty-end").click()  # entered today, by mistake
    expect(page.get_by_test_id("duty-row")).to_have_count(0)
    page.get_by_test_id("toast").get_by_role("button", name="撤销").click()
    expect(page.get_by_test_id("duty-row")).to_contain_text(worker)
    assert county.run("SELECT count(*) FROM grid_staff") == [(1,)]


def break_the_tiling(county: Stage) -> None:
    """An overlap of two villages' grids, and a gap of 110 m with a road through it."""
    county.run(
        "UPDATE grids SET geom = ST_Translate(geom, 0.0005, 0) WHERE code = '610522101201002'"
    )
    county.run(
        "UPDATE grids SET geom = ST_Multi(ST_Difference(geom,"
        " ST_MakeEnvelope(110.0215, 34.5195, 110.0385, 34.5205, 4326)))"
        " WHERE code LIKE '610522101202%'"
    )
    county.run(
        "INSERT INTO roads (set_name, name, road_class, geom) VALUES ('town', '北环路', 'street',"
        " ST_Multi(ST_GeomFromText('LINESTRING(110.021 34.5202, 110.039 34.5202)', 4326)))"
    )


def test_faults_of_the_tiling_are_mended_one_by_one_and_all_along_the_road(
    county: Stage, desk: Consoles
) -> None:
    break_the_tiling(county)
    changes = "SELECT count(*) FROM grid_changes"
    page = open_grids(desk, query="&tab=tiling")
    rows = page.get_by_test_id("tiling-row")
    overlap, gap = (rows.and_(page.locator(f"[data-kind={kind}]")) for kind in ("overlap", "gap"))
    expect(overlap).to_have_count(1)
    expect(gap).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")  # the largest fault is shown on the map
    expect(rows.first).to_have_class(re.compile("chosen"))
    picture(page, "faults")
    overlap.get_by_test_id("tiling-to").select_option(label="…202002")
    overlap.get_by_test_id("tiling-pick").check()
    page.get_by_test_id("tiling-preview").click()
    expect(page.get_by_test_id("tiling-left")).to_contain_text("重叠 0，缝隙 1")
    picture(page, "preview")
    assert county.run(changes) == [(0,)]  # a preview writes nothing
    page.get_by_test_id("tiling-reason").fill("核查")
    page.get_by_test_id("tiling-apply").click()
    expect(overlap).to_have_count(0)
    page.get_by_test_id("tiling-all").check()
    page.get_by_test_id("tiling-roads").check()
    page.get_by_test_id("tiling-preview").click()
    expect(page.get_by_test_id("tiling-left")).to_contain_text("重叠 0，缝隙 0")
    page.get_by_test_id("tiling-reason").fill("以北环路为界")
    page.get_by_test_id("tiling-apply").click()
    expect(gap).to_have_count(0)
    picture(page, "mended")
    ends = county.run(
        "SELECT code, round(ST_YMax(geom)::numeric, 6)::float FROM grids"
        " WHERE valid_to IS NULL AND code = '610522101202001'"
    )
    assert ends == [("610522101202001", 34.5202)]
    assert county.run(changes) == [(2,)]


def test_whoever_may_not_edit_sees_grids_and_no_tools(county: Stage, desk: Consoles) -> None:
    page = open_grids(desk, "inspector")
    expect(page.get_by_test_id("grid-row")).to_have_count(4)
    expect(page.get_by_test_id("grid-tool-split")).to_have_count(0)
    page.get_by_test_id("grids-tab-changes").click()
    expect(page.get_by_test_id("changes-empty")).to_be_visible()
