"""A file is asked for in the console and taken; a token made there lets QGIS in.

No camera and no picture takes part, so the server alone is the stage.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from chromium import Consoles, Guard
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.e2e
_SLOW_MS = 90_000


@dataclass(frozen=True, slots=True)
class Desk:
    """What consoles need of a stage: where it is, and accounts."""

    url: str
    account: Callable[[str], str]


@pytest.fixture
def desk(server: str, account, land, running_chromium: Browser, guard: Guard) -> Iterator[Consoles]:
    opened = Consoles(Desk(server, account), running_chromium, guard)
    yield opened
    opened.close()
    assert guard.faults == []


def await_kinds(page: Page) -> None:
    kinds = page.get_by_test_id("export-kind").locator("option")
    expect(kinds).not_to_have_count(0, timeout=_SLOW_MS)


def test_grids_leave_as_a_shapefile_with_a_purpose(desk: Consoles, land) -> None:
    page = desk.signed_in("admin", "/admin/exports")
    await_kinds(page)
    page.get_by_test_id("export-kind").select_option("grids")
    page.get_by_test_id("export-datum").select_option("gcj02")
    page.get_by_test_id("export-send").click()
    expect(page.get_by_test_id("export-fault")).to_be_visible()  # no purpose was given
    page.get_by_test_id("export-purpose").fill("移交县测绘院")
    page.get_by_test_id("export-purpose").press("Enter")
    row = page.get_by_test_id("export-row").first
    # The first file of a server waits until GDAL is loaded.
    expect(row).to_have_attribute("data-state", "done", timeout=_SLOW_MS)
    expect(row).to_contain_text("网格-gcj02-")
    with page.expect_download() as taking:
        row.get_by_test_id("export-download").click()
    parts = zipfile.ZipFile(io.BytesIO(taking.value.path().read_bytes()))
    assert sorted(parts.namelist()) == ["grids.cpg", "grids.dbf", "grids.shp", "grids.shx"]
    acts = land.run("SELECT act, purpose FROM register WHERE act LIKE 'export.%' ORDER BY seq")
    assert acts == [("export.ordered", "移交县测绘院"), ("export.taken", "移交县测绘院")]


def test_a_token_made_there_opens_the_way_in_for_gis_programs(desk: Consoles, land) -> None:
    page = desk.signed_in("admin", "/admin/exports")
    page.get_by_test_id("gis-token-make").click()
    expect(page.get_by_test_id("gis-token")).to_be_visible(timeout=_SLOW_MS)
    token = page.get_by_test_id("gis-token").inner_text()
    items = f"{desk.stage.url}/ogc/collections/grids/items"
    answer = httpx.get(items, auth=("qgis", token), timeout=90)
    assert answer.status_code == 200, answer.text
    assert answer.json()["numberReturned"] == 12


def test_whoever_may_not_export_is_not_offered_it(desk: Consoles, land) -> None:
    page = desk.signed_in("operator", "/watch")
    page.context.set_default_timeout(_SLOW_MS)
    page.get_by_test_id("layers-open").click()
    expect(page.get_by_test_id("layer-grids")).to_be_visible()
    expect(page.get_by_test_id("layers-export")).to_have_count(0)
