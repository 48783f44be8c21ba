"""A real Chromium, watched: whatever leaves the machine or fails in the page is a fault."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from stage import PASSWORD, Stage

# Software drawing, and none of the browser's own calls home.
_FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
]
_LOCAL_SCHEMES = {"data", "blob", "about", "chrome-error"}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Launch Debian's Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_FLAGS)
        yield browser
        browser.close()


@dataclass  # without slots: playwright notes its listeners on the object
class Guard:
    """Collects what must not happen. A test that provokes a failure says so in `expected`."""

    # Asking who is signed in is how the console learns that nobody is.
    expected: list[str] = field(default_factory=lambda: [r"401 .*/api/session$"])
    faults: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        """Listen to every page of a context."""
        context.on("request", lambda request: self._see(request.url))
        context.on("console", self._hear)
        context.on("weberror", lambda error: self._note(f"uncaught: {error.error}"))
        context.on("page", self._watch_sockets)

    def expect(self, *patterns: str) -> None:
        """Let messages of the page pass that match one of these expressions."""
        self.expected += patterns

    def _watch_sockets(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._see(socket.url))

    def _see(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _LOCAL_SCHEMES and parts.hostname != "127.0.0.1":
            self._note(f"left the machine: {url}")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"{message.text} @ {message.location.get('url', '')}")

    def _note(self, fault: str) -> None:
        if not any(re.search(pattern, fault) for pattern in self.expected):
            self.faults.append(fault)


@dataclass(slots=True)
class Consoles:
    """Opens consoles in contexts of their own, as on separate machines."""

    stage: Stage
    browser: Browser
    guard: Guard
    opened: list[BrowserContext] = field(default_factory=list)

    def blank(self) -> Page:
        """Return a page of a fresh browser on which nobody has signed in."""
        context = self.browser.new_context(
            viewport={"width": 1366, "height": 768}, locale="zh-CN", base_url=self.stage.url
        )
        context.set_default_timeout(15_000)
        self.guard.watch(context)
        self.opened.append(context)
        return context.new_page()

    def signed_in(self, role: str, path: str = "/watch") -> Page:
        """Return a page at `path` for a fresh account of that role."""
        page = self.blank()
        answer = page.context.request.post(
            "/api/session", data={"username": self.stage.account(role), "password": PASSWORD}
        )
        assert answer.ok, answer.text()
        page.goto(path)
        return page

    def close(self) -> None:
        """Close all, so that no picture of one test burdens the next."""
        for context in self.opened:
            context.close()
