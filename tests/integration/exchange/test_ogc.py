"""OGC API - Features and Tiles: what the standard asks, and what the jurisdiction shows."""

import base64
import json

import mapbox_vector_tile
import pytest

from backend.access import Principal
from backend.accounts.rights import rights_of
from backend.accounts.secrets import digest, new_bearer_token
from backend.db import Scope, begin
from backend.exchange.catalogue import LAYERS
from backend.exchange.ogc import items
from backend.exchange.ogc.asking import read

COUNTY, WEST_TOWN, NEIGHBOUR = 610522000000, 610522101000, 610523000000
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CGCS2000 = "http://www.opengis.net/def/crs/EPSG/0/4490"
GEOJSON = "application/geo+json"


@pytest.fixture
def reader(land, account, client):
    """Return `reader(division)`: a client that carries a planner's token as GIS programs do."""

    def carry(division: int = COUNTY, role: str = "planner"):
        token = new_bearer_token()
        land.run(
            "INSERT INTO tokens (token_hash, name, user_id, expires_at)"
            " SELECT %s, 'qgis', id, now() + interval '1 day' FROM users WHERE username = %s",
            *(digest(token), account(role, division)),
        )
        made = client(None)
        made.headers["Authorization"] = f"Bearer {token}"
        return made

    return carry


def codes(page: dict) -> list[str]:
    return [feature["properties"]["code"] for feature in page["features"]]


def test_without_a_token_nothing_is_told(land, client) -> None:
    stranger = client(None)
    for path in ("", "/", "/api", "/conformance", "/collections", "/collections/grids/items"):
        answer = stranger.get(f"/ogc{path}")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic realm=")
    wrong = stranger.get("/ogc/collections", headers={"Authorization": "Basic !!!"})
    assert wrong.status_code == 401


def test_a_token_serves_as_the_password_of_basic_and_an_accounts_password_never(
    reader, account, client
) -> None:
    token = reader().headers["Authorization"].removeprefix("Bearer ")
    plain = client(None)

    def asked(user: str, password: str, path: str = "/ogc/collections") -> int:
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        return plain.get(path, headers={"Authorization": f"Basic {pair}"}).status_code

    assert asked("anything", token) == 200
    assert asked(account("planner"), "correct horse battery 9") == 401
    assert asked("anything", token, "/api/exports") == 401  # a browser would repeat it by itself


@pytest.mark.parametrize("role", ["operator", "inspector", "worker"])
def test_whoever_may_not_export_reads_nothing_here(reader, role: str) -> None:
    assert reader(role=role).get("/ogc/collections/grids/items").status_code == 403


def test_the_landing_page_leads_to_everything(reader) -> None:
    gis = reader()
    landing = gis.get("/ogc/").json()
    by_rel = {link["rel"]: link for link in landing["links"]}
    assert {"self", "service-desc", "conformance", "data"} <= by_rel.keys()
    for rel in ("service-desc", "conformance", "data"):
        answer = gis.get(by_rel[rel]["href"])
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(by_rel[rel]["type"].split(";")[0])
    listed = gis.get(by_rel["data"]["href"]).json()["collections"]
    assert {"grids", "divisions", "cameras", "incidents", "roads"} <= {c["id"] for c in listed}
    assert {"visits", "coverage", "devices"}.isdisjoint(c["id"] for c in listed)
    for collection in listed:
        for link in collection["links"]:
            answer = gis.get(link["href"], params={"limit": 1} if link["rel"] == "items" else None)
            assert answer.status_code == 200, link
            assert answer.headers["content-type"].startswith(link["type"]), link
    page = gis.get("/ogc/", headers={"Accept": "text/html"})
    assert "用 QGIS 连接" in page.text


def test_the_jurisdiction_is_all_there_is(reader) -> None:
    grids = "/ogc/collections/grids/items"
    west, neighbour = reader(WEST_TOWN), reader(NEIGHBOUR)
    page = west.get(grids).json()
    assert page["numberMatched"] == page["numberReturned"] == 6
    assert all(f["properties"]["division_code"].startswith("610522101") for f in page["features"])
    assert codes(neighbour.get(grids).json()) == ["N1"]
    fid = page["features"][0]["id"]
    assert west.get(f"{grids}/{fid}").json()["id"] == fid
    assert neighbour.get(f"{grids}/{fid}").status_code == 404
    divisions = west.get("/ogc/collections/divisions/items").json()
    assert {f["properties"]["name"] for f in divisions["features"]} == {
        "西川镇",
        "柳林村",
        "桃源村",
    }


def test_following_the_links_gives_each_item_once(reader, land) -> None:
    land.run(
        "INSERT INTO places (set_name, code, name, kind, division_code, geom) SELECT 'many',"
        " 'M' || n, 'm', 'other', 610522101201, ST_SetSRID(ST_Point(110 + n * 1e-7, 34.51), 4326)"
        " FROM generate_series(1, 12000) n"
    )
    gis = reader()
    url, seen, pages = "/ogc/collections/places/items?set_name=many&limit=5000", [], 0
    while url:
        page = gis.get(url).json()
        seen += codes(page)
        pages += 1
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    assert pages == 3
    assert len(seen) == len(set(seen)) == 12000
    assert gis.get("/ogc/collections/places/items?set_name=many").json()["numberMatched"] == 12000
    most = gis.get("/ogc/collections/places/items?limit=99999").json()
    assert most["numberReturned"] == 10_000  # more than the most is the most


def test_boxes_in_each_system_and_order_of_axes(reader) -> None:
    gis, grids = reader(), "/ogc/collections/grids/items"
    lonlat = gis.get(grids, params={"bbox": "110.001,34.501,110.002,34.502"}).json()
    assert sorted(codes(lonlat)) == ["610522101201001", "P1"]
    flipped = {"bbox": "34.501,110.001,34.502,110.002", "bbox-crs": CGCS2000, "crs": CGCS2000}
    answer = gis.get(grids, params=flipped)
    assert sorted(codes(answer.json())) == ["610522101201001", "P1"]
    assert answer.headers["content-crs"] == f"<{CGCS2000}>"
    first = answer.json()["features"][0]["geometry"]["coordinates"][0][0][0]
    assert 34 < first[0] < 35
    assert 109 < first[1] < 111
    assert gis.get(grids).headers["content-crs"] == f"<{CRS84}>"
    beyond = gis.get(grids, params={"bbox": "170,34,-170,35"}).json()
    assert beyond["numberMatched"] == 0
    around = gis.get(grids, params={"bbox": "110.05,34,-170,35"}).json()
    assert around["numberMatched"] > 0
    tall = gis.get(grids, params={"bbox": "110.001,34.501,0,110.002,34.502,9"}).json()
    assert codes(tall) == codes(lonlat)


def test_columns_and_dates_choose_items(reader, land) -> None:
    gis, grids = reader(), "/ogc/collections/grids/items"
    assert codes(gis.get(grids, params={"code": "P2"}).json()) == ["P2"]
    assert (
        gis.get(grids, params={"set_name": "police", "kind": "basic"}).json()["numberMatched"] == 4
    )
    land.run(
        "UPDATE grids SET valid_from = '2020-01-01', valid_to = '2021-01-01' WHERE code = 'P2'"
    )
    assert codes(gis.get(grids, params={"code": "P2"}).json()) == []
    for moment, found in (
        ("2020-06-01T00:00:00Z", 1),
        ("2020-06-01", 1),
        ("2021-01-02T00:00:00Z", 0),
        ("2019-01-01T00:00:00Z/2020-01-01T00:00:00Z", 1),
        ("2021-02-01T00:00:00Z/..", 0),
        ("../2019-12-31T00:00:00Z", 0),
    ):
        page = gis.get(grids, params={"code": "P2", "datetime": moment}).json()
        assert page["numberMatched"] == found, moment
    key = gis.get("/ogc/collections/places/items", params={"is_key": "true"}).json()
    assert [f["properties"]["name"] for f in key["features"]] == ["柳林村小学"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=ten",
        "bbox=1,2,3",
        "bbox=a,b,c,d",
        "bbox=1,9,2,3",
        "bbox=1,2,3,nan",
        "bbox=1,2,3,99",
        "datetime=yesterday",
        "datetime=../..",
        "datetime=2021-01-01/2020-01-01",
        "crs=EPSG:2436",
        "bbox-crs=x",
        "households=many",
        "unknown=1",
        "after=-1",
        "f=xml",
        "token=glk_x",
    ],
)
def test_a_query_that_cannot_be_read_is_answered_with_400(reader, query: str) -> None:
    answer = reader().get(f"/ogc/collections/grids/items?{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "query.malformed")


def test_no_address_overlooks_a_parameter(reader) -> None:
    gis, grids = reader(), "/collections/grids"
    for path in (
        *("/", "/api", "/conformance", "/collections", "/tileMatrixSets", grids),
        *(f"{grids}/queryables", f"{grids}/schema", f"{grids}/tiles", f"{grids}/items/1"),
        *("/tileMatrixSets/WebMercatorQuad", f"{grids}/tiles/WebMercatorQuad/12/1629/3299"),
    ):
        assert gis.get(f"/ogc{path}?token=glk_x").status_code == 400, path
        assert gis.get(f"/ogc{path}?f=xml").status_code == 400, path


def test_head_tells_what_get_would(reader) -> None:
    gis = reader()
    for path in ("/", "/collections", "/collections/grids/items?limit=1"):
        told, got = gis.head(f"/ogc{path}"), gis.get(f"/ogc{path}")
        assert (told.status_code, told.headers["content-type"]) == (
            200,
            got.headers["content-type"],
        )
        assert told.content == b""


def test_the_definition_names_every_parameter_that_is_understood(reader) -> None:
    gis = reader()
    paths = gis.get("/ogc/api").json()["paths"]
    for name in (c["id"] for c in gis.get("/ogc/collections").json()["collections"]):
        told = gis.get(f"/ogc/collections/{name}/queryables").json()["properties"].keys() - {"geom"}
        own = paths[f"/collections/{name}/items"]["get"]["parameters"]
        assert {each["name"] for each in own if "name" in each} == told
        common = {each["$ref"].rsplit("/", 1)[1] for each in own if "$ref" in each}
        assert common == {"limit", "bbox", "bbox-crs", "crs", "datetime", "after", "f"}


def test_collections_open_where_the_jurisdiction_is(reader) -> None:
    def box(gis, name: str) -> list[float]:
        return gis.get(f"/ogc/collections/{name}").json()["extent"]["spatial"]["bbox"][0]

    west = reader(WEST_TOWN)
    assert box(west, "grids") == [109.99, 34.49, 110.05, 34.55]  # the town, a cent outwards
    assert box(west, "roads") == [-180, -90, 180, 90]
    tiles = west.get("/ogc/collections/grids/tiles/WebMercatorQuad").json()
    first, *_, last = tiles["tileMatrixSetLimits"]
    # By the formula of the scheme: at zoom 8 all of it in column 206, row 101 and 102 of 256.
    assert first == {
        **{"tileMatrix": "8", "minTileRow": 101, "maxTileRow": 101},
        **{"minTileCol": 206, "maxTileCol": 206},
    }
    assert last["maxTileCol"] - last["minTileCol"] < 100
    # Its number is the address of the collection's own scheme, on this server.
    scheme = next(link for link in tiles["links"] if link["rel"].endswith("tiling-scheme"))
    matrices = west.get(scheme["href"]).json()["tileMatrices"]
    # The OGC's own figures for the first zoom (OGC 17-083r4, annex D).
    assert matrices[0]["scaleDenominator"] == pytest.approx(559082264.028717, abs=1e-3)
    assert matrices[0]["pointOfOrigin"] == pytest.approx([-20037508.3427892, 20037508.3427892])


def test_of_every_collection_a_neighbour_sees_nothing(reader, land, account) -> None:
    land.add_camera("门口", 110.0107, 34.5103)
    place = "ST_SetSRID(ST_Point(110.011, 34.511), 4326)"
    square = "ST_Multi(ST_MakeEnvelope(110.001, 34.501, 110.002, 34.502, 4326))"
    account("planner")
    for statement in (
        "INSERT INTO incidents (number, kind, severity, geom, division_code, reported_by) SELECT"
        f" 'E1', min(code), 'blue', {place}, 610522101201, (SELECT min(id) FROM users)"
        " FROM incident_kinds",
        f"INSERT INTO checkpoints (name, division_code, geom) VALUES ('桥', 610522101201, {place})",
        "INSERT INTO restricted_areas (set_name, kind, name, division_code, geom)"
        f" VALUES ('land', 'forbidden', '军', 610522101201, {square})",
        "INSERT INTO coverage_gaps (grid_id, division_code, reading, px_per_m, area_m2, weight,"
        f" geom) SELECT id, division_code, 'installed', 20, 9, 1, {square} FROM grids"
        " WHERE code = '610522101201001'",
        f"UPDATE places SET outline = {square} WHERE division_code = 610522101201",
    ):
        land.run(statement)
    west, neighbour = reader(WEST_TOWN), reader(NEIGHBOUR)
    served = {layer.name for layer in LAYERS.values() if layer.geom is not None}
    for name in served - {"viewsheds", "roads", "buildings"}:  # the last two are common
        address = f"/ogc/collections/{name}/items"
        pages = (gis.get(address).json()["features"] for gis in (west, neighbour))
        ours, theirs = ({feature["id"] for feature in page} for page in pages)
        assert ours, name
        assert ours.isdisjoint(theirs), name
        assert neighbour.get(f"{address}/{min(ours)}").status_code == 404
    assert west.get("/ogc/collections/viewsheds/items").status_code == 404  # as a file only


def test_what_is_not_there_is_404(reader) -> None:
    gis = reader()
    for path in ("nothing", "coverage", "grids/items/0", "grids/items/x", "grids/tiles/Other"):
        assert gis.get(f"/ogc/collections/{path}").status_code == 404
    assert gis.get("/ogc/collections/grids/tiles/WebMercatorQuad/99/1/1").status_code == 404


def test_free_text_and_devices_stay_inside(reader, land) -> None:
    camera = land.add_camera("门口", 110.0107, 34.5103)
    land.run(
        "INSERT INTO devices (camera_id, address) VALUES (%s, 'http://10.1.2.3/onvif')", camera
    )
    gis = reader()
    text = gis.get("/ogc/collections/cameras/items").text
    assert "门口" in text
    assert "10.1.2.3" not in text
    for layer in LAYERS.values():
        names = {column.name for column in layer.columns}
        assert names.isdisjoint({"description", "result", "place_text", "reported_by", "secret"})


def test_a_tile_is_the_one_of_the_console(reader) -> None:
    gis = reader(WEST_TOWN)
    sets = gis.get("/ogc/collections/grids/tiles").json()["tilesets"]
    assert sets[0]["tileMatrixSetURI"].endswith("WebMercatorQuad")
    # Zoom 12 at 110.01 E, 34.51 N: column and row by the formula of the tile scheme.
    answer = gis.get("/ogc/collections/grids/tiles/WebMercatorQuad/12/1629/3299")
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    shown = mapbox_vector_tile.decode(answer.content)["grids"]["features"]
    assert {f["properties"]["code"][:9] for f in shown} <= {"610522101", "P1", "P2"}
    assert shown
    far = reader(NEIGHBOUR).get("/ogc/collections/grids/tiles/WebMercatorQuad/12/1629/3299")
    assert far.status_code in (200, 204)
    assert b"610522101" not in far.content


def test_the_first_reading_of_a_day_enters_the_register(reader, land) -> None:
    gis = reader()
    gis.headers["User-Agent"] = "QGIS/3.40"
    for _ in range(3):
        gis.get("/ogc/collections/grids/items?limit=1")
    gis.get("/ogc/collections/roads/items?limit=1")
    read_acts = (
        "SELECT detail->>'collection', detail->>'client' FROM register WHERE act = 'ogc.read'"
    )
    assert land.run(f"{read_acts} ORDER BY seq") == [("grids", "QGIS/3.40"), ("roads", "QGIS/3.40")]


def test_a_box_is_found_by_the_index_under_row_level_security(land) -> None:
    land.run(
        "INSERT INTO grids (set_name, code, name, division_code, geom) SELECT 'many', 'M' || n,"
        " 'm', 610522101201, ST_Multi(ST_MakeEnvelope(110 + n * 1e-5, 34.5, 110 + n * 1e-5 + 1e-5,"
        " 34.50001, 4326)) FROM generate_series(1, 6000) n"
    )
    land.run("ANALYZE grids")
    who = Principal(
        1, "u", "u", "planner", COUNTY, Scope(1, COUNTY, COUNTY + 999_999), rights_of("planner")
    )
    question = read(LAYERS["grids"], {"bbox": "110.01,34.5,110.0101,34.6"})
    with begin(who.scope) as session:
        conditions = items.conditions_of(LAYERS["grids"], question, who)
        statement = items.asked(LAYERS["grids"], question, conditions)
        plan = (
            session.connection()
            .exec_driver_sql(
                "EXPLAIN (FORMAT JSON) "
                + str(
                    statement.compile(session.connection(), compile_kwargs={"literal_binds": True})
                )
            )
            .scalar_one()
        )
    assert "grids_geom_idx" in json.dumps(plan)
