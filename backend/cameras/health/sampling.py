"""The looks of one media worker: claim, pull, examine in the child, write; a few at once.

A camera is pulled for its look as for a check, so each look is a check as well. A picture that
somebody watches already costs no connection.
"""

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from video.errors import Overloaded
from video.healthexaminer import Examiner, Finding, Order, PictureRefused
from video.mediahost import MediaHost
from video.packager import KeyPicture
from video.stream_state import HubKey

from ...db import begin
from ...settings import load
from . import orders, planning, recording

PAUSE_S = 1.0
_TAKE_IN_EVERY = 20
_PATIENCE_S = 12.0
_HELD_S = 3.0
_BUSY_S = 30.0

log = logging.getLogger(__name__)


class Sampler:
    """Looks at the cameras of one worker; `round` is called every `PAUSE_S`."""

    def __init__(self) -> None:
        self.examiner = Examiner()
        self._looking: set[asyncio.Task[None]] = set()
        self._rounds = 0

    async def round(self, host: MediaHost) -> None:
        """Begin as many looks as are due and as places are free."""
        if self._rounds % _TAKE_IN_EVERY == 0:
            await asyncio.to_thread(_take_in_new)
        self._rounds += 1
        free = load().health.at_once - len(self._looking)
        if free <= 0 or self.examiner.rest_s:
            return
        share = planning.Share(host.number, load().media.workers)
        for camera_id in await asyncio.to_thread(_claim, share, free):
            task = asyncio.create_task(self._look(host, camera_id))
            self._looking.add(task)
            task.add_done_callback(self._looking.discard)

    async def close(self) -> None:
        """End the looks under way and the child."""
        for task in tuple(self._looking):
            task.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)
        await self.examiner.close()

    async def _look(self, host: MediaHost, camera_id: int) -> None:
        try:
            picture = await self._picture(host, host.key(camera_id))
            if picture is None:
                await asyncio.to_thread(_put_off, camera_id, None)
                return
            await self._examine(camera_id, picture)
        except SQLAlchemyError as fault:
            # The claim runs out by itself, and the camera is due again.
            log.warning("look put off: %s", fault, extra={"action": "health.put_off"})

    async def _picture(self, host: MediaHost, key: HubKey) -> KeyPicture | None:
        """Return a key picture received from now on, None when none comes."""
        asked_ms = datetime.now(UTC).timestamp() * 1000
        try:
            hub = host.gateway.hub(key)
        except Overloaded:
            return None
        if hub.is_locked_out or not host.gateway.glance(key, _PATIENCE_S):
            return None
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                while True:
                    picture = hub.key_picture
                    # The one cached by a stream that runs may be as old as its group.
                    if picture is not None and picture.received_ms >= asked_ms - _HELD_S * 1000:
                        return picture
                    if not hub.is_running:
                        return None
                    if picture is not None:
                        hub.warm(_HELD_S)
                    await hub.wait_for_picture(0.5)
                    await asyncio.sleep(0.05)
        return None

    async def _examine(self, camera_id: int, picture: KeyPicture) -> None:
        order = await asyncio.to_thread(_order, camera_id, picture)
        if order is None:
            return
        try:
            finding = await self.examiner.examine(order)
        except PictureRefused as refused:
            log.warning(
                "picture of camera %s refused: %s", camera_id, refused.detail,
                extra={"action": "health.refused", "camera_id": camera_id},
            )  # fmt: skip
            await asyncio.to_thread(_note_unread, camera_id, refused.detail)
        except Overloaded:
            await asyncio.to_thread(_put_off, camera_id, _BUSY_S)
        else:
            await asyncio.to_thread(_note, camera_id, finding)


async def sample(host: MediaHost) -> None:
    """Look at what is due: a duty of the media worker that runs for its life."""
    sampler = Sampler()
    try:
        while True:
            try:
                await sampler.round(host)
            except SQLAlchemyError as fault:
                log.warning("put off: %s", fault, extra={"action": "health.put_off"})
            await asyncio.sleep(PAUSE_S)
    finally:
        await sampler.close()


def _take_in_new() -> None:
    with begin() as session:
        planning.take_in_new(session, datetime.now(UTC))


def _claim(share: planning.Share, n: int) -> list[int]:
    with begin() as session:
        return list(planning.claim(session, share, n, datetime.now(UTC)))


def _order(camera_id: int, picture: KeyPicture) -> Order | None:
    with begin() as session:
        return orders.order_of(session, camera_id, picture)


def _note(camera_id: int, finding: Finding) -> None:
    looked = recording.Looked(
        finding.light,
        finding.fault,
        finding.verdicts,
        finding.still_looks,
        finding.print,
        finding.reference,
    )
    with begin() as session:
        recording.note(session, camera_id, looked, datetime.now(UTC))


def _note_unread(camera_id: int, reason: str) -> None:
    with begin() as session:
        recording.note_unread(session, camera_id, reason, datetime.now(UTC))


def _put_off(camera_id: int, wait_s: float | None) -> None:
    with begin() as session:
        recording.put_off(session, camera_id, datetime.now(UTC), wait_s)
