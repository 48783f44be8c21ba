"""Requirements, checkpoints and alerts at the API: who may, what is refused, who was first."""

from datetime import UTC, datetime
from typing import Any

from tests.integration.patrol.rounds import derive_all, hear, stand
from tests.integration.patrol.windows import ONCE, SOUTH, alerts, at, settle


def test_checkpoints_are_come_by_within_their_radius_and_missed_otherwise(
    land, client, unit
) -> None:
    dispatcher = client("dispatcher")
    place = {"name": "东门", "lon": SOUTH[0], "lat": SOUTH[1], "longest_interval_s": 3600}
    spot = dispatcher.post("/api/patrol/checkpoints", json=place).json()
    land.run("UPDATE checkpoints SET created_at = %s", at(0))
    settle(at(1.1))
    assert alerts(land) == [("checkpoint", "yellow", "checkpoint.missed", None)]
    number = unit("A1")
    # 0.001 degrees of longitude are 91.7 m: too far; then on the spot.
    beside = stand(number, at(1.2), (SOUTH[0] + 0.001, SOUTH[1]), 120)
    hear(land.url, [*beside, *stand(number, at(1.3), SOUTH, 120)])
    derive_all()
    visits = dispatcher.get(
        f"/api/patrol/checkpoints/{spot['id']}/visits", params={"from": at(0).isoformat()}
    ).json()
    assert [row["how"] for row in visits["rows"]] == ["position"]
    settle(at(1.5))
    assert [row[3] for row in alerts(land)] == ["gone"]


def test_a_handheld_signs_in_where_it_stands_and_once(land, client, account, unit) -> None:
    dispatcher = client("dispatcher")
    spot = dispatcher.post(
        "/api/patrol/checkpoints", json={"name": "东门", "lon": SOUTH[0], "lat": SOUTH[1]}
    ).json()
    path = f"/api/patrol/checkpoints/{spot['id']}/check-ins"
    worker = client("worker")
    body = {"lon": SOUTH[0], "lat": SOUTH[1], "at": datetime.now(UTC).isoformat()}
    assert worker.post(path, json=body).json()["error"]["code"] == "checkpoints.no_unit"
    number = unit("A1")
    land.run("UPDATE units SET user_id = (SELECT id FROM users WHERE role = 'worker')")
    assert worker.post(path, json=body).json()["last_unit_id"] == number
    assert worker.post(path, json=body).status_code == 201
    assert land.run("SELECT count(*), min(how) FROM checkpoint_visits") == [(1, "handheld")]
    far = body | {"lon": SOUTH[0] + 0.01}
    assert worker.post(path, json=far).json()["error"]["code"] == "checkpoints.too_far"
    late = body | {"at": at(-72).isoformat()}
    assert worker.post(path, json=late).json()["error"]["code"] == "checkpoints.time"
    assert dispatcher.post(path, json=body).status_code == 403


def test_requirements_are_refused_that_ask_nothing_or_cannot_be_counted(land, client) -> None:
    dispatcher = client("dispatcher")

    def code(**fields: Any) -> str:
        order = {"name": "x", "division_code": "610522", "begins": "08:00", "ends": "16:00"}
        answer = dispatcher.post("/api/patrol/requirements", json=order | fields)
        return str(answer.json()["error"]["code"]) if answer.status_code != 201 else "ok"

    assert code(times=1) == "ok"
    assert code() == "request.invalid"
    assert code(least_share=0.5, begins="08:30") == "requirements.uneven_band"
    assert code(times=1, division_code="610523") == "requirements.division"
    assert code(times=1, grid_id=10**9) == "not_found"
    assert code(times=1, valid_from="2026-02-02", valid_to="2026-02-01") == "requirements.validity"


def test_a_requirement_changed_by_two_is_changed_by_the_first(land, client) -> None:
    dispatcher = client("dispatcher")
    order = {"name": "日巡", "grid_id": 1, **ONCE}
    asked = dispatcher.post("/api/patrol/requirements", json=order).json()
    path = f"/api/patrol/requirements/{asked['id']}"
    assert dispatcher.patch(path, json={"version": 1, "times": 2}).json()["version"] == 2
    answer = dispatcher.patch(path, json={"version": 1, "times": 3})
    assert answer.json()["error"]["code"] == "requirements.stale_version"
    answer = dispatcher.patch(path, json={"version": 2, "times": None})
    assert answer.json()["error"]["code"] == "requirements.asks_nothing"


def test_an_alert_says_who_saw_it_first(land, client, ask) -> None:
    ask(**ONCE)
    settle(at(8.1))
    one, other = client("dispatcher"), client("dispatcher")
    [row] = one.get("/api/patrol/alerts").json()["rows"]
    assert (row["subject_name"], row["rule"], row["severity"]) == (
        "柳林村南网格",
        "times.broken",
        "red",
    )
    seen = one.post(f"/api/patrol/alerts/{row['id']}/seen").json()
    again = other.post(f"/api/patrol/alerts/{row['id']}/seen").json()
    assert seen["seen_by"] == again["seen_by"] is not None
    stranger = client("dispatcher", 610523000000)
    assert stranger.get("/api/patrol/alerts").json()["rows"] == []
    assert stranger.post(f"/api/patrol/alerts/{row['id']}/seen").status_code == 404
    assert client("inspector").post(f"/api/patrol/alerts/{row['id']}/seen").status_code == 403
