"""The sound of a camera as AAC on the picture's time line; G.711 is converted, the rest dropped.

The device's own times are not used: sound is set beside the picture by its arrival and then goes
on by its samples, so that clocks that disagree or jump do not tear it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, cast

import av
import av.error
from av.audio.codeccontext import AudioCodecContext
from av.audio.resampler import AudioResampler

from video.timeline import TICKS_PER_S

logger = logging.getLogger(__name__)

_CONVERTED = frozenset({"pcm_alaw", "pcm_mulaw"})
_FRAME_SAMPLES = 1024
_CONVERTED_RATE = 16_000
_CONVERTED_BITS_PER_S = 32_000
_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_LEAST_DRIFT = TICKS_PER_S * 3 // 10
# Sound that came in a burst is thinned out until its time has come; more is a clock set anew.
_MOST_AHEAD = TICKS_PER_S * 10


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """What the camera sends: FFmpeg's name of the coding, and AAC's AudioSpecificConfig."""

    coding: str
    sample_rate: int
    channels: int
    config: bytes = b""


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """The sound of a stream: AAC in any case, where the camera sends G.711 converted.

    ``config`` is the AudioSpecificConfig of ISO/IEC 14496-3; ``note`` says what was converted.
    """

    codec_string: str
    config: bytes
    sample_rate: int
    channels: int
    note: Literal["", "converted"] = ""


@dataclass(frozen=True, slots=True)
class SoundFrame:
    """One AAC frame; times in 90 kHz ticks of the picture's line, ``received_ms`` epoch."""

    payload: bytes
    at: int
    duration: int
    received_ms: int


def playable(form: SoundFormat) -> AudioInfo | None:
    """Return how a camera's sound is played, or None where it is dropped."""
    if form.coding in _CONVERTED:
        config = _config_of(_CONVERTED_RATE, 1)
        return AudioInfo("mp4a.40.2", config, _CONVERTED_RATE, 1, "converted")
    if form.coding != "aac" or len(form.config) < 2:
        return None
    kind = form.config[0] >> 3
    if kind not in {2, 5, 29}:
        return None
    return AudioInfo(f"mp4a.40.{kind}", form.config, _rate_in(form), form.channels or 1)


class SoundPacker:
    """Makes the AAC frames of one connection; used in the source's thread.

    Parameters
    ----------
    form : SoundFormat
        One for which `playable` gives an answer.
    info : AudioInfo
        That answer.

    """

    def __init__(self, form: SoundFormat, info: AudioInfo) -> None:
        self._converter = _Converter(form) if info.note else None
        self._step = Fraction(_FRAME_SAMPLES * TICKS_PER_S, info.sample_rate)
        self._next: Fraction | None = None

    def pack(self, payload: bytes, picture: tuple[int, int], received_ms: int) -> list[SoundFrame]:
        """Return the frames that this piece of sound completes.

        Parameters
        ----------
        payload : bytes
            As it came out of its packets.
        picture : tuple of (int, int)
            Time of the latest picture, 90 kHz ticks, and when it arrived, epoch milliseconds.
        received_ms : int
            When this piece arrived.

        Returns
        -------
        list of SoundFrame
            Times rise strictly, unless they were more than ten seconds ahead.

        """
        frames = [payload] if self._converter is None else list(self._converter.convert(payload))
        at, seen_ms = picture
        target = at + (received_ms - seen_ms) * (TICKS_PER_S // 1000)
        if self._next is not None and _LEAST_DRIFT < self._next - target < _MOST_AHEAD:
            return []
        if self._next is None or abs(target - self._next) > _LEAST_DRIFT:
            self._next = Fraction(max(target, 0))
        packed = []
        for frame in frames:
            begin, self._next = self._next, self._next + self._step
            packed.append(SoundFrame(frame, int(begin), int(self._next) - int(begin), received_ms))
        return packed


class _Converter:
    """G.711 to AAC, about a hundredth of a core."""

    def __init__(self, form: SoundFormat) -> None:
        self._decoder = cast(AudioCodecContext, AudioCodecContext.create(form.coding, "r"))
        self._decoder.sample_rate = form.sample_rate or 8000
        self._decoder.layout = "mono"
        self._encoder = AudioCodecContext.create("aac", "w")
        self._encoder.sample_rate = _CONVERTED_RATE
        self._encoder.layout, self._encoder.format = "mono", "fltp"
        self._encoder.bit_rate = _CONVERTED_BITS_PER_S
        self._encoder.time_base = Fraction(1, _CONVERTED_RATE)
        self._encoder.open()
        self._resampler = AudioResampler("fltp", "mono", _CONVERTED_RATE, _FRAME_SAMPLES)
        self._samples = 0

    def convert(self, payload: bytes) -> Iterator[bytes]:
        try:
            for heard in self._decoder.decode(av.Packet(payload)):
                heard.pts = None
                for frame in self._resampler.resample(heard):
                    frame.pts, frame.time_base = self._samples, Fraction(1, _CONVERTED_RATE)
                    self._samples += frame.samples
                    yield from (bytes(packet) for packet in self._encoder.encode(frame))
        except av.error.FFmpegError as error:
            logger.debug("sound skipped: %s", type(error).__name__)


def _rate_in(form: SoundFormat) -> int:
    """Return the rate the configuration states (ISO/IEC 14496-3, 1.6.2.1)."""
    index = (form.config[0] & 0x07) << 1 | form.config[1] >> 7
    return _RATES[index] if index < len(_RATES) else form.sample_rate


def _config_of(rate: int, channels: int) -> bytes:
    """Return the AudioSpecificConfig of AAC LC."""
    bits = 2 << 11 | _RATES.index(rate) << 7 | channels << 3
    return bits.to_bytes(2, "big")
