"""The course of a loop: for each leg its line, metres and seconds."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.ops import substring
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.frame import LocalFrame

from ...basemap import routing, shortest
from ...basemap.routing import WALKING_MPS, Vehicle
from ...basemap.shortest import Stretch
from .entries import Entry

Floats = NDArray[np.float64]

_SHAPES = text("SELECT id, ST_AsBinary(geom) FROM road_edges WHERE id = ANY(:ids)")


@dataclass(frozen=True, slots=True)
class Leg:
    """From one stop to the next; `line` in lon and lat."""

    line: shapely.LineString
    length_m: float
    travel_s: float

    def feature(self, order: int) -> dict[str, Any]:
        told = {"order": order, "length_m": self.length_m, "travel_s": self.travel_s}
        shape = json.loads(shapely.to_geojson(self.line))
        return {"type": "Feature", "properties": told, "geometry": shape}


def along(
    session: Session, frame: LocalFrame, vehicle: Vehicle, line: Sequence[Entry]
) -> list[Leg]:
    """Return the legs from each spot to the next: on the roads, or straight where a snap lacks."""
    if len(line) < 2:
        return []
    snaps = [spot.snap for spot in line if spot.snap is not None]
    pairs = list(pairwise(line))
    if len(snaps) < len(line):
        speed_mps = routing.straight_mps(session, vehicle)
        return [_straight(one, other, speed_mps) for one, other in pairs]
    # The loop may end where it began: one spot, one point of the network.
    rows = [line.index(spot) for spot in line]
    courses = shortest.courses(session, vehicle, snaps, list(pairwise(rows)))
    ids = {stretch.edge_id for course in courses for stretch in course}
    shapes = _shapes(session, frame, sorted(ids))
    return [
        _by_road(frame, shapes, one, other, course)
        for (one, other), course in zip(pairs, courses, strict=True)
    ]


def _straight(one: Entry, other: Entry, speed_mps: float) -> Leg:
    length_m = float(np.hypot(one.x - other.x, one.y - other.y))
    line = shapely.LineString([(one.lon, one.lat), (other.lon, other.lat)])
    return Leg(line, length_m, length_m / speed_mps)


def _shapes(session: Session, frame: LocalFrame, ids: list[int]) -> dict[int, Any]:
    rows = session.execute(_SHAPES, {"ids": ids}).all()
    lines = np.asarray(shapely.from_wkb([shape for _, shape in rows]), dtype=object)
    metric = frame.geometry_to_metric(lines) if len(rows) else lines
    return {number: line for (number, _), line in zip(rows, metric, strict=True)}


def _by_road(
    frame: LocalFrame, shapes: dict[int, Any], one: Entry, other: Entry, course: Sequence[Stretch]
) -> Leg:
    parts = [np.array([[one.x, one.y]])]
    for stretch in course:
        piece = substring(shapes[stretch.edge_id], stretch.begin, stretch.end, normalized=True)
        parts.append(shapely.get_coordinates(piece))
    parts.append(np.array([[other.x, other.y]]))
    lon, lat = frame.to_lonlat(*np.concatenate(parts).T)
    walk_m = sum(spot.snap.off_m for spot in (one, other) if spot.snap)
    return Leg(
        shapely.LineString(np.stack([lon, lat], axis=1)),
        sum(stretch.length_m for stretch in course) + walk_m,
        sum(stretch.travel_s for stretch in course) + walk_m / WALKING_MPS,
    )
