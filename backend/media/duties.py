"""What a media worker does beside serving viewers, as one list."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from ..alarms.keeping import keep_subscriptions
from ..cameras.gateway import paths as gateway_paths
from ..cameras.gateway.following import follow_up
from ..cameras.health import clocks, sampling
from ..evidence.cutting import cut_recordings
from ..evidence.recording import record_evidence
from . import records

if TYPE_CHECKING:
    from .worker import Worker

_RECHECK_S = 5.0
_CHECK_EVERY_S = 10.0
_NOTE_EVERY_S = 30.0
# Beyond the 10 s after which a hub calls a camera dead.
_CHECK_PATIENCE_S = 12.0
_TRY_AGAIN_S = 60.0
_CLOSE_EVERY_S = 30.0
_BEGIN_ANEW_S = 1.0
_SETTLE_EVERY_S = 0.5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Duty:
    """A coroutine of the worker; with `pause_s` it is called after each such pause, for ever.

    A database that is away puts a call off. Without a pause it runs for the worker's life and is
    begun anew a second after it ended or failed.
    """

    work: Callable[[Worker], Awaitable[None]]
    pause_s: float | None = None


async def recheck_rights(worker: Worker) -> None:
    """End the streams of whoever was signed out, shut out or whose time has ended."""
    open_ids = list(worker.watching)
    if not open_ids:
        return
    allowed = await asyncio.to_thread(records.still_allowed, open_ids)
    for stream_id in set(open_ids) - allowed:
        if stream_id in worker.watching:
            worker.watching[stream_id].cancel()


async def close_lost(worker: Worker) -> None:
    """Enter the end of streams that ended while it could not be written."""
    await asyncio.to_thread(records.finish_lost, worker.number, list(worker.watching))


async def note_frames(worker: Worker) -> None:
    """Keep the last frame's time true while a stream runs: its state alone does not change."""
    for key, seen in worker.gateway.statuses().items():
        if seen.state == "live":
            worker.observe(key, seen)


async def check(worker: Worker) -> None:
    """Look in turn at the cameras nobody opens: status rests on frames, and so do the rates."""
    now = time.monotonic()
    # What was just asked and has not answered yet must not take the next one's turn.
    worker.tried = {k: at for k, at in worker.tried.items() if now - at < _TRY_AGAIN_S}
    due = await asyncio.to_thread(records.due, worker.number, [*worker.tried], _CHECK_EVERY_S)
    for camera_id in due:
        if not worker.gateway.glance(worker.key(camera_id), _CHECK_PATIENCE_S):
            return
        worker.tried[camera_id] = now


async def follow_gateway(worker: Worker) -> None:
    """Hold the outer gateway's sessions against tickets and rights; one worker does it for all."""
    if worker.number == 0 and gateway_paths.is_used():
        await asyncio.to_thread(follow_up, worker.counted)


async def settle(worker: Worker) -> None:
    """Tell the last word on cameras that flapped."""
    await worker.settle()


DUTIES: tuple[Duty, ...] = (
    Duty(recheck_rights, _RECHECK_S),
    Duty(check, _CHECK_EVERY_S),
    Duty(note_frames, _NOTE_EVERY_S),
    Duty(close_lost, _CLOSE_EVERY_S),
    Duty(follow_gateway, _RECHECK_S),
    Duty(sampling.sample),
    Duty(clocks.read_due, clocks.PAUSE_S),
    Duty(settle, _SETTLE_EVERY_S),
    Duty(keep_subscriptions),
    Duty(record_evidence),
    Duty(cut_recordings),
)


async def perform(duty: Duty, worker: Worker) -> None:
    """Do a duty for the worker's life; no failure of one ends a stream or another duty."""
    while True:
        await asyncio.sleep(duty.pause_s or 0.0)
        try:
            await duty.work(worker)
        except SQLAlchemyError as fault:
            log.warning("put off: %s", fault, extra={"action": "media.put_off"})
        except Exception:
            log.exception("a duty failed", extra={"action": "media.duty_failed"})
        if duty.pause_s is None:
            await asyncio.sleep(_BEGIN_ANEW_S)
