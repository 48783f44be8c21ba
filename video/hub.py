"""One camera stream and everyone who watches it: pulled on demand, shared, kept for a while.

A hub lives in one event loop; its source and packager work in the source's thread and hand over
finished fragments. Status comes from pictures really received, never from an open socket.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from datetime import datetime
from math import inf

from video.audience import Audience
from video.bitstream import Codec
from video.errors import CredentialsRejected, DeviceError, NoKeyPicture, StreamFailed
from video.fanout import Subscription
from video.fmp4 import InitSegment
from video.ingest import Ingest
from video.packager import Fragment, KeyPicture
from video.places import TranscodePool
from video.protocol import Kind, Rung, binary, error_text, status_text, viewer_code
from video.sound import AudioInfo, SoundFrame
from video.source import RtspSource, StreamTarget
from video.stills import fetch_still, jpeg_of
from video.stream_state import (
    DEFAULT_SETTINGS,
    IDLE,
    NO_PACKETS,
    HubKey,
    HubSettings,
    HubStatus,
    OnStatus,
    Poster,
    Resolve,
    State,
    instant,
)
from video.tap import Tap, Taps, TapSink, info_of, sound_unit_of

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
        self.poster: Poster | None = None
        self.target: StreamTarget | None = None
        self._resolve = resolve
        self._settings = settings
        self._on_status = on_status
        self._status = HubStatus("connecting")
        rung: Rung = "sub" if key.profile == "sub" else "native"
        self._audience = Audience(rung, pool, settings.gop_cache_bytes, self._feed)
        self._taps = Taps()
        self._ingest: Ingest | None = None
        self._running: asyncio.Task[None] | None = None
        self._wanted_until = 0.0
        self._awaited_until = 0.0
        self._locked_until = 0.0
        self._last_frame = 0.0
        self._last_keyless = -inf
        self._pictured = asyncio.Event()
        self._still: asyncio.Task[None] | None = None

    @property
    def status(self) -> HubStatus:
        return self._status

    @property
    def is_running(self) -> bool:
        return self._running is not None and not self._running.done()

    @property
    def is_locked_out(self) -> bool:
        """Return whether the device rejected our login a short while ago: nobody tries again."""
        return time.monotonic() < self._locked_until

    @property
    def viewers(self) -> int:
        return len(self._audience)

    @property
    def key_picture(self) -> KeyPicture | None:
        """Return the latest picture of the present connection that decodes by itself."""
        return None if self._ingest is None else self._ingest.key_picture

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
        subscription.offer_text(status_text(self._status))
        if self._status.state != "live" and self.poster is not None:
            self._offer_poster(subscription)
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
        self._awaited_until = time.monotonic() + patience_s
        self.start()

    def start(self) -> None:
        """Start pulling, unless it runs already or the device just rejected our login."""
        if not self.is_running and not self.is_locked_out:
            self._set_status("connecting", None)
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

    async def wait_for_picture(self, timeout_s: float) -> bool:
        """Return whether a picture is there, waiting for it at most so long."""
        try:
            await asyncio.wait_for(self._pictured.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    def keep_poster(self, poster: Poster) -> None:
        """Keep a still for those who come while there is no picture, and show it to those here."""
        self.poster = poster
        if self._status.state != "live":
            for subscription in self._audience:
                self._offer_poster(subscription)

    def _want(self, for_s: float) -> None:
        self._wanted_until = max(self._wanted_until, time.monotonic() + for_s)

    def _is_wanted(self) -> bool:
        until = max(self._wanted_until, self._awaited_until)
        return bool(self._audience) or bool(self._taps) or time.monotonic() < until

    async def _run(self) -> None:
        self._last_frame = time.monotonic()
        source: RtspSource | None = None
        try:
            self.target = await self._resolve(self.key)
            self._ingest = Ingest(self, asyncio.get_running_loop())
            ingest = self._ingest
            source = RtspSource(self.target, ingest, self._settings.timing, sound=ingest)
            source.start()
            self._feed()
            while self._is_wanted():
                if self._is_newly_silent():
                    await self._take_poster()
                if self._ingest.is_over:
                    return
                await asyncio.sleep(_TICK_S)
            await self._take_poster()
            self._set_status("connecting", IDLE)
        except DeviceError as error:
            self.fail(error, final=True)
        finally:
            if source is not None:
                source.stop()
            self._let_go()

    def _note_end(self, run: asyncio.Task[None]) -> None:
        """Start again for who came while the stream was let go; tell of a failed look-up."""
        if self._status.reason == IDLE and not run.cancelled() and self._is_wanted():
            self.start()
            return
        error = None if run.cancelled() else run.exception()
        if error is not None:
            logger.error(
                "stream of camera %s ended by %s", self.key.camera_id, type(error).__name__,
                extra={"action": "stream.broken", "camera_id": self.key.camera_id},
            )  # fmt: skip
            self._set_status("dead", StreamFailed.code)
            self._audience.tell(error_text(viewer_code(StreamFailed.code)))

    def _let_go(self) -> None:
        if self._ingest is not None:
            self._ingest.detach()
        self._ingest = None
        self._pictured.clear()
        self._audience.let_go()
        self._taps.forget_stream()

    async def _take_poster(self) -> None:
        """Keep the last picture for those who come while there is none."""
        picture = self.key_picture
        if picture is not None:
            with suppress(DeviceError):
                jpeg = await asyncio.to_thread(jpeg_of, picture)
                self.poster = Poster(jpeg, picture.received_ms)

    async def _fetch_poster(self, target: StreamTarget) -> None:
        """Show the device's own still while the first key frame is awaited."""
        with suppress(DeviceError):
            jpeg = await fetch_still(target)
            self.keep_poster(Poster(jpeg, time.time_ns() // 1_000_000))

    def _is_newly_silent(self) -> bool:
        """Notice that pictures stopped coming, whether or not anything failed."""
        silent_s = time.monotonic() - self._last_frame
        state, reason = self._status.state, self._status.reason or NO_PACKETS
        if state == "live" and silent_s > self._settings.stalled_after_s:
            self._audience.forget_group()
            self._taps.gap(reason)
            self._set_status("stalled", reason)
            return True
        patience_s = self._settings.dead_after_s
        if state == "stalled" and self._settings.lost_after_s is not None:
            patience_s = self._settings.lost_after_s
        if state in {"connecting", "stalled"} and silent_s > patience_s:
            if time.monotonic() - self._last_keyless < self._settings.stalled_after_s:
                reason = NoKeyPicture.code
            self._set_status("dead", reason)
            self._audience.tell(error_text(viewer_code(reason)))
        return False

    def open(self, codec: Codec) -> None:
        """Note what a new connection carries and give every viewer its rung."""
        if self.target is not None and self.target.snapshot_url and self._status.state != "live":
            # The stream's login has just been accepted: this one cannot add a failed attempt.
            self._still = asyncio.create_task(self._fetch_poster(self.target))
        self._audience.open(codec)
        self._feed()

    def open_sound(self, info: AudioInfo | None, coding: str) -> None:
        """Note what sound the connection carries."""
        self._audience.open_sound(info, coding)

    def accept_sound(self, frame: SoundFrame, fragment: bytes) -> None:
        """Take over a frame of sound."""
        self._audience.publish_sound(frame, fragment)
        if self._taps:
            self._taps.hand_over(sound_unit_of(frame, fragment))

    def accept(self, init: InitSegment | None, fragment: Fragment | None) -> None:
        """Take over what the packager made of one unit."""
        if init is not None:
            self._audience.begin(init)
            self._taps.begin(info_of(init, self._audience.audio))
        if fragment is None:
            return
        self._note_picture(fragment.received_ms)
        self._audience.publish(fragment)
        self._taps.publish(fragment)
        if fragment.is_key:
            self._audience.show_still(self.key_picture)

    def accept_keyless(self, received_ms: int, *, for_good: bool) -> None:
        """Note a picture no player can begin with: such a camera lives, but must be converted."""
        self._last_keyless = time.monotonic()
        if for_good:
            self._note_picture(received_ms)
            self._audience.do_without_keys()
            self._feed()

    def _note_picture(self, received_ms: int) -> None:
        self._last_frame = time.monotonic()
        if self._status.state != "live":
            self._pictured.set()
            self._set_status("live", None, instant(received_ms))
        self._status = HubStatus("live", instant(received_ms))

    def fail(self, error: DeviceError, *, final: bool) -> None:
        """Take note of a broken or refused connection."""
        logger.info(
            "stream of camera %s failed: %s", self.key.camera_id, error,
            extra={"action": "stream.failed", "camera_id": self.key.camera_id},
        )  # fmt: skip
        self._audience.forget_group()
        self._taps.gap(error.code)
        if isinstance(error, CredentialsRejected):
            self.lock_out()
        if final:
            self._set_status("dead", error.code)
            self._audience.tell(error_text(viewer_code(error.code)))
        elif self._status.state != "dead":
            seen = self._status.last_frame_at is not None
            self._set_status("stalled" if seen else "connecting", error.code)

    def lock_out(self) -> None:
        """Spend no further login on this device for a while; ``forget`` it to end that."""
        self._locked_until = time.monotonic() + self._settings.lockout_pause_s

    def _feed(self) -> None:
        """Let the source's thread know what is wanted of it beside the pictures."""
        if self._ingest is not None:
            self._ingest.transcoder = self._audience.transcoder
            self._ingest.wants_sound = self._audience.wants_sound or bool(self._taps)

    def _set_status(self, state: State, reason: str | None, at: datetime | None = None) -> None:
        before = self._status
        self._status = HubStatus(state, at or before.last_frame_at, reason)
        if state in {"live", "dead"}:
            self._awaited_until = 0.0
        if (before.state, before.reason) == (state, reason):
            return
        self._audience.tell(status_text(self._status))
        if self._on_status is not None:
            self._on_status(self.key, self._status)

    def _offer_poster(self, subscription: Subscription) -> None:
        if self.poster is not None:
            message = binary(Kind.POSTER, self.poster.jpeg, self.poster.taken_ms)
            subscription.offer_poster(message)
