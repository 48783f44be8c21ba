"""A media worker: redeems tickets, relays streams, observes which cameras really send pictures.

A process of its own: with 40 streams beside it an API call's p95 went from 5 to 59 ms. Cameras are
spread over the workers by id; what a worker needs it reads from the database.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Coroutine, Iterable
from itertools import islice
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette

from video.gateway import GatewayLimits, MediaGateway
from video.source import StreamTarget
from video.stream_state import IDLE, HubKey, HubSettings, HubStatus

from ..cameras import status
from ..cameras.steadying import Steadier
from ..settings import load
from . import commands, duties, records

_WRITE_AGAIN_S = 1.0
#: Rows of cameras locked together: others wait for tens of milliseconds, not for a whole fleet.
_MOST_AT_ONCE = 100

#: With the tick of a hub and the writing: in the database within 5 s of the last picture.
_LOST_AFTER_S = 4.0

log = logging.getLogger(__name__)


class Worker:
    """The state of one media worker: its gateway and who watches what.

    It is the `video.mediahost.MediaHost` of what runs beside the streams.
    """

    def __init__(self, number: int) -> None:
        media = load().media
        self.number = number
        self.gateway = MediaGateway(
            self.resolve,
            limits=GatewayLimits(transcodes=media.transcodes),
            settings=HubSettings(lost_after_s=_LOST_AFTER_S, linger_s=media.linger_s),
            on_status=self.observe,
        )
        self.watching: dict[int, asyncio.Task[str]] = {}
        self.tried: dict[int, float] = {}
        self.counted: dict[str, int] = {}
        self.replays = 0
        self._steadier: Steadier[tuple[bool, str | None], status.Observation] = Steadier(
            media.steady_s, media.steady_most_s
        )
        self._unwritten: dict[int, status.Observation] = {}
        self._is_writing = False
        self._workers = media.workers
        self._background: set[asyncio.Task[None]] = set()

    def owns(self, camera_id: int) -> bool:
        """Return whether this worker relays the camera."""
        return camera_id % self._workers == self.number

    def key(self, camera_id: int, profile: str = "sub") -> HubKey:
        """Return the hub of a camera's ``sub`` or ``main`` stream."""
        return records.hub_key(camera_id, profile)

    async def resolve(self, key: HubKey) -> StreamTarget:
        """Return address and login of a stream, as they stand in the database now."""
        return await asyncio.to_thread(records.target, key)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something on the side until it ends or the worker does; a failure is logged."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._note_end)
        return task

    @contextlib.asynccontextmanager
    async def running(self, _: Starlette) -> AsyncIterator[None]:
        """Keep the side tasks alive for the life of the server."""
        self.spawn(commands.follow(self))
        for duty in duties.DUTIES:
            self.spawn(duties.perform(duty, self))
        yield
        ending = tuple(self._background)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        await self.gateway.close()

    def observe(self, key: HubKey, seen: HubStatus) -> None:
        """Write a stream's change of state, of a flapping one not each; called by the hub."""
        if seen.reason == IDLE or seen.state not in ("live", "dead"):
            return
        observation = status.Observation(
            key.camera_id,
            is_alive=seen.state == "live",
            reason=seen.reason,
            last_frame_at=seen.last_frame_at,
        )
        state = observation.is_alive, observation.reason
        told = self._steadier.offer(key.camera_id, state, observation, time.monotonic())
        if told is not None:
            self._note([told])

    async def settle(self) -> None:
        """Write what was held back of cameras that flapped, once they are due."""
        self._note(self._steadier.settled(time.monotonic()))

    def _note(self, told: Iterable[status.Observation]) -> None:
        """Have observations written: at once, and those that come meanwhile together after it."""
        self._unwritten |= {observation.camera_id: observation for observation in told}
        if self._unwritten and not self._is_writing:
            self._is_writing = True
            self.spawn(self._write())

    async def _write(self) -> None:
        try:
            while self._unwritten:
                batch = dict(islice(self._unwritten.items(), _MOST_AT_ONCE))
                for camera_id in batch:
                    del self._unwritten[camera_id]
                try:
                    await asyncio.to_thread(records.record, list(batch.values()))
                except SQLAlchemyError as fault:
                    log.warning("put off: %s", fault, extra={"action": "media.put_off"})
                    self._unwritten = batch | self._unwritten  # what came later is truer
                    await asyncio.sleep(_WRITE_AGAIN_S)
        finally:
            self._is_writing = False

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("left undone: %s", error, extra={"action": "media.left_undone"})
