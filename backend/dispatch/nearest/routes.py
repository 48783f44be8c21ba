"""The nearest units at the API."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from ...access import CurrentUser, Tx, right
from ..fields import Lat, Lon
from . import ranking
from .schemas import NearPage
from .showing import excluded_row, near_row

router = APIRouter(prefix="/api/dispatch", tags=["dispatch"])


@router.get("/nearest", **right("tasks.read"))
def rank_nearest(
    *,
    user: CurrentUser,
    tx: Tx,
    lon: Annotated[Lon, Query()],
    lat: Annotated[Lat, Query()],
    skills: Annotated[list[str] | None, Query(max_length=20)] = None,
    kind: Annotated[
        str | None, Query(pattern="^(household_head|grid_worker|volunteer|response)$")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=40)] = 10,
) -> NearPage:
    """Units on duty that can go, soonest first, each with its reasons; and who cannot, and why."""
    now = datetime.now(UTC)
    wanted = [word.strip() for each in skills or () for word in each.split(",") if word.strip()]
    asked = ranking.Question((lon, lat), tuple(wanted), kind, limit)
    found, excluded = ranking.rank(tx, asked, by=user, now=now)
    return NearPage(
        rows=[near_row(each, now) for each in found],
        total=len(found),
        excluded=[excluded_row(each) for each in excluded],
        as_of=now,
    )
