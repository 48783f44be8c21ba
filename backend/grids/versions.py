"""The versions a grid's code has had: each with its days, and the change sets between them."""

from datetime import date

from pydantic import BaseModel, Field
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ..access import Principal
from ..db import Scope
from ..errors import NotFound
from .days import in_force
from .models import Grid, GridChange

_MOST = 200


class GridVersion(BaseModel):
    id: int
    name: str
    valid_from: date
    valid_to: date | None
    began_by: int | None = Field(description="the change set that made it; null: imported")
    change_title: str | None


class GridHistory(BaseModel):
    """The latest first."""

    set_name: str
    code: str
    versions: list[GridVersion]


def history(session: Session, grid: Grid, by: Principal) -> GridHistory:
    """Return every version under the grid's code that was in force for a day or more."""
    rows = session.execute(
        select(Grid, GridChange.title)
        .outerjoin(GridChange, GridChange.id == Grid.began_by)
        .where(
            Grid.set_name == grid.set_name,
            Grid.code == grid.code,
            Grid.division_code.between(by.scope.low, by.scope.high),
            or_(Grid.valid_to.is_(None), Grid.valid_to > Grid.valid_from),
        )
        .order_by(Grid.valid_from.desc(), Grid.id.desc())
        .limit(_MOST)
    )
    return GridHistory(
        set_name=grid.set_name,
        code=grid.code,
        versions=[
            GridVersion(
                id=version.id,
                name=version.name,
                valid_from=version.valid_from,
                valid_to=version.valid_to,
                began_by=version.began_by,
                change_title=title,
            )
            for version, title in rows
        ],
    )


def one_of(session: Session, scope: Scope, grid_id: int) -> Grid:
    """Return a version of a grid of the jurisdiction, of whatever period.

    Raises
    ------
    NotFound
        If it is absent or lies outside.

    """
    within = Grid.division_code.between(scope.low, scope.high)
    found = session.scalars(select(Grid).where(Grid.id == grid_id, within)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def on_day(session: Session, grid: Grid, day: date) -> Grid:
    """Return the version of a grid's code that was in force on a day; itself where none was."""
    same = (Grid.set_name == grid.set_name, Grid.code == grid.code, in_force(day))
    return session.scalars(select(Grid).where(*same).order_by(Grid.id.desc())).first() or grid
