"""Seen ground and gaps of grids as rows: what the map draws and the list of gaps names."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.exactgrounds import MapGrounds, exact_grounds
from gis.gapweights import GroundFacts, ground_worth

from ..landing import copy_rows
from ..settings import load
from ..spatial import to_hex_ewkb
from .bands import MAP_PX_PER_M
from .counting import Counted
from .facts import WEIGHTS, place_names
from .subjects import Held as Land

Shapes = NDArray[np.object_]

_FORGET = text("DELETE FROM coverage_grounds WHERE grid_id = ANY(:ids) AND reading = :reading")
_FORGET_GAPS = text("DELETE FROM coverage_gaps WHERE grid_id = ANY(:ids) AND reading = :reading")
_GROUND = ("grid_id", "division_code", "reading", "px_per_m", "part", "geom")
_GAP = (
    *("grid_id", "division_code", "reading", "px_per_m"),
    *("area_m2", "weight", "reasons", "geom"),
)

_REST = "grid_id = ANY(:ids) AND reading = 'installed'"
_COPY = text(
    "INSERT INTO coverage_grounds (grid_id, division_code, reading, px_per_m, part, geom)"  # noqa: S608
    " SELECT grid_id, division_code, 'now', px_per_m, part, geom"
    f" FROM coverage_grounds WHERE {_REST}"
)
_COPY_GAPS = text(
    "INSERT INTO coverage_gaps (grid_id, division_code, reading, px_per_m, area_m2, weight,"  # noqa: S608
    " reasons, geom) SELECT grid_id, division_code, 'now', px_per_m, area_m2, weight, reasons, geom"
    f" FROM coverage_gaps WHERE {_REST}"
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where seen ground goes: the land it lies in, and what makes it worth seeing."""

    session: Session
    land: Land
    facts: GroundFacts


def store_grounds(target: Target, chunk: Counted, readings: Sequence[str]) -> None:
    """Replace grounds and gaps of the grids among the subjects of a chunk."""
    places = np.flatnonzero(target.land.kinds[chunk.rows] == "grid")
    if not len(places):
        return
    alike = places[:0]
    for reading in readings:
        ids = target.land.ids[chunk.rows[places]].tolist()
        target.session.execute(_FORGET, {"ids": ids, "reading": reading})
        target.session.execute(_FORGET_GAPS, {"ids": ids, "reading": reading})
        if reading == "now" and "installed" in readings:
            # Most grids have all their cameras: what was drawn for one reading serves both.
            alike = places[~chunk.differs[places]]
            _store_copies(target, target.land.ids[chunk.rows[alike]].tolist())
        drawing = np.setdiff1d(places, alike)
        if len(drawing):
            plots = chunk.plots.only(drawing)
            drawn = exact_grounds(chunk.grounds(reading), plots, MAP_PX_PER_M)
            _store_parts(target, chunk.rows[drawing], reading, drawn)
            _store_gaps(target, chunk.rows[drawing], reading, drawn)


def _store_copies(target: Target, ids: list[int]) -> None:
    for copy in (_COPY, _COPY_GAPS):
        target.session.execute(copy, {"ids": ids})


def _store_parts(target: Target, rows: NDArray[np.intp], reading: str, drawn: MapGrounds) -> None:
    land, records = target.land, []
    for part in ("certain", "one", "none"):
        shapes = getattr(drawn, part)
        subject, band = np.nonzero(~shapely.is_empty(shapes))
        there = land.frame.geometry_to_lonlat(shapes[subject, band])
        for row, px_per_m, geom in zip(
            rows[subject].tolist(),
            [MAP_PX_PER_M[number] for number in band],
            to_hex_ewkb(there),
            strict=True,
        ):
            grid = (int(land.ids[row]), int(land.division_code[row]))
            records.append((*grid, reading, px_per_m, part, geom))
    copy_rows(target.session, "coverage_grounds", _GROUND, iter(records))


def _store_gaps(target: Target, rows: NDArray[np.intp], reading: str, drawn: MapGrounds) -> None:
    land = target.land
    subject, band = np.nonzero(~shapely.is_empty(drawn.none))
    pieces, whole = shapely.get_parts(drawn.none[subject, band], return_index=True)
    large = shapely.area(pieces) >= load().coverage.least_gap_m2
    pieces, whole = pieces[large], whole[large]
    if not len(pieces):
        return
    records = []
    weight, reasons = _worth(target, pieces)
    there = to_hex_ewkb(shapely.multipolygons([[p] for p in land.frame.geometry_to_lonlat(pieces)]))
    for n, (number, area) in enumerate(zip(whole.tolist(), shapely.area(pieces), strict=True)):
        row = int(rows[subject[number]])
        grid = (int(land.ids[row]), int(land.division_code[row]))
        px_per_m = MAP_PX_PER_M[band[number]]
        told = json.dumps(reasons[n], ensure_ascii=False)
        records.append((*grid, reading, px_per_m, float(area), weight[n], told, there[n]))
    copy_rows(target.session, "coverage_gaps", _GAP, iter(records))


def _worth(target: Target, pieces: Shapes) -> tuple[list[float], list[dict[str, Any]]]:
    """Return the weight of each piece and its reasons in the shape of the API."""
    worth = ground_worth(pieces, target.facts, WEIGHTS)
    names = place_names(target.land)
    reasons: list[dict[str, Any]] = [
        {
            "key_places": [],
            "incidents": int(worth.incidents[n]),
            "road_m": {
                kind: round(metres, 1)
                for kind, metres in zip(worth.road_classes, worth.road_m[n].tolist(), strict=True)
                if metres >= 1.0
            },
            "population": round(float(worth.population[n]), 1),
        }
        for n in range(len(pieces))
    ]
    for piece, place in zip(worth.place_piece.tolist(), worth.place.tolist(), strict=True):
        reasons[piece]["key_places"].append(names[place])
    return worth.weight.tolist(), reasons
