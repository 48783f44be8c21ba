"""A siting is asked for, worked out by its job, read, called off, made a scenario; kept lawful."""

import json

import pytest
import shapely
from sqlalchemy import text
from typer.testing import CliRunner

from backend import cli, db
from backend.coverage.sitings import land as ground_of_sitings
from backend.coverage.sitings import proposing
from tests.conftest import COUNTY, NEIGHBOUR, VILLAGES

from .town import EAST, HOSPITAL, NORTH, SOUTH, WEST

AREA = {
    "type": "Polygon",
    "coordinates": [
        [[WEST, SOUTH], [EAST, SOUTH], [EAST, NORTH], [WEST, NORTH], [WEST, SOUTH]],
    ],
}
WISH = {
    "name": "城关补点",
    "area": AREA,
    "sources": ["corners", "area"],
    "lenses": [88, 48],
    "budget": {"count": 3},
    "seconds": 20,
}
HOUSE = shapely.box(*HOSPITAL)


def ordered(planner, **change) -> dict:
    answer = planner.post("/api/sitings", json=WISH | change)
    assert answer.status_code == 202, answer.text
    return answer.json()


def worked_out(planner, **change) -> dict:
    siting = ordered(planner, **change)
    proposing.propose(siting["id"])
    sheet = planner.get(f"/api/sitings/{siting['id']}").json()
    assert sheet["state"] == "done", sheet["fault"]
    return sheet


def restrict(land, kind: str, box: tuple[float, float, float, float], document=None) -> None:
    land.run(
        "INSERT INTO restricted_areas (set_name, kind, name, consent_document, division_code, geom)"
        " VALUES ('law', %s, '浴室', %s, %s, ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326)))",
        *(kind, document, VILLAGES[0], *box),
    )


def test_a_siting_is_answered_with_its_proof(land, client) -> None:
    planner = client("planner")
    siting = ordered(planner)
    assert (siting["state"], siting["progress"], siting["wish"]["budget"]) == (
        "waiting",
        0,
        {"count": 3},
    )
    jobs = land.run(
        "SELECT args->>'siting_id' FROM procrastinate_jobs WHERE task_name LIKE '%%propose_sites'"
    )
    assert jobs == [(str(siting["id"]),)]
    proposing.propose(siting["id"])
    sheet = planner.get(f"/api/sitings/{siting['id']}").json()
    assert (sheet["state"], sheet["progress"], sheet["fault"]) == ("done", 1, None)
    assert 0 < sheet["value"] <= sheet["bound"]
    assert sheet["gap"] == pytest.approx((sheet["bound"] - sheet["value"]) / sheet["bound"])
    assert sheet["gap"] <= 0.02
    found = sheet["proposals"]
    assert [each["rank"] for each in found] == [1, 2, 3]
    assert sum(each["gain"] for each in found) == pytest.approx(sheet["value"])
    gains = [each["gain"] for each in found]
    assert gains == sorted(gains, reverse=True)
    assert sheet["result"]["cell_m"] == 10.0
    for each in found:
        assert not HOUSE.contains(shapely.Point(each["lon"], each["lat"]))
        assert shapely.from_geojson(json.dumps(each["view"])).area > 0
    # The school stands at 110.01, 34.51, within the area: whoever sees it says so.
    assert any("柳林村小学" in each["reasons"]["key_places"] for each in found)
    assert [row["id"] for row in planner.get("/api/sitings").json()["rows"]] == [siting["id"]]


def test_ground_that_cameras_see_is_not_proposed_again(land, client) -> None:
    planner = client("planner")
    alone = worked_out(planner, budget={"count": 1})
    best = alone["proposals"][0]
    camera_id = land.add_camera("已有", best["lon"], best["lat"])
    land.run(
        "UPDATE poses SET azimuth_deg = %s, fov_deg = %s, range_m = %s WHERE camera_id = %s",
        *(best["azimuth_deg"], best["fov_deg"], best["range_m"], camera_id),
    )
    land.run("UPDATE cameras SET width_px = 1920 WHERE id = %s", camera_id)
    again = worked_out(planner, budget={"count": 6})
    spent = [(e["lon"], e["lat"], e["azimuth_deg"]) for e in again["proposals"]]
    assert (best["lon"], best["lat"], best["azimuth_deg"]) not in spent
    shared = [each for each in again["proposals"] if each["overlap_share"] > 0]
    assert shared
    assert shared[0]["reasons"]["overlaps"] == [{"id": camera_id, "name": "已有"}]


def test_no_proposal_stands_in_a_forbidden_area_or_looks_into_it(land, client) -> None:
    planner = client("planner")
    free = worked_out(planner)
    first = free["proposals"][0]
    # 22 m round the best spot, and a house-sized piece in the middle of the land.
    box = (first["lon"] - 0.0002, first["lat"] - 0.0002, first["lon"] + 0.0002, first["lat"])
    restrict(land, "forbidden", box)
    kept = worked_out(planner)
    assert kept["result"]["spots_unlawful"] > 0
    assert kept["result"]["options_unlawful"] > 0
    area = shapely.box(*box)
    for each in kept["proposals"]:
        assert not area.intersects(shapely.Point(each["lon"], each["lat"]))
        # A square centimetre, in degrees: where the view's border runs along the area's.
        view = shapely.from_geojson(json.dumps(each["view"]))
        assert view.intersection(area).area < 1e-14


def test_consent_opens_an_area_and_its_document_stands_with_the_proposal(land, client) -> None:
    planner = client("planner")
    restrict(land, "consent", (WEST, SOUTH, EAST, NORTH))
    siting = ordered(planner)
    proposing.propose(siting["id"])
    closed = planner.get(f"/api/sitings/{siting['id']}").json()
    assert (closed["state"], closed["proposals"]) == ("failed", [])
    assert "依法排除" in closed["fault"]
    land.run("UPDATE restricted_areas SET consent_document = '同意函 2026-7'")
    opened = worked_out(planner)
    consents = [each["reasons"]["consents"] for each in opened["proposals"]]
    assert consents[0] == [{"name": "浴室", "document": "同意函 2026-7"}]


def test_a_budget_in_money_is_kept(land, client) -> None:
    sheet = worked_out(
        client("planner"),
        budget={"cost": 30_000},
        costs={"corners": 12_000, "area": 26_000},
    )
    costs = [each["cost"] for each in sheet["proposals"]]
    assert sum(costs) == sheet["result"]["spent"] <= 30_000
    assert set(costs) <= {12_000, 26_000}


def test_a_siting_called_off_proposes_nothing(land, client) -> None:
    planner = client("planner")
    siting = ordered(planner)
    cancelled = planner.post(f"/api/sitings/{siting['id']}/cancel").json()
    assert cancelled["state"] == "cancelled"
    proposing.propose(siting["id"])
    assert planner.get(f"/api/sitings/{siting['id']}").json()["state"] == "cancelled"
    assert land.run("SELECT count(*) FROM proposals") == [(0,)]


def test_a_siting_called_off_during_the_search_stops(land, client, monkeypatch) -> None:
    planner = client("planner")
    siting = ordered(planner)
    asked = []

    def called_off_at_the_first_step(progress, step) -> bool:
        if not asked:
            planner.post(f"/api/sitings/{siting['id']}/cancel")
        asked.append(step.name)
        progress.told_at = -1e9  # as if a second had passed
        return on_step(progress, step)

    on_step = proposing._Progress.on_step
    monkeypatch.setattr(proposing._Progress, "on_step", called_off_at_the_first_step)
    proposing.propose(siting["id"])
    assert "milp" not in asked
    sheet = planner.get(f"/api/sitings/{siting['id']}").json()
    assert (sheet["state"], sheet["proposals"]) == ("cancelled", [])


def test_proposals_become_a_draft_that_changes_nothing_real(land, client) -> None:
    planner = client("planner")
    sheet = worked_out(planner)
    before = land.run("SELECT count(*) FROM cameras")
    answer = planner.post(f"/api/sitings/{sheet['id']}/scenario")
    assert answer.status_code == 201, answer.text
    scenario = answer.json()
    assert (scenario["state"], scenario["name"]) == ("draft", "城关补点")
    told = [(c["op"], c["lon"], c["azimuth_deg"]) for c in scenario["changes"]]
    wanted = [("add", p["lon"], p["azimuth_deg"]) for p in sheet["proposals"]]
    assert told == wanted
    assert land.run("SELECT count(*) FROM cameras") == before


def test_no_scenario_before_the_answer(land, client) -> None:
    planner = client("planner")
    siting = ordered(planner)
    refused = planner.post(f"/api/sitings/{siting['id']}/scenario")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "sitings.not_done")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"budget": {}}, "budget"),
        ({"budget": {"count": 1, "cost": 5}}, "budget"),
        ({"budget": {"cost": 5000}}, ""),
        ({"sources": []}, "sources"),
        ({"sources": ["moon"]}, "sources"),
        ({"lenses": [0]}, "lenses"),
        ({"band": "excellent"}, "band"),
        ({"weights": {"road_class": {"highway": 1}}}, "weights"),
        ({"seconds": 0}, "seconds"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(land, client, change, field) -> None:
    answer = client("planner").post("/api/sitings", json=WISH | change)
    assert answer.status_code == 422
    assert field in answer.text
    assert land.run("SELECT count(*) FROM sitings") == [(0,)]


def test_an_area_that_crosses_itself_is_named(land, client) -> None:
    crossed = [[WEST, SOUTH], [EAST, NORTH], [EAST, SOUTH], [WEST, NORTH], [WEST, SOUTH]]
    area = {"type": "Polygon", "coordinates": [crossed]}
    refused = client("planner").post("/api/sitings", json=WISH | {"area": area})
    assert refused.json()["error"]["code"] == "sitings.area_invalid"


def test_an_area_outside_the_division_fails_with_its_reason(land, client) -> None:
    planner = client("planner")
    siting = ordered(planner, division="610522102")
    proposing.propose(siting["id"])
    sheet = planner.get(f"/api/sitings/{siting['id']}").json()
    assert sheet["state"] == "failed"
    assert "没有交集" in sheet["fault"]


def test_sitings_keep_to_their_jurisdiction(land, client) -> None:
    planner, stranger = client("planner", COUNTY), client("planner", NEIGHBOUR)
    siting = ordered(planner)
    path = f"/api/sitings/{siting['id']}"
    assert stranger.get(path).status_code == 404
    assert stranger.post(f"{path}/cancel").status_code == 404
    assert stranger.post(f"{path}/scenario").status_code == 404
    assert stranger.get("/api/sitings").json() == {"rows": [], "total": 0}
    assert stranger.post("/api/sitings", json=WISH | {"division": "610522"}).status_code == 404
    assert planner.get(path).json()["state"] == "waiting"


def test_who_may_look_may_not_order(land, client) -> None:
    assert client("operator").get("/api/sitings").status_code == 200
    assert client("operator").post("/api/sitings", json=WISH).status_code == 403


def test_orders_stand_in_the_register(land, client) -> None:
    siting = ordered(client("planner"))
    acts = land.run("SELECT act, detail->>'siting' FROM register WHERE act LIKE 'siting.%%'")
    assert acts == [("siting.ordered", str(siting["id"]))]


def test_what_a_killed_worker_left_is_worked_out_anew(land, client) -> None:
    planner = client("planner")
    siting = ordered(planner)
    land.run("UPDATE sitings SET state = 'running', progress = 0.4, step = 'kick'")
    proposing.propose(siting["id"])
    proposing.propose(siting["id"])
    sheet = planner.get(f"/api/sitings/{siting['id']}").json()
    assert (sheet["state"], len(sheet["proposals"])) == ("done", 3)


def test_proposals_at_a_terminal(land) -> None:
    cli.mount_domains("siting")
    asked = ["siting", "propose", "--division", str(VILLAGES[0]), "--budget", "2", "--json"]
    done = CliRunner().invoke(cli.app, [*asked, "--source", "corners", "--seconds", "20"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["state"] == "done"
    assert len(told["proposals"]) == 2


def test_poles_and_restricted_areas_are_found_by_their_indexes(land) -> None:
    box = {"west": WEST, "south": SOUTH, "east": EAST, "north": NORTH}
    asked = box | {"kinds": ["pole"], "low": VILLAGES[0], "high": VILLAGES[0] + 999}
    with db.begin() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        poles = "\n".join(session.scalars(text(f"EXPLAIN {ground_of_sitings._POLES}"), asked))
        law = "\n".join(session.scalars(text(f"EXPLAIN {ground_of_sitings._RESTRICTED}"), box))
    assert "places_geom_idx" in poles, poles
    assert "cameras_geom_idx" in poles, poles
    assert "restricted_areas_geom_idx" in law, law
