"""One camera stream and everyone who watches it: pulled on demand, shared, kept for a while.

A hub lives in one event loop; its source and packager work in the source's thread and hand over
finished fragments. What becomes of them says `video.reception`.
"""

from __future__ import annotations

import asyncio
import logging
import time

from video.audience import Audience
from video.errors import DeviceError, StreamFailed
from video.fanout import Subscription
from video.liveness import Liveness
from video.packager import KeyPicture
from video.places import TranscodePool
from video.posters import Posters
from video.protocol import Rung, error_text, status_text, viewer_code
from video.reception import Reception
from video.rtspsource import RtspSource
from video.source import StreamTarget
from video.stream_state import (
    DEFAULT_SETTINGS,
    IDLE,
    HubKey,
    HubSettings,
    HubStatus,
    OnStatus,
    Poster,
    Resolve,
)
from video.tap import Tap, Taps, TapSink

logger = logging.getLogger(__name__)

_TICK_S = 0.25


class CameraHub:
    """One source for all viewers of a stream.

    Parameters
    ----------
    key : HubKey
    resolve : coroutine function
        Gives the target each time the hub starts, so that changed credentials take effect.
    pool : TranscodePool
        Shared by all hubs of the process.
    settings : HubSettings
    on_status : callable, optional
        Called in the event loop at each change of state.

    """

    def __init__(
        self,
        key: HubKey,
        resolve: Resolve,
        *,
        pool: TranscodePool,
        settings: HubSettings = DEFAULT_SETTINGS,
        on_status: OnStatus | None = None,
    ) -> None:
        self.key = key
        self._resolve = resolve
        self._settings = settings
        self._on_status = on_status
        self._liveness = Liveness(settings, self._tell)
        rung: Rung = "sub" if key.profile == "sub" else "native"
        self._audience = Audience(rung, pool, key, settings.gop_cache_bytes, self._feed)
        self._posters = Posters(key, pool.stills, self._audience, self._liveness)
        self._taps = Taps()
        self._reception = Reception(key, self._audience, self._taps, self._liveness, self._posters)
        self._running: asyncio.Task[None] | None = None
        self._wanted_until = 0.0

    @property
    def status(self) -> HubStatus:
        return self._liveness.status

    @property
    def is_running(self) -> bool:
        return self._running is not None and not self._running.done()

    @property
    def is_locked_out(self) -> bool:
        """Return whether the device rejected our login a short while ago: nobody tries again."""
        return self._liveness.is_locked_out

    @property
    def viewers(self) -> int:
        return len(self._audience)

    @property
    def key_picture(self) -> KeyPicture | None:
        """Return the latest picture of the present connection that decodes by itself."""
        return self._reception.key_picture

    @property
    def target(self) -> StreamTarget | None:
        """Return what the stream was last opened with."""
        return self._reception.target

    @property
    def poster(self) -> Poster | None:
        """Return the latest still."""
        return self._posters.latest

    def subscribe(self, codecs: frozenset[str]) -> Subscription:
        """Return a new viewer's queue; starts the stream when it is not running.

        Parameters
        ----------
        codecs : frozenset of str
            What the viewer plays: ``avc1``, ``hvc1``.

        Returns
        -------
        Subscription
            Holds the status and either the cached pictures or a poster already.

        """
        subscription = Subscription(codecs, self._settings.queue_bytes)
        self.start()
        subscription.offer_text(status_text(self.status))
        self._posters.offer(subscription)
        self._audience.add(subscription)
        self._feed()
        return subscription

    def hear(self, subscription: Subscription, *, on: bool) -> None:
        """Send a viewer the sound as well, or no longer."""
        self._audience.hear(subscription, on=on)
        self._feed()

    def unsubscribe(self, subscription: Subscription) -> None:
        """Take a viewer away; the stream lingers before it is let go."""
        subscription.close()
        self._audience.discard(subscription)
        self._feed()
        self._want(self._settings.linger_s)

    def tap(self, sink: TapSink) -> Tap:
        """Hand everything this stream receives to a sink as well; starts the stream.

        Parameters
        ----------
        sink : TapSink
            Told at once what stream runs and its latest group of pictures.

        Returns
        -------
        Tap
            To be closed. While it is open the stream is kept running.

        """
        tap = Tap(sink, self._untap)
        self._taps.add(tap, self._audience.group)
        self.start()
        self._feed()
        return tap

    def _untap(self, tap: Tap) -> None:
        self._taps.discard(tap)
        self._feed()
        self._want(self._settings.linger_s)

    def warm(self, for_s: float) -> None:
        """Pull the stream for a while although nobody watches yet."""
        self._want(for_s)
        self.start()

    def glance(self, patience_s: float) -> None:
        """Pull the stream until its first picture, or until it is known to be dead.

        Parameters
        ----------
        patience_s : float
            Seconds after which it is let go in any case; beyond ``dead_after_s`` of the settings,
            else a device that does not answer is never told from one that is slow.

        """
        self._liveness.await_verdict(patience_s)
        self.start()

    def start(self) -> None:
        """Start pulling, unless it runs already or the device just rejected our login."""
        if not self.is_running and not self.is_locked_out:
            self._liveness.change("connecting", None)
            self._running = asyncio.create_task(self._run())
            self._running.add_done_callback(self._note_end)

    async def stop(self) -> None:
        """End the stream and every viewer's queue."""
        for subscription in self._audience:
            self.unsubscribe(subscription)
        self._taps.close()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self._posters.close()

    async def wait_for_picture(self, timeout_s: float) -> bool:
        """Return whether a picture is there, waiting for it at most so long."""
        try:
            await asyncio.wait_for(self._liveness.has_picture.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    async def still_of(self, picture: KeyPicture) -> bytes:
        """Return one of this stream's key pictures as JPEG.

        Raises
        ------
        StreamFailed
            It does not decode.

        """
        return await self._posters.jpeg(picture)

    def keep_poster(self, poster: Poster) -> None:
        """Keep a still for those who come while there is no picture, and show it to those here."""
        self._posters.keep(poster)

    def lock_out(self) -> None:
        """Spend no further login on this device for a while; ``forget`` it to end that."""
        self._liveness.lock_out()

    def _want(self, for_s: float) -> None:
        self._wanted_until = max(self._wanted_until, time.monotonic() + for_s)

    def _is_wanted(self) -> bool:
        is_watched = bool(self._audience) or bool(self._taps)
        is_warm = time.monotonic() < self._wanted_until
        return is_watched or is_warm or self._liveness.is_awaited

    async def _run(self) -> None:
        self._liveness.begin()
        source: RtspSource | None = None
        try:
            target = await self._resolve(self.key)
            ingest = self._reception.begin(target)
            source = RtspSource(target, ingest, self._settings.timing, sound=ingest)
            source.start()
            while self._is_wanted():
                if self._reception.notice_silence():
                    self._posters.take(self.key_picture)
                if self._reception.is_over:
                    return
                await asyncio.sleep(_TICK_S)
            self._posters.take(self.key_picture)
            self._liveness.change("connecting", IDLE)
        except DeviceError as error:
            self._reception.fail(error, final=True)
        finally:
            if source is not None:
                source.stop()
            self._reception.let_go()

    def _note_end(self, run: asyncio.Task[None]) -> None:
        """Start again for who came while the stream was let go; tell of a failed look-up."""
        if self._liveness.is_idle and not run.cancelled() and self._is_wanted():
            self.start()
            return
        error = None if run.cancelled() else run.exception()
        if error is not None:
            logger.error(
                "stream of camera %s ended by %s", self.key.camera_id, type(error).__name__,
                extra={"action": "stream.broken", "camera_id": self.key.camera_id},
            )  # fmt: skip
            self._liveness.change("dead", StreamFailed.code)
            self._audience.tell(error_text(viewer_code(StreamFailed.code)))

    def _feed(self) -> None:
        self._reception.feed()

    def _tell(self, status: HubStatus) -> None:
        self._audience.tell(status_text(status))
        if self._on_status is not None:
            self._on_status(self.key, status)
