"""Alarms in the console: from a device's event to an incident, and a rule tried before it holds."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Consoles
from playwright.sync_api import Page, expect
from stage import Stage
from town import COUNTY

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """Software drawing of a map shares two cores with the server: facts may be seconds late."""
    expect.set_options(timeout=60_000)
    yield
    expect.set_options(timeout=5_000)


def pictured(page: Page, name: str) -> None:
    """Keep what the page shows, where somebody asked for pictures."""
    folder = os.environ.get("GRIDLINK_TEST_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture(scope="module")
def rung(stage: Stage) -> str:
    """A rule tells of motion, and a device of the town has moved; the name of its camera."""
    key = next(device.spec.id for device in stage.fleet.devices)
    stage.run(
        "INSERT INTO alarm_rules (name, division_code, kinds, outcome)"
        " VALUES ('有动静', %s, '{motion,input}', 'note')",
        COUNTY,
    )
    stage.fleet.device(key).events.motion(True)
    return str(stage.run("SELECT name FROM cameras WHERE id = %s", stage.cameras[key])[0][0])


def test_an_event_of_a_device_rings_and_is_reported_where_the_camera_looks(
    consoles: Consoles, stage: Stage, rung: str
) -> None:
    page = consoles.signed_in("operator", "/watch")
    # The media worker subscribes by itself; the bell counts in every workspace.
    expect(page.get_by_test_id("alarms-unseen")).to_have_text("1")
    page.get_by_test_id("rail-alarms").click()
    row = page.get_by_test_id("alarm-row").first
    expect(row).to_contain_text("移动侦测")
    expect(row).to_contain_text(rung)
    expect(page.get_by_test_id("alarms-sound")).to_have_attribute("aria-pressed", "false")
    row.click()
    sheet = page.get_by_test_id("alarm-sheet")
    expect(sheet.get_by_test_id("alarm-rule")).to_contain_text("有动静")
    expect(sheet.get_by_test_id("sight-camera").first).to_be_visible()
    pictured(page, "alarm-dark")
    page.keyboard.press("n")
    sheet.get_by_test_id("alarm-report-kind").select_option("safety")
    pictured(page, "alarm-report")
    sheet.get_by_test_id("alarm-report-send").click()
    expect(sheet.get_by_test_id("alarm-incident")).to_be_visible()
    expect(page.get_by_test_id("alarms-unseen")).to_have_count(0)
    rows = stage.run(
        "SELECT i.kind, ST_Distance(i.geom::geography, a.geom::geography) FROM incidents i"
        " JOIN alarms a ON a.incident_id = i.id"
    )
    assert [kind for kind, _ in rows] == ["safety"]
    assert rows[0][1] < 0.01
    sheet.get_by_test_id("alarm-incident").click()
    expect(page).to_have_url(re.compile(r"/watch/incidents/\d+"))


def test_a_rule_is_tried_on_the_last_week_before_it_holds(
    consoles: Consoles, stage: Stage, rung: str
) -> None:
    page = consoles.signed_in("dispatcher", "/alarms/rules")
    expect(page.get_by_test_id("rule-row").first).to_contain_text("有动静")
    page.get_by_test_id("rule-add").click()
    page.get_by_test_id("rule-name").fill("周末夜间越界")
    page.get_by_test_id("rule-outcome-incident").click()
    page.get_by_test_id("rule-save").click()
    expect(page.get_by_test_id("rule-fault")).to_contain_text("请选择事件类别")
    page.get_by_test_id("rule-incident-kind").select_option("safety")
    page.get_by_test_id("hours-quiet-add").click()
    page.get_by_test_id("rule-try").click()
    expect(page.get_by_test_id("rule-trial")).to_contain_text(
        re.compile("近七天此规则会触发 [01] 次")
    )
    pictured(page, "rules-dark")
    page.get_by_test_id("rule-save").click()
    expect(page.get_by_test_id("rule-row")).to_have_count(2)
    [(quiet, author)] = stage.run(
        "SELECT r.quiet, u.role FROM alarm_rules r JOIN users u ON u.id = r.changed_by"
        " WHERE r.name = '周末夜间越界'"
    )
    assert quiet == [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "begins": "22:00:00", "ends": "06:00:00"}]
    assert author == "dispatcher"
    page.get_by_test_id("theme-switch").click()
    page.get_by_test_id("account-menu").click()
    page.get_by_test_id("language-switch").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Alarms")).to_be_visible()
    pictured(page, "rules-light-en")
    page.get_by_test_id("alarms-tab-list").click()
    page.get_by_test_id("alarms-all").click()
    expect(page.get_by_test_id("alarm-row").first).to_contain_text("Motion")
    page.get_by_test_id("alarm-row").first.click()
    expect(page.get_by_test_id("sight-camera").first).to_be_visible()
    pictured(page, "alarm-light-en")


def test_an_inspector_reads_and_changes_nothing(consoles: Consoles, rung: str) -> None:
    page = consoles.signed_in("inspector", "/alarms/rules")
    expect(page.get_by_test_id("rules-page")).to_be_visible()
    expect(page.get_by_test_id("rule-add")).to_have_count(0)
    page.get_by_test_id("alarms-tab-list").click()
    page.get_by_test_id("alarms-all").click()
    page.get_by_test_id("alarm-row").first.click()
    expect(page.get_by_test_id("alarm-sheet")).to_be_visible()
    expect(page.get_by_test_id("alarm-report")).to_have_count(0)
    expect(page.get_by_test_id("alarm-see")).to_have_count(0)
