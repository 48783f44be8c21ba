"""The sound of a simulated camera: a tone, looped, sent as RTP to whoever plays it.

AAC (RFC 3640), G.711 of either law (RFC 3551), or G.726, which this project does not play.
"""

import asyncio
import math
import secrets
import struct
import time
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Literal

import av
import numpy as np

from video.simulator.rtsp_track import Player

Sound = Literal["aac", "pcma", "pcmu", "g726"]
SOUNDS: tuple[Sound, ...] = ("aac", "pcma", "pcmu", "g726")
PAYLOAD_TYPES: dict[Sound, int] = {"aac": 97, "pcma": 8, "pcmu": 0, "g726": 98}
_TONE_HZ = 440
_LOOP_S = 2
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
    rate = 16_000 if sound == "aac" else 8000
    encoder = av.CodecContext.create(_ENCODERS[sound], "w")
    if not isinstance(encoder, av.AudioCodecContext):
        raise TypeError(f"{sound} is no sound encoder in this PyAV build")
    encoder.sample_rate, encoder.layout = rate, "mono"
    encoder.format = "fltp" if sound == "aac" else "s16"
    encoder.time_base = Fraction(1, rate)
    samples = 1024 if sound == "aac" else 160
    frames: list[bytes] = []
    for number in range(_LOOP_S * rate // samples):
        at = (np.arange(samples) + number * samples) / rate
        wave = 0.3 * np.sin(2 * math.pi * _TONE_HZ * at)
        values = wave.astype(np.float32) if sound == "aac" else (wave * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(
            values[None, :], format=str(encoder.format.name), layout="mono"
        )
        frame.sample_rate, frame.pts = rate, number * samples
        frames += [bytes(packet) for packet in encoder.encode(frame)]
    return Loop(tuple(frames), samples, rate, bytes(encoder.extradata or b""))


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
        frame = self._loop.frames[number % len(self._loop.frames)]
        self._sequence = (self._sequence + 1) & 0xFFFF
        at = number * self._loop.samples & 0xFFFFFFFF
        kind = 0x80 | PAYLOAD_TYPES[self.sound]
        head = struct.pack(">BBHII", 0x80, kind, self._sequence, at, self._ssrc)
        # RFC 3640: 16 bits of headers' length, then 13 bits of size and 3 of index.
        units = struct.pack(">HH", 16, len(frame) << 3) if self.sound == "aac" else b""
        return head + units + frame
