"""A crossing with houses and cameras, small enough to reckon every answer by hand.

Places are metres east and north of the crossing (lon 110.01, lat 34.51); at that latitude a degree
is 91,840 m east and 110,932 m north, good to a centimetre over the hundred metres used here.
"""

from dataclasses import dataclass

import psycopg

COUNTY, TOWN = 610522000000, 610522101000
VILLAGES = (610522101201, 610522101202)
CROSSING = (110.01, 34.51)
EAST_M_PER_DEG, NORTH_M_PER_DEG = 91_840.0, 110_932.0

_BOX = "ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326))"


@dataclass(frozen=True, slots=True)
class Mounted:
    """A camera of the crossing; `key` is also the id of its simulated device."""

    key: str
    name: str
    east_m: float
    north_m: float
    azimuth_deg: float | None
    fov_deg: float = 70.0
    has_ptz: bool = False
    is_enrolled: bool = True


# Picture density at the crossing is 1920 px / (slant * 2 tan(fov / 2)), the slant 4.5 m down:
# near 1920 / (30.3 * 1.400) = 45 px/m; dome 1920 / (60.2 * 1.400) = 23 px/m.
CAMERAS = (
    Mounted("near", "人民路口南", 0, -30, 0),
    Mounted("dome", "东门球机", 60, 0, 270, has_ptz=True),
    Mounted("behind", "药店后墙", -60, 0, 90, is_enrolled=False),
    Mounted("away", "学校北门", 0, 50, 0, is_enrolled=False),
)
# 18 m high, from 40 to 30 m west of the crossing: between it and the camera "behind" (20 m on).
WALL = (-40.0, -10.0, -30.0, 10.0)
# West of everything the cameras reach (150 m), in the same village.
BLIND_SPOT = (-600.0, 0.0)


def lonlat(east_m: float, north_m: float) -> tuple[float, float]:
    """Return the degrees of a place given in metres from the crossing."""
    return CROSSING[0] + east_m / EAST_M_PER_DEG, CROSSING[1] + north_m / NORTH_M_PER_DEG


def build(connection: psycopg.Connection) -> dict[str, int]:
    """Fill an empty database with the town; return each camera's id by its key."""
    _divide(connection)
    _lay_out(connection)
    return {camera.key: _mount(connection, camera) for camera in CAMERAS}


def _divide(connection: psycopg.Connection) -> None:
    add = (
        "INSERT INTO divisions (set_name, code, name, level, parent_code, geom)"
        f" VALUES ('town', %s, %s, %s, %s, {_BOX})"
    )
    west, middle, east = 110.0, 110.02, 110.04
    for row in (
        (COUNTY, "云溪县", 3, 610500000000, west, 34.5, east, 34.54),
        (TOWN, "西川镇", 4, COUNTY, west, 34.5, east, 34.54),
        (VILLAGES[0], "柳林村", 5, TOWN, west, 34.5, middle, 34.54),
        (VILLAGES[1], "桃源村", 5, TOWN, middle, 34.5, east, 34.54),
    ):
        connection.execute(add, row)
    for village, name, w in ((VILLAGES[0], "柳林村", west), (VILLAGES[1], "桃源村", middle)):
        for number, south in ((1, 34.5), (2, 34.52)):
            connection.execute(
                "INSERT INTO grids (set_name, code, name, division_code, geom)"
                f" VALUES ('basic', %s, %s, %s, {_BOX})",
                (
                    *(f"{village}{number:03d}", f"{name}第{number}网格", village),
                    *(w, south, w + 0.02, south + 0.02),
                ),
            )


def _lay_out(connection: psycopg.Connection) -> None:
    for name, ends in (
        ("人民路", ((0, -900), (0, 900))),
        ("解放路", ((-900, 0), (2000, 0))),
    ):
        line = ", ".join("{} {}".format(*lonlat(*end)) for end in ends)
        connection.execute(
            "INSERT INTO roads (set_name, name, road_class, geom) VALUES ('town', %s, 'street',"
            " ST_Multi(ST_GeomFromText(%s, 4326)))",
            (name, f"LINESTRING({line})"),
        )
    for name, height_m, (w, s, e, n) in (
        ("药店", 18, WALL),
        ("粮站", 9, (30.0, 40.0, 60.0, 70.0)),
        ("集市", 6, (25.0, -80.0, 70.0, -50.0)),
    ):
        connection.execute(
            "INSERT INTO buildings (set_name, name, height_m, geom)"
            f" VALUES ('town', %s, %s, {_BOX})",
            (name, height_m, *lonlat(w, s), *lonlat(e, n)),
        )
    connection.execute(
        "INSERT INTO places (set_name, name, initials, kind, is_key, division_code, geom)"
        " VALUES ('town', '柳林小学', 'llxx', 'school', true, %s,"
        " ST_SetSRID(ST_Point(%s, %s), 4326))",
        (VILLAGES[0], *lonlat(0, 80)),
    )


def _mount(connection: psycopg.Connection, camera: Mounted) -> int:
    row = connection.execute(
        "INSERT INTO cameras (set_name, name, code, division_code, height_m, has_ptz, geom)"
        " VALUES ('town', %s, %s, %s, 6, %s, ST_SetSRID(ST_Point(%s, %s), 4326)) RETURNING id",
        (
            *(camera.name, camera.key, VILLAGES[0], camera.has_ptz),
            *lonlat(camera.east_m, camera.north_m),
        ),
    ).fetchone()
    assert row is not None
    connection.execute(
        "INSERT INTO poses (camera_id, azimuth_deg, azimuth_error_deg, fov_deg, range_m)"
        " VALUES (%s, %s, 0, %s, 150)",
        (row[0], camera.azimuth_deg, camera.fov_deg),
    )
    return int(row[0])
