"""An applied change set taken back, from the start of a day: its grids end, those before return.

The versions between stay as they are, so nothing that was counted by them is counted anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import shapely
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gis.gridedit import fitted

from ...db import as_owner
from ...localtime import today
from ...spatial import from_db
from ..days import lock_set
from ..models import Grid, GridChange, GridChangeBorder
from . import keeping
from .applying import Actor, follow_renamed, write
from .board import Board, Cell
from .outcome import Outcome, outcome_of, taken_ground
from .refusals import ChangedSince, NotApplied, StaleChange

_CREDIT = text(
    "UPDATE grids n SET began_by = o.began_by FROM grids o WHERE o.ended_by = :change"
    " AND o.began_by IS DISTINCT FROM :change AND n.set_name = o.set_name AND n.code = o.code"
    " AND n.valid_to IS NULL"
)


def revert(session: Session, change: GridChange, version: int | None, actor: Actor) -> GridChange:
    """Take an applied change set back: outlines and codes are again what they were before it.

    Raises
    ------
    StaleChange, NotApplied
        If it is not what was seen, or not in force.
    ChangedSince
        If its grids were changed again by another change set: that one has to be reverted first.
    CodeTaken, Unsound
        If others have taken the codes or the ground meanwhile.

    """
    lock_set(session, change.set_name)
    session.refresh(change, with_for_update=True)
    if version is not None and change.version != version:
        raise StaleChange(title=change.title, version=change.version)
    if change.state != "applied":
        raise NotApplied(title=change.title)
    day = today()
    with as_owner(session):
        made, gone = _made(session, change), _gone(session, change)
        _restore_borders(session, change)
    outcome = _backwards(session, change, made, gone, actor)
    outcome.refuse_unsound()
    write(session, change.id, outcome, day)
    with as_owner(session):
        session.execute(_CREDIT, {"change": change.id})
    follow_renamed(session, outcome, day)
    change.state = "reverted"
    change.reverted_at = datetime.now(UTC)
    change.reverted_by = actor.name
    change.reverted_on = day
    keeping.touch(change)
    keeping.note(session, change, "reverted", actor.id, actor.login)
    return change


def _made(session: Session, change: GridChange) -> Sequence[Grid]:
    """Return the grids in force that a change set began.

    Raises
    ------
    ChangedSince
        If some of them have been ended.

    """
    every = session.scalars(select(Grid).where(Grid.began_by == change.id)).all()
    standing = [grid for grid in every if grid.valid_to is None]
    lost = {grid.code for grid in every} - {grid.code for grid in standing}
    if lost:
        raise ChangedSince(codes=", ".join(sorted(lost)[:10]), count=len(lost))
    return standing


def _gone(session: Session, change: GridChange) -> Sequence[Grid]:
    """Return the versions that a change set ended."""
    wanted = select(Grid).where(
        Grid.ended_by == change.id, Grid.began_by.is_distinct_from(change.id)
    )
    return session.scalars(wanted.order_by(Grid.id)).all()


def _restore_borders(session: Session, change: GridChange) -> None:
    """Take the nodes out again that the change set gave to neighbours, where nobody needs them."""
    rows = session.execute(
        select(GridChangeBorder, Grid)
        .join(Grid, Grid.id == GridChangeBorder.grid_id)
        .where(GridChangeBorder.change_id == change.id, Grid.valid_to.is_(None))
    ).all()
    for border, grid in rows:
        if from_db(grid.geom).equals_exact(from_db(border.after), 0.0):
            grid.geom = border.before
    session.flush()


def _backwards(
    session: Session,
    change: GridChange,
    made: Sequence[Grid],
    gone: Sequence[Grid],
    actor: Actor,
) -> Outcome:
    board = Board(session, change.set_name, actor.span)
    old = [_cell(grid, id=board.next_id()) for grid in gone]
    board.lay_out([grid.id for grid in made], [cell.shape for cell in old])
    if made:
        board.end(*(grid.id for grid in made))
    if old:
        standing = [cell.shape for cell in board.cells.values()]
        shapes = fitted([cell.shape for cell in old], standing)
        board.change(*(replace(c, shape=shape) for c, shape in zip(old, shapes, strict=True)))
    newest = max((grid.id for grid in (*made, *gone)), default=0)
    later = [cell for cell in board.cells.values() if cell.id > newest]
    return outcome_of(board, lambda _ended, began, _standing: taken_ground(began, later))


def _cell(grid: Grid, **changed: Any) -> Cell:
    shape = from_db(grid.geom)
    if shapely.get_num_geometries(shape) == 1:
        shape = shapely.get_parts(shape)[0]
    same = ("code", "name", "kind", "division_code", "households")
    return Cell(**{name: getattr(grid, name) for name in same}, shape=shape, **changed)
