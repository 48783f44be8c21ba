"""A change set becomes real, or is taken back: all of it or nothing, from the start of a day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from ... import jobs
from ...db import WHOLE_LAND, as_owner
from ...localtime import today
from ..days import lock_set
from ..models import GridChange
from ..staff.following import follow_code
from . import keeping
from .board import Cell
from .outcome import Outcome, work_out
from .refusals import GridsChanged

Span = tuple[int, int]

_END = text(
    "UPDATE grids SET valid_to = greatest(valid_from, :day), ended_by = :change"
    " WHERE id = ANY(:ids) AND valid_to IS NULL AND division_code BETWEEN :low AND :high"
    " RETURNING id"
)
_BEGIN = text(
    "INSERT INTO grids (set_name, code, name, kind, division_code, households, geom, valid_from,"
    " began_by) VALUES (:set_name, :code, :name, :kind, :division_code, :households,"
    " ST_Multi(ST_GeomFromWKB(:shape, 4326)), :day, :change) RETURNING id"
)
_KNIT = text(
    "UPDATE grids SET geom = ST_Multi(ST_GeomFromWKB(:after, 4326)) WHERE id = :id"
    " AND valid_to IS NULL"
)
_BORDER = text(
    "INSERT INTO grid_change_borders (change_id, grid_id, division_code, before, after) VALUES"
    " (:change, :id, :division_code, ST_Multi(ST_GeomFromWKB(:before, 4326)),"
    " ST_Multi(ST_GeomFromWKB(:after, 4326))) ON CONFLICT DO NOTHING"
)
# A force stays at home where its grid's ground went: with whoever got a tenth of it or more.
_FOLLOW_HOME = text(
    "INSERT INTO unit_grids (unit_id, grid_id) SELECT DISTINCT ug.unit_id, n.id FROM grids o"
    " JOIN grids h ON h.set_name = o.set_name AND h.code = o.code"
    " JOIN unit_grids ug ON ug.grid_id = h.id"
    " JOIN grids n ON n.id = ANY(:began) AND n.geom && o.geom AND n.kind = o.kind"
    "  AND ST_Area(ST_Intersection(n.geom, o.geom)) >= 0.1 * ST_Area(o.geom)"
    " WHERE o.id = ANY(:ended) AND NOT EXISTS (SELECT FROM grids c"
    "  WHERE c.set_name = o.set_name AND c.code = o.code AND c.valid_to IS NULL)"
    " ON CONFLICT DO NOTHING"
)


# Who takes the place of a grid that ended: its own code, else whoever got most of its ground.
_HEIRS = text(
    "SELECT DISTINCT ON (o.id) o.id, n.id FROM grids o JOIN grids n ON n.id = ANY(:began)"
    " AND n.kind = o.kind AND n.geom && o.geom WHERE o.id = ANY(:ended)"
    " ORDER BY o.id, (n.code = o.code) DESC, ST_Area(ST_Intersection(n.geom, o.geom)) DESC, n.id"
)
_INHERIT = (
    "UPDATE {table} t SET {column} = h.heir FROM unnest(CAST(:olds AS bigint[]),"
    " CAST(:heirs AS bigint[])) AS h (old, heir) WHERE t.{column} = h.old {more}"
)
#: What is asked of a grid from now on is asked of its heir; what has happened keeps its grid.
_ASKED_OF = (
    ("requirements", "grid_id", ""),
    ("alarm_rules", "grid_id", ""),
    ("wall_tours", "grid_id", ""),
    ("eyeson_deadlines", "subject_id", "AND t.subject_kind = 'grid'"),
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts; no id when a day has come by itself."""

    id: int | None
    login: str
    name: str
    span: Span = WHOLE_LAND


def apply(session: Session, change: GridChange, version: int | None, actor: Actor) -> GridChange:
    """Carry out a planned change set; it is in force from the start of today.

    Raises
    ------
    StaleChange, NotPlanned, GridsChanged, CodeTaken, EditRefused, Unsound
        If it is not what was seen, or its grids are not any more: then nothing is written.

    """
    lock_set(session, change.set_name)
    keeping.hold(session, change, version)
    operations = keeping.operations_of(change)
    outcome = work_out(session, change.set_name, operations, actor.span)
    outcome.refuse_unsound()
    day = today()
    write(session, change.id, outcome, day)
    follow_renamed(session, outcome, day)
    change.state = "applied"
    change.applied_at = datetime.now(UTC)
    change.applied_by = actor.name
    change.in_force_on = day
    change.refusal = None
    keeping.touch(change)
    keeping.note(session, change, "applied", actor.id, actor.login)
    return change


def write(session: Session, change_id: int, outcome: Outcome, day: date) -> None:
    """End and begin versions of grids, and have everything that hangs on them worked out anew.

    Raises
    ------
    GridsChanged
        If somebody ended one of them first.

    """
    ended = [cell.id for cell in outcome.ended]
    asked: dict[str, Any] = {"day": day, "change": change_id}
    with as_owner(session):
        low, high = WHOLE_LAND
        done = session.scalars(_END, asked | {"ids": ended, "low": low, "high": high}).all()
        if len(done) < len(ended):
            missing = sorted(set(ended) - set(done))
            raise GridsChanged(ids=", ".join(map(str, missing[:10])), grid_ids=missing[:100])
        began = [
            session.execute(_BEGIN, asked | _values(outcome.set_name, cell)).scalar_one()
            for cell in outcome.began
        ]
        for was, now in outcome.knitted:
            _knit(session, change_id, was, now)
        hand_on(session, began, ended)
    follow(session)


def hand_on(session: Session, began: list[int], ended: list[int]) -> None:
    """Let forces of ended grids be at home in their heirs, and what is asked be asked of them."""
    session.execute(_FOLLOW_HOME, {"began": began, "ended": ended})
    pairs = session.execute(_HEIRS, {"began": began, "ended": ended}).all()
    if not pairs:
        return
    asked = {"olds": [old for old, _ in pairs], "heirs": [heir for _, heir in pairs]}
    for table, column, more in _ASKED_OF:
        session.execute(text(_INHERIT.format(table=table, column=column, more=more)), asked)


def follow(session: Session) -> None:
    """Have what is worked out from grids brought up to date."""
    keys = {"coverage.refresh": "coverage", "patrol.derive": None, "eyeson.tick": None}
    for task, key in keys.items():
        jobs.defer(session, task, key=key or task)


def follow_renamed(session: Session, outcome: Outcome, day: date) -> None:
    """Carry staff from the old to the new code of grids that kept their ground."""
    for before, after in _renamed(outcome):
        follow_code(session, outcome.set_name, before.code, after.code, on=day)


def _knit(session: Session, change_id: int, was: Cell, now: Cell) -> None:
    told = {"id": was.id, "change": change_id, "division_code": was.division_code}
    shapes = {"before": shapely.to_wkb(was.shape), "after": shapely.to_wkb(now.shape)}
    session.execute(_KNIT, told | shapes)
    session.execute(_BORDER, told | shapes)


def _values(set_name: str, cell: Cell) -> dict[str, Any]:
    same = ("code", "name", "kind", "division_code", "households")
    told = {name: getattr(cell, name) for name in same}
    return told | {"set_name": set_name, "shape": shapely.to_wkb(cell.shape)}


def _renamed(outcome: Outcome) -> list[tuple[Cell, Cell]]:
    """Return the grids that kept their ground under another code."""
    old_codes = {cell.code for cell in outcome.ended}
    new_codes = {cell.code for cell in outcome.began}
    by_ground: dict[tuple[str, bytes], Cell] = {
        (cell.kind, _key(cell.shape)): cell for cell in outcome.began if cell.code not in old_codes
    }
    pairs = []
    for cell in outcome.ended:
        heir = by_ground.get((cell.kind, _key(cell.shape)))
        if heir is not None and cell.code not in new_codes:
            pairs.append((cell, heir))
    return pairs


def _key(shape: BaseGeometry) -> bytes:
    return bytes(shapely.to_wkb(shapely.normalize(shape)))
