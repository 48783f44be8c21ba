"""What changes hands: ground passing from one grid to another, with all that is on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import shapely
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from gis.gridarea import area_m2

from .board import Cell
from .outcome import Outcome, overlapping
from .schemas import Effect, GridBrief

_LEAST_M2 = 0.5
"""What the nodes of common borders move is no ground that changes hands."""

_UNITS = text(
    "SELECT h.code, count(DISTINCT ug.unit_id) FROM grids h JOIN unit_grids ug ON ug.grid_id = h.id"
    " WHERE h.set_name = :set_name AND h.code = ANY(:codes)"
    " AND h.division_code BETWEEN :low AND :high GROUP BY h.code"
)


@dataclass(frozen=True, slots=True)
class _Passage:
    before: Cell | None
    after: Cell | None
    ground: BaseGeometry
    area_m2: float

    @property
    def changes_hands(self) -> bool:
        return (self.before and self.before.code) != (self.after and self.after.code)


def effects(session: Session, outcome: Outcome, span: tuple[int, int]) -> list[Effect]:
    """Return who gets whose ground, and what is on it within a span of division codes."""
    passages = _passages(outcome.ended, outcome.began)
    if not passages:
        return []
    shapes = [shapely.to_wkb(passage.ground) for passage in passages]
    asked: dict[str, Any] = {"low": span[0], "high": span[1]}
    counted = session.execute(_counts(), asked | {"shapes": shapes}).all()
    ending = {cell.code for cell in outcome.ended} - {cell.code for cell in outcome.began}
    asked |= {"set_name": outcome.set_name, "codes": sorted(ending)}
    homes: dict[str, int] = {code: count for code, count in session.execute(_UNITS, asked)}
    return [
        Effect(
            before=brief(passage.before),
            after=brief(passage.after),
            changes_hands=passage.changes_hands,
            area_m2=round(passage.area_m2, 1),
            places=row.places,
            cameras=row.cameras,
            open_incidents=row.open_incidents,
            units=homes.get(passage.before.code, 0) if passage.before else 0,
        )
        for passage, row in zip(passages, counted, strict=True)
    ]


def brief(cell: Cell | None) -> GridBrief | None:
    """Return a cell in a few words."""
    if cell is None:
        return None
    return GridBrief(id=cell.id, code=cell.code, name=cell.name, kind=cell.kind)


def _passages(ended: Sequence[Cell], began: Sequence[Cell]) -> list[_Passage]:
    pairs = overlapping(ended, began)
    found = [
        _passage(ended[a], began[b], shapely.intersection(ended[a].shape, began[b].shape))
        for a, b in pairs
    ]
    for at, old in enumerate(ended):
        rest = _without(old, [began[b] for a, b in pairs if a == at])
        found.append(_passage(old, None, rest))
    for at, new in enumerate(began):
        rest = _without(new, [ended[a] for a, b in pairs if b == at])
        found.append(_passage(None, new, rest))
    return [each for each in found if each.area_m2 >= _LEAST_M2]


def _passage(old: Cell | None, new: Cell | None, ground: BaseGeometry) -> _Passage:
    parts = shapely.get_parts(shapely.get_parts(ground))
    is_ground = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    ground = MultiPolygon(list(parts[is_ground]))  # none where outlines only touch
    return _Passage(old, new, ground, float(area_m2([ground])[0]))


def _without(cell: Cell, others: Sequence[Cell]) -> BaseGeometry:
    array = np.array([other.shape for other in others], dtype=object)
    return shapely.difference(cell.shape, shapely.union_all(array))


@cache
def _counts() -> TextClause:
    return text((files("backend") / "queries" / "grid_effects.sql").read_text("utf-8"))
