"""A small town inside the land, and how much of it cameras see, worked out without the product."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer

from tests.conftest import VILLAGES

WEST, SOUTH, EAST, NORTH = 110.0095, 34.5098, 110.0120, 34.5118
HOSPITAL = (110.0105, 34.5105, 110.0110, 34.5110)
STEP_M = 1.5
BANDS = (20.0, 25.0, 40.0, 62.5, 80.0, 125.0, 250.0)
_GEOD = Geod(ellps="WGS84")
# UTM 49N, scaled by less than 4e-4 here: another projection than the product's.
_UTM = Transformer.from_crs("EPSG:4326", "EPSG:32649", always_xy=True)


@dataclass(frozen=True)
class Eye:
    """A camera of the town; azimuth true, width 6000 px, hung at 6 m."""

    name: str
    lon: float
    lat: float
    azimuth_deg: float
    fov_deg: float = 90.0
    range_m: float = 150.0


EYES = (
    Eye("西南", 110.0100, 34.5102, 45.0),
    Eye("正南", 110.0107, 34.5100, 0.0),
    Eye("东北", 110.0116, 34.5114, 225.0),
)


def found_town(land: Any, eyes: tuple[Eye, ...] = EYES) -> dict[str, int]:
    """Add the grid `T1` in a set of its own and the cameras; return camera ids by name."""
    land.run(
        "INSERT INTO grids (set_name, code, name, division_code, geom) VALUES"
        " ('town', 'T1', '城关网格', %s, ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326)))",
        *(VILLAGES[0], WEST, SOUTH, EAST, NORTH),
    )
    return {eye.name: add_eye(land, eye) for eye in eyes}


def add_eye(land: Any, eye: Eye) -> int:
    camera_id = int(land.add_camera(eye.name, eye.lon, eye.lat))
    land.run("UPDATE cameras SET width_px = 6000 WHERE id = %s", camera_id)
    land.run(
        "UPDATE poses SET azimuth_deg = %s, fov_deg = %s, range_m = %s WHERE camera_id = %s",
        *(eye.azimuth_deg, eye.fov_deg, eye.range_m, camera_id),
    )
    return camera_id


@dataclass
class Counted:
    """Amounts of the town's ground by band, m2."""

    total: float
    one: dict[float, float] = field(default_factory=dict)
    more: dict[float, float] = field(default_factory=dict)


def counted_by_points(eyes: tuple[Eye, ...] = EYES) -> Counted:
    """Count points every 1.5 m: each point and eye judged by itself, the hospital hides."""
    house = _square(*HOSPITAL)
    town = _square(WEST, SOUTH, EAST, NORTH)
    low_x, low_y, high_x, high_y = town.bounds
    xs, ys = np.meshgrid(
        np.arange(low_x + STEP_M / 2, high_x, STEP_M), np.arange(low_y + STEP_M / 2, high_y, STEP_M)
    )
    points = shapely.points(xs.ravel(), ys.ravel())
    points = points[shapely.covered_by(points, town) & ~shapely.covered_by(points, house)]
    cell_m2 = _geodesic_area(town, house) / len(points)
    seen = {band: np.zeros(len(points), int) for band in BANDS}
    for eye in eyes:
        density = _density(eye, points, house)
        for band in BANDS:
            seen[band] += density >= band
    counted = Counted(cell_m2 * len(points))
    for band, times in seen.items():
        counted.one[band] = float(np.count_nonzero(times == 1) * cell_m2)
        counted.more[band] = float(np.count_nonzero(times > 1) * cell_m2)
    return counted


def _density(eye: Eye, points: NDArray[Any], house: shapely.Polygon) -> NDArray[np.float64]:
    """Pixels per metre at each point; 0 where the eye does not see it."""
    x, y = _UTM.transform(eye.lon, eye.lat)
    lons, lats = _UTM.transform(shapely.get_x(points), shapely.get_y(points), direction="INVERSE")
    count = len(points)
    bearing, _, distance = _GEOD.inv(np.full(count, eye.lon), np.full(count, eye.lat), lons, lats)
    off = np.abs((bearing - eye.azimuth_deg + 180.0) % 360.0 - 180.0)
    lines = shapely.linestrings(
        np.stack([np.full((count, 2), (x, y)), shapely.get_coordinates(points)], axis=1)
    )
    # The hospital is 18 m high and the eye hangs at 6 m: whatever crosses it is hidden.
    hidden = shapely.length(shapely.intersection(lines, house)) > 0.0
    slant = np.hypot(distance, 6.0 - 1.5)
    density = 6000 / (2.0 * slant * math.tan(math.radians(eye.fov_deg) / 2.0))
    sees = ~hidden & (off <= eye.fov_deg / 2.0) & (distance <= eye.range_m)
    return np.where(sees, density, 0.0)


def _square(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    lons, lats = np.array([west, east, east, west]), np.array([south, south, north, north])
    return shapely.Polygon(np.stack(_UTM.transform(lons, lats), axis=1))


def _geodesic_area(town: shapely.Polygon, house: shapely.Polygon) -> float:
    def area(box: tuple[float, float, float, float]) -> float:
        w, s, e, n = box
        return abs(float(_GEOD.polygon_area_perimeter([w, e, e, w], [s, s, n, n])[0]))

    return area((WEST, SOUTH, EAST, NORTH)) - area(HOSPITAL)
