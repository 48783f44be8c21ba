"""The map a report hands on opens on a computer without a network, and draws itself there."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from stage import Stage
from town import COUNTY

pytestmark = pytest.mark.e2e


def test_the_map_opens_and_draws_with_the_network_blocked(
    stage: Stage, running_chromium: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    stage.served.run(["-m", "backend.cli", "report", "html", str(file), "--division", str(COUNTY)])
    context = running_chromium.new_context(offline=True, viewport={"width": 1366, "height": 768})
    asked: list[str] = []
    faults: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    # Not only offline: whatever is asked for beside the file itself is refused.
    context.route(lambda url: not url.startswith(("file:", "data:")), lambda route: route.abort())
    page = context.new_page()
    page.goto(file.as_uri())
    expect(page.locator(".report-head h1")).to_contain_text("视频覆盖报告")
    expect(page.locator(".report-legend i").first).to_be_visible()
    expect(page.locator(".leaflet-control-layers label")).to_have_count(4)
    page.wait_for_function(_IS_DRAWN)
    page.screenshot(path=tmp_path / "report.png")
    context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert faults == []


#: The map's canvas holds ink: grids, roads and cameras are drawn on it.
_IS_DRAWN = """() => {
  const canvas = document.querySelector('.leaflet-overlay-pane canvas')
  if (!canvas) return false
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
  let inked = 0
  for (let i = 3; i < pixels.length; i += 4) if (pixels[i] > 0) inked += 1
  return inked > pixels.length / 400
}"""
