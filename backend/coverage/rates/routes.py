"""The board of the four rates at the API; every figure opens to its rows."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from ...accounts.access import CurrentUser, Tx, right
from ...divisions.codes import text_of
from ...divisions.extent import DIVISION_FORM, extent_of
from ...errors import InvalidField
from . import board
from .rows import Period, rows_of
from .schemas import RateBoard, RateCode, RateRowPage

router = APIRouter(prefix="/api/coverage", tags=["coverage"])

Division = Annotated[str | None, Query(pattern=DIVISION_FORM)]
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
Since = Annotated[AwareDatetime | None, Query(alias="from", ge=_FIRST)]
Until = Annotated[AwareDatetime | None, Query(alias="to", ge=_FIRST)]
_MOST_DAYS = 3650


@router.get("/rates", **right("coverage.read"))
def read_rates(
    user: CurrentUser, tx: Tx, division: Division = None, since: Since = None, until: Until = None
) -> RateBoard:
    """The four rates of a division over a period, by default the last 30 days."""
    extent, period = extent_of(tx, user, division), _period(since, until)
    return RateBoard(
        division_code=text_of(extent.code),
        name=extent.name,
        since=period.since,
        until=period.until,
        rates=board.board(tx, (extent.low, extent.high), period),
    )


@router.get("/rates/{code}/rows", **right("coverage.read"))
def list_rate_rows(
    code: RateCode,
    *,
    user: CurrentUser,
    tx: Tx,
    division: Division = None,
    since: Since = None,
    until: Until = None,
    missing: Annotated[bool, Query(description="only rows that are not as wanted")] = False,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> RateRowPage:
    """The places or cameras behind one rate, what is wrong first, each with the reason."""
    extent, period = extent_of(tx, user, division), _period(since, until)
    found = rows_of(tx, code, (extent.low, extent.high), period)
    rows = board.in_order(found, is_missing=missing)
    return RateRowPage(rows=rows[offset : offset + limit], total=len(rows))


def _period(since: datetime | None, until: datetime | None) -> Period:
    """Return the period asked for; what lies ahead cannot have been observed."""
    now = datetime.now(UTC)
    end = min(until or now, now)
    begin = since or end - timedelta(days=board.USUAL_DAYS)
    if begin >= end:
        raise InvalidField(field="from", reason=f"{begin.isoformat()} >= {end.isoformat()}")
    if end - begin > timedelta(days=_MOST_DAYS):
        raise InvalidField(field="from", reason=f"> {_MOST_DAYS} d")
    return Period(begin, end)
