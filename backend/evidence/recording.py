"""The duty of a media worker that keeps the last seconds of cameras and records clips.

It asks the database each second what is wanted: a notice that was missed costs nothing, because
the ring holds what lies before.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from video.clipfile import ClipPart
from video.errors import DeviceError
from video.hub import CameraHub
from video.mediahost import MediaHost
from video.recorder import DISK_FULL, Gap, Left, Recorder
from video.ring import Ring
from video.tap import Tap

from ..settings import load
from . import orders, storing
from .orders import ClipOrder, Orders

_PAUSE_S = 1.0
_RING_LINGERS_S = 30.0
#: An order that is noticed this late still finds the beginning it asked for.
_LATE_S = 5.0
_NO_PICTURE_S = 60.0
_SIZES_EVERY_S = 5.0
# A picture that was received before the stop may still be on its way through the loop.
_STOP_PATIENCE_S = 0.5

log = logging.getLogger(__name__)


async def record_evidence(host: MediaHost) -> None:
    """Keep rings and record clips for the life of a media worker."""
    left = await asyncio.to_thread(orders.recover, host.number)
    if left:
        log.warning("%s clips go on", len(left), extra={"action": "evidence.recovered"})
    desk = _Desk(host, left)
    try:
        while True:
            try:
                await desk.follow(await asyncio.to_thread(orders.read, host.number))
            except SQLAlchemyError as fault:
                log.warning("put off: %s", fault, extra={"action": "evidence.put_off"})
            await asyncio.sleep(_PAUSE_S)
    finally:
        await asyncio.shield(desk.close())


@dataclass(slots=True)
class _Kept:
    """The ring of one camera, and until when it is kept although nobody watches."""

    ring: Ring
    tap: Tap
    until: float


@dataclass(slots=True)
class _Clip:
    """One clip under way; `ended` holds its files once they are closed."""

    order: ClipOrder
    recorder: Recorder
    ring: Ring
    ended: tuple[list[ClipPart], list[Gap], str] | None = None


class _Desk:
    """Rings and clips of one media worker; used in its event loop."""

    def __init__(self, host: MediaHost, left: dict[int, Left]) -> None:
        self._host = host
        self._left = left
        self._kept: dict[int, _Kept] = {}
        self._clips: dict[int, _Clip] = {}
        self._sized_at = 0.0

    async def follow(self, wanted: Orders) -> None:
        """Do what the database says is wanted now."""
        cameras = {order.camera_id for order in wanted.clips}
        self._keep_rings(cameras | set(wanted.watched))
        for order in wanted.clips:
            await self._follow_clip(order, wanted)
        known = {order.id for order in wanted.clips}
        for gone in self._clips.keys() - known:  # closed by somebody else
            clip = self._clips.pop(gone)
            clip.ring.unfollow(clip.recorder.take)
            await asyncio.to_thread(clip.recorder.finish)
        self._let_go()
        await self._note_sizes()

    async def close(self) -> None:
        """End every clip: the worker is shutting down."""
        for clip in list(self._clips.values()):
            try:
                await self._end(clip, "shut_down")
            except (SQLAlchemyError, OSError) as fault:  # sealed by the next worker's recovery
                log.warning("left open: %s", fault, extra={"action": "evidence.left_open"})
        for kept in self._kept.values():
            kept.tap.close()

    async def _follow_clip(self, order: ClipOrder, wanted: Orders) -> None:
        clip = self._clips.get(order.id)
        if clip is None:
            clip = await self._begin(order)
        if clip is None:
            await self._give_up(order)
            return
        reason = self._reason_to_end(clip, order, wanted)
        if reason is not None:
            await self._end(clip, reason)

    async def _begin(self, order: ClipOrder) -> _Clip | None:
        kept = self._kept.get(order.camera_id)
        if kept is None:
            return None
        left = self._left.pop(order.id, Left())
        try:
            folder = storing.folder_of(order.id)
            if not left.parts:
                folder = await asyncio.to_thread(storing.make_folder, order.id)
        except OSError:
            await asyncio.to_thread(orders.close, order.id, [], [], DISK_FULL)
            return None
        await asyncio.to_thread(orders.note_begun, order.id)
        clip = _Clip(order, Recorder(folder, left), kept.ring)
        self._clips[order.id] = clip
        since_ms = int((order.asked_at.timestamp() - order.before_s) * 1000)
        for section, unit in kept.ring.since(since_ms):
            clip.recorder.take(section, unit)
        kept.ring.follow(clip.recorder.take)
        return clip

    async def _give_up(self, order: ClipOrder) -> None:
        """Seal what was left of a clip whose time ended while its camera could not be taken up."""
        if order.stop_at <= datetime.now(UTC):
            left = self._left.pop(order.id, Left())
            reason = orders.CRASHED if left.parts else orders.NO_PICTURE
            await asyncio.to_thread(orders.close, order.id, left.parts, left.gaps, reason)

    def _reason_to_end(self, clip: _Clip, order: ClipOrder, wanted: Orders) -> str | None:
        """Return why a clip ends now, None while it goes on."""
        now = datetime.now(UTC)
        if clip.ended is not None:
            return clip.ended[2]
        if clip.recorder.fault is not None:
            return clip.recorder.fault
        if wanted.is_full:
            return DISK_FULL
        if (now - order.stop_at).total_seconds() >= _STOP_PATIENCE_S:
            return "stopped"
        waited_s = (now - order.asked_at).total_seconds()
        if not clip.recorder.last_ms and waited_s > _NO_PICTURE_S:
            return orders.NO_PICTURE
        return None

    async def _end(self, clip: _Clip, reason: str) -> None:
        """Close the files, then seal them; a database that is away is tried again."""
        if clip.ended is None:
            clip.ring.unfollow(clip.recorder.take)
            parts, gaps = await asyncio.to_thread(clip.recorder.finish)
            if not clip.recorder.has_gone_on:  # killed before, and no picture came after it
                reason = orders.CRASHED
            clip.ended = (parts, gaps, clip.recorder.fault or reason)
        await asyncio.to_thread(orders.close, clip.order.id, *clip.ended)
        del self._clips[clip.order.id]

    def _keep_rings(self, cameras: Iterable[int]) -> None:
        rules = load().evidence
        now = time.monotonic()
        for camera_id in cameras:
            kept = self._kept.get(camera_id)
            hub = self._hub_of(camera_id)
            if hub is None:
                continue
            if kept is None:
                ring = Ring(rules.before_s + _LATE_S, rules.ring_bytes)
                kept = self._kept[camera_id] = _Kept(ring, hub.tap(ring), 0.0)
            elif kept.tap.is_closed:  # the camera was given a new login
                kept.tap = hub.tap(kept.ring)
            hub.start()  # one that ended by a rejected login is asked again after a while
            kept.until = now + _RING_LINGERS_S

    def _let_go(self) -> None:
        now = time.monotonic()
        for camera_id, kept in list(self._kept.items()):
            if kept.until < now and not kept.ring.is_followed:
                kept.tap.close()
                del self._kept[camera_id]

    def _hub_of(self, camera_id: int) -> CameraHub | None:
        try:
            return self._host.gateway.hub(self._host.key(camera_id, load().evidence.profile))
        except DeviceError as full:  # the worker carries as many streams as it may
            log.warning("no ring: %s", full, extra={"action": "evidence.no_ring"})
            return None

    async def _note_sizes(self) -> None:
        now = time.monotonic()
        if self._clips and now - self._sized_at >= _SIZES_EVERY_S:
            self._sized_at = now
            sizes = {n: clip.recorder.size_bytes for n, clip in self._clips.items()}
            await asyncio.to_thread(orders.note_size, sizes)
