"""The dispatch workspace in use: from an alert to a unit on its way, by mouse and by keyboard."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from chromium import Consoles
from playwright.sync_api import Page, expect
from stage import Stage
from town import COUNTY, CROSSING, VILLAGES, lonlat

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

NEAR, FAR = "东门应急组", "柳林网格一组"
GRID_NAME = "柳林村第1网格"


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """Software drawing of a map shares two cores with the server: facts may be seconds late."""
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=5_000)


@dataclass(frozen=True, slots=True)
class Forces:
    """Units on duty: one 200 m from the crossing, one 1.5 km off; and the grid both live in."""

    near: int
    far: int
    grid: int
    tokens: dict[int, str]


def test_an_empty_county_says_what_comes_next(consoles: Consoles) -> None:
    page = consoles.signed_in("dispatcher", "/dispatch")
    expect(page.get_by_test_id("task-empty")).to_contain_text("没有待办任务")
    page.get_by_test_id("dispatch-tab-alerts").click()
    expect(page.get_by_test_id("alert-empty")).to_contain_text("没有预警")
    page.get_by_test_id("dispatch-tab-units").click()
    expect(page.get_by_test_id("unit-empty")).to_contain_text("还没有力量")
    page.get_by_test_id("dispatch-tab-rules").click()
    expect(page.get_by_test_id("requirement-empty")).to_be_visible()
    page.get_by_test_id("dispatch-tab-grids").click()
    expect(page.get_by_test_id("grid-row")).to_have_count(4)


@pytest.fixture(scope="module")
def forces(stage: Stage) -> Forces:
    [(grid,)] = stage.run("SELECT id FROM grids WHERE name = %s", GRID_NAME)
    units, tokens = {}, {}
    with stage.client("admin") as admin:
        for name, kind, vehicle, east_m in (
            (NEAR, "response", "motorcycle", 200.0),
            (FAR, "grid_worker", "foot", 1500.0),
        ):
            made = added(
                admin, "/api/units", code=name, name=name, kind=kind, vehicle=vehicle,
                home_grids=[grid],
            )  # fmt: skip
            units[name] = made["id"]
            added(admin, f"/api/units/{made['id']}/shifts", on=True)
            tracker = added(admin, f"/api/units/{made['id']}/trackers", name="终端")
            tokens[made["id"]] = tracker["token"]
            send_fix(stage, tracker["token"], *lonlat(east_m, 0))
    return Forces(units[NEAR], units[FAR], grid, tokens)


def added(client: httpx.Client, path: str, **body: object) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json()
    return found


def send_fix(stage: Stage, token: str, lon: float, lat: float) -> None:
    fix = {"lon": lon, "lat": lat, "at": datetime.now(UTC).isoformat(), "accuracy": 5}
    answer = httpx.post(
        f"{stage.url}/api/patrol/fixes",
        json={"fixes": [fix]},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.json()["refused"] == [], answer.text


def raise_alert(stage: Stage, grid: int) -> int:
    """Raise an alert as the sweep does; how it comes to that is tested where it is decided."""
    [(alert,)] = stage.run(
        "INSERT INTO alerts (kind, subject_kind, subject_id, severity, rule, detail, raised_at,"
        " division_code) VALUES ('requirement_broken', 'grid', %s, 'red', 'interval',"
        """ '{"longest_s": 7200, "longest_asked_s": 3600}', now(), %s) RETURNING id""",
        grid,
        VILLAGES[0],
    )
    return int(alert)


def number_in(address: str, kind: str) -> int:
    found = re.search(rf"/dispatch/{kind}/(\d+)", address)
    assert found, address
    return int(found[1])


def test_an_alert_becomes_a_task_and_its_progress_is_seen_live(
    stage: Stage, consoles: Consoles, forces: Forces
) -> None:
    alert = raise_alert(stage, forces.grid)
    page = consoles.signed_in("dispatcher", "/dispatch?tab=alerts")
    page.locator(f'[data-testid="alert-row"][data-id="{alert}"]').click()
    expect(page.get_by_test_id("alert-rule")).to_have_text("最长间隔 120 分钟，要求不超过 60 分钟")
    page.get_by_test_id("alert-task").click()
    expect(page.get_by_test_id("task-title")).to_have_value(f"巡查{GRID_NAME}")
    nearest = page.get_by_test_id("nearest-row")
    # A motorcycle nearby is there long before somebody on foot.
    expect(nearest.first).to_contain_text(NEAR)
    expect(nearest.first).to_have_attribute("data-how", re.compile("roads|straight"))
    nearest.first.get_by_test_id("nearest-pick").check()
    page.get_by_test_id("task-send").click()
    page.wait_for_url(re.compile(r"/dispatch/tasks/\d+"))
    assignment = page.get_by_test_id("assignment")
    expect(assignment).to_have_attribute("data-state", "offered")
    expect(page.get_by_test_id("assignment-clock")).to_contain_text("待接")

    page.evaluate("window.neverReloaded = true")
    task = number_in(page.url, "tasks")
    with stage.client("dispatcher") as colleague:
        for act, state in (("accept", "accepted"), ("start", "under_way"), ("arrive", "arrived")):
            one = colleague.get(f"/api/tasks/{task}").json()["assignments"][0]
            added(colleague, f"/api/assignments/{one['id']}/acts", act=act, version=one["version"])
            expect(assignment).to_have_attribute("data-state", state)
    assert page.evaluate("window.neverReloaded") is True
    expect(page.get_by_test_id("task-row")).to_contain_text("已到场")
    page.reload()
    expect(page.get_by_test_id("assignment")).to_have_attribute("data-state", "arrived")
    assert stage.run("SELECT alert_id FROM tasks WHERE id = %s", task) == [(alert,)]


def test_a_task_is_made_given_and_closed_by_keyboard_alone(
    stage: Stage, consoles: Consoles, forces: Forces
) -> None:
    page = consoles.signed_in("dispatcher", "/dispatch")
    expect(page.get_by_test_id("live-state")).to_have_attribute("data-state", "open")
    press = page.keyboard.press
    press("n")
    expect(page.get_by_test_id("task-title")).to_be_focused()
    page.keyboard.type("核查路口井盖")
    press("Tab")
    press("ArrowLeft")  # one colour up: red
    press("Tab")
    expect(page.get_by_test_id("task-place")).to_be_focused()
    page.keyboard.type(f"{CROSSING[0]}, {CROSSING[1]}")
    press("Enter")
    expect(page.get_by_test_id("task-text")).to_be_focused()
    expect(page.get_by_test_id("nearest-row").first).to_be_visible()
    press("Tab")  # kind of unit
    press("Tab")
    expect(page.get_by_test_id("nearest-pick").first).to_be_focused()
    press("Space")
    press("Control+Enter")
    page.wait_for_url(re.compile(r"/dispatch/tasks/\d+"))
    expect(page.get_by_test_id("assignment")).to_have_count(1)
    task = number_in(page.url, "tasks")
    found = stage.run("SELECT title, severity, ST_X(geom) FROM tasks WHERE id = %s", task)
    assert found == [("核查路口井盖", "red", pytest.approx(CROSSING[0], abs=1e-9))]
    onward = page.get_by_test_id("assignment-onward")
    for state in ("accepted", "under_way", "arrived"):  # as told by radio
        onward.press("Enter")
        expect(page.get_by_test_id("assignment")).to_have_attribute("data-state", state)
    onward.press("Enter")
    expect(page.get_by_test_id("assignment-words")).to_be_focused()
    page.keyboard.type("井盖完好")
    press("Enter")
    expect(page.get_by_test_id("task-sheet")).to_have_attribute("data-state", "done")
    press("Escape")
    expect(page.get_by_test_id("task-sheet")).to_have_count(0)


def test_an_incident_is_given_to_a_unit_from_its_sheet(
    stage: Stage, consoles: Consoles, forces: Forces
) -> None:
    with stage.client("operator") as operator:
        report = {"kind": "fire", "severity": "yellow", "lon": CROSSING[0], "lat": CROSSING[1]}
        incident = added(operator, "/api/incidents", **report)
    page = consoles.signed_in("dispatcher", f"/watch/incidents/{incident['id']}")
    page.get_by_test_id("incident-dispatch").click()
    page.wait_for_url(re.compile(rf"/dispatch/new\?incident={incident['id']}"))
    expect(page.get_by_test_id("task-place-chosen")).to_contain_text("110.0100")
    page.get_by_test_id("nearest-pick").first.check()
    page.get_by_test_id("task-send").click()
    page.wait_for_url(re.compile(r"/dispatch/tasks/\d+"))
    expect(page.get_by_test_id("task-sheet")).to_contain_text(incident["number"])


def test_a_grid_is_given_to_the_units_at_home_there(
    stage: Stage, consoles: Consoles, forces: Forces
) -> None:
    page = consoles.signed_in("dispatcher", f"/dispatch/grids/{forces.grid}")
    page.get_by_test_id("grid-assign").click()
    expect(page.get_by_test_id("task-title")).to_have_value(f"巡查{GRID_NAME}")
    expect(page.get_by_test_id("task-send")).to_contain_text("责任力量")
    page.get_by_test_id("task-send").click()
    page.wait_for_url(re.compile(r"/dispatch/tasks/\d+"))
    expect(page.get_by_test_id("assignment")).to_have_count(2)


def test_a_unit_moves_on_the_sheet_as_it_is_heard_and_its_duty_is_switched(
    stage: Stage, consoles: Consoles, forces: Forces
) -> None:
    page = consoles.signed_in("dispatcher", f"/dispatch/units/{forces.far}")
    sheet = page.get_by_test_id("unit-sheet")
    expect(sheet).to_have_attribute("data-standing", "heard")
    send_fix(stage, forces.tokens[forces.far], *lonlat(1000, 0))
    # 1,000 m at 91,840 m to the degree are 0.010888 degrees.
    expect(sheet).to_contain_text("110.02088")
    page.get_by_test_id("shift-add").click()
    page.get_by_test_id("shift-begins").fill("22:00")
    page.get_by_test_id("shift-ends").fill("06:00")
    expect(page.get_by_test_id("shift-hours")).to_have_text("跨夜，共 8 小时")
    page.get_by_test_id("shift-save").click()
    expect(page.get_by_test_id("shift-plan")).to_contain_text("次日 06:00")
    page.get_by_test_id("unit-duty").click()
    expect(sheet).to_have_attribute("data-standing", "off")
    page.get_by_test_id("unit-duty").click()
    expect(page.get_by_test_id("unit-duty")).to_have_text("下岗")
    send_fix(stage, forces.tokens[forces.far], *lonlat(1000, 0))
    expect(sheet).to_have_attribute("data-standing", "heard")


def test_a_requirement_across_midnight_is_kept_as_data(stage: Stage, consoles: Consoles) -> None:
    page = consoles.signed_in("dispatcher", "/dispatch?tab=rules")
    page.get_by_test_id("requirement-add").click()
    page.get_by_test_id("requirement-name").fill("夜巡")
    page.get_by_test_id("requirement-begins").fill("22:00")
    page.get_by_test_id("requirement-ends").fill("06:00")
    expect(page.get_by_test_id("requirement-hours")).to_have_text("跨夜，共 8 小时")
    page.get_by_test_id("requirement-times").fill("3")
    page.get_by_test_id("requirement-save").click()
    row = page.get_by_test_id("requirement-row")
    expect(row).to_contain_text("每班至少 3 次")
    expect(row).to_contain_text("每天 22:00–次日 06:00")
    kept = stage.run("SELECT name, times, division_code FROM requirements")
    assert kept == [("夜巡", 3, COUNTY)]


def test_checkpoints_and_deadlines_are_kept_as_data(stage: Stage, consoles: Consoles) -> None:
    page = consoles.signed_in("dispatcher", "/dispatch?tab=rules")
    page.get_by_test_id("checkpoint-add").click()
    page.get_by_test_id("checkpoint-name").fill("粮库东门")
    page.get_by_test_id("checkpoint-save").click()
    expect(page.get_by_test_id("checkpoint-fault")).to_contain_text("地图")
    page.mouse.click(900, 420)  # the map: whatever stands there, the place is meant
    expect(page.get_by_test_id("task-place-chosen")).to_be_visible()
    page.get_by_test_id("checkpoint-interval").fill("90")
    page.get_by_test_id("checkpoint-save").click()
    row = page.get_by_test_id("checkpoint-row").filter(has_text="粮库东门")
    expect(row).to_be_visible()
    kept = "SELECT longest_interval_s FROM checkpoints WHERE name = '粮库东门'"
    assert stage.run(kept) == [(5400,)]
    page.get_by_test_id("checkpoint-edit").click()
    page.get_by_test_id("checkpoint-interval").fill("60")
    page.get_by_test_id("checkpoint-save").click()
    expect(page.get_by_test_id("checkpoint-form")).to_have_count(0)
    assert stage.run(kept) == [(3600,)]
    page.get_by_test_id("checkpoint-remove").click()
    expect(row).to_have_count(0)

    page.get_by_test_id("deadline-add").click()
    page.get_by_test_id("deadline-scope").select_option("grid:basic")
    page.get_by_test_id("deadline-minutes").fill("120")
    page.get_by_test_id("deadline-save").click()
    deadline = page.get_by_test_id("deadline-row")
    expect(deadline).to_contain_text("120 分钟无人看到为超期，满 240 分钟为严重超期")
    set_here = "SELECT kind, deadline_s FROM eyeson_deadlines WHERE division_code = %s"
    assert stage.run(set_here, COUNTY) == [("basic", 7200)]
    page.get_by_test_id("deadline-remove").click()
    expect(deadline).to_have_count(0)


def test_a_past_period_is_played_on_the_map(
    stage: Stage, consoles: Consoles, forces: Forces
) -> None:
    page = consoles.signed_in("dispatcher", "/dispatch?drawer=replay")
    replay = page.get_by_test_id("replay")
    expect(replay).not_to_have_attribute("data-units", "-1")
    began = (datetime.now() - timedelta(minutes=50)).strftime("%Y-%m-%dT%H:%M")  # noqa: DTZ005
    page.get_by_test_id("replay-begins").fill(began)
    expect(replay).to_have_attribute("data-units", "2")
    before = page.get_by_test_id("replay-at").inner_text()
    page.get_by_test_id("replay-play").click()
    expect(page.get_by_test_id("replay-at")).not_to_have_text(before)


@pytest.fixture
def five_thousand(stage: Stage) -> Iterator[None]:
    with psycopg.connect(stage.database_url) as owner:
        owner.execute(
            "INSERT INTO units (set_name, code, name, kind, division_code)"
            " SELECT 'many', 'M' || n, '群防群治第' || n || '组', 'volunteer', %s"
            " FROM generate_series(1, 5000) n",
            (VILLAGES[1],),
        )
    yield
    stage.run("DELETE FROM units WHERE set_name = 'many'")


@pytest.mark.usefixtures("five_thousand")
def test_five_thousand_units_are_listed_and_filtered(consoles: Consoles, forces: Forces) -> None:
    page = consoles.signed_in("dispatcher", "/dispatch?tab=units")
    expect(page.get_by_test_id("unit-list")).to_have_attribute("data-count", "5002", timeout=30_000)
    assert drawn_rows(page) < 60
    page.get_by_test_id("unit-list").evaluate("list => list.scrollTo(0, list.scrollHeight)")
    expect(page.get_by_test_id("unit-row").last).to_be_visible()
    assert drawn_rows(page) < 60
    page.keyboard.press("f")
    expect(page.get_by_test_id("unit-filter")).to_be_focused()
    page.keyboard.type("第4711组")
    expect(page.get_by_test_id("unit-row")).to_have_count(1)
    page.get_by_test_id("unit-filter").fill("")
    page.get_by_test_id("unit-only-heard").click()
    expect(page.get_by_test_id("unit-row")).to_have_count(2)


def drawn_rows(page: Page) -> int:
    return page.get_by_test_id("unit-row").count()


def test_an_inspector_sees_the_board_and_may_change_nothing(
    consoles: Consoles, forces: Forces
) -> None:
    page = consoles.signed_in("inspector", f"/dispatch/units/{forces.near}")
    expect(page.get_by_test_id("unit-sheet")).to_contain_text(NEAR)
    for act in ("unit-assign", "unit-duty", "unit-edit", "shift-add", "tracker-add"):
        expect(page.get_by_test_id(act)).to_have_count(0)
    page.get_by_test_id("dispatch-tab-tasks").click()
    expect(page.get_by_test_id("task-begin")).to_have_count(0)
