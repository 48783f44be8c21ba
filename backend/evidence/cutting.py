"""Evidence out of what others have recorded: a stretch, fetched from the device and sealed alike.

The operator asks; the camera's media worker fetches and copies. A worker that is killed leaves the
order, and the next one fetches anew: the device still has it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from video.errors import DeviceError, Unsupported
from video.recorder import DISK_FAILED, DISK_FULL, disk_fault

from ..access import Principal
from ..audit.register import enter
from ..cameras import registry
from ..cameras.recordings import finding
from ..cameras.streams import NotEnrolled
from ..db import begin
from ..errors import GridlinkError
from ..incidents.models import Incident
from ..settings import load
from . import orders, storing
from .asking import new
from .manifest import instant
from .models import Evidence
from .refusals import StretchRefused
from .sealing import act_of, told

if TYPE_CHECKING:
    from video.excerpt import Excerpt
    from video.mediahost import MediaHost
    from video.recordings import Recorder
    from video.replay_source import ReplayTarget

COMPLETE, DEVICE_FAILED = "complete", "device_failed"
_PAUSE_S = 1.0
_AT_ONCE = 2
_LOOK_EVERY_S = 2.0
_LOOK_EVERY_BYTES = 16 * 1024 * 1024

log = logging.getLogger(__name__)

# Index: evidence_open_idx.
_ASKED = text(
    "SELECT id, camera_id, first_at, last_at, stop_at FROM evidence"
    " WHERE kind = 'clip' AND state IN ('waiting', 'recording') AND first_at IS NOT NULL"
    " AND camera_id % :workers = :worker ORDER BY id"
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is wanted of a camera's recording, and what for."""

    camera_id: int
    from_at: datetime
    to_at: datetime
    purpose: str


@dataclass(frozen=True, slots=True)
class _Order:
    id: int
    camera_id: int
    from_at: datetime
    to_at: datetime
    stop_at: datetime | None


def ask(
    session: Session, incident: Incident, wanted: Stretch, *, by: Principal, now: datetime
) -> Evidence:
    """Ask for a stretch; an ended incident may still be given what was recorded of it.

    Raises
    ------
    StretchRefused, PurposeMissing, NotFound, NotEnrolled
        If it cannot be cut.
    DiskFull
        If there is no room for it.

    """
    longest_s = load().evidence.clip_limit_s
    is_long = wanted.to_at - wanted.from_at > timedelta(seconds=longest_s)
    if is_long or not wanted.from_at < wanted.to_at <= now:
        raise StretchRefused(field="to", minutes=round(longest_s / 60))
    storing.require_room(session)
    camera = registry.get(session, wanted.camera_id)
    if camera.device is None:
        raise NotEnrolled(name=camera.name)
    of = (camera.id, camera.name)
    made = new(session, "clip", incident, of, purpose=wanted.purpose, by=by)
    made.asked_at, made.first_at, made.last_at = now, wanted.from_at, wanted.to_at
    session.flush()
    told(session, made)
    actor = (by.id, by.display_name)
    stretch = {"from_at": instant(wanted.from_at), "to_at": instant(wanted.to_at)}
    enter(session, act_of(made, "evidence.recording_asked", actor, **stretch))
    return made


async def cut_recordings(host: MediaHost) -> None:
    """Fetch what is asked for, a few at once: a duty of a media worker for its life."""
    under_way: dict[int, asyncio.Task[None]] = {}
    try:
        while True:
            try:
                await _follow(await asyncio.to_thread(_asked, host.number), under_way)
            except SQLAlchemyError as fault:
                log.warning("put off: %s", fault, extra={"action": "evidence.put_off"})
            await asyncio.sleep(_PAUSE_S)
    finally:
        for task in under_way.values():
            task.cancel()
        await asyncio.gather(*under_way.values(), return_exceptions=True)


async def _follow(asked: list[_Order], under_way: dict[int, asyncio.Task[None]]) -> None:
    for number in [n for n, task in under_way.items() if task.done()]:
        done = under_way.pop(number)
        error = None if done.cancelled() else done.exception()
        if error is not None:  # it is taken up anew
            log.error("not cut: %s", error, extra={"action": "evidence.not_cut"})
    for order in asked:
        if order.stop_at is not None:
            await _call_off(order, under_way.get(order.id))
        elif order.id not in under_way and len(under_way) < _AT_ONCE:
            under_way[order.id] = asyncio.create_task(_cut(order))


async def _call_off(order: _Order, task: asyncio.Task[None] | None) -> None:
    """Somebody has thought better of it: what was fetched is no evidence of what was asked."""
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await asyncio.to_thread(storing.remove_folder, order.id)
    await asyncio.to_thread(orders.close, order.id, [], [], orders.NO_PICTURE)


async def _cut(order: _Order) -> None:
    from video.excerpt import Excerpt, cut  # with the ONVIF client, which few workers need
    from video.recordings import find_replay

    await asyncio.to_thread(storing.remove_folder, order.id)  # of a worker that was killed
    excerpt, reason = Excerpt(), COMPLETE
    budget = _Budget(order.id)
    try:
        if await budget.may_grow(0) is not None:
            await asyncio.to_thread(_close, order, excerpt, DISK_FULL)
            return
        folder = await asyncio.to_thread(storing.make_folder, order.id)
        await asyncio.to_thread(orders.note_begun, order.id)
        recorder = await asyncio.to_thread(_recorder, order.camera_id)

        async def find(at: datetime) -> ReplayTarget:
            return await find_replay(recorder, at)

        excerpt = await cut(find, folder, order.from_at, order.to_at, may_grow=budget.may_grow)
        reason = _reason(excerpt)
    except Unsupported:
        reason = orders.NO_PICTURE
    except (DeviceError, GridlinkError) as error:
        log.warning("no recording: %s", error.code, extra={"action": "evidence.no_recording"})
        reason = DEVICE_FAILED
    except OSError as error:
        reason = disk_fault(error)
    await asyncio.to_thread(_close, order, excerpt, reason)


def _reason(excerpt: Excerpt) -> str:
    if excerpt.broken is None:
        return COMPLETE if excerpt.parts else orders.NO_PICTURE
    return excerpt.broken if excerpt.broken in (DISK_FULL, DISK_FAILED) else DEVICE_FAILED


class _Budget:
    """Looks at the store while an excerpt grows; the clips recorded meanwhile count too."""

    def __init__(self, evidence_id: int) -> None:
        self._evidence_id = evidence_id
        self._looked_at_s: float | None = None
        self._looked_bytes = 0
        self._step_bytes = min(_LOOK_EVERY_BYTES, load().evidence.budget_bytes // 16)

    async def may_grow(self, size_bytes: int) -> str | None:
        """Return why no more may be written, None while it may."""
        now_s = time.monotonic()
        if (
            self._looked_at_s is not None
            and now_s - self._looked_at_s < _LOOK_EVERY_S
            and size_bytes - self._looked_bytes < self._step_bytes
        ):
            return None
        self._looked_at_s, self._looked_bytes = now_s, size_bytes
        return await asyncio.to_thread(self._look, size_bytes)

    def _look(self, size_bytes: int) -> str | None:
        try:
            orders.note_size({self._evidence_id: size_bytes})
            is_full = orders.is_full()
        except SQLAlchemyError as fault:  # looked at again soon; the disk itself has an end
            log.warning("put off: %s", fault, extra={"action": "evidence.put_off"})
            return None
        if is_full:
            log.error("no room for more", extra={"action": "evidence.disk"})
        return DISK_FULL if is_full else None


def _close(order: _Order, excerpt: Excerpt, reason: str) -> None:
    origin = _origin(order, excerpt)
    orders.close(order.id, excerpt.parts, excerpt.gaps, reason, origin=origin)


def _origin(order: _Order, excerpt: Excerpt) -> dict[str, Any]:
    """Return what a part says of where it came from and by whose clock its times are."""
    target = excerpt.target
    if target is None:
        return {}
    return {
        "clock": "device",
        "clock_offset_s": round(target.clock_offset_s, 3),
        "clock_error_s": None if target.clock_error_s is None else round(target.clock_error_s, 3),
        "recording": {
            "how": target.manner,
            "from_at": instant(order.from_at),
            "to_at": instant(order.to_at),
        },
    }


def _asked(worker: int) -> list[_Order]:
    share = {"workers": load().media.workers, "worker": worker}
    with begin() as session:
        return [_Order(*row) for row in session.execute(_ASKED, share)]


def _recorder(camera_id: int) -> Recorder:
    with begin() as session:
        return finding.recorder_of(session, camera_id)
