"""A file of unknown origin at the console: candidates with evidence over the map, taken by hand.

No camera and no picture takes part, so the server alone is the stage.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromium import Consoles, Guard
from playwright.sync_api import Browser, expect

from gis.crs import convert
from tests.lanes import Spots, lanes

__all__ = ["lanes"]  # a fixture

pytestmark = pytest.mark.e2e
_SLOW_MS = 120_000


@dataclass(frozen=True, slots=True)
class Desk:
    """What consoles need of a stage: where it is, and accounts."""

    url: str
    account: Callable[[str], str]


@pytest.fixture
def desk(
    server: str, account: Any, land: Any, running_chromium: Browser, guard: Guard
) -> Iterator[Consoles]:
    opened = Consoles(Desk(server, account), running_chromium, guard)
    yield opened
    opened.close()
    assert guard.faults == []


def test_a_planner_sees_an_undeclared_file_under_each_reading_and_takes_one_by_hand(
    desk: Consoles, lanes: Spots, tmp_path: Path
) -> None:
    path = tmp_path / "点位.csv"
    with path.open("w", encoding="gb18030", newline="") as sink:
        rows = csv.writer(sink)
        rows.writerow(["名称", "数量", "经度", "纬度"])
        shifted = convert(np.array(lanes), "wgs84", "gcj02")
        rows.writerows([f"点位{k}", 1, lon, lat] for k, (lon, lat) in enumerate(shifted))
        rows.writerow(["合计", len(lanes) + 4, "", ""])

    page = desk.signed_in("planner", "/admin/imports")
    expect(page.get_by_test_id("rail-admin")).to_be_visible(timeout=_SLOW_MS)
    expect(page.get_by_test_id("admin-users")).to_have_count(0)  # accounts are the admin's
    page.get_by_test_id("import-kind").select_option("cameras")
    page.get_by_test_id("import-file").set_input_files(path)
    page.get_by_test_id("import-inspect").click()

    panel = page.get_by_test_id("inspection")
    expect(panel).to_have_attribute("data-reading", "gcj02", timeout=_SLOW_MS)
    readings = page.get_by_test_id("inspection-candidate")
    assert readings.first.get_attribute("data-reading") == "gcj02"
    assert {one.get_attribute("data-reading") for one in readings.all()} >= {"wgs84", "bd09"}
    # Every row is 1; the file's own sum says 4 more.
    expect(page.get_by_test_id("inspection-total")).to_contain_text(str(len(lanes) + 4))
    expect(page.get_by_test_id("inspection-encoding").first).to_contain_text("gb18030")

    # By keyboard to the next candidate: the evidence is that candidate's.
    evidence = page.get_by_test_id("inspection-evidence")
    sure = evidence.inner_text()
    readings.first.focus()
    page.keyboard.press("ArrowDown")
    expect(readings.nth(1)).to_have_attribute("aria-checked", "true")
    expect(evidence).not_to_have_text(sure)
    page.keyboard.press("ArrowUp")
    expect(readings.first).to_have_attribute("aria-checked", "true")

    page.get_by_test_id("inspection-take").click()
    expect(page.get_by_test_id("import-datum")).to_have_value("gcj02")
