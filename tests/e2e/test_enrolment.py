"""Enrolment in the console: a list uploaded, asked, checked row by row, enrolled; duplicates."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from chromium import Consoles
from playwright.sync_api import expect
from stage import Stage

from video.simulator.odd_device import OddDevice, OddSpec

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

PASSWORD = "gridlink-sim"
_LONG_MS = 120_000
"""Of a machine that starts a worker beside everything else."""


@contextmanager
def worker(stage: Stage) -> Iterator[None]:
    child = subprocess.Popen(
        [sys.executable, "-m", "backend.cli", "worker"],
        env={**os.environ, **stage.served.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        child.terminate()
        child.wait(60)


@pytest.fixture
def without_device(stage: Stage) -> Iterator[str]:
    """A camera that has no device yet; it has none again afterwards."""
    name = "清单测试路口"
    stage.run(
        "INSERT INTO cameras (set_name, name, code, division_code, geom)"
        " SELECT 'list', %s, 'L-1', division_code, geom FROM cameras LIMIT 1",
        name,
    )
    yield name
    stage.run("DELETE FROM cameras WHERE set_name = 'list'")


def test_a_list_goes_from_file_to_enrolled_camera_and_its_duplicate_is_merged(
    stage: Stage, consoles: Consoles, without_device: str
) -> None:
    spec = OddSpec(channels=2, password=PASSWORD, manufacturer="海康威视", clock_offset_s=-900)
    with OddDevice(spec) as recorder, worker(stage):
        table = (
            "设备地址,用户名,密码,名称,编码\n"
            f"{recorder.authority},admin,{PASSWORD},录像机一号,L-1\n"
            f"127.0.0.1:9,admin,{PASSWORD},无人应答,\n"
            ",,,缺少地址,\n"
        )
        page = consoles.signed_in("admin", "/devices")
        page.get_by_test_id("devices-tab-enrolments").click()
        page.get_by_test_id("enrolment-file").set_input_files(
            {"name": "设备清单.csv", "mimeType": "text/csv", "buffer": table.encode("gb18030")}
        )
        rows = page.get_by_test_id("enrolment-row")
        expect(rows).to_have_count(3)
        page.get_by_test_id("probe-start").click()
        sheet = page.get_by_test_id("enrolment-sheet")
        expect(sheet).to_have_attribute("data-state", "ready", timeout=_LONG_MS)
        # The second input of the recorder came as a row of its own.
        expect(rows).to_have_count(4)
        first = rows.first
        expect(first).to_contain_text(without_device)
        expect(first).to_contain_text("编码相同")
        expect(page.get_by_text("缺少地址").first).to_be_visible()
        second = rows.filter(has_text="未对应").first
        second.get_by_test_id("row-choose").click()
        page.get_by_test_id("row-find").fill("人民路口")
        page.get_by_test_id("row-camera").first.wait_for()
        page.get_by_test_id("row-find").press("Escape")
        with page.expect_download() as report:
            page.get_by_test_id("enrolment-report").click()
        assert PASSWORD not in report.value.path().read_text("utf-8")
        page.get_by_test_id("enrolment-enrol").click()
        expect(rows.filter(has_text="已接入")).to_have_count(1)
    assert stage.run(
        "SELECT d.channel, d.auth_state FROM devices d JOIN cameras c ON c.id = d.camera_id"
        " WHERE c.name = %s",
        without_device,
    ) == [(1, "accepted")]
    assert recorder.refused == 0


def test_a_still_at_the_pin_needs_a_purpose_and_enters_the_register(
    stage: Stage, consoles: Consoles
) -> None:
    taken = "SELECT count(*) FROM register WHERE act = 'stream.snapshot.opened' AND camera_id = %s"
    camera_id = stage.cameras["near"]
    ((before,),) = stage.run(taken, camera_id)
    page = consoles.signed_in("operator", f"/watch/cameras/{camera_id}")
    page.get_by_test_id("pin-open").click(timeout=_LONG_MS)
    expect(page.get_by_test_id("pin-take")).to_be_disabled()
    page.get_by_test_id("pin-purpose").select_option(index=1)
    assert stage.run(taken, camera_id) == [(before,)]
    page.get_by_test_id("pin-take").click()
    expect(page.get_by_test_id("pin-picture")).to_be_visible(timeout=_LONG_MS)
    assert stage.run(taken, camera_id) == [(before + 1,)]
