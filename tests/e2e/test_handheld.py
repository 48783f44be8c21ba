"""The handheld on a phone: a day's work with the network cut and restored, each act sent once."""

import io
import re
from collections.abc import Callable

import pytest
from chromium import Guard
from phone import OFFLINE, Phone, Phones, eventually, sign_in
from PIL import Image
from playwright.sync_api import Page, Route, expect
from stage import Stage

pytestmark = pytest.mark.e2e

ACTS = "SELECT act FROM task_entries WHERE assignment_id = %s AND act <> 'offer' ORDER BY id"


def open_task(page: Page, assignment_id: int) -> None:
    page.locator(f'[data-testid="task-card"][data-assignment="{assignment_id}"]').tap()
    expect(page.get_by_test_id("task")).to_be_visible()


def go_on_duty(phone: Phone) -> None:
    phone.page.get_by_test_id("duty-switch").tap()
    expect(phone.page.get_by_test_id("duty-state")).to_have_attribute("data-on", "true")


def finish_with_photograph(phone: Phone, text: str) -> None:
    phone.page.get_by_test_id("act-finish").tap()
    phone.page.get_by_test_id("act-text").locator("textarea").fill(text)
    phone.photograph()
    phone.page.get_by_test_id("act-confirm").tap()


def walk(phone: Phone, east_m: float, until: Callable[[], bool]) -> None:
    """Walk eastwards until something has happened."""
    for step in range(100):
        if until():
            return
        phone.move(east_m + 15 * step, 0)
        phone.page.wait_for_timeout(300)
    raise AssertionError("the walk led nowhere")


def report(phone: Phone, kind: str, text: str) -> None:
    """Report from where the phone is, with a photograph."""
    phone.page.goto("/m/report")
    phone.page.get_by_test_id(f"kind-{kind}").tap()
    expect(phone.page.get_by_test_id("report-place")).to_have_attribute("data-known", "true")
    phone.page.get_by_test_id("report-text").locator("textarea").fill(text)
    phone.photograph()
    phone.page.get_by_test_id("report-send").tap()
    expect(phone.page.get_by_test_id("today")).to_be_visible()


def test_a_day_without_a_network_arrives_whole_once_and_in_order(
    phones: Phones, guard: Guard, stage: Stage
) -> None:
    phone = phones.take()
    page = phone.page
    assignment = phone.offer("人民路口积水，查看排水口")
    page.reload()
    open_task(page, assignment)
    page.get_by_test_id("act-accept").tap()
    eventually(stage, lambda: phone.state(assignment), "accepted", page)

    guard.expect(OFFLINE)
    phone.cut()
    page.get_by_test_id("act-start").tap()
    page.get_by_test_id("act-arrive").tap()
    finish_with_photograph(phone, "排水口已清理")
    expect(page.get_by_test_id("task-state")).to_have_text(re.compile("已办结.*待发送"))
    report(phone, "facility", "路灯不亮")
    expect(phone.strip()).to_have_attribute("data-state", "offline")
    page.reload()
    expect(phone.strip()).to_contain_text("6")  # three acts, one report, two photographs
    page.close()
    phone.page = page = phone.context.new_page()
    page.goto("/m/unsent")
    expect(page.get_by_test_id("unsent-entry")).to_have_count(6)
    assert phone.state(assignment) == "accepted"

    phone.restore()
    expect(page.get_by_test_id("all-sent")).to_be_visible(timeout=30_000)
    assert phone.state(assignment) == "done"
    acts = [act for (act,) in stage.run(ACTS, assignment)]
    assert acts == ["accept", "start", "arrive", "finish"]
    [(result, proof)] = stage.run(
        "SELECT result, arrival_proof FROM assignments WHERE id = %s", assignment
    )
    assert (result, proof) == ("排水口已清理", "position")
    [(incident, observed, reported)] = stage.run(
        "SELECT id, observed_at, reported_at FROM incidents WHERE description = '路灯不亮'"
    )
    assert observed < reported
    pictures = stage.run(
        "SELECT content FROM photographs WHERE assignment_id = %s OR incident_id = %s",
        *(assignment, incident),
    )
    assert len(pictures) == 2
    picture = Image.open(io.BytesIO(pictures[0][0]))
    assert max(picture.size) <= 1600
    assert not picture.getexif()


def test_what_was_told_stays_told_when_the_network_dies_before_the_day_is_read_again(
    phones: Phones, guard: Guard, stage: Stage
) -> None:
    phone = phones.take()
    page = phone.page
    assignment = phone.offer("查看井盖")
    page.reload()
    open_task(page, assignment)
    guard.expect(OFFLINE)
    phone.context.route("**/api/handheld/today", lambda route: route.abort())
    page.get_by_test_id("act-accept").tap()
    eventually(stage, lambda: phone.state(assignment), "accepted", page)
    phone.cut()
    page.get_by_test_id("act-start").tap()
    page.reload()
    expect(page.get_by_test_id("act-arrive")).to_be_visible()


def test_an_answer_that_is_lost_on_the_way_doubles_nothing(phones: Phones, guard: Guard) -> None:
    phone = phones.take()
    guard.expect(OFFLINE)
    lost: list[str] = []

    def lose(route: Route) -> None:
        if len(lost) >= 3:
            route.continue_()
            return
        route.fetch()  # the server has done it, and nobody hears of it
        lost.append(route.request.headers["idempotency-key"])
        route.abort()

    phone.context.route(re.compile(r"/api/(incidents|photographs)"), lose)
    report(phone, "environment", "垃圾堆放")
    phone.page.goto("/m/unsent")
    for times in range(1, 4):
        eventually(phone.stage, lambda: len(lost) >= times, True, phone.page)  # noqa: B023
        if phone.page.get_by_test_id("send-now").is_visible():
            phone.page.get_by_test_id("send-now").tap()
    expect(phone.page.get_by_test_id("all-sent")).to_be_visible(timeout=30_000)
    assert len(lost) == 3
    assert len(set(lost)) < 3
    said = phone.stage.run("SELECT id FROM incidents WHERE description = '垃圾堆放'")
    assert len(said) == 1
    pictures = phone.stage.run("SELECT 1 FROM photographs WHERE incident_id = %s", said[0][0])
    assert len(pictures) == 1


def test_an_act_that_came_too_late_is_shown_and_dropped_only_knowingly(
    phones: Phones, guard: Guard, stage: Stage
) -> None:
    phone = phones.take()
    page = phone.page
    assignment = phone.offer("核查占道经营", "yellow")
    page.reload()
    open_task(page, assignment)
    guard.expect(OFFLINE, r"status of (409|422)")
    phone.cut()
    page.get_by_test_id("act-accept").tap()
    page.get_by_test_id("act-start").tap()
    with stage.client("dispatcher") as dispatcher:
        answer = dispatcher.post(f"/api/assignments/{assignment}/acts", json={"act": "withdraw"})
        assert answer.status_code == 200, answer.text
    phone.restore()
    expect(phone.strip()).to_have_attribute("data-state", "refused")
    phone.strip().tap()
    first = page.get_by_test_id("unsent-entry").first
    expect(first).to_have_attribute("data-state", "refused")
    expect(first.get_by_test_id("unsent-why")).to_contain_text("撤回")
    for _ in range(2):  # what was built on it is refused in its turn
        expect(first).to_have_attribute("data-state", "refused")
        first.get_by_test_id("entry-discard").tap()
        page.locator(".van-dialog__confirm").tap()
    expect(page.get_by_test_id("all-sent")).to_be_visible(timeout=30_000)
    assert phone.state(assignment) == "withdrawn"


def test_positions_are_taken_on_duty_only(phones: Phones, stage: Stage) -> None:
    phone = phones.take(is_on_duty=False)
    page = phone.page

    def heard() -> int:
        return int(stage.run("SELECT count(*) FROM fixes WHERE unit_id = %s", phone.unit_id)[0][0])

    phone.move(10, 0)
    assert heard() == 0
    go_on_duty(phone)
    walk(phone, 40, lambda: heard() >= 2)
    page.get_by_test_id("duty-switch").tap()
    page.locator(".van-dialog__confirm").tap()
    expect(page.get_by_test_id("duty-state")).to_have_attribute("data-on", "false")
    ended = "SELECT 1 FROM shifts WHERE unit_id = %s AND ends_at IS NOT NULL"
    eventually(stage, lambda: len(stage.run(ended, phone.unit_id)), 1, page)
    before = heard()
    phone.move(200, 0)
    expect(page.get_by_test_id("today")).to_be_visible()
    page.get_by_test_id("tab-track").tap()
    expect(page.get_by_test_id("track-sketch")).to_be_visible()
    assert heard() == before


def test_a_session_that_ended_asks_again_and_loses_nothing(
    phones: Phones, guard: Guard, stage: Stage
) -> None:
    phone = phones.take()
    page = phone.page
    assignment = phone.offer("检查消防通道")
    page.reload()
    open_task(page, assignment)
    guard.expect(r"status of 401")
    stage.run(
        "UPDATE sessions SET ended_at = now() WHERE user_id ="
        " (SELECT id FROM users WHERE username = %s)",
        phone.username,
    )
    page.get_by_test_id("act-accept").tap()
    expect(phone.strip()).to_have_attribute("data-state", "ended")
    phone.strip().tap()
    sign_in(phone)
    eventually(stage, lambda: phone.state(assignment), "accepted", page)
    expect(phone.strip()).to_have_count(0)


def test_leaving_with_something_unsent_warns_and_keeps_it(
    phones: Phones, guard: Guard, stage: Stage
) -> None:
    phone = phones.take()
    page = phone.page
    assignment = phone.offer("走访重点单位", "blue")
    page.reload()
    open_task(page, assignment)
    guard.expect(OFFLINE, r"status of 401")
    phone.cut()
    page.get_by_test_id("act-accept").tap()
    expect(phone.strip()).to_contain_text("1")
    page.goto("/m/mine")
    page.get_by_test_id("sign-out").tap()
    expect(page.locator(".van-dialog")).to_contain_text("内容未发送")
    page.locator(".van-dialog__confirm").tap()
    expect(page.get_by_test_id("sign-in")).to_be_visible()
    phone.restore()
    sign_in(phone)
    eventually(stage, lambda: phone.state(assignment), "accepted", page)
