"""What a file of unknown origin is held against: roads, buildings, outlines, names around it."""

from collections import Counter
from typing import Any

import numpy as np
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.suspects import Bounds
from gis.verdicts import Known

#: Shapes of one layer around one place; more are thinned, which weakens evidence, never turns it.
_MOST = 60_000
_EXTENTS = text(
    "SELECT min(ST_XMin(box)), min(ST_YMin(box)), max(ST_XMax(box)), max(ST_YMax(box)) FROM ("
    " SELECT ST_Extent(geom) AS box FROM divisions"
    "  WHERE valid_to IS NULL AND code BETWEEN :low AND :high"
    " UNION ALL SELECT ST_Extent(geom) FROM grids"
    "  WHERE valid_to IS NULL AND division_code BETWEEN :low AND :high"
    " UNION ALL SELECT ST_Extent(geom) FROM places WHERE division_code BETWEEN :low AND :high"
    " UNION ALL SELECT ST_Extent(geom) FROM roads"
    " UNION ALL SELECT ST_Extent(geom) FROM buildings) AS layers"
)
_WITHIN = "geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)"
_OWN = "division_code BETWEEN :low AND :high"
#: Layer -> the columns to look at and where; all of it through the GiST index of its geometry.
LAYERS = {
    "roads": ("roads", _WITHIN),
    "buildings": ("buildings", _WITHIN),
    "divisions": ("divisions", f"{_WITHIN} AND valid_to IS NULL AND code BETWEEN :low AND :high"),
    "grids": ("grids", f"{_WITHIN} AND valid_to IS NULL AND {_OWN}"),
    "places": ("places", f"{_WITHIN} AND {_OWN}"),
    "cameras": ("cameras", f"{_WITHIN} AND {_OWN}"),
}
#: Where a layer's names and codes stand; a road of one name runs on, and marks no place.
_NAMED = {
    "divisions": "name, lpad(code::text, 12, '0')",
    "grids": "name, code",
    "places": "name, code",
    "cameras": "name, code",
}
#: Cameras are compared by name and code alone: where they stand is what files are about.
_DRAWN = ("roads", "buildings", "divisions", "grids", "places")


def extent_of_known(session: Session, bounds: tuple[int, int]) -> Bounds | None:
    """Bounds of all that is held of a jurisdiction, degrees; None when nothing is."""
    row = session.execute(_EXTENTS, _range(bounds)).one()
    if row[0] is None:
        return None
    return (float(row[0]), float(row[1]), float(row[2]), float(row[3]))


def known_around(session: Session, windows: tuple[Bounds, ...], bounds: tuple[int, int]) -> Known:
    """What is held within the windows, as far as the jurisdiction goes."""
    layers: dict[str, list[Any]] = {name: [] for name in LAYERS}
    named: list[tuple[str, tuple[float, float]]] = []
    areas: dict[str, shapely.Geometry] = {}
    for window in windows:
        for name in LAYERS:
            rows = _rows(session, name, window, bounds)
            shapes = shapely.from_wkb([bytes(row[0]) for row in rows])
            layers[name] += list(shapes)
            if name in _NAMED:
                named += _names(rows, shapes)
            if name == "divisions":
                areas |= {_digits(row[2]): shape for row, shape in zip(rows, shapes, strict=True)}
    times = Counter(word for word, _ in set(named))
    return Known(
        layers={name: np.array(layers[name], dtype=object) for name in _DRAWN if layers[name]},
        named={word: place for word, place in named if times[word] == 1},
        areas=areas,
    )


def _rows(session: Session, layer: str, window: Bounds, bounds: tuple[int, int]) -> list[Any]:
    table, where = LAYERS[layer]
    west, south, east, north = window
    values = {"west": west, "south": south, "east": east, "north": north, **_range(bounds)}
    if "division" not in where and "code" not in where:
        values = {name: values[name] for name in ("west", "south", "east", "north")}
    counting = f"SELECT count(*) FROM {table} WHERE {where}"  # noqa: S608  constants above
    step = session.execute(text(counting), values).scalar_one() // _MOST + 1
    thin = f" AND id % {step} = 0" if step > 1 else ""
    names = _NAMED.get(layer, "NULL, NULL")
    statement = f"SELECT ST_AsBinary(geom), {names} FROM {table} WHERE {where}{thin}"  # noqa: S608
    return list(session.execute(text(statement), values))


def _names(rows: list[Any], shapes: Any) -> list[tuple[str, tuple[float, float]]]:
    centres = shapely.centroid(shapes)
    found = []
    for row, centre in zip(rows, centres, strict=True):
        for word in {row[1], row[2]} - {None, ""}:
            found.append((str(word).strip(), (float(centre.x), float(centre.y))))
    return found


def _digits(code: str) -> str:
    """The part of a 12-digit code that names the division: 6, 9 or 12 digits, fewer above."""
    if code.endswith("000000"):
        return code[:6]
    return code[:9] if code.endswith("000") else code


def _range(bounds: tuple[int, int]) -> dict[str, int]:
    return {"low": bounds[0], "high": bounds[1]}
