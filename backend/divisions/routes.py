"""Divisions at the API: the common tree, readable by everybody who is signed in."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from ..access import Tx, right
from ..errors import NotFound
from ..spatial import from_db
from .codes import parse
from .locating import children, named
from .models import Division
from .schemas import DivisionList, DivisionRow, DivisionSheet

router = APIRouter(prefix="/api/divisions", tags=["divisions"])

_FORM = r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$"


@router.get("", **right("map.read"))
def list_divisions(
    session: Tx, parent: Annotated[str | None, Query(pattern=_FORM)] = None
) -> DivisionList:
    """List the divisions right under `parent`, or the topmost ones."""
    rows = children(session, parse(parent) if parent else None)
    return DivisionList(divisions=[DivisionRow.of(row) for row in rows])


@router.get("/{code}", **right("map.read"))
def read_division(session: Tx, code: Annotated[str, Path(pattern=_FORM)]) -> DivisionSheet:
    """Return one division with its path and bounds."""
    found = named(session, parse(code))
    if found is None:
        raise NotFound()
    row = session.query(Division).filter_by(code=int(found.code), valid_to=None).one()
    return DivisionSheet(
        code=found.code,
        name=found.name,
        level=found.level,
        path=list(found.path),
        bounds=from_db(row.geom).bounds,
    )
