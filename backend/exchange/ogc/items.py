"""Items of a layer as GeoJSON features, page by page in the order of their numbers.

A box is judged by && first: it is leakproof, so it uses the index of the geometry although
row-level security stands before it; ST_Intersects alone would read the whole table.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from gis.outform import text_of

from ...access import Principal
from ...divisions.models import Division
from ...errors import NotFound
from ...localtime import today
from ..layers import Layer
from .asking import Box, Question
from .documents import WORLD
from .systems import System, turned

_SRID = 4326


@dataclass(frozen=True, slots=True)
class Page:
    """Features as JSON texts, how many the whole question matches (first page only), what follows.

    `after` is the number to go on from, None when this is the last page.
    """

    features: list[str]
    matched: int | None
    after: int | None


def page(session: Session, layer: Layer, question: Question, by: Principal) -> Page:
    """Return one page of a layer's items in the jurisdiction."""
    conditions = conditions_of(layer, question, by)
    rows = list(session.execute(asked(layer, question, conditions)))
    matched = None
    if question.after == 0:
        is_all = len(rows) <= question.limit
        counted = layer.count().where(*conditions)
        matched = len(rows) if is_all else int(session.scalar(counted) or 0)
    shown = rows[: question.limit]
    after = int(shown[-1][0]) if len(rows) > question.limit else None
    return Page(features(layer, shown, question.system), matched, after)


def one(session: Session, layer: Layer, fid: int, by: Principal, system: System) -> str:
    """Return one item as a JSON text; grids and divisions of any day.

    Raises
    ------
    NotFound
        If there is none in the jurisdiction.

    """
    inside = layer.within(by.scope.low, by.scope.high)
    rows = list(session.execute(layer.rows().where(*inside, layer.key == fid)))
    if not rows:
        raise NotFound()
    return features(layer, rows, system)[0]


def ground_of(session: Session, by: Principal) -> Box:
    """Return the box around the jurisdiction's divisions, rounded outwards; the world without."""
    box = func.ST_Extent(Division.geom)
    ends = [end(box) for end in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)]
    inside = Division.code.between(by.scope.low, by.scope.high)
    west, south, east, north = session.execute(
        select(*ends).where(inside, Division.valid_to.is_(None))
    ).one()
    if west is None:
        return WORLD
    low = (math.floor(end * 100 - 1) / 100 for end in (west, south))
    high = (math.ceil(end * 100 + 1) / 100 for end in (east, north))
    (west, south), (east, north) = low, high
    return max(west, -180.0), max(south, -90.0), min(east, 180.0), min(north, 90.0)


def asked(
    layer: Layer, question: Question, conditions: Sequence[ColumnElement[bool]]
) -> Select[Any]:
    """Return the statement of a page: one row more than it shows tells whether another follows."""
    going_on = layer.key > question.after
    return layer.rows().where(*conditions, going_on).limit(question.limit + 1)


def conditions_of(
    layer: Layer, question: Question, by: Principal
) -> tuple[ColumnElement[bool], ...]:
    """Return what rows must meet; without a span, grids and divisions are those in force today."""
    conditions = list(layer.within(by.scope.low, by.scope.high))
    if question.has_span:
        conditions += layer.during(question.since, question.until)
    else:
        conditions += layer.in_force(today())
    conditions += [column.of == value for column, value in question.filters]
    if question.boxes:
        boxes = [func.ST_MakeEnvelope(*box, _SRID) for box in question.boxes]
        geom = layer.geom
        touching = [and_(geom.op("&&")(box), func.ST_Intersects(geom, box)) for box in boxes]
        conditions.append(or_(*touching))
    return tuple(conditions)


def features(layer: Layer, rows: Sequence[Any], system: System) -> list[str]:
    """Return rows as GeoJSON features in a system of coordinates."""
    shapes = np.asarray(shapely.from_wkb([bytes(row[1]) for row in rows]), dtype=object)
    drawn = shapely.to_geojson(turned(shapes, system))
    names = [column.name for column in layer.columns]
    told = []
    for row, shape in zip(rows, drawn, strict=True):
        cells = {name: _plain(value) for name, value in zip(names, row[2:], strict=True)}
        properties = json.dumps(cells, ensure_ascii=False)
        told.append(
            f'{{"type":"Feature","id":{int(row[0])},"geometry":{shape},"properties":{properties}}}'
        )
    return told


def _plain(value: Any) -> Any:
    return text_of(value) if isinstance(value, date) else value
