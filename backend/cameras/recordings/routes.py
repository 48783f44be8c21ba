"""Recordings over HTTP: what is there. They are opened like any picture, by `POST /api/streams`."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from ...accounts.access import CurrentUser, Id, right
from ...db import begin
from . import finding
from .schemas import RecordingsPage

router = APIRouter(prefix="/api/cameras/{camera_id}/recordings", tags=["cameras"])


@router.get("", **right("streams.open"))
def list_recordings(
    camera_id: Id,
    user: CurrentUser,
    since: Annotated[AwareDatetime, Query(alias="from")],
    until: Annotated[AwareDatetime, Query(alias="to")],
) -> RecordingsPage:
    """What the camera's device has recorded between two instants, asked of it now.

    No picture is opened: a replay is, by a stream of kind `replay`, with a purpose.
    """
    finding.require_range(since, until)
    with begin(user.scope) as session:
        recorder = finding.recorder_of(session, camera_id)
    # Outside the transaction: a device may take seconds to answer.
    return finding.ask(camera_id, recorder, since, until)
