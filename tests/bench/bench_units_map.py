"""10,000 units live on the map of one console: how old a position is when it can be drawn.

A real server, a real Chromium with software drawing, and phones that send 1,000 fixes a second
through HTTP, each unit every ten seconds. A position's age runs from the moment it was taken to
the frame after the console had it. All of it shares two cores.
"""

import http.client
import json
import random
import threading
import time
from datetime import UTC, datetime

import numpy as np
import psycopg
from databases_for_bench import database, token
from playwright.sync_api import Page, Playwright, sync_playwright
from served_for_bench import server

LIMIT_S = 3.0
UNITS = 10_000
EVERY_S = 10.0
SETTLE_S = 20.0
MEASURE_S = 30.0
PORT = 8471
COUNTY, VILLAGE = 610522000000, 610522101201
WEST, SOUTH, SIDE_DEG = 110.0, 34.3, 0.5

#: Notes when each answer of positions can be drawn, and every frame and long task meanwhile.
_WATCH = """
window.seen = [], window.frames = [], window.longTasks = [];
const ask = window.fetch;
window.fetch = async (...args) => {
  const answer = await ask(...args);
  if (String(args[0]?.url ?? args[0]).includes('/api/patrol/positions')) {
    const { rows } = await answer.clone().json();
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const now = Date.now();
      window.seen.push([now, rows.map((row) => now - Date.parse(row.at))]);
    }));
  }
  return answer;
};
const frame = (now) => { window.frames.push(now); requestAnimationFrame(frame); };
requestAnimationFrame(frame);
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.longTasks.push(task.duration);
}).observe({ type: 'longtask' });
"""


def main() -> bool:
    """Print ages, frames and long tasks; True when positions come within the limit."""
    with database("bench_units_map") as url, server(url, PORT):
        codes = _units(url)
        bearer = token(url, "dispatcher", str(COUNTY))
        ended = threading.Event()
        phones = threading.Thread(target=_send_all, args=(bearer, codes, ended))
        phones.start()
        try:
            with sync_playwright() as playwright:
                seen, frames, tasks = _watched(playwright, bearer)
        finally:
            ended.set()
            phones.join()
    return _report(seen, frames, tasks)


def _watched(
    playwright: Playwright, bearer: str
) -> tuple[list[list[float]], list[float], list[float]]:
    flags = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
    context = browser.new_context(
        viewport={"width": 1366, "height": 768},
        extra_http_headers={"Authorization": f"Bearer {bearer}"},
    )
    page: Page = context.new_page()
    page.add_init_script(_WATCH)
    middle = f"{SOUTH + SIDE_DEG / 2}/{WEST + SIDE_DEG / 2}"
    page.goto(f"http://127.0.0.1:{PORT}/dispatch#map=11.5/{middle}")
    page.wait_for_function("() => window.seen.length > 0", timeout=60_000)
    page.wait_for_timeout(SETTLE_S * 1000)
    page.evaluate("window.seen = [], window.frames = [], window.longTasks = []")
    page.wait_for_timeout(MEASURE_S * 1000)
    told = page.evaluate("[window.seen, window.frames, window.longTasks]")
    browser.close()
    return [ages for _, ages in told[0]], told[1], told[2]


def _report(seen: list[list[float]], frames: list[float], tasks: list[float]) -> bool:
    ages_s = np.concatenate([np.array(ages) for ages in seen if ages]) / 1e3
    p50, p95 = np.percentile(ages_s, [50, 95])
    gaps_ms = np.diff(frames)
    print(
        f"{UNITS:,} units, {UNITS / EVERY_S:,.0f} fixes/s: {len(ages_s) / MEASURE_S:,.0f} positions"
        f"/s reached the map in {len(seen)} answers, age p50 {p50:.1f} s, p95 {p95:.1f} s"
        f" (limit {LIMIT_S:.0f} s); frames p50 {np.percentile(gaps_ms, 50):.0f} ms, p99"
        f" {np.percentile(gaps_ms, 99):.0f} ms, longest task {max(tasks, default=0):.0f} ms"
    )
    moved = len(ages_s) >= 0.9 * MEASURE_S * UNITS / EVERY_S
    return moved and bool(p95 <= LIMIT_S)


def _units(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO divisions (set_name, code, name, level, geom) VALUES"
            " ('bench', %s, '县', 3, ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326)))",
            (COUNTY, WEST, SOUTH, WEST + SIDE_DEG, SOUTH + SIDE_DEG),
        )
        connection.execute(
            "INSERT INTO units (code, name, kind, division_code) SELECT 'U' || k, '网格员' || k,"
            " (ARRAY['grid_worker', 'volunteer', 'response', 'household_head'])[1 + k %% 4], %s"
            " FROM generate_series(1, %s) k",
            (VILLAGE, UNITS),
        )
        connection.execute(
            "INSERT INTO shifts (unit_id, division_code, starts_at, source)"
            " SELECT id, division_code, now() - interval '1 day', 'dispatcher' FROM units"
        )
        rows = connection.execute("SELECT code FROM units ORDER BY id").fetchall()
    return [str(code) for (code,) in rows]


def _send_all(bearer: str, codes: list[str], ended: threading.Event) -> None:
    """Send a fix of every unit each `EVERY_S`, a tenth of them at a time."""
    lane = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
    dice = random.Random(5)
    spots = [[dice.random(), dice.random()] for _ in codes]
    turn = 0
    while not ended.is_set():
        began = time.monotonic()
        rows = []
        for k in range(turn % 10, len(codes), 10):
            spots[k] = [min(max(part + dice.uniform(-1, 1) * 2e-4, 0), 1) for part in spots[k]]
            rows.append(
                {
                    "unit": codes[k],
                    "lon": round(WEST + SIDE_DEG * spots[k][0], 7),
                    "lat": round(SOUTH + SIDE_DEG * spots[k][1], 7),
                    "at": datetime.now(UTC).isoformat(),
                    "accuracy": 5,
                }
            )
        lane.request("POST", "/api/patrol/fixes", json.dumps({"fixes": rows}), headers)
        answer = lane.getresponse()
        told = answer.read()
        assert answer.status == 200, told[:500]
        turn += 1
        ended.wait(max(EVERY_S / 10 - (time.monotonic() - began), 0))


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
