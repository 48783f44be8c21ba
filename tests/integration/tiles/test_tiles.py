"""Vector tiles: what is in them, for whom, and when the cache forgets."""

import math

import mapbox_vector_tile
import pytest

from backend import tiles


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    """Return x and y of the tile that holds a point (the slippy map's own formula)."""
    n = 1 << z
    mercator = math.asinh(math.tan(math.radians(lat)))
    return int((lon + 180) / 360 * n), int((1 - mercator / math.pi) / 2 * n)


def fetch(client, layer: str, z: int, lon: float = 110.0107, lat: float = 34.5107):
    x, y = tile_of(lon, lat, z)
    return client.get(f"/api/tiles/{layer}/{z}/{x}/{y}.mvt")


def features(answer, layer: str) -> list[dict]:
    assert answer.status_code in (200, 204), answer.text
    if answer.status_code == 204:
        return []
    return mapbox_vector_tile.decode(answer.content)[layer]["features"]


def test_every_layer_shows_its_rows_with_the_attributes_promised(client, land) -> None:
    camera_id = land.add_camera("门口", 110.0107, 34.5103)
    operator = client("operator")
    roads = features(fetch(operator, "roads", 13, lat=34.52), "roads")
    assert roads[0]["properties"] == {"id": roads[0]["id"], "name": "解放路", "class": "county"}
    building = features(fetch(operator, "buildings", 16), "buildings")[0]["properties"]
    assert (building["name"], building["height_m"], building["height_assumed"]) == (
        "县医院",
        18,
        False,
    )
    codes = {
        f["properties"]["code"] for f in features(fetch(operator, "divisions", 14), "divisions")
    }
    assert {"610522000000", "610522101000", "610522101201"} <= codes
    grids = {f["properties"]["name"] for f in features(fetch(operator, "grids", 15), "grids")}
    assert grids == {"柳林村南网格", "柳林村警格"}
    place = features(fetch(operator, "places", 12), "places")[0]["properties"]
    assert (place["name"], place["is_key"]) == ("柳林村小学", True)
    camera = features(fetch(operator, "cameras", 16), "cameras")[0]
    assert camera["id"] == camera_id
    assert camera["properties"] == {
        "id": camera_id,
        "name": "门口",
        "azimuth_deg": 0,
        "azimuth_error_deg": 0,
        "fov_deg": 90,
        "range_m": 150,
        "sensor_no": 1,
        "ptz": 0,
        "fault": 0,
        "alive": -1,
        "pose": "certain",
    }


def test_viewsheds_are_drawn_with_camera_and_sight(client, land) -> None:
    camera_id = land.add_camera("门口", 110.0107, 34.5103)
    land.run(
        "INSERT INTO viewsheds (pose_id, camera_id, division_code, certain) SELECT id, camera_id,"
        " 610522101201, ST_Multi(ST_MakeEnvelope(110.0106, 34.5103, 110.0108, 34.5110, 4326))"
        " FROM poses"
    )
    drawn = features(fetch(client("operator"), "viewsheds", 16), "viewsheds")
    assert [f["properties"] for f in drawn] == [
        {"camera_id": camera_id, "sight": "certain", "alive": -1}
    ]


def test_small_scales_show_clusters_that_count_every_camera_once(client, land) -> None:
    for k in range(10):
        land.add_camera(f"c{k}", 110.001 + k * 0.0078, 34.51)
    land.run("UPDATE cameras SET is_alive = true WHERE name < 'c4'")
    operator = client("operator")
    tiles = {(8, *tile_of(110.001 + k * 0.0078, 34.51, 8)) for k in range(10)}
    found = []
    for z, x, y in tiles:
        found += features(operator.get(f"/api/tiles/cameras/{z}/{x}/{y}.mvt"), "cameras")
    assert sum(f["properties"]["count"] for f in found) == 10
    assert sum(f["properties"]["alive"] for f in found) == 4
    assert len(found) < 10


def test_a_tile_holds_only_the_jurisdiction(client, land) -> None:
    land.add_camera("西", 110.0399, 34.51)
    land.add_camera("东", 110.0401, 34.51)
    west, east = client("operator", 610522101000), client("operator", 610522102000)
    seen = {}
    for name, who in (("west", west), ("east", east), ("west again", west)):
        drawn = features(fetch(who, "cameras", 14, lon=110.04), "cameras")
        seen[name] = [f["properties"]["name"] for f in drawn]
    assert seen == {"west": ["西"], "east": ["东"], "west again": ["西"]}


def test_a_tile_known_to_the_browser_is_not_sent_again(client, land) -> None:
    operator = client("operator")
    first = fetch(operator, "grids", 14)
    x, y = tile_of(110.0107, 34.5107, 14)
    again = operator.get(
        f"/api/tiles/grids/14/{x}/{y}.mvt", headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert "Cookie" in first.headers["vary"]


def test_the_cache_forgets_a_layer_that_changed(client, land) -> None:
    operator = client("operator")
    assert features(fetch(operator, "cameras", 16), "cameras") == []
    land.add_camera("新", 110.0107, 34.5103)
    for _ in range(1000):  # until the notice has arrived; each round is a whole request
        drawn = features(fetch(operator, "cameras", 16), "cameras")
        if drawn:
            break
    assert [f["properties"]["name"] for f in drawn] == ["新"]


@pytest.mark.parametrize(
    "path",
    [
        "roads/3/8/0",
        "roads/20/0/0",
        "users/1/0/0",
        "roads/1/-1/0",
        "roads/99999999999/1/1",
        "roads/1/0",
        "../users/1/0/0",
    ],
)
def test_what_is_no_tile_is_not_found(client, land, path) -> None:
    assert client("operator").get(f"/api/tiles/{path}.mvt").status_code == 404


def test_a_stranger_gets_no_tile(client, land) -> None:
    assert fetch(client(None), "roads", 13).status_code == 401


@pytest.mark.anyio
async def test_empty_tiles_do_not_fill_the_memory(monkeypatch) -> None:
    monkeypatch.setattr(tiles, "CACHE_BYTES", 20_000)
    server = tiles.TileServer(identify=None, render=lambda _key, _user: b"")
    for x in range(100):
        await server._drawn(tiles.Key("cameras", 19, x, 0, 0, 9), user_id=1)
    # 20,000 bytes hold 19 entries of 1,024.
    assert len(server._kept) == 19
