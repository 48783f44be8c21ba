"""The shape of a photograph's facts at the API."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from ...spatial import lonlat
from ..models import Photograph


class PhotographOut(BaseModel):
    """What is known of a photograph; its picture is `GET /api/photographs/{id}`."""

    id: int
    task_id: int | None
    assignment_id: int | None
    incident_id: int | None
    taken_at: datetime | None
    lon: float | None
    lat: float | None
    place_how: Literal["stated", "file"] | None
    width_px: int
    height_px: int
    size_bytes: int
    sha256: str
    created_at: datetime


def photograph_of(shown: Photograph) -> PhotographOut:
    """Return what is known of a photograph, without its picture."""
    lon, lat = lonlat(shown.geom) if shown.geom is not None else (None, None)
    own = ("lon", "lat", "sha256")
    return PhotographOut.model_validate(
        {name: getattr(shown, name) for name in PhotographOut.model_fields if name not in own}
        | {"lon": lon, "lat": lat, "sha256": shown.sha256.hex()}
    )
