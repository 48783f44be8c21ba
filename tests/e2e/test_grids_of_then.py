"""A grid was split today: incidents, patrols and coverage are told by it, or by its parts."""

from datetime import timedelta

import httpx
import pytest
from chromium import Consoles
from playwright.sync_api import Page, expect
from stage import PASSWORD, Stage
from test_grids import county, desk  # noqa: F401  fixtures

from backend import localtime

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

_SLOW_MS = 60_000
SOUTH = "610522101201001"
#: The western part is the larger and keeps the code.
CUT = [[110.012, 34.49], [110.0123, 34.53]]


@pytest.fixture
def split(county: Stage) -> tuple[int, int]:  # noqa: F811
    """Report an incident in the east of SOUTH, then split it; return the incident and its heir."""
    today = localtime.today()
    county.run("UPDATE grids SET valid_from = %s", today - timedelta(days=60))
    [(old,)] = county.run("SELECT id FROM grids WHERE code = %s", SOUTH)
    operator, planner = (_caller(county, role) for role in ("operator", "planner"))
    kind = operator.get("/api/incidents/kinds").json()["kinds"][0]["code"]
    place = {"kind": kind, "lon": 110.017, "lat": 34.51}
    number = operator.post("/api/incidents", json=place).json()["id"]
    cut = {"op": "split", "grid_id": old, "line": {"type": "LineString", "coordinates": CUT}}
    draft = {"set_name": "basic", "title": "拆分", "reason": "户数过多", "operations": [cut]}
    made = planner.post("/api/grids/changes", json=draft).json()
    assert planner.post(f"/api/grids/changes/{made['id']}/apply", json={}).status_code == 200
    [(heir,)] = county.run("SELECT id FROM grids WHERE code = %s AND valid_to IS NULL", SOUTH)
    figures = "subject_kind, subject_id, division_code, reading, measure, px_per_m, total, certain,"
    figures += " possible, one, more, method, computed_at"
    values = "'grid', %s, 610522101201, r, m, px, 100, 60 - px / 5, 10, 20, 30, 'exact', now()"
    of = "unnest(ARRAY['installed', 'now']) r, unnest(ARRAY['area', 'road', 'outline']) m,"
    of += " unnest(ARRAY[20, 25, 40, 62.5, 80, 125, 250]) px"
    county.run(f"INSERT INTO coverage_figures ({figures}) SELECT {values} FROM {of}", heir)
    county.run(
        f"INSERT INTO coverage_days ({figures}, day) SELECT {values}, d::date"
        f" FROM {of}, generate_series(%s, CAST(%s AS date), '1 day') d",
        *(old, today - timedelta(days=30), today - timedelta(days=2)),
    )
    return number, int(str(heir))


def _caller(county: Stage, role: str) -> httpx.Client:  # noqa: F811
    http = httpx.Client(base_url=county.url, timeout=120)
    login = {"username": county.account(role), "password": PASSWORD}
    http.headers["X-CSRF-Token"] = http.post("/api/session", json=login).json()["csrf_token"]
    return http


def signed_in(desk: Consoles, role: str, path: str) -> Page:  # noqa: F811
    page = desk.signed_in(role, path)
    page.set_default_timeout(_SLOW_MS)
    expect.set_options(timeout=_SLOW_MS)
    return page


def test_what_happened_is_told_by_the_grids_of_then_or_of_today(desk, split) -> None:  # noqa: F811
    incident, heir = split
    page = signed_in(desk, "operator", f"/watch/incidents/{incident}")
    grid = page.get_by_test_id("incident-grid")
    expect(grid).to_contain_text(SOUTH)
    page.get_by_test_id("by-grids-today").click()
    expect(grid).to_contain_text("610522101201003")

    page = signed_in(desk, "dispatcher", "/dispatch?tab=grids&span=h24")
    rows = page.get_by_test_id("grid-row")
    expect(rows).to_have_count(5)
    page.get_by_test_id("by-grids-then").click()
    expect(rows.filter(has_text="至 20")).to_have_count(1)  # the version that ended today
    assert "grids=then" in page.url

    page = signed_in(desk, "planner", f"/plan/grids/{heir}")
    estimate = page.get_by_test_id("subject-sheet").get_by_test_id("history-estimate")
    expect(estimate).to_contain_text("29")
    page.get_by_test_id("subject-sheet").get_by_test_id("by-grids-then").click()
    expect(estimate).to_have_count(0)
