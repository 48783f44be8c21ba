"""F11: ids of another jurisdiction answer like ids that do not exist; the database is the second
wall; the spatial index serves under the application's role."""

import httpx
import pytest
from sqlalchemy import text

from backend import db, tiles
from backend.divisions.codes import span
from backend.grids import locating as grid_locating
from backend.places import locating as place_locating

pytestmark = pytest.mark.fault

COUNTY, WEST, EAST = 610522000000, 610522101000, 610522102000
VILLAGE_1, VILLAGE_3 = 610522101201, 610522102201


@pytest.fixture
def ids(land, client) -> dict[str, dict[str, int]]:
    """Return for west and east an id of each kind of thing."""
    found: dict[str, dict[str, int]] = {}
    for side, town, lon, village in (
        ("west", WEST, 110.01, VILLAGE_1),
        ("east", EAST, 110.05, VILLAGE_3),
    ):
        camera = land.add_camera(f"camera {side}", lon, 34.51)
        body = {"kind": "fire", "lon": lon, "lat": 34.511}
        incident = client("operator", town).post("/api/incidents", json=body).json()["id"]
        grid = land.run("SELECT id FROM grids WHERE division_code = %s LIMIT 1", village)[0][0]
        place = land.run("SELECT id FROM places WHERE division_code = %s", village)[0][0]
        user = land.run("SELECT id FROM users WHERE division_code = %s", town)[0][0]
        found[side] = {
            "camera": camera,
            "incident": incident,
            "grid": int(str(grid)),
            "place": int(str(place)),
            "user": int(str(user)),
        }
    return found


READS = [
    ("/api/cameras/{camera}", "camera"),
    ("/api/cameras/{camera}/viewshed", "camera"),
    ("/api/incidents/{incident}", "incident"),
    ("/api/incidents/{incident}/timeline", "incident"),
    ("/api/incidents/{incident}/cameras", "incident"),
    ("/api/grids/{grid}", "grid"),
    ("/api/places/{place}", "place"),
]
WRITES = [
    ("POST", "/api/incidents/{incident}/acts", {"act": "note", "version": 1, "text": "x"}),
    ("PATCH", "/api/cameras/{camera}", {"name": "mine now"}),
    ("PATCH", "/api/users/{user}", {"display_name": "mine now"}),
    ("POST", "/api/streams", {"camera_id": "{camera}", "purpose": "patrol"}),
    ("POST", "/api/cameras/{camera}/snapshot", {"purpose": "patrol"}),
]


@pytest.mark.parametrize(("path", "kind"), READS)
def test_a_foreign_id_reads_like_one_that_does_not_exist(client, ids, path, kind) -> None:
    west = client("operator", WEST)
    own = west.get(path.format(**ids["west"]))
    foreign = west.get(path.format(**ids["east"]))
    absent = west.get(path.format(**{kind: 999_999}))
    assert own.status_code == 200, own.text
    assert foreign.status_code == absent.status_code == 404
    assert foreign.content == absent.content


@pytest.mark.parametrize(("path", "kind"), READS)
def test_a_parent_reads_what_a_child_has_and_a_child_not_what_its_sibling_has(
    client, ids, path, kind
) -> None:
    assert client("operator", COUNTY).get(path.format(**ids["west"])).status_code == 200
    assert client("operator", VILLAGE_1).get(path.format(**ids["west"])).status_code == 200
    assert client("operator", VILLAGE_3).get(path.format(**ids["west"])).status_code == 404


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_a_foreign_id_cannot_be_written(client, ids, land, method, path, body) -> None:
    admin = client("admin", WEST)

    def send(which: dict[str, int]) -> httpx.Response:
        filled = {
            k: int(v.format(**which)) if isinstance(v, str) and v.startswith("{") else v
            for k, v in body.items()
        }
        return admin.request(method, path.format(**which), json=filled)

    before = land.run("SELECT (SELECT count(*) FROM streams), (SELECT count(*) FROM register)")
    foreign = send(ids["east"])
    absent = send(dict.fromkeys(ids["east"], 999_999))
    assert foreign.status_code == absent.status_code == 404, foreign.text
    assert foreign.content == absent.content
    assert before == land.run(
        "SELECT (SELECT count(*) FROM streams), (SELECT count(*) FROM register)"
    )
    assert land.run("SELECT count(*) FROM cameras WHERE name = 'mine now'") == [(0,)]


def test_lists_search_and_sight_hold_nothing_foreign(client, ids) -> None:
    west = client("admin", WEST)
    assert [c["name"] for c in west.get("/api/cameras").json()["cameras"]] == ["camera west"]
    assert len(west.get("/api/incidents?state=all").json()["incidents"]) == 1
    titles = [r["title"] for r in west.get("/api/search?q=camera").json()["results"]]
    assert titles == ["camera west"]
    assert west.get("/api/search?q=石桥村小学").json()["results"] == []
    sight = west.get("/api/sight?lon=110.05&lat=34.511").json()
    assert (sight["cameras"], sight["nearest_ptz"]) == ([], None)
    assert west.get("/api/locate?lon=110.05&lat=34.511").json()["grids"] == []
    status = west.get("/api/cameras/status").json()
    assert [c["id"] for c in status["cameras"]] == [ids["west"]["camera"]]
    divisions = {u["division"]["code"] for u in west.get("/api/users").json()["users"]}
    assert divisions <= {str(WEST)}


def test_an_admin_cannot_reach_beyond_the_own_jurisdiction_through_accounts(client, land) -> None:
    west = client("admin", WEST)
    new = {"username": "spy", "display_name": "s", "password": "long enough 1", "role": "admin"}
    for division in (str(EAST), str(COUNTY), "0"):
        answer = west.post("/api/users", json=new | {"division_code": division})
        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == "users.outside_jurisdiction"


def test_nothing_is_put_or_moved_into_a_foreign_division(client, ids, land) -> None:
    planner = client("planner", WEST)
    east = {"lon": 110.05, "lat": 34.51}
    for answer in (
        planner.post("/api/cameras", json={"name": "mine"} | east),
        planner.patch(f"/api/cameras/{ids['west']['camera']}", json=east),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "jurisdiction.outside")
    assert land.run("SELECT count(*) FROM cameras WHERE division_code = %s", VILLAGE_3) == [(1,)]


def test_nobody_below_the_whole_land_redraws_the_divisions(client, ids, land) -> None:
    """A village drawn over the neighbour's land would bring the neighbour's cameras with it."""
    drawn = f'code,name,wkt\n{VILLAGE_1},x,"POLYGON((110 34.5,110.2 34.5,110.2 34.6,110 34.5))"\n'
    files = {"file": ("d.csv", drawn.encode())}
    answer = client("planner", WEST).post(
        "/api/imports/divisions", files=files, data={"set_name": "land", "datum": "wgs84"}
    )
    assert answer.status_code == 422
    assert "全域" in answer.text
    assert land.run("SELECT count(*) FROM divisions WHERE valid_to IS NULL") == [(8,)]


MANAGED = ("grids", "places", "cameras", "viewsheds", "incidents", "streams", "users", "register")


def test_the_database_alone_keeps_jurisdictions_apart(ids, land) -> None:
    """The mutation test: every filter of the application gone, only row-level security left."""
    with db.begin(db.Scope(1, *span(WEST))) as session:
        for table in MANAGED:
            foreign = session.scalar(
                text(
                    f"SELECT count(*) FROM {table} WHERE division_code NOT BETWEEN :low AND :high"
                ),
                dict(zip(("low", "high"), span(WEST), strict=True)),
            )
            assert foreign == 0, table
        for table in ("poses", "incident_grids", "incident_entries"):
            key = "camera_id" if table == "poses" else "incident_id"
            side = ids["east"]["camera" if table == "poses" else "incident"]
            count = text(f"SELECT count(*) FROM {table} WHERE {key} = :id")
            assert session.scalar(count, {"id": side}) == 0, table


def test_a_tile_asked_with_everybodys_span_still_holds_only_the_own_rows(ids, land) -> None:
    # One tile of zoom 2 is a quarter of the equator wide: 10,018,754 m, 512 pixels.
    everything = {"z": 2, "x": 3, "y": 1, "low": 0, "high": 999_999_999_999, "pixel_m": 19568}
    clusters = tiles._question("camera_clusters")
    with db.begin(db.Scope(1, *span(WEST))) as session:
        assert b"count" in bytes(session.scalar(clusters, everything))
        seen = session.scalar(text("SELECT count(*) FROM cameras"))
    assert seen == 1


def test_without_a_scope_the_role_sees_nothing(ids, database) -> None:
    with db.begin() as session:
        session.execute(text("SET LOCAL ROLE gridlink_app"))
        for table in MANAGED:
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table


@pytest.fixture
def crowd(land) -> None:
    """Fill the managed tables so far that a plan without the index would be a poor one."""
    spot = "ST_SetSRID(ST_Point(105 + i % 100 * 0.1, 30 + i / 100 * 0.05), 4326)"
    some = "FROM generate_series(0, 9999) AS i"
    land.run(
        f"INSERT INTO cameras (set_name, name, division_code, geom)"
        f" SELECT 'x', 'c' || i, {VILLAGE_1}, {spot} {some}"
    )
    land.run("INSERT INTO poses (camera_id) SELECT id FROM cameras")
    land.run(
        "INSERT INTO viewsheds (pose_id, camera_id, division_code, certain) SELECT p.id, c.id,"
        " c.division_code, ST_Multi(ST_Expand(c.geom, 0.001)) FROM cameras c"
        " JOIN poses p ON p.camera_id = c.id"
    )
    land.run(
        f"INSERT INTO places (set_name, name, kind, division_code, geom)"
        f" SELECT 'x', 'p' || i, 'shop', {VILLAGE_1}, {spot} {some}"
    )
    land.run(
        f"INSERT INTO grids (set_name, code, name, division_code, geom) SELECT 'x', i, 'g' || i,"
        f" {VILLAGE_1}, ST_Multi(ST_Expand({spot}, 0.01)) {some}"
    )
    land.run("ANALYZE cameras, poses, viewsheds, places, grids")


_IN_A_TILE = {"z": 15, "x": 26396, "y": 13040, "low": COUNTY, "high": COUNTY + 999_999}
_AT_A_POINT = {"lon": 110.0, "lat": 34.5, "low": COUNTY, "high": COUNTY + 999_999}


@pytest.mark.parametrize(
    ("statement", "values", "index"),
    [
        (tiles._question("cameras"), _IN_A_TILE, "cameras_geom_3857_idx"),
        (tiles._question("camera_clusters"), _IN_A_TILE, "cameras_geom_3857_idx"),
        (tiles._question("grids"), _IN_A_TILE, "grids_geom_3857_idx"),
        (tiles._question("places"), _IN_A_TILE, "places_geom_3857_idx"),
        (tiles._question("viewsheds"), _IN_A_TILE, "viewsheds_extent_3857_idx"),
        (grid_locating._HOLDING, _AT_A_POINT, "grids_geom_idx"),
        (place_locating._NEAREST, _AT_A_POINT, "places_geom_idx"),
    ],
)
def test_each_spatial_question_is_planned_on_its_index_under_the_role_of_the_api(
    crowd, statement, values, index
) -> None:
    with db.begin(db.Scope(1, *span(COUNTY))) as session:
        explain = text(f"EXPLAIN {statement.text}")
        plan = "\n".join(session.scalars(explain, values | {"pixel_m": 2.4}))
    assert index in plan, plan


def test_without_the_leakproof_mark_the_index_would_be_lost(crowd, land) -> None:
    """Shows that the test above can fail: this is what a fresh PostGIS does."""
    land.run("ALTER FUNCTION geometry_overlaps(geometry, geometry) NOT LEAKPROOF")
    with db.begin(db.Scope(1, *span(COUNTY))) as session:
        explain = text(f"EXPLAIN {tiles._question('cameras').text}")
        plan = "\n".join(session.scalars(explain, _IN_A_TILE | {"pixel_m": 2.4}))
    assert "cameras_geom_3857_idx" not in plan, plan
