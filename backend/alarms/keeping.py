"""The keeper of subscriptions: one task a device, started gently, ended cleanly.

A duty of each media worker. What came in is collected and written twice a second in one
transaction, so that a thousand chattering devices cost two. How each subscription stands is in the
database; a worker that is killed and comes back goes on from there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from video.addresses import CheckedAddress
from video.errors import CredentialsRejected, DeviceError, Unsupported
from video.events import Folded, Reading, fold
from video.events_pullpoint import PullPoint, SubscriptionLost, open_pull_point
from video.mediahost import MediaHost
from video.onvif_session import OnvifSession

from ..cameras import devices
from ..cameras.lasting import lasting
from ..db import begin
from ..settings import load
from . import subscriptions
from .admitting import Signal, admit
from .subscriptions import Asked, State, Tally

_LOOK_EVERY_S = 5.0
_WRITE_EVERY_S = 0.5
_AT_ONCE = 8
"""Devices being opened at the same time; those that are open only wait."""
_SPREAD_S = 0.05
"""Of the start, for each device there is: a worker that comes back asks a thousand in 50 s."""
_WAIT_S = 25.0
_SPAN_S = 90.0
_LEAST_PAUSE_S = 0.5
_MOST_WAITING = 5000
"""Signals kept while the database is away; beyond it the oldest go."""
_END_S = 3.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Kept:
    """A device that is being listened to."""

    asked: Asked
    task: asyncio.Task[None]


class Keeper:
    """All subscriptions of one media worker."""

    def __init__(self, worker: int) -> None:
        self._worker = worker
        self._kept: dict[int, _Kept] = {}
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._signals: list[Signal] = []
        self._tallies: dict[int, Tally] = {}
        self._failures: dict[int, int] = {}
        self._admitted: set[int] = set()
        self._rejected: set[int] = set()
        self._rng = random.Random()  # noqa: S311 - spreads attempts, hides nothing

    async def keep(self) -> None:
        """Listen for the worker's life; at its end every device is told so."""
        writing = asyncio.create_task(self._write_steadily())
        try:
            while True:
                try:
                    await self._look()
                except SQLAlchemyError as fault:
                    log.warning("put off: %s", fault, extra={"action": "alarms.put_off"})
                await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            writing.cancel()
            await self._end(list(self._kept))
            with contextlib.suppress(SQLAlchemyError):
                await asyncio.to_thread(self._write)

    async def _look(self) -> None:
        """Begin with devices whose turn it is; end with those that were changed or removed."""
        most = load().alarms.subscriptions
        found = {a.camera_id: a for a in await asyncio.to_thread(self._wanted)} if most else {}
        standing = await asyncio.to_thread(_marks, list(self._kept)) if self._kept else {}
        stale = [i for i, kept in self._kept.items() if standing.get(i) != kept.asked.mark]
        await self._end(stale)
        room = most - len(self._kept)
        fresh = [asked for i, asked in found.items() if i not in self._kept][: max(room, 0)]
        for asked in fresh:
            delay_s = self._rng.uniform(0, _SPREAD_S * len(fresh))
            self._kept[asked.camera_id] = _Kept(
                asked, asyncio.create_task(self._listen(asked, delay_s))
            )

    async def _listen(self, asked: Asked, delay_s: float) -> None:
        """Listen to one device until it fails; how it failed decides when it is asked again."""
        camera_id = asked.camera_id
        state: State = "lost"
        reason: str | None = None
        self._admitted.discard(camera_id)
        try:
            await asyncio.sleep(delay_s)
            await self._subscribe(asked)
        except CredentialsRejected as error:
            # Refused after it was accepted: a clock was set, or the login changed. Opening anew
            # reads the clock and spends one attempt; a second refusal in a row stands.
            was_admitted = camera_id in self._admitted and camera_id not in self._rejected
            state = "lost" if was_admitted else "refused"
            self._rejected.add(camera_id)
            reason = error.code
        except Unsupported as error:
            state, reason = "unsupported", error.code
        except (DeviceError, TimeoutError) as error:
            reason = error.code if isinstance(error, DeviceError) else "device.timed_out"
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("a subscription failed", extra={"action": "alarms.listen_failed"})
            reason = "device.failed"
        await self._give_up(asked, state, reason)

    async def _subscribe(self, asked: Asked) -> None:
        policy = devices.policy()
        async with contextlib.AsyncExitStack() as held:
            async with self._gate:
                address = await asyncio.to_thread(policy.check, asked.address)
                session = await held.enter_async_context(
                    OnvifSession(_device_service(address), asked.credentials, policy)
                )
                await session.open()
                point = await open_pull_point(session, span_s=_SPAN_S)
            self._admitted.add(asked.camera_id)
            try:
                await self._note(asked, "subscribed")
                await self._pull(asked, point)
            finally:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_END_S):
                        await asyncio.shield(point.close())

    async def _pull(self, asked: Asked, point: PullPoint) -> None:
        camera_id = asked.camera_id
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            if point.remaining_s < _SPAN_S / 2:
                await point.renew()
            wait_s = max(min(_WAIT_S, point.remaining_s / 2), 1.0)
            try:
                reading = await point.pull(wait_s)
            except SubscriptionLost:
                if point.remaining_s <= 0:
                    log.info("expired", extra={"action": "alarms.expired", "camera": camera_id})
                raise
            # Not before: a device may grant pull points for ever and answer none of them.
            self._failures[camera_id] = 0
            self._rejected.discard(camera_id)
            self._take(asked, reading)
            # A device that answers at once without waiting must not keep us busy.
            pause_s = _LEAST_PAUSE_S - (loop.time() - began)
            await asyncio.sleep(max(pause_s, 0.0))

    def _take(self, asked: Asked, reading: Reading) -> None:
        tally = self._tallies.setdefault(asked.camera_id, Tally())
        tally.received += len(reading.events)
        tally.dropped += reading.dropped
        tally.unknown += len(reading.unknown)
        tally.topics.update(reading.unknown)
        self._signals += [
            _signal(asked.camera_of(folded.source), folded) for folded in fold(reading.events)
        ]
        del self._signals[:-_MOST_WAITING]

    async def _give_up(self, asked: Asked, state: State, reason: str | None) -> None:
        camera_id = asked.camera_id
        failures = self._failures[camera_id] = self._failures.get(camera_id, 0) + 1
        wait = subscriptions.again_after(state, failures, self._rng.random())
        try:
            await self._note(
                asked,
                state,
                reason=reason,
                failures=failures,
                next_try_at=None if state == "refused" else datetime.now(UTC) + wait,
            )
        except SQLAlchemyError as fault:
            log.warning("put off: %s", fault, extra={"action": "alarms.put_off"})
            await asyncio.sleep(wait / timedelta(seconds=1))
        self._kept.pop(camera_id, None)

    async def _note(self, asked: Asked, state: State, **more: Any) -> None:
        def write() -> None:
            with begin() as session:
                subscriptions.note(session, asked, state, datetime.now(UTC), **more)

        await asyncio.to_thread(write)

    async def _end(self, camera_ids: list[int]) -> None:
        """End subscriptions; each device is told, within seconds."""
        ending = [self._kept.pop(i).task for i in camera_ids]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        if camera_ids:
            with contextlib.suppress(SQLAlchemyError):
                await asyncio.to_thread(_write_end, camera_ids)

    async def _write_steadily(self) -> None:
        while True:
            await asyncio.sleep(_WRITE_EVERY_S)
            try:
                await asyncio.to_thread(self._write)
            except SQLAlchemyError as fault:
                log.warning("put off: %s", fault, extra={"action": "alarms.put_off"})

    def _write(self) -> None:
        """Write all that came in; what could not be written is tried again."""
        signals, self._signals = self._signals, []
        tallies, self._tallies = self._tallies, {}
        if not signals and not tallies:
            return
        try:
            with begin() as session:
                now = datetime.now(UTC)
                lasting(session, {*tallies, *(signal.camera_id for signal in signals)})
                subscriptions.heard(session, tallies, now)
                admit(session, signals, now)
        except SQLAlchemyError:
            self._signals = (signals + self._signals)[-_MOST_WAITING:]
            for camera_id, tally in tallies.items():
                tally.add(self._tallies.get(camera_id, Tally()))
            self._tallies = self._tallies | tallies
            raise

    def _wanted(self) -> list[Asked]:
        with begin() as session:
            return subscriptions.wanted(session, self._worker, [*self._kept], datetime.now(UTC))


async def keep_subscriptions(host: MediaHost) -> None:
    """Listen to the devices of a media worker for its life; see `Keeper`."""
    await Keeper(host.number).keep()


def _signal(camera_id: int, folded: Folded) -> Signal:
    return Signal(
        camera_id,
        folded.kind,
        folded.source,
        folded.topic,
        folded.is_on,
        folded.first_at,
        folded.raised,
        is_first=folded.is_initial,
    )


def _device_service(address: CheckedAddress) -> CheckedAddress:
    path = "/onvif/device_service" if address.path == "/" else address.path
    return replace(address, path=path)


def _marks(camera_ids: list[int]) -> dict[int, str]:
    with begin() as session:
        return subscriptions.marks(session, camera_ids)


def _write_end(camera_ids: list[int]) -> None:
    with begin() as session:
        subscriptions.end(session, camera_ids, datetime.now(UTC))
