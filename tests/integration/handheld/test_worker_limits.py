"""What the account of a grid worker cannot reach: cameras, other units, the queue of incidents."""

import math

import httpx
import pytest

LON, LAT = 110.0107, 34.5107


def tile(client: httpx.Client, layer: str) -> int:
    # x and y by the slippy map's own formula
    n = 1 << 16
    x = int((LON + 180) / 360 * n)
    y = int((1 - math.asinh(math.tan(math.radians(LAT))) / math.pi) / 2 * n)
    return client.get(f"/api/tiles/{layer}/16/{x}/{y}.mvt").status_code


@pytest.fixture
def worker(client, land) -> httpx.Client:
    land.add_camera("县医院门口", 110.0107, 34.5103)
    return client("worker")


@pytest.mark.parametrize("layer", ["cameras", "viewsheds", "coverage", "coveragenow", "restricted"])
def test_layers_that_show_cameras_are_refused(worker, layer) -> None:
    assert tile(worker, layer) == 403


@pytest.mark.parametrize("layer", ["grids", "roads", "buildings", "divisions", "places"])
def test_the_ground_is_served(worker, layer) -> None:
    assert tile(worker, layer) in (200, 204)


def test_search_finds_the_building_ground_and_no_camera(worker, client) -> None:
    found = {
        hit["kind"] for hit in client("operator").get("/api/search?q=县医院").json()["results"]
    }
    assert found == {"camera"}
    assert worker.get("/api/search?q=县医院").json()["results"] == []
    assert worker.get("/api/search?q=柳林村小学").json()["results"][0]["kind"] == "place"


def test_a_report_is_taken_and_says_nothing_of_cameras(worker, client) -> None:
    told = {"kind": "other", "description": "路灯不亮", "lon": 110.0107, "lat": 34.5103}
    answer = worker.post("/api/incidents", json={**told, "observed_at": "2026-01-02T03:04:05Z"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["linked_cameras"] == []
    assert answer.json()["observed_at"] == "2026-01-02T03:04:05Z"
    sheet = client("operator").get(f"/api/incidents/{answer.json()['id']}").json()
    assert [each["rank"] for each in sheet["linked_cameras"]] == [1]


def test_a_clock_that_runs_ahead_costs_no_report(worker) -> None:
    told = {"kind": "other", "lon": LON, "lat": LAT, "observed_at": "2099-01-01T00:00:00Z"}
    made = worker.post("/api/incidents", json=told).json()
    assert made["observed_at"] == made["reported_at"]


def test_the_stream_of_changes_tells_a_worker_nothing(worker) -> None:
    assert worker.get("/api/events").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/api/incidents",
        "/api/incidents/kinds",
        "/api/cameras/1",
        "/api/users",
        "/api/register",
        "/api/coverage/summary",
        "/api/openapi.json",
    ],
)
def test_the_console_behind_is_closed(worker, path) -> None:
    assert worker.get(path).status_code == 403


def test_the_handhelds_page_may_ask_where_it_is_and_the_console_may_not(server) -> None:
    told = {p: httpx.get(server + p).headers["permissions-policy"] for p in ("/m/", "/watch")}
    assert "geolocation=(self)" in told["/m/"]
    assert "geolocation=()" in told["/watch"]
