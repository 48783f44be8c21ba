"""Recordings played to viewers: the ticket's range, from the device behind the camera."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

from video.errors import CredentialsRejected, DeviceError, Overloaded, ProtocolViolation
from video.recordings import Recorder, find_replay
from video.replay import ReplayOrder, serve_replay
from video.replay_sending import ViewerWay
from video.replay_source import ReplayTarget

from ..cameras.recordings import finding
from ..db import begin
from ..errors import GridlinkError

if TYPE_CHECKING:
    from .sockets import Viewing
    from .worker import Worker

# Each is a stream of its own: no two viewers look at the same instant.
_MOST_REPLAYS = 16


async def serve(worker: Worker, viewing: Viewing) -> None:
    """Play the range of a ticket until the viewer goes."""
    admission = viewing.admission
    if admission.replay is None:
        raise ProtocolViolation("the ticket has no range")
    if worker.replays >= _MOST_REPLAYS:
        raise Overloaded(f"{worker.replays} replays are open")
    wanted = admission.replay

    async def find(at: datetime) -> ReplayTarget:
        recorder = await asyncio.to_thread(_recorder, admission.camera_id)
        return await find_replay(recorder, at)

    way = ViewerWay(viewing.send_text, viewing.send_bytes, viewing.receive, viewing.codecs)
    order = ReplayOrder(wanted.from_at, wanted.to_at, wanted.speed)
    worker.replays += 1
    try:
        places = worker.gateway.places
        await serve_replay(find, order, way, tally=viewing.tally, pool=places)
    finally:
        worker.replays -= 1


def _recorder(camera_id: int) -> Recorder:
    try:
        with begin() as session:
            return finding.recorder_of(session, camera_id)
    except finding.RecordingsFailed as failed:
        raise CredentialsRejected(str(failed.detail["device_code"])) from None
    except GridlinkError as gone:
        raise DeviceError(gone.code) from None
