"""A tap on a hub: everything it receives, handed to a recorder or an observer in this process.

A tap keeps the stream running as a viewer does. Its sink is called in the hub's event loop and
must not block; one that raises is taken off.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, TypeVar

from video.bitstream import Codec, ParameterSets
from video.fmp4 import InitSegment, sample_of
from video.fmp4_sound import build_recording_init
from video.packager import Fragment
from video.sound import AudioInfo, SoundFrame

logger = logging.getLogger(__name__)

T = TypeVar("T")
GONE = "stream.removed"


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a connection carries; the times of the units that follow begin anew.

    Parameters
    ----------
    codec, codec_string
        ``h264`` or ``h265``, and the name of RFC 6381.
    sets : ParameterSets
        ``sets.annex_b`` with start codes, as a decoder takes them.
    record : bytes
        The same as avcC or hvcC record (ISO/IEC 14496-15), as an mp4 muxer takes them.
    init : InitSegment
        For own fragments: ``init.payload`` goes before ``Unit.fragment`` of this stream.
    width, height : int
        Pixels after cropping.
    audio : AudioInfo or None
        None where the camera sends none or none that can be kept.

    """

    codec: Codec
    codec_string: str
    sets: ParameterSets
    record: bytes
    init: InitSegment
    width: int
    height: int
    audio: AudioInfo | None = None

    @property
    def recording_init(self) -> bytes:
        """Return what a file begins with: the picture as track 1, the sound, if any, as track 2."""
        return build_recording_init(self.sets, self.audio)


@dataclass(frozen=True, slots=True)
class Unit:
    """One coded picture, in decode order, or one frame of sound.

    Times count 90 kHz ticks from the stream's first picture; ``dts`` rises strictly until the
    next ``on_stream``, for pictures and sound each. ``received_ms`` is epoch milliseconds of this
    machine's clock; ``absolute_ms`` that of the device's clock where it tells (RTCP), else None.
    ``fragment`` is the unit as moof and mdat, of track 1 the picture, of track 2 the sound.
    """

    pts: int
    dts: int
    duration: int
    is_key: bool
    received_ms: int
    absolute_ms: int | None
    fragment: bytes
    is_audio: bool = False
    sound: bytes = b""

    @property
    def data(self) -> bytes:
        """Return the sample as mp4 holds it: NAL units behind four bytes of length each, without
        parameter sets and delimiters; an AAC frame without ADTS head.
        """
        return sample_of(self.fragment)


class TapSink(Protocol):
    """Whoever takes part; called in the event loop, must not block."""

    def on_stream(self, info: StreamInfo) -> None:
        """Begin anew: first of all, after a reconnection, and when the parameter sets change."""

    def on_unit(self, unit: Unit) -> None:
        """Take the next unit; the first one after ``on_stream`` is a key picture."""

    def on_gap(self, reason: str) -> None:
        """Note that pictures stopped coming; they go on with ``on_unit`` or ``on_stream``.

        Parameters
        ----------
        reason : str
            A code: ``stream.no_packets``, that of a `DeviceError`, or ``stream.removed`` when
            the camera was removed or given a new login: the tap is closed then.

        """


class Tap:
    """The handle of one tap; close it, or use it as a context manager."""

    def __init__(self, sink: TapSink, close: Callable[[Tap], None]) -> None:
        self.sink = sink
        self.is_closed = False
        self._close = close

    def close(self) -> None:
        """Take the tap off; the stream lingers as after a viewer."""
        if not self.is_closed:
            self.is_closed = True
            self._close(self)

    def __enter__(self) -> Tap:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Taps:
    """All taps of one hub."""

    def __init__(self) -> None:
        self._taps: set[Tap] = set()
        self._info: StreamInfo | None = None
        self._is_gap = False

    def __len__(self) -> int:
        return len(self._taps)

    def add(self, tap: Tap, group: Iterable[Fragment]) -> None:
        """Attach a tap; what is known of the stream and its cached group are told at once."""
        self._taps.add(tap)
        if self._info is None:
            return
        self._tell(tap, tap.sink.on_stream, self._info)
        for fragment in group:
            self._tell(tap, tap.sink.on_unit, unit_of(fragment))

    def discard(self, tap: Tap) -> None:
        self._taps.discard(tap)

    def begin(self, info: StreamInfo) -> None:
        """Tell that a stream begins anew."""
        self._info, self._is_gap = info, False
        for tap in tuple(self._taps):
            self._tell(tap, tap.sink.on_stream, info)

    def publish(self, fragment: Fragment) -> None:
        """Hand over a picture."""
        self._is_gap = False
        if self._taps:
            self.hand_over(unit_of(fragment))

    def hand_over(self, unit: Unit) -> None:
        """Hand over a unit."""
        for tap in tuple(self._taps):
            self._tell(tap, tap.sink.on_unit, unit)

    def gap(self, reason: str) -> None:
        """Tell once that pictures stopped coming."""
        if self._is_gap:
            return
        self._is_gap = True
        for tap in tuple(self._taps):
            self._tell(tap, tap.sink.on_gap, reason)

    def forget_stream(self) -> None:
        """Let later taps wait for a new beginning."""
        self._info = None

    def close(self) -> None:
        """Close every tap: the hub ends."""
        self._is_gap = False
        self.gap(GONE)
        for tap in tuple(self._taps):
            tap.close()

    def _tell(self, tap: Tap, told: Callable[[T], None], value: T) -> None:
        if tap.is_closed:
            return
        try:
            told(value)
        except Exception:
            logger.exception("a tap failed and is taken off", extra={"action": "stream.tap_failed"})
            tap.close()


def info_of(init: InitSegment, audio: AudioInfo | None) -> StreamInfo:
    """Return what a tap is told of a stream that begins with this segment."""
    sets = init.sets
    if sets is None:
        raise ValueError("not the segment of a packaged stream")
    return StreamInfo(
        codec=sets.codec,
        codec_string=init.codec_string,
        sets=sets,
        record=init.record,
        init=init,
        width=init.width,
        height=init.height,
        audio=audio,
    )


def unit_of(fragment: Fragment) -> Unit:
    """Return a fragment as a tap is handed it."""
    time = fragment.time
    return Unit(
        pts=time.decode + time.offset,
        dts=time.decode,
        duration=time.duration,
        is_key=fragment.is_key,
        received_ms=fragment.received_ms,
        absolute_ms=fragment.absolute_ms,
        fragment=fragment.payload,
    )


def sound_unit_of(frame: SoundFrame, fragment: bytes) -> Unit:
    """Return a frame of sound as a tap is handed it."""
    return Unit(
        pts=frame.at,
        dts=frame.at,
        duration=frame.duration,
        is_key=True,
        received_ms=frame.received_ms,
        absolute_ms=None,
        fragment=fragment,
        is_audio=True,
    )
