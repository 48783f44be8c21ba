"""Our WHEP client in Chromium against a server of another WebRTC stack."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

PEER = Path("var/peers/whep/bin/python")
HERE = Path(__file__).parent
WEB = HERE.parents[1] / "web"
# The one network interface of a build machine may be the loopback.
_FLAGS = ["--no-sandbox", "--allow-loopback-in-peer-connection"]
_COMPILE = (
    "const ts = require('typescript'), fs = require('fs');"
    "process.stdout.write(ts.transpileModule(fs.readFileSync('src/wall/whep.ts', 'utf8'),"
    "{ compilerOptions: { target: 'ES2022', module: 'ES2022' } }).outputText)"
)

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.peer,
    pytest.mark.skipif(not PEER.exists(), reason="var/peers/whep with aiortc, aiohttp is absent"),
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    script = tmp_path / "whep.js"
    compiled = subprocess.run(
        ["node", "-e", _COMPILE], cwd=WEB, check=True, capture_output=True, text=True
    )
    script.write_text(compiled.stdout)
    command = [str(PEER), str(HERE / "whep_server.py"), str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        yield running
        running.kill()


@pytest.fixture
def client(server: subprocess.Popen[str]) -> Iterator[Page]:
    port = told(server)["port"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_FLAGS)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_function("window.isReady", timeout=60_000)
        yield page
        browser.close()


def told(server: subprocess.Popen[str]) -> dict[str, object]:
    assert server.stdout is not None
    return json.loads(server.stdout.readline())


def test_the_picture_of_another_stack_is_shown_counted_and_ended(
    client: Page, server: subprocess.Popen[str]
) -> None:
    client.evaluate("begin('good')")
    client.wait_for_function("window.told.frames > 20", timeout=60_000)
    assert client.evaluate("window.told.live") == 1
    assert client.evaluate("document.querySelector('video').videoWidth") == 320
    assert client.evaluate("window.whep.bytes()") > 1000
    client.evaluate("window.whep.close()")
    assert told(server) == {"ended": "0"}
    assert client.evaluate("window.told.ends") == []


def test_a_ticket_that_is_not_taken_is_told_as_a_refusal(client: Page) -> None:
    client.evaluate("begin('bad')")
    client.wait_for_function("window.told.ends.length === 1", timeout=60_000)
    assert client.evaluate("window.told.ends") == [True]
    assert client.evaluate("window.told.frames") == 0
