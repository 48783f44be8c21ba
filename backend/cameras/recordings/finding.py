"""录像: what the device behind a camera has recorded; asked of it each time, kept nowhere."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from video.credentials import Credentials
from video.errors import CredentialsRejected, DeviceError

from ...errors import NotFound, Refused
from .. import devices
from ..models import Camera
from ..streams import NotEnrolled
from ..vault import unseal
from .schemas import RecordingsPage, RecordingSpan

if TYPE_CHECKING:
    from video.recordings import Recorder

LONGEST = timedelta(days=31)
"""Of one question: a recorder may answer it with thousands of changes."""


class RecordingsRange(Refused):
    code = "recordings.range"
    zh = "时段无效：起点须早于终点，最长 {days} 天。"
    en = "The range is not valid: from before to, {days} days at most."


class RecordingsFailed(Refused):
    code = "recordings.failed"
    zh = "未能向设备查询录像（{device_code}）：{explanation}"
    en = "The device could not be asked for recordings ({device_code}): {explanation}"


def recorder_of(session: Session, camera_id: int) -> Recorder:
    """Return which camera of which recorder to ask.

    Raises
    ------
    NotFound
        If there is no such camera in the caller's jurisdiction.
    NotEnrolled
        If it has no device.
    RecordingsFailed
        If the device refused the stored login: asking again could lock the account.

    """
    from video.recordings import Recorder  # brings the ONVIF client, which few requests need

    camera = session.get(Camera, camera_id)
    if camera is None:
        raise NotFound()
    device = camera.device
    if device is None:
        raise NotEnrolled(name=camera.name)
    if device.auth_state == "rejected":
        raise _failed(CredentialsRejected())
    login = unseal(device.secret) if device.secret else ("", "")
    return Recorder(
        address=device.address,
        stream_url=device.profiles[0]["stream_url"] if device.profiles else "",
        policy=devices.policy(),
        credentials=Credentials(*login),
        source_token=device.source_token,
    )


def require_range(from_at: datetime, to_at: datetime) -> None:
    """Refuse a range that is empty or too long."""
    if not timedelta(0) < to_at - from_at <= LONGEST:
        raise RecordingsRange(field="to", days=LONGEST.days)


def ask(camera_id: int, recorder: Recorder, from_at: datetime, to_at: datetime) -> RecordingsPage:
    """Ask a recorder now; outside any transaction, for it may take seconds.

    Raises
    ------
    RecordingsFailed
        With the reason and what to do.

    """
    from video.recordings import find_recordings  # as above

    try:
        found = asyncio.run(find_recordings(recorder, from_at, to_at))
    except DeviceError as error:
        raise _failed(error) from None
    return RecordingsPage(
        camera_id=camera_id,
        since=from_at,
        until=to_at,
        origin=found.origin,
        knows_gaps=found.knows_gaps,
        clock_offset_s=round(found.clock.offset_s, 3),
        clock_error_s=found.clock.error_s and round(found.clock.error_s, 3),
        spans=[RecordingSpan(since=span.from_at, until=span.to_at) for span in found.spans],
    )


def _failed(error: DeviceError) -> RecordingsFailed:
    explanation = devices.refusal(error).detail["explanation"]
    return RecordingsFailed(device_code=error.code, explanation=explanation)
