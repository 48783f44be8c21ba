"""The handheld's screens: they fit the phone and the thumb, in both languages and themes."""

import io

import pytest
from phone import Phones
from PIL import Image
from playwright.sync_api import Page, expect
from town import CROSSING

pytestmark = pytest.mark.e2e


def test_a_place_is_chosen_on_the_map_under_the_cross(phones: Phones) -> None:
    phone = phones.take()
    page = phone.page
    page.goto("/m/report")
    expect(page.get_by_test_id("report-place")).to_have_attribute("data-known", "true")
    page.get_by_test_id("pick-open").tap()
    expect(page.get_by_test_id("map-pick")).to_have_attribute("data-drawn", "true", timeout=30_000)
    ground = Image.open(io.BytesIO(page.screenshot())).convert("RGB").crop((0, 220, 780, 1500))
    colours = ground.getcolors(ground.width * ground.height) or []
    # Background, cross, houses and the two streets of the crossing.
    assert len([1 for count, _ in colours if count > 400]) >= 4
    page.mouse.move(195, 400)
    page.mouse.down()
    page.mouse.move(95, 400, steps=5)
    page.mouse.up()
    page.get_by_test_id("pick-done").tap()
    expect(page.get_by_test_id("report-place")).to_have_text("地图所选")
    lon, lat = (
        float(part) for part in page.get_by_test_id("report-lonlat").inner_text().split(",")
    )
    # The ground went 100 px west: at zoom 16 a pixel (512 px tiles) is 360 / 2**25 degrees.
    assert lon - CROSSING[0] == pytest.approx(100 * 360 / 2**25, rel=0.05)
    assert lat == pytest.approx(CROSSING[1], abs=1e-5)


@pytest.mark.parametrize(("language", "scheme"), [("zh-CN", "dark"), ("en-US", "light")])
def test_every_screen_fits_the_phone_and_the_thumb(
    phones: Phones, language: str, scheme: str
) -> None:
    phone = phones.take(language=language, scheme=scheme, name="柳林村治安巡防突击" * 5)
    page = phone.page
    assignment = phone.offer("柳林村北侧河堤与排水沟连接处多处垃圾堆放并有异味需现场核查处置" * 2)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", scheme)
    for path in ("/m/", f"/m/tasks/{assignment}", "/m/report", "/m/track", "/m/mine", "/m/unsent"):
        page.goto(path)
        expect(page.locator("main")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert small_targets(page) == [], path


def small_targets(page: Page) -> list[str]:
    """Return what can be touched and is less than 44 px high or wide."""
    found = page.evaluate(
        """() => [...document.querySelectorAll('button, a[href], input, textarea, [role=radio]')]
          .map((each) => [each, each.closest('label, .van-field') ?? each])
          .map(([each, area]) => [each, area.getBoundingClientRect()])
          .filter(([, box]) => box.width && (box.height < 43.5 || box.width < 43.5))
          .map(([each, box]) => `${each.outerHTML.slice(0, 80)} ${box.width}x${box.height}`)"""
    )
    return [str(each) for each in found]
