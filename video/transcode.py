"""Converts what a browser cannot play to small H.264: once per stream, for all its viewers.

VIDEO.md section 3: 22 % of a core per 1080p25 stream to 360p, so the pool is bounded.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from typing import cast

import av
import av.error
from av.video.codeccontext import VideoCodecContext

from video.bitstream import Codec
from video.fmp4 import InitSegment
from video.packager import Fragment, Packager
from video.source import AccessUnit
from video.timeline import TICKS_PER_S

logger = logging.getLogger(__name__)

HEIGHT_PX = 360
_QUEUE_UNITS = 50
_GROUP_FRAMES = 50

Emit = Callable[[InitSegment | None, Fragment | None], None]


class Transcoder:
    """A thread that decodes one stream and encodes it as H.264, 360 lines high.

    When it falls behind, units are dropped up to the next key frame.

    Parameters
    ----------
    emit : callable
        Called in the transcoder's thread with what ``Packager.pack`` returns.
    codec : Codec
        Of the units fed; key units must hold their parameter sets.

    """

    def __init__(self, emit: Emit, codec: Codec = "h265") -> None:
        self._emit = emit
        self._codec = codec
        self._units: queue.Queue[AccessUnit | None] = queue.Queue(_QUEUE_UNITS)
        self._needs_key = True
        self._encoder: VideoCodecContext | None = None
        self._packager = Packager("h264")
        self._received: dict[int, int] = {}
        self._thread = threading.Thread(target=self._run, name="transcode", daemon=True)
        self._thread.start()

    def feed(self, unit: AccessUnit) -> None:
        """Queue a unit; never blocks."""
        if self._needs_key and not unit.is_key:
            return
        try:
            self._units.put_nowait(unit)
            self._needs_key = False
        except queue.Full:
            self._needs_key = True

    def stop(self) -> None:
        """End the thread after the unit at hand."""
        with suppress(queue.Empty):
            while True:
                self._units.get_nowait()
        self._units.put(None)

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread and return whether it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        name = "hevc" if self._codec == "h265" else "h264"
        decoder = cast(VideoCodecContext, VideoCodecContext.create(name, "r"))
        decoder.thread_count = 1
        while (unit := self._units.get()) is not None:
            try:
                self._convert(decoder, unit)
            except av.error.FFmpegError as error:
                # A damaged picture: the next key frame mends it.
                logger.debug("picture skipped: %s", type(error).__name__)
                self._needs_key = True

    def _convert(self, decoder: VideoCodecContext, unit: AccessUnit) -> None:
        packet = av.Packet(unit.payload)
        packet.pts = presented = unit.presented or 0
        packet.time_base = Fraction(1, TICKS_PER_S)
        self._received[presented] = unit.received_ms
        for frame in decoder.decode(packet):
            self._encode(frame)
        while len(self._received) > 2 * _QUEUE_UNITS:
            self._received.pop(next(iter(self._received)))

    def _encode(self, frame: av.VideoFrame) -> None:
        if self._encoder is None or self._is_resized(frame):
            self._encoder = _make_encoder(frame)
            self._packager = Packager("h264")
        small = frame.reformat(
            width=self._encoder.width, height=self._encoder.height, format="yuv420p"
        )
        small.pict_type = av.video.frame.PictureType.NONE
        small.pts, small.time_base = frame.pts, Fraction(1, TICKS_PER_S)
        for packet in self._encoder.encode(small):
            presented = int(packet.pts or 0)
            received_ms = self._received.pop(presented, 0)
            unit = AccessUnit(bytes(packet), presented, packet.is_keyframe, received_ms)
            self._emit(*self._packager.pack(unit))

    def _is_resized(self, frame: av.VideoFrame) -> bool:
        return self._encoder is not None and self._encoder.width != _width(frame)


def _make_encoder(frame: av.VideoFrame) -> VideoCodecContext:
    encoder = VideoCodecContext.create("libx264", "w")
    encoder.width, encoder.height = _width(frame), HEIGHT_PX
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, TICKS_PER_S)
    encoder.framerate = Fraction(25)
    encoder.gop_size = _GROUP_FRAMES
    encoder.thread_count = 1
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "26"}
    return encoder


def _width(frame: av.VideoFrame) -> int:
    """Return the width that keeps the shape, even as 4:2:0 needs it."""
    return max(2, round(HEIGHT_PX * frame.width / frame.height / 2) * 2)
