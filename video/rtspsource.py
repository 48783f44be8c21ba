"""Pulls one RTSP stream with PyAV in a thread of its own and hands out access units.

FFmpeg's read blocks, so each source is a thread; everything it learns goes to a ``Sink``, whose
methods are called in that thread.
"""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer

from video.bitstream import Codec
from video.errors import CodecUnplayable, CredentialsRejected, DeviceError, StreamFailed
from video.pacing import Pace
from video.sound import SoundFormat
from video.source import USUAL, SourceTiming, StreamTarget, as_device_error, codec_of, open_stream
from video.timeline import TICKS_PER_S

_FINAL = (CredentialsRejected, CodecUnplayable)


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One coded picture in Annex B form; times in 90 kHz ticks and epoch milliseconds.

    ``presented`` is None where the device sends several pictures under one time.
    ``absolute_ms`` is when the device says it was taken; None where it does not.
    """

    payload: bytes
    presented: int | None
    is_key: bool
    received_ms: int
    absolute_ms: int | None = None


class Sink(Protocol):
    """What a source tells; called in the source's thread."""

    def on_open(self, codec: Codec, extradata: bytes) -> None:
        """Tell that a connection stands; the units that follow belong to it."""

    def on_unit(self, unit: AccessUnit) -> None:
        """Hand over the next picture in decode order."""

    def on_failure(self, error: DeviceError, *, final: bool) -> None:
        """Tell that the connection broke or never came; ``final`` means no further try."""


class SoundSink(Protocol):
    """Who wants the sound as well; called in the source's thread, after ``Sink.on_open``."""

    def on_sound_open(self, form: SoundFormat) -> None:
        """Tell what sound the connection carries; not called where there is none."""

    def on_sound(self, payload: bytes, received_ms: int) -> None:
        """Hand over the next piece."""


class RtspSource:
    """One stream, reconnected for ever with growing pauses until stopped.

    Rejected credentials end it at once: a further try could lock the account.

    Parameters
    ----------
    target : StreamTarget
    sink : Sink
    timing : SourceTiming
    sound : SoundSink, optional
        Without one the sound is not asked for.

    """

    def __init__(
        self,
        target: StreamTarget,
        sink: Sink,
        timing: SourceTiming = USUAL,
        *,
        sound: SoundSink | None = None,
    ) -> None:
        self._sound = sound
        self._target = target
        self._sink = sink
        self._timing = timing
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rtsp-source", daemon=True)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; it does within the read limit at the latest."""
        self._stopping.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread and return whether it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        pause_s = self._timing.first_pause_s
        while not self._stopping.is_set():
            began = time.monotonic()
            error = self._connect_once()
            if self._stopping.is_set():
                return
            final = isinstance(error, _FINAL)
            self._sink.on_failure(error, final=final)
            if final:
                return
            if time.monotonic() - began > 2 * self._timing.longest_pause_s:
                pause_s = self._timing.first_pause_s
            self._stopping.wait(pause_s)
            pause_s = min(pause_s * 2, self._timing.longest_pause_s)

    def _connect_once(self) -> DeviceError:
        """Pull until the connection ends; return why."""
        try:
            hears = self._sound is not None
            with open_stream(self._target, self._timing, with_sound=hears) as container:
                self._pull(container)
        except DeviceError as error:
            return error
        except (av.error.FFmpegError, OSError) as error:
            return as_device_error(error)
        return StreamFailed("the device ended the stream")

    def _pull(self, container: InputContainer) -> None:
        stream = container.streams.video[0]
        codec = codec_of(container)
        self._sink.on_open(codec, bytes(stream.codec_context.extradata or b""))
        scale = (stream.time_base or Fraction(1, TICKS_PER_S)) * TICKS_PER_S
        sound = self._open_sound(container)
        pace = Pace()
        for packet in container.demux(stream, *sound):
            if self._stopping.wait(pace.wait_s(packet.size, time.monotonic())):
                return
            if not packet.size:
                continue
            if packet.stream_index != stream.index:
                if self._sound is not None:
                    self._sound.on_sound(bytes(packet), time.time_ns() // 1_000_000)
                continue
            presented = packet.pts
            self._sink.on_unit(
                AccessUnit(
                    payload=bytes(packet),
                    presented=None if presented is None else int(presented * scale),
                    is_key=packet.is_keyframe,
                    received_ms=time.time_ns() // 1_000_000,
                    absolute_ms=_absolute_ms(packet),
                )
            )

    def _open_sound(self, container: InputContainer) -> tuple[AudioStream, ...]:
        if self._sound is None or not container.streams.audio:
            return ()
        stream = container.streams.audio[0]
        context = stream.codec_context
        config = bytes(context.extradata or b"")
        form = SoundFormat(context.name, context.sample_rate or 0, context.channels or 1, config)
        self._sound.on_sound_open(form)
        return (stream,)


def _absolute_ms(packet: av.Packet[Any]) -> int | None:
    """Return when the device says this was taken: its RTP time by its last sender report.

    FFmpeg hands it on as producer reference time (`AVProducerReferenceTime`, microseconds first).
    """
    if not packet.has_sidedata("prft"):
        return None
    wallclock_us = int.from_bytes(
        bytes(packet.get_sidedata("prft"))[:8], sys.byteorder, signed=True
    )
    return wallclock_us // 1000
