"""Layouts and tours of the wall: whose they are, what they hold, and what is left of them later."""

import psycopg
import pytest

COUNTY, WEST, EAST, NEIGHBOUR = 610522000000, 610522101000, 610522102000, 610523000000


@pytest.fixture
def cameras(land) -> list[int]:
    """Three cameras in the first village, one in the neighbour county."""
    places = [("校门", 110.0101, 34.5101), ("桥头", 110.0102, 34.5301), ("市场", 110.015, 34.511)]
    return [land.add_camera(*place) for place in [*places, ("邻县", 110.12, 34.51)]]


def layout(cameras: list[int | None], **more) -> dict:
    return {"name": "早高峰", "size": 4, "cameras": cameras} | more


def test_a_layout_is_kept_with_its_empty_tiles(client, cameras) -> None:
    operator = client("operator")
    wanted = [cameras[1], None, cameras[0], None]
    made = operator.post("/api/wall/layouts", json=layout(wanted))
    assert made.status_code == 201, made.text
    [found] = operator.get("/api/wall/layouts").json()["layouts"]
    assert (found["cameras"], found["size"], found["is_mine"]) == (wanted, 4, True)
    assert found == made.json()


def test_a_private_layout_is_nobody_elses_and_a_shared_one_is_the_divisions(
    client, cameras
) -> None:
    mine, colleague, neighbour = client(), client(), client("operator", NEIGHBOUR)
    tiles = [cameras[0], None, None, None]
    mine.post("/api/wall/layouts", json=layout(tiles, name="私"))
    shared = mine.post("/api/wall/layouts", json=layout(tiles, name="公", is_shared=True)).json()

    def names(asking) -> list[str]:
        return [row["name"] for row in asking.get("/api/wall/layouts").json()["layouts"]]

    assert names(mine) == ["公", "私"]
    assert names(colleague) == ["公"]
    assert names(neighbour) == []
    path = f"/api/wall/layouts/{shared['id']}"
    change = {"name": "改", "version": shared["version"]}
    refused = colleague.patch(path, json=change)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "wall.not_yours")
    assert colleague.delete(path).status_code == 403
    assert neighbour.patch(path, json=change).status_code == 404
    assert client("admin").patch(path, json=change).json()["name"] == "改"


def test_the_database_itself_hides_a_private_layout(client, cameras, land) -> None:
    client().post("/api/wall/layouts", json=layout([cameras[0], None, None, None]))
    [(owner,)] = land.run("SELECT author_id FROM wall_layouts")
    seen = []
    for user in (owner, owner + 1):
        with psycopg.connect(land.url) as connection:
            connection.execute("SET ROLE gridlink_app")
            connection.execute(
                "SELECT set_config('gridlink.user_id', %s, true),"
                " set_config('gridlink.low', '0', true),"
                " set_config('gridlink.high', '999999999999', true)",
                (str(user),),
            )
            seen.append(connection.execute("SELECT count(*) FROM wall_layouts").fetchone())
    assert seen == [(1,), (0,)]


def test_a_change_of_what_somebody_changed_meanwhile_is_refused(client, cameras) -> None:
    operator = client()
    made = operator.post("/api/wall/layouts", json=layout([cameras[0], None, None, None])).json()
    path = f"/api/wall/layouts/{made['id']}"
    first = operator.patch(path, json={"size": 1, "cameras": [cameras[1]], "version": 1})
    assert (first.json()["version"], first.json()["cameras"]) == (2, [cameras[1]])
    second = operator.patch(path, json={"name": "x", "version": 1})
    assert (second.status_code, second.json()["error"]["code"]) == (409, "wall.stale_version")
    assert operator.delete(path).status_code == 204
    assert operator.delete(path).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"cameras": [1, 2]},
        {"cameras": [1, 1, None, None]},
        {"cameras": [None] * 4},
        {"size": 5, "cameras": [1] * 5},
        {"name": " "},
    ],
)
def test_a_layout_that_fits_no_wall_is_refused(client, land, wrong) -> None:
    order = layout([1, None, None, None]) | wrong
    assert client().post("/api/wall/layouts", json=order).status_code == 422


def test_a_camera_of_another_jurisdiction_is_unknown(client, cameras) -> None:
    answer = client().post("/api/wall/layouts", json=layout([cameras[3], None, None, None]))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "wall.unknown")
    told = client().get("/api/wall/cameras", params={"id": [cameras[2], cameras[3], cameras[0]]})
    assert [row["camera_id"] for row in told.json()["cameras"]] == [cameras[2], cameras[0]]
    assert told.json()["gone"] == 1


def test_a_tile_is_named_by_the_nearest_place_else_by_its_grid(client, cameras) -> None:
    told = client().get("/api/wall/cameras", params={"id": cameras[:2]}).json()["cameras"]
    # The school stands 0.0001 degrees west of the first; the second is 2 km away, in the north.
    assert [row["place"] for row in told] == ["柳林村小学", "柳林村北网格"]
    assert [row["is_enrolled"] for row in told] == [False, False]


def tour(**source) -> dict:
    return {"name": "夜巡", "size": 1, "dwell_s": 10, "source": next(iter(source))} | source


def test_a_tour_by_list_goes_in_its_order_and_says_who_is_gone(client, cameras, land) -> None:
    operator = client()
    order = tour(cameras=[cameras[2], cameras[0]])
    made = operator.post("/api/wall/tours", json=order)
    assert made.status_code == 201, made.text
    land.run("DELETE FROM cameras WHERE id = %s", cameras[0])
    found = operator.get(f"/api/wall/tours/{made.json()['id']}/cameras").json()
    assert ([row["name"] for row in found["cameras"]], found["gone"]) == (["市场"], 1)


def test_a_tour_by_grid_takes_the_cameras_that_stand_in_it_now(client, cameras, land) -> None:
    operator = client()
    [(grid,)] = land.run("SELECT id FROM grids WHERE name = '柳林村南网格'")
    made = operator.post(
        "/api/wall/tours", json=tour(grid=0) | {"grid": None} | {"grid_id": grid, "source": "grid"}
    )
    assert made.status_code == 422  # `grid` is no field
    order = {"name": "x", "size": 4, "dwell_s": 5, "source": "grid", "grid_id": grid}
    made = operator.post("/api/wall/tours", json=order).json()
    assert made["source_name"] == "柳林村南网格"
    path = f"/api/wall/tours/{made['id']}/cameras"
    names = {row["name"] for row in operator.get(path).json()["cameras"]}
    assert names == {"校门", "市场"}
    land.add_camera("新装", 110.012, 34.512)
    assert len(operator.get(path).json()["cameras"]) == 3
    land.run("DELETE FROM grids WHERE id = %s", grid)
    assert operator.get(path).json()["cameras"] == []
    assert operator.get("/api/wall/tours").json()["tours"][0]["source_name"] is None


def test_a_tour_by_place_takes_the_cameras_that_see_it(client, cameras, land) -> None:
    operator = client()
    [(place,)] = land.run("SELECT id FROM places WHERE name = '柳林村小学'")
    # 22 m south of the school and looking north; the others of the village look past it.
    seeing = land.add_camera("校南", 110.01, 34.5098)
    order = {"name": "x", "size": 4, "dwell_s": 5, "source": "place", "place_id": place}
    made = operator.post("/api/wall/tours", json=order).json()
    found = operator.get(f"/api/wall/tours/{made['id']}/cameras").json()["cameras"]
    assert [row["camera_id"] for row in found] == [seeing]


@pytest.mark.parametrize(
    "wrong",
    [
        {"dwell_s": 4},
        {"cameras": []},
        {"grid_id": 1},
        {"source": "grid"},
        {"cameras": [1, 1]},
        {"cameras": list(range(1, 202))},
    ],
)
def test_a_tour_without_one_source_and_a_dwell_is_refused(client, land, wrong) -> None:
    assert client().post("/api/wall/tours", json=tour(cameras=[1]) | wrong).status_code == 422


def test_what_is_kept_is_entered_into_the_register(client, cameras) -> None:
    operator = client()
    made = operator.post("/api/wall/layouts", json=layout([cameras[0], None, None, None])).json()
    operator.delete(f"/api/wall/layouts/{made['id']}")
    entries = client("inspector").get("/api/register").json()["entries"]
    acts = [entry for entry in entries if entry["act"].startswith("wall.")]
    assert {entry["act"] for entry in acts} == {"wall.layout.saved", "wall.layout.discarded"}
    assert acts[0]["detail"]["cameras"] == [cameras[0]]


def test_nobody_keeps_more_than_a_hundred(client, cameras, land) -> None:
    operator = client()
    made = operator.post("/api/wall/layouts", json=layout([cameras[0], None, None, None])).json()
    land.run(
        "INSERT INTO wall_layouts (name, author_id, division_code, size, cameras)"
        " SELECT n::text, author_id, division_code, 1, ARRAY[1] FROM wall_layouts,"
        " generate_series(1, 99) n WHERE id = %s",
        made["id"],
    )
    refused = operator.post("/api/wall/layouts", json=layout([cameras[0], None, None, None]))
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "wall.too_many")


def test_the_cameras_of_a_grid_are_found_by_the_spatial_index(land, cameras) -> None:
    from backend.wall.cameras import _query

    land.run(
        "INSERT INTO cameras (set_name, name, division_code, geom) SELECT 'many', 'x', %s,"
        " ST_SetSRID(ST_Point(110.0 + (n %% 60) * 0.001, 34.5 + n / 60 * 0.001), 4326)"
        " FROM generate_series(1, 2400) n",
        WEST,
    )
    land.run("ANALYZE cameras")
    statement = str(_query("wall_grid_cameras"))
    for name, value in {"low": 0, "high": 999999999999, "grid_id": 1, "most": 200}.items():
        statement = statement.replace(f":{name}", str(value))
    plan = land.run(f"EXPLAIN {statement}")
    assert any("cameras_geom_idx" in str(row[0]) for row in plan), plan
