"""From the button on a tile to the page on which an outsider verifies what was handed over."""

import os
import zipfile
from pathlib import Path

import pytest
from chromium import Consoles, Guard
from picture import plays
from playwright.sync_api import FloatRect, Page, expect
from stage import Stage
from town import CROSSING

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


def incident_of(stage: Stage) -> int:
    with stage.client("operator") as operator:
        body = {"kind": "fire", "lon": CROSSING[0], "lat": CROSSING[1], "description": "路口冒烟"}
        return int(operator.post("/api/incidents", json=body).json()["id"])


def picture_of(page: Page, name: str) -> None:
    """Keep what the console looks like where GRIDLINK_TEST_PICTURES names a folder."""
    folder = os.environ.get("GRIDLINK_TEST_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def drag_over_stage(page: Page) -> FloatRect:
    box = page.get_by_test_id("evidence-stage").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 120, y - 90)
    page.mouse.down()
    page.mouse.move(x + 60, y + 40, steps=4)
    page.mouse.up()
    return box


def test_a_tile_is_recorded_played_held_masked_exported_and_verified(
    stage: Stage, consoles: Consoles, guard: Guard, tmp_path: Path
) -> None:
    incident_id = incident_of(stage)
    page = consoles.signed_in("dispatcher", f"/watch/incidents/{incident_id}")
    page.get_by_test_id("purpose-confirm").click(timeout=60_000)
    tile = page.get_by_test_id("wall-tile").first
    expect(tile).to_have_attribute("data-state", "live", timeout=40_000)

    tile.hover()
    tile.get_by_test_id("evidence-record").click()
    row = page.get_by_test_id("evidence-row").first
    expect(row).to_have_attribute("data-state", "recording", timeout=40_000)
    tile.get_by_test_id("evidence-mark").click()
    tile.get_by_test_id("evidence-mark-text").fill("东侧出现浓烟")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("evidence-mark-row")).to_contain_text("东侧出现浓烟")
    size = "SELECT size_bytes > 200000 FROM evidence"
    for _ in range(600):
        if stage.run(size)[0][0]:
            break
        page.wait_for_timeout(100)
    tile.hover()
    tile.get_by_test_id("evidence-record").click()
    expect(row).to_have_attribute("data-state", "kept", timeout=40_000)

    row.get_by_role("button").click()
    video = page.get_by_test_id("evidence-video")
    assert plays(video, 0.5)
    video.evaluate("v => { v.pause(); v.currentTime = 1 }")
    page.wait_for_function(
        "() => document.querySelector('[data-testid=evidence-video]').currentTime === 1"
    )
    assert 2 < video.evaluate("v => v.duration") < 600
    page.get_by_test_id("evidence-hold").click()
    page.get_by_test_id("evidence-hold-reason").fill("法院调取")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("evidence-release")).to_be_visible()

    with page.expect_download() as downloading:
        page.get_by_test_id("evidence-export").click()
    package = tmp_path / "package.zip"
    downloading.value.save_as(package)

    page.get_by_test_id("evidence-publish").click()
    stage_box = drag_over_stage(page)
    mask = page.get_by_test_id("mask-row")
    mask.focus()
    page.keyboard.press("ArrowRight")
    page.get_by_test_id("evidence-publish-ask").click()
    expect(page.get_by_test_id("evidence-row")).to_have_count(2)
    [(masks,)] = stage.run("SELECT masks FROM evidence WHERE kind = 'publication'")
    [points] = [mask["points"] for mask in masks]
    # The element is as high as the picture (16:9 within a wider box): 120 px left and 90 px above
    # the middle to 60 px right and 40 px below, moved right by a hundredth of the picture.
    high = stage_box["height"]
    wide = high * 16 / 9
    assert points[0] == pytest.approx([0.5 - 120 / wide + 0.01, 0.5 - 90 / high], abs=0.006)
    assert points[2] == pytest.approx([0.5 + 60 / wide + 0.01, 0.5 + 40 / high], abs=0.006)
    verifies(consoles, guard, package, tmp_path)


def test_a_full_store_stands_over_every_workspace(stage: Stage, consoles: Consoles) -> None:
    incident_id = incident_of(stage)
    [(piece,)] = stage.run(
        "INSERT INTO evidence (kind, state, incident_id, camera_id, camera_name, purpose, made_by,"
        " made_by_name, size_bytes) SELECT 'snapshot', 'recording', %s, 1, '东门', 'incident', id,"
        " display_name, 10 ^ 15 FROM users ORDER BY id LIMIT 1 RETURNING id",
        incident_id,
    )
    try:
        page = consoles.signed_in("dispatcher", "/watch")
        bar = page.get_by_test_id("storage-bar")
        expect(bar).to_be_visible(timeout=20_000)
        for path in ("/dispatch", "/wall"):
            page.goto(stage.url + path)
            expect(bar).to_be_visible(timeout=20_000)
        picture_of(page, "storage-bar")
    finally:
        stage.run("UPDATE evidence SET state = 'failed' WHERE id = %s", piece)
    page.reload()
    expect(page.get_by_role("main")).to_be_visible()
    expect(bar).to_have_count(0)


def verifies(consoles: Consoles, guard: Guard, package: Path, folder: Path) -> None:
    """The page of the server and the one inside the package find the same, online and off."""
    altered = folder / "altered.zip"
    with zipfile.ZipFile(package) as source, zipfile.ZipFile(altered, "w") as target:
        source.extract("verify.html", folder)
        for name in source.namelist():
            content = source.read(name)
            if name == "clip-000.mp4":
                content = content[:5000] + bytes([content[5000] ^ 1]) + content[5001:]
            target.writestr(name, content)
    guard.expect(r"left the machine: file:")
    page = consoles.blank()
    for address in ("/verify", (folder / "verify.html").as_uri()):
        page.goto(address)
        page.set_input_files("#file", package)
        expect(page.locator("#verdict")).to_have_class("good")
        page.set_input_files("#file", altered)
        expect(page.locator("#verdict")).to_have_class("bad")
        expect(page.locator("li.bad").first).to_contain_text("clip-000.mp4")
        page.locator("#language").click()
        expect(page.locator("#verdict")).to_contain_text("Not to be trusted")
