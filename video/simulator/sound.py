"""The sound of a simulated camera: a tone, looped, sent as RTP to whoever plays it.

AAC (RFC 3640), G.711 of either law (RFC 3551), or G.726, which this project does not play.
"""

import asyncio
import math
import secrets
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Literal

import av
import numpy as np
from numpy.typing import NDArray

from video.simulator.rtsp_track import Player

Sound = Literal["aac", "pcma", "pcmu", "g726"]
SOUNDS: tuple[Sound, ...] = ("aac", "pcma", "pcmu", "g726")
PAYLOAD_TYPES: dict[Sound, int] = {"aac": 97, "pcma": 8, "pcmu": 0, "g726": 98}
_TONE_HZ = 440
_LOOP_S = 2
# A whole number of frames, and even.
_BEEPS_S = 8
Loudness = Callable[[NDArray[np.float64]], NDArray[np.float64]]
_ENCODERS = {"aac": "aac", "pcma": "pcm_alaw", "pcmu": "pcm_mulaw", "g726": "pcm_mulaw"}


@dataclass(frozen=True, slots=True)
class Loop:
    """Coded frames of equal length; *config* is AAC's AudioSpecificConfig."""

    frames: tuple[bytes, ...]
    samples: int
    rate: int
    config: bytes


@cache
def tone(sound: Sound) -> Loop:
    """A tone of 440 Hz in this coding."""
    return _loop(sound, _LOOP_S, np.ones_like)


@cache
def beeps(sound: Sound) -> Loop:
    """The tone in even seconds alone, so that what is heard tells its instant."""
    return _loop(sound, _BEEPS_S, lambda at: (at % 2 < 1).astype(np.float64))


def _loop(sound: Sound, length_s: int, loudness: Loudness) -> Loop:
    rate = 16_000 if sound == "aac" else 8000
    encoder = av.CodecContext.create(_ENCODERS[sound], "w")
    if not isinstance(encoder, av.AudioCodecContext):
        raise TypeError(f"{sound} is no sound encoder in this PyAV build")
    encoder.sample_rate, encoder.layout = rate, "mono"
    encoder.format = "fltp" if sound == "aac" else "s16"
    encoder.time_base = Fraction(1, rate)
    samples = 1024 if sound == "aac" else 160
    frames: list[bytes] = []
    count = length_s * rate // samples
    for number in range(2 * count):
        at = (np.arange(samples) + number * samples) / rate
        wave = 0.3 * np.sin(2 * math.pi * _TONE_HZ * at) * loudness(at)
        values = wave.astype(np.float32) if sound == "aac" else (wave * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(
            values[None, :], format=str(encoder.format.name), layout="mono"
        )
        frame.sample_rate, frame.pts = rate, number * samples
        frames += [bytes(packet) for packet in encoder.encode(frame)]
    frames += [bytes(packet) for packet in encoder.encode(None)]
    # The second round, so that it goes over into itself; AAC's first frame is a run-up.
    frames = frames[len(frames) - count :]
    return Loop(tuple(frames), samples, rate, bytes(encoder.extradata or b""))


def sound_packet(sound: Sound, loop: Loop, number: int, *, sequence: int, ssrc: int) -> bytes:
    """The RTP packet of frame *number* on the wall-clock grid of a loop."""
    frame = loop.frames[number % len(loop.frames)]
    at = number * loop.samples & 0xFFFFFFFF
    head = struct.pack(">BBHII", 0x80, 0x80 | PAYLOAD_TYPES[sound], sequence, at, ssrc)
    # RFC 3640: 16 bits of headers' length, then 13 bits of size and 3 of index.
    units = struct.pack(">HH", 16, len(frame) << 3) if sound == "aac" else b""
    return head + units + frame


class SoundTrack:
    """Sends the tone to all its players, on the wall-clock grid, while there are any."""

    def __init__(self, sound: Sound) -> None:
        self.sound = sound
        self._loop = tone(sound)
        self._players: list[Player] = []
        self._task: asyncio.Task[None] | None = None
        self._sequence = secrets.randbits(16)
        self._ssrc = secrets.randbits(32)

    def describe(self) -> tuple[str, ...]:
        """The lines of the session description."""
        kind, rate = PAYLOAD_TYPES[self.sound], self._loop.rate
        coding = {
            "aac": (
                f"a=rtpmap:{kind} mpeg4-generic/{rate}/1",
                f"a=fmtp:{kind} streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;"
                f"indexlength=3;indexdeltalength=3;config={self._loop.config.hex()}",
            ),
            "pcma": (f"a=rtpmap:{kind} PCMA/{rate}/1",),
            "pcmu": (f"a=rtpmap:{kind} PCMU/{rate}/1",),
            "g726": (f"a=rtpmap:{kind} G726-32/{rate}/1",),
        }[self.sound]
        return (f"m=audio 0 RTP/AVP {kind}", *coding, "a=recvonly", "a=control:trackID=1")

    def add(self, player: Player) -> None:
        """Start sending to *player*."""
        self._players.append(player)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def remove(self, player: Player) -> None:
        """Stop sending to *player*; unknown players are ignored."""
        if player in self._players:
            self._players.remove(player)
        if not self._players and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        length_s = self._loop.samples / self._loop.rate
        number = math.ceil(time.time() / length_s)
        while True:
            await asyncio.sleep(number * length_s - time.time())
            packet = self._packet(number)
            for player in tuple(self._players):
                if player.transport.is_closing():
                    self.remove(player)
                    continue
                head = struct.pack(">BBH", 0x24, player.rtp_channel, len(packet))
                player.transport.write(head + packet)
            number += 1

    def _packet(self, number: int) -> bytes:
        self._sequence = (self._sequence + 1) & 0xFFFF
        return sound_packet(
            self.sound, self._loop, number, sequence=self._sequence, ssrc=self._ssrc
        )
