"""A grid worker's phone: Chromium with a small touch screen, a position and a network to cut."""

import io
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chromium import Guard
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from stage import PASSWORD, Stage
from town import VILLAGES, lonlat

OFFLINE = r"ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to fetch"


@dataclass(slots=True)
class Phone:
    """One phone with its unit; `page` is the handheld, signed in."""

    stage: Stage
    context: BrowserContext
    page: Page
    username: str
    unit_id: int

    def move(self, east_m: float, north_m: float) -> None:
        """Carry the phone to a place given in metres from the crossing."""
        lon, lat = lonlat(east_m, north_m)
        where = {"longitude": lon, "latitude": lat, "accuracy": 8}
        self.context.set_geolocation(where)  # type: ignore[arg-type]

    def cut(self) -> None:
        self.context.set_offline(True)

    def restore(self) -> None:
        self.context.set_offline(False)

    def offer(self, title: str, severity: str = "red", *, at: tuple[float, float] = (0, 0)) -> int:
        """Have the dispatcher give a task to this unit; return the assignment's id."""
        lon, lat = lonlat(*at)
        told = {"kind": "check", "title": title, "severity": severity, "lon": lon, "lat": lat}
        with self.stage.client("dispatcher") as dispatcher:
            made = dispatcher.post("/api/tasks", json=told)
            assert made.status_code == 201, made.text
            task_id = made.json()["id"]
            path = f"/api/tasks/{task_id}/assignments"
            offered = dispatcher.post(path, json={"unit_ids": [self.unit_id]})
            assert offered.status_code in (200, 201), offered.text
        [(assignment_id,)] = self.stage.run(
            "SELECT id FROM assignments WHERE task_id = %s", task_id
        )
        return int(assignment_id)

    def state(self, assignment_id: int) -> str:
        found = self.stage.run("SELECT state FROM assignments WHERE id = %s", assignment_id)
        return str(found[0][0])

    def photograph(self, field_id: str = "photo-input") -> None:
        """Take a picture as large as a phone's."""
        picture = {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": picture_of(3000, 2000)}
        self.page.get_by_test_id(field_id).set_input_files(picture)  # type: ignore[arg-type]
        expect(self.page.get_by_test_id("photo").last).to_be_visible()

    def strip(self) -> Any:
        return self.page.get_by_test_id("sync-strip")


@dataclass(slots=True)
class Phones:
    """Opens phones, each with a worker and a unit of its own."""

    stage: Stage
    browser: Browser
    guard: Guard
    opened: list[BrowserContext] = field(default_factory=list)

    def take(
        self,
        *,
        language: str = "zh-CN",
        scheme: str = "dark",
        name: str = "",
        is_on_duty: bool = True,
    ) -> Phone:
        """Return a phone on whose handheld the worker has signed in."""
        code = f"W{secrets.token_hex(3)}"
        username = self.stage.account("worker")
        [(unit_id,)] = self.stage.run(
            "INSERT INTO units (set_name, code, name, kind, division_code, user_id)"
            " SELECT 'e2e', %s, %s, 'grid_worker', %s, id FROM users WHERE username = %s"
            " RETURNING id",
            *(code, name or f"柳林村网格员{code}", VILLAGES[0], username),
        )
        self.stage.run(
            "INSERT INTO unit_grids SELECT %s, id FROM grids WHERE code = %s",
            *(unit_id, f"{VILLAGES[0]}001"),
        )
        if is_on_duty:
            self.stage.run(
                "INSERT INTO shifts (unit_id, division_code, starts_at, source)"
                " VALUES (%s, %s, now() - interval '1 hour', 'dispatcher')",
                *(unit_id, VILLAGES[0]),
            )
        context = self.browser.new_context(
            viewport={"width": 390, "height": 844},
            device_scale_factor=2,
            is_mobile=True,
            has_touch=True,
            locale=language,
            color_scheme=scheme,  # type: ignore[arg-type]
            base_url=self.stage.url,
            permissions=["geolocation", "clipboard-write"],
        )
        context.set_default_timeout(20_000)
        self.guard.watch(context)
        self.opened.append(context)
        phone = Phone(self.stage, context, context.new_page(), username, int(unit_id))
        phone.move(0, 0)
        phone.page.goto("/m/")
        sign_in(phone)
        # Only once the worker of the page is in place does it start without a network.
        phone.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        return phone

    def close(self) -> None:
        for context in self.opened:
            context.close()


def sign_in(phone: Phone) -> None:
    """Type name and password; the day is shown then."""
    phone.page.locator("input[name=username]").fill(phone.username)
    phone.page.locator("input[name=password]").fill(PASSWORD)
    phone.page.get_by_test_id("sign-in-act").tap()
    expect(phone.page.get_by_test_id("today")).to_be_visible()


def picture_of(width: int, height: int) -> bytes:
    """Return a JPEG that is no single colour, with a maker's note in its EXIF."""
    image = Image.effect_noise((width // 8, height // 8), 60).resize((width, height)).convert("RGB")
    exif = image.getexif()
    exif[0x010F] = "maker of the phone"
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80, exif=exif)
    return out.getvalue()


def eventually(stage: Stage, question: Callable[[], Any], wanted: Any, page: Page) -> None:
    """Wait until a question to the server has an answer; the page goes on meanwhile."""
    for _ in range(300):
        found = question()
        if found == wanted:
            return
        page.wait_for_timeout(100)
    assert found == wanted
