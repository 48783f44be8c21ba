"""Change sets and their previews in the words of the API."""

from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from gis.gridarea import area_m2

from ...access import Principal
from ...divisions.locating import named
from ..models import Grid, GridChange
from .board import Cell
from .effects import brief, effects
from .outcome import work_out
from .schemas import (
    ChangeRow,
    ChangeSheet,
    Draft,
    Feature,
    FeatureCollection,
    GridBrief,
    Preview,
)

_SAME = (
    *("id", "set_name", "title", "reason", "source", "state", "planned_for", "created_at"),
    *("updated_at", "applied_at", "applied_by", "in_force_on", "reverted_at", "reverted_by"),
    *("reverted_on", "refusal", "version"),
)


def preview(session: Session, draft: Draft, by: Principal) -> Preview:
    """Return what a change set would do to the grids as they stand; nothing is written."""
    span = (by.scope.low, by.scope.high)
    outcome = work_out(session, draft.set_name, draft.operations, span)
    return Preview(
        after=FeatureCollection(features=[_feature(session, cell) for cell in outcome.began]),
        ended=[told for cell in outcome.ended if (told := brief(cell)) is not None],
        effects=effects(session, outcome, span),
        faults=list(outcome.faults),
        neighbours=len(outcome.knitted),
    )


def row_of(session: Session, change: GridChange) -> ChangeRow:
    """Return a change set as lists show it."""
    return ChangeRow.model_validate(_told(session, change))


def sheet_of(session: Session, change: GridChange) -> ChangeSheet:
    """Return a change set with its operations and the versions it ended and began."""
    ended = select(Grid).where(
        Grid.ended_by == change.id, Grid.began_by.is_distinct_from(change.id)
    )
    began = select(Grid).where(Grid.began_by == change.id, Grid.valid_from == change.in_force_on)
    return ChangeSheet.model_validate(
        _told(session, change)
        | {
            "operations": change.operations,
            "ended": [_brief(grid) for grid in session.scalars(ended.order_by(Grid.code))],
            "began": [_brief(grid) for grid in session.scalars(began.order_by(Grid.code))],
        }
    )


def _told(session: Session, change: GridChange) -> dict[str, Any]:
    return {name: getattr(change, name) for name in _SAME} | {
        "division": named(session, change.division_code),
        "operations_count": len(change.operations),
        "author": change.author_name,
    }


def _brief(grid: Grid) -> GridBrief:
    return GridBrief(id=grid.id, code=grid.code, name=grid.name, kind=grid.kind)


def _feature(session: Session, cell: Cell) -> Feature:
    division = named(session, cell.division_code)
    return Feature(
        id=cell.id,
        geometry=geojson(cell.shape),
        properties={
            "id": cell.id,
            "code": cell.code,
            "name": cell.name,
            "kind": cell.kind,
            "division": division.model_dump() if division else None,
            "households": cell.households,
            "area_m2": round(float(area_m2([cell.shape])[0]), 1),
        },
    )


def geojson(shape: BaseGeometry) -> dict[str, Any]:
    """Return a shape as a GeoJSON geometry, its coordinates to the last digit."""
    return dict(shapely.geometry.mapping(shape))
