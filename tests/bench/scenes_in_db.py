"""Fills a database with a made-up city, in the form an import leaves behind."""

import numpy as np
import psycopg
import shapely
from city import City

from backend.spatial import to_hex_ewkb
from gis.frame import LocalFrame

CENTRE = LocalFrame(108.75, 34.05)
SIDE_M = 10_000.0
VILLAGE = 699901101201
OTHER_VILLAGE = 699902101201


def fill(url: str, city: City) -> None:
    """Write buildings, cameras and poses; the western half lies in VILLAGE, the rest in OTHER."""
    shift = SIDE_M / 2
    outlines = shapely.transform(city.polygons, lambda points: points - shift)
    outlines = CENTRE.geometry_to_lonlat(outlines)
    lon, lat = CENTRE.to_lonlat(city.x - shift, city.y - shift)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        with cursor.copy("COPY buildings (set_name, height_m, geom) FROM STDIN") as copy:
            for height, shape in zip(
                city.heights_m, to_hex_ewkb([_multi(g) for g in outlines]), strict=True
            ):
                copy.write_row(("bench", float(height), shape))
        _fill_cameras(cursor, city, to_hex_ewkb(shapely.points(lon, lat)))
        cursor.execute("ANALYZE buildings")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE cameras, poses")


def fill_grids(url: str, *, per_side: int) -> None:
    """Lay square grids over the whole city, in the villages that `fill` speaks of."""
    side_m = SIDE_M / per_side
    west = np.arange(per_side) * side_m - SIDE_M / 2
    x, y = (axis.ravel() for axis in np.meshgrid(west, west))
    squares = CENTRE.geometry_to_lonlat(shapely.box(x, y, x + side_m, y + side_m))
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        columns = "set_name, code, name, division_code, geom"
        with cursor.copy(f"COPY grids ({columns}) FROM STDIN") as copy:
            for i, shape in enumerate(to_hex_ewkb([_multi(g) for g in squares])):
                village = VILLAGE if x[i] < 0 else OTHER_VILLAGE
                copy.write_row(("bench", f"{i:04d}", f"网格{i}", village, shape))
        cursor.execute("ANALYZE grids")


def _fill_cameras(cursor: psycopg.Cursor, city: City, points: list[str]) -> None:
    columns = "set_name, name, height_m, has_ptz, division_code, is_alive, geom"
    with cursor.copy(f"COPY cameras ({columns}) FROM STDIN") as copy:
        for i, point in enumerate(points):
            village = VILLAGE if city.x[i] < SIDE_M / 2 else OTHER_VILLAGE
            height = float(city.camera_height_m[i])
            copy.write_row(("bench", f"机位{i}", height, i % 7 == 0, village, True, point))
    cursor.execute("SELECT id FROM cameras ORDER BY id")
    ids = [row[0] for row in cursor.fetchall()]
    with cursor.copy("COPY poses (camera_id, azimuth_deg, fov_deg, range_m) FROM STDIN") as copy:
        for i, camera_id in enumerate(ids):
            row = (camera_id, float(city.azimuth_deg[i] % 360), 90.0, float(city.range_m[i]))
            copy.write_row(row)


def _multi(shape: shapely.Geometry) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([shape]) if shape.geom_type == "Polygon" else shape
