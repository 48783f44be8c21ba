"""Where units are and were, at the API; how fixes come in stands in `gateway`."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from ...access import CurrentUser, Tx, right
from ...errors import InvalidField
from ..units.listing import get
from . import positions, tracks
from .schemas import PositionPage, Track

router = APIRouter(prefix="/api/patrol", tags=["patrol"])

_BOX = r"^-?\d+(\.\d+)?(,-?\d+(\.\d+)?){3}$"


class BoxInvalid(InvalidField):
    code = "positions.box"
    zh = "bbox 应为 西,南,东,北（度），且西小于东、南小于北。"
    en = "bbox is west,south,east,north in degrees, west below east and south below north."


@router.get("/positions", response_model=PositionPage, **right("patrol.read"))
def read_positions(
    user: CurrentUser,
    tx: Tx,
    bbox: Annotated[str | None, Query(pattern=_BOX, max_length=120)] = None,
    since_version: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> Response:
    """Where the units of the jurisdiction were last heard; with a version, what changed since."""
    asked = positions.Asked(_box(bbox), since_version or 0)
    body = positions.changed(tx, asked, by=user, now=datetime.now(UTC))
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


@router.get("/tracks", response_model_by_alias=True, **right("patrol.read"))
def read_track(
    user: CurrentUser,
    tx: Tx,
    unit: Annotated[int, Query(ge=1, le=2**63 - 1)],
    since: Annotated[AwareDatetime, Query(alias="from")],
    until: Annotated[AwareDatetime, Query(alias="to")],
) -> Track:
    """The way of a unit over a period of at most 31 days, known runs and silences apart."""
    return tracks.track(tx, get(tx, unit), since, until, now=datetime.now(UTC))


def _box(told: str | None) -> tuple[float, float, float, float] | None:
    if told is None:
        return None
    west, south, east, north = (float(part) for part in told.split(","))
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise BoxInvalid(field="bbox")
    return west, south, east, north
