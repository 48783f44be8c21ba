"""Grids of a set as they were on a day, the sets there are, and two sets laid over each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from gis.gridarea import area_m2

from ..access import Principal
from ..divisions.locating import named
from ..spatial import from_db
from .days import in_force
from .models import Grid
from .schemas import CrosswalkRow, GridCollection, GridFeature, GridSet

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which grids: of a set, on a day (None: now), within a span of divisions, in a box."""

    set_name: str | None
    at: date | None
    span: tuple[int, int]
    box: Box | None = None
    offset: int = 0
    limit: int = 5000


def collection(session: Session, wanted: Wanted) -> GridCollection:
    """Return grids as GeoJSON, by set and code, with how many there are in all."""
    chosen = _chosen(wanted)
    total = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    page = chosen.order_by(Grid.set_name, Grid.code, Grid.id)
    grids = session.scalars(page.offset(wanted.offset).limit(wanted.limit)).all()
    shapes = [from_db(grid.geom) for grid in grids]
    areas = area_m2(shapes)
    divisions = {code: named(session, code) for code in {g.division_code for g in grids}}
    return GridCollection(
        total=total,
        features=[
            GridFeature(
                id=grid.id,
                geometry=dict(shapely.geometry.mapping(shape)),
                properties=_properties(grid, float(m2), divisions[grid.division_code]),
            )
            for grid, shape, m2 in zip(grids, shapes, areas, strict=True)
        ],
    )


def sets(session: Session, by: Principal, at: date | None) -> list[GridSet]:
    """Return the sets of the jurisdiction with the grids each has on a day."""
    rows = session.execute(
        select(
            Grid.set_name,
            func.count(),
            func.count().filter(Grid.kind == "exclusive"),
            func.min(Grid.valid_from),
            func.max(Grid.valid_from),
        )
        .where(in_force(at), _within((by.scope.low, by.scope.high)))
        .group_by(Grid.set_name)
        .order_by(Grid.set_name)
    )
    return [
        GridSet(name=name, grids=count, exclusive=special, since=first, changed_on=last)
        for name, count, special, first, last in rows
    ]


def crossed(
    session: Session, one: str, other: str, at: date | None, by: Principal
) -> list[CrosswalkRow]:
    """Return which ground of one set lies in which grids of another, exact area and share."""
    from gis.crosswalk import crosswalk

    span = (by.scope.low, by.scope.high)
    from_grids, to_grids = (_shaped(session, Wanted(name, at, span)) for name in (one, other))
    found = crosswalk([s for _, s in from_grids], [s for _, s in to_grids])
    columns = (found.one.tolist(), found.other.tolist(), found.area_m2, found.share)
    return [
        CrosswalkRow(
            from_code=from_grids[a][0].code,
            from_name=from_grids[a][0].name,
            to_code=to_grids[b][0].code if b >= 0 else None,
            to_name=to_grids[b][0].name if b >= 0 else None,
            area_m2=round(float(m2), 2),
            share=round(float(share), 9),
        )
        for a, b, m2, share in zip(*columns, strict=True)
    ]


def _shaped(session: Session, wanted: Wanted) -> Sequence[tuple[Grid, BaseGeometry]]:
    grids = session.scalars(_chosen(wanted).order_by(Grid.code, Grid.id)).all()
    return [(grid, from_db(grid.geom)) for grid in grids]


def _chosen(wanted: Wanted) -> Select[Any]:
    chosen = select(Grid).where(in_force(wanted.at), _within(wanted.span))
    if wanted.set_name is not None:
        chosen = chosen.where(Grid.set_name == wanted.set_name)
    if wanted.box is not None:
        box = func.ST_MakeEnvelope(*wanted.box, 4326)
        chosen = chosen.where(Grid.geom.op("&&")(box), func.ST_Intersects(Grid.geom, box))
    return chosen


def _within(span: tuple[int, int]) -> Any:
    return Grid.division_code.between(*span)


def _properties(grid: Grid, m2: float, division: Any) -> dict[str, Any]:
    return {
        "id": grid.id,
        "set_name": grid.set_name,
        "code": grid.code,
        "name": grid.name,
        "kind": grid.kind,
        "division": division.model_dump() if division else None,
        "households": grid.households,
        "area_m2": round(m2, 1),
        "valid_from": grid.valid_from.isoformat(),
        "valid_to": grid.valid_to.isoformat() if grid.valid_to else None,
    }


def order_of(shapes: Sequence[BaseGeometry]) -> list[int]:
    """Return the rank of each shape when numbered from west to east and north to south."""
    from gis.gridorder import reading_order

    order = reading_order(shapes)
    return [int(rank) for rank in np.argsort(order)]
