"""The eyes-on clock at the API: who has not been seen for longest, hour by hour, and by when."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from ..access import CurrentUser, Tx, right
from ..divisions.extent import DIVISION_FORM, extent_of
from ..grids.whose import ByGrids
from . import deadlines, hours, listing
from .schemas import (
    ClockColour,
    ClockHourPage,
    ClockPage,
    ClockSubject,
    ClockView,
    DeadlineOrder,
    DeadlinePage,
)

router = APIRouter(prefix="/api/eyeson", tags=["eyeson"])

SubjectId = Annotated[int, Query(ge=1, le=2**63 - 1)]
Day = Annotated[date, Query(ge=date(2000, 1, 1), le=date(2199, 12, 31))]

Grids = Annotated[
    ByGrids,
    Query(alias="grids", description="of this grid of today, or of its version of the day"),
]


@router.get("", **right("patrol.read"))
def list_clocks(
    *,
    user: CurrentUser,
    tx: Tx,
    division: Annotated[str | None, Query(pattern=DIVISION_FORM)] = None,
    subject: ClockSubject | None = None,
    id: SubjectId | None = None,
    colour: ClockColour | None = None,
    view: ClockView | None = None,
    sort: listing.Sort = "unseen",
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ClockPage:
    """Grids and key places by the time since they were in view or reached, the longest first."""
    wanted = listing.Listing(subject, colour, view, id, sort, offset, limit)
    return listing.page(tx, extent_of(tx, user, division), wanted)


@router.get("/hours", **right("patrol.read"))
def read_hours(
    *,
    user: CurrentUser,
    tx: Tx,
    subject: ClockSubject,
    id: SubjectId,
    day: Day,
    by: Grids = "today",
) -> ClockHourPage:
    """Cameras and feet in one picture: the hours of a day, local time, up to now."""
    return hours.day_of(tx, user.scope, (subject, id), day, by)


@router.get("/deadlines", **right("patrol.read"))
def list_deadlines(tx: Tx) -> DeadlinePage:
    """Rules of the jurisdiction: by when a subject has to be seen again."""
    return deadlines.listed(tx)


@router.put("/deadlines", **right("patrol.edit"))
def set_deadline(order: DeadlineOrder, user: CurrentUser, tx: Tx) -> DeadlinePage:
    """Set or take back a rule for one subject, a kind, or all of a division."""
    return deadlines.put(tx, order, by=user)
