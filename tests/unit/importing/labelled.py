"""A labelled matrix: what a known land is held against, and files of it under known readings."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely

from gis.crs import convert
from gis.looking import look_of
from gis.readings import from_lonlat, parse_reading, to_lonlat
from gis.suspects import suspects_of
from gis.verdicts import Known, Verdict
from gis.weighing import weigh

COUNTY = Path(__file__).resolve().parents[3] / "data/shapefiles"
METRES_PER_DEGREE = 111_195.0
NAMED = {"divisions": ("代码", "名称"), "grids": ("网格编码", "网格名称"), "places": ("名称",)}


@dataclass(frozen=True, slots=True)
class Case:
    """A file: which things, how many, written in which reading, with how much noise."""

    layer: str
    rows: int
    reading: str
    reference: tuple[str, ...]
    noise_m: float
    has_words: bool
    seed: int


@cache
def layer(name: str) -> tuple[Any, dict[str, list[str | None]]]:
    """Shapes of a layer of the demonstration county on EPSG:4326, and its texts."""
    meta, _, wkb, columns = pyogrio.raw.read(COUNTY / name / f"{name}.shp", encoding="gb18030")
    shapes = shapely.transform(shapely.from_wkb(wkb), lambda xy: convert(xy, "epsg:4545", "wgs84"))
    texts = {
        str(field): [None if cell is None else str(cell) for cell in column]
        for field, column in zip(meta["fields"], columns, strict=True)
        if column.dtype == object
    }
    return shapes, texts


@cache
def county(names: tuple[str, ...]) -> Known:
    """What a database would hold of the county with only these layers imported."""
    words: list[tuple[str, tuple[float, float]]] = []
    for name in names:
        shapes, texts = layer(name)
        centres = shapely.get_coordinates(shapely.centroid(shapes))
        for field in NAMED.get(name, ()):
            words += [
                (text, (float(lon), float(lat)))
                for text, (lon, lat) in zip(texts[field], centres, strict=True)
                if text
            ]
    times = Counter(word for word, _ in words)
    areas = {}
    if "divisions" in names:
        shapes, texts = layer("divisions")
        areas = {_digits(str(c)): s for c, s in zip(texts["代码"], shapes, strict=True)}
    return Known(
        layers={name: layer(name)[0] for name in names},
        named={word: place for word, place in words if times[word] == 1},
        areas=areas,
    )


def _digits(code: str) -> str:
    return code[:6] if code.endswith("000000") else code[:9] if code.endswith("000") else code


def written(shapes: Any, reading: str) -> Any:
    """The shapes as a file in that reading would hold them."""
    told = parse_reading(reading)
    return shapely.transform(shapes, lambda xy: from_lonlat(xy, told))


def judged(case: Case) -> tuple[Verdict, float]:
    """The verdict on a case, and how far the first candidate puts the file from the truth, m."""
    chance = np.random.default_rng(case.seed)
    shapes, texts = layer(case.layer)
    chosen = np.sort(chance.permutation(len(shapes))[: case.rows])
    moved = [
        shapely.transform(shapes[row], lambda xy, by=by: xy + by)
        for row, by in zip(
            chosen,
            chance.normal(0, case.noise_m / METRES_PER_DEGREE, (len(chosen), 2)),
            strict=True,
        )
    ]
    words = {name: [cells[row] for row in chosen] for name, cells in texts.items()}
    known = county(case.reference)
    return verdict_on(
        written(np.array(moved), case.reading), words if case.has_words else {}, known, case.reading
    )


def verdict_on(
    shapes: Any, words: dict[str, Sequence[str | None]], known: Known, truth: str
) -> tuple[Verdict, float]:
    """The verdict on shapes written in the reading `truth`, and the first candidate's error, m."""
    look = look_of(shapes, words)
    every = np.concatenate([layer for layer in known.layers.values()])
    west, south, east, north = shapely.total_bounds(every)
    verdict = weigh(look, suspects_of(look.xy, (west, south, east, north)), known)
    if not verdict.ranked:
        return verdict, float("inf")
    found = to_lonlat(look.xy, verdict.ranked[0].suspect.reading)
    apart = np.abs(found - to_lonlat(look.xy, parse_reading(truth))).max()
    return verdict, float(apart * METRES_PER_DEGREE)
