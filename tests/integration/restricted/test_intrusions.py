"""Views into forbidden areas are flagged with how much is seen; touching a wall is not entering."""

import psycopg
import pytest

from backend import db
from backend.cameras import intrusions

WEST_TOWN = 610522101000
BOX = "ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326))"


def forbid(land, box: tuple[float, float, float, float], kind: str = "forbidden") -> int:
    found = land.run(
        "INSERT INTO restricted_areas (set_name, kind, name, division_code, geom)"
        f" VALUES ('t', '{kind}', '浴室', 610522101201, {BOX}) RETURNING id",
        *box,
    )
    return int(found[0][0])


def see(land, camera: int, sight: str, box: tuple[float, float, float, float]) -> None:
    """Store what a camera sees as if its viewshed had been computed so."""
    land.run(
        f"INSERT INTO viewsheds (pose_id, camera_id, division_code, {sight})"
        f" SELECT p.id, camera_id, c.division_code, {BOX}"
        " FROM poses p JOIN cameras c ON c.id = camera_id WHERE camera_id = %s",
        *(*box, camera),
    )


# 0.001 degrees east and north at 34.5 N are 91.85 m and 110.93 m on the ellipsoid.
SQUARE_M2 = 91.85 * 110.93


def test_a_view_that_enters_is_listed_with_how_much_it_sees(client, land) -> None:
    area = forbid(land, (110.004, 34.504, 110.006, 34.506))
    forbid(land, (110.001, 34.501, 110.002, 34.502), "consent")
    half = land.add_camera("一半", 110.0035, 34.505)
    maybe = land.add_camera("或许", 110.0034, 34.505)
    beside = land.add_camera("旁边", 110.0033, 34.505)
    see(land, half, "certain", (110.003, 34.504, 110.005, 34.505))
    see(land, maybe, "possible", (110.003, 34.504, 110.005, 34.505))
    see(land, beside, "certain", (110.0, 34.5, 110.004, 34.51))  # ends at its wall
    answer = client("inspector").get("/api/restricted-areas/views").json()
    assert answer["total"] == 2
    assert [(r["camera_id"], r["area_id"], r["stands"]) for r in answer["rows"]] == [
        (half, area, False),
        (maybe, area, False),
    ]
    first, second = answer["rows"]
    assert (first["certain_m2"], first["possible_m2"]) == (pytest.approx(SQUARE_M2, rel=1e-3), 0)
    assert (second["certain_m2"], second["possible_m2"]) == (0, pytest.approx(SQUARE_M2, rel=1e-3))
    assert first["area_m2"] == pytest.approx(4 * SQUARE_M2, rel=1e-3)


def test_a_camera_that_stood_there_before_is_listed_first(client, land) -> None:
    inside = land.add_camera("旧点", 110.005, 34.505)
    area = forbid(land, (110.004, 34.504, 110.006, 34.506))
    (row,) = client("operator").get("/api/restricted-areas/views").json()["rows"]
    assert (row["camera_id"], row["area_id"], row["stands"]) == (inside, area, True)


def test_a_neighbours_cameras_are_not_told_of(client, land) -> None:
    camera = land.add_camera("旧点", 110.005, 34.505)
    forbid(land, (110.004, 34.504, 110.006, 34.506))
    see(land, camera, "certain", (110.003, 34.504, 110.005, 34.505))
    east = client("planner", 610522102000)
    assert east.get("/api/restricted-areas/views").json() == {"rows": [], "total": 0}


def test_views_are_found_by_their_extent(land) -> None:
    with psycopg.connect(land.url) as connection:
        connection.execute(
            "INSERT INTO cameras (set_name, name, division_code, geom) SELECT 't', 'c' || i,"
            " 610522101201, ST_SetSRID(ST_Point(110 + i * 1e-5, 34.5), 4326)"
            " FROM generate_series(1, 4000) i"
        )
        connection.execute("INSERT INTO poses (camera_id) SELECT id FROM cameras")
        connection.execute(
            "INSERT INTO viewsheds (pose_id, camera_id, division_code, certain)"
            " SELECT p.id, c.id, c.division_code, ST_Multi(ST_Expand(c.geom, 1e-6))"
            " FROM poses p JOIN cameras c ON c.id = camera_id"
        )
    forbid(land, (110.004, 34.504, 110.006, 34.506))
    land.run("ANALYZE cameras, poses, viewsheds, restricted_areas")
    plan = db.Scope(1, WEST_TOWN, WEST_TOWN + 999)
    asked = {"low": plan.low, "high": plan.high, "least_m2": 1, "limit": 9, "offset": 0}
    with db.begin(plan) as session:
        question = intrusions.text("EXPLAIN " + intrusions._question().text)
        lines = "\n".join(session.scalars(question, asked))
    assert "viewsheds_extent_3857_idx" in lines and "cameras_geom_3857_idx" in lines, lines
