"""What becomes of rows: a person chooses the camera or leaves the row, then enrols devices."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ...access import Principal
from ...audit.register import Act, enter
from ...errors import Conflict, NotFound
from ...live import Notice, announce
from .. import registry
from ..models import Camera, Device
from . import lists
from .models import Enrolment, EnrolmentRow
from .schemas import RowChoice


class RowDone(Conflict):
    code = "devices.row_done"
    zh = "该行已接入或有误，不能再更改。"
    en = "This row is enrolled or faulty and cannot be changed."


class TakenTwice(Conflict):
    code = "devices.camera_taken_twice"
    zh = "两行（第 {row} 行与第 {other} 行）对应同一台摄像机：请先更正。"
    en = "Rows {row} and {other} stand for one camera: correct one of them first."


def choose(session: Session, enrolment_id: int, row_id: int, choice: RowChoice) -> EnrolmentRow:
    """Set the camera of a row, or leave the row out.

    Raises
    ------
    NotFound, RowDone, StillRunning
        As their names say.

    """
    lists.settled(session, enrolment_id)
    row = session.get(EnrolmentRow, row_id)
    if row is None or row.enrolment_id != enrolment_id:
        raise NotFound()
    if row.state in ("enrolled", "faulty"):
        raise RowDone()
    if choice.camera_id is not None:
        registry.get(session, choice.camera_id)
    row.camera_id, row.match, row.match_m = choice.camera_id, "chosen", None
    if choice.is_left:
        row.state = "left"
    elif row.state == "left":
        row.state = "answered" if row.profiles else "waiting"
    session.flush()
    return row


def enrol(session: Session, enrolment: Enrolment, ids: Sequence[int] | None, by: Principal) -> int:
    """Put the devices of rows that answered behind their cameras; return how many.

    Raises
    ------
    TakenTwice
        If two rows have one camera.

    """
    query = select(EnrolmentRow).where(
        EnrolmentRow.enrolment_id == enrolment.id,
        EnrolmentRow.state == "answered",
        EnrolmentRow.camera_id.is_not(None),
    )
    if ids is not None:
        query = query.where(EnrolmentRow.id.in_(ids))
    rows = session.scalars(query.order_by(EnrolmentRow.row_no, EnrolmentRow.channel)).all()
    _require_once(rows)
    cameras = _cameras(session, rows)
    told = []
    for row in rows:
        camera = cameras.get(row.camera_id or 0)
        if camera is not None:
            _put(session, row, camera)
            told.append(camera)
    session.flush()
    _tell(session, told)
    if told:
        _enter(session, enrolment, told, by)
    return len(told)


def _require_once(rows: Sequence[EnrolmentRow]) -> None:
    seen: dict[int | None, EnrolmentRow] = {}
    for row in rows:
        other = seen.setdefault(row.camera_id, row)
        if other is not row:
            raise TakenTwice(row=row.row_no, other=other.row_no)


def _cameras(session: Session, rows: Sequence[EnrolmentRow]) -> dict[int, Camera]:
    """Return the cameras of the rows that lie in the caller's jurisdiction."""
    query = select(Camera).where(Camera.id.in_([row.camera_id for row in rows]))
    return {camera.id: camera for camera in session.scalars(query)}


def _put(session: Session, row: EnrolmentRow, camera: Camera) -> None:
    values: dict[str, Any] = {
        "camera_id": camera.id,
        "address": row.address,
        "secret": row.secret,
        "information": row.found.get("information", {}),
        "profiles": row.profiles,
        "auth_state": "accepted",
        "channel": row.channel,
        "source_token": row.source_token,
        "identities": row.identities,
        "quirks": row.quirks,
    }
    insertion = insert(Device).values(**values)
    session.execute(insertion.on_conflict_do_update(index_elements=["camera_id"], set_=values))
    if row.found.get("has_ptz"):
        camera.has_ptz = True
    row.state, row.secret = "enrolled", None


def _tell(session: Session, cameras: Sequence[Camera]) -> None:
    for camera in cameras:
        announce(session, Notice("media.forget", camera.id, camera.version, camera.division_code))
        announce(session, Notice("camera", camera.id, camera.version, camera.division_code))


def _enter(
    session: Session, enrolment: Enrolment, cameras: Sequence[Camera], by: Principal
) -> None:
    """Enter one act for the list: ten thousand of them would hold up the register."""
    enter(
        session,
        Act(
            "devices.enrolled",
            by.id,
            by.username,
            division_code=enrolment.division_code,
            detail={
                "enrolment_id": enrolment.id,
                "name": enrolment.name,
                "cameras": [camera.id for camera in cameras],
            },
        ),
    )
