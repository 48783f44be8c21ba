"""Replay over RTSP as a recorder does it: ONVIF with a stamp on each picture, or plain ranges.

ONVIF Streaming Specification, "Replay". A recorder of the plain kind knows `Range: clock=` and
`Scale` on the address of the live stream, and stamps nothing.
"""

import asyncio
import logging
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from video.simulator.devices import Fault, SimulatedDevice
from video.simulator.recorder import RecordedUnit, Recorder
from video.simulator.rtp import CLOCK_HZ, NTP_EPOCH_S, on_channel, packetise
from video.simulator.sound import beeps, sound_packet

log = logging.getLogger(__name__)

REQUIREMENT = "onvif-replay"
_SSRC = 0x0ABAC0DE


@dataclass(frozen=True, slots=True)
class PlayOrder:
    """What a PLAY asks for, in true epoch seconds; `stamp` is the low byte of its CSeq."""

    from_s: float
    to_s: float | None
    is_paced: bool
    scale: float
    stamp: int


def clock_text(at_s: float) -> str:
    """Epoch seconds as RFC 2326 writes absolute time."""
    at = datetime.fromtimestamp(at_s, UTC)
    return f"{at:%Y%m%dT%H%M%S}.{at.microsecond // 10_000:02d}Z"


def described_range(device: SimulatedDevice, recorder: Recorder) -> str:
    """The `a=range` of a recording, in the device's own time."""
    return f"clock={clock_text(recorder.begins_s() + device.clock.offset_s)}-"


def order_of(device: SimulatedDevice, headers: Mapping[str, str]) -> PlayOrder | None:
    """The order in a PLAY's headers, None when its range is not one of the clock."""
    wanted = headers.get("range", "")
    if not wanted.startswith("clock="):
        return None
    start, _, end = wanted.removeprefix("clock=").partition("-")
    offset_s = device.clock.offset_s
    try:
        return PlayOrder(
            from_s=_epoch_s(start) - offset_s,
            to_s=_epoch_s(end) - offset_s if end else None,
            is_paced=headers.get("rate-control", "yes") != "no",
            scale=float(headers.get("scale", "1")),
            stamp=int(headers.get("cseq", "0")) & 0xFF,
        )
    except ValueError:
        return None


def _epoch_s(text: str) -> float:
    form = "%Y%m%dT%H%M%S.%fZ" if "." in text else "%Y%m%dT%H%M%SZ"
    return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()


class ReplaySender:
    """Sends one stretch to one client, no faster than the client reads.

    *channels* are those of the picture and of the sound, None where that is not wanted.
    """

    def __init__(
        self,
        device: SimulatedDevice,
        recorder: Recorder,
        writer: asyncio.StreamWriter,
        channels: tuple[int, int | None],
    ) -> None:
        self._device = device
        self._recorder = recorder
        self._writer = writer
        self._channel, self._sound_channel = channels
        self._task: asyncio.Task[None] | None = None
        self.sequence = 1
        self._sounds = 0

    def start(self, order: PlayOrder) -> None:
        """Send what is ordered; a former order ends."""
        self.stop()
        self._task = asyncio.get_running_loop().create_task(self._run(order))
        self._task.add_done_callback(_report)

    def stop(self) -> None:
        """Send nothing more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self, order: PlayOrder) -> None:
        loop = asyncio.get_running_loop()
        began_s, first_s, before_s = loop.time(), None, None
        for recorded in self._recorder.play(order.from_s, order.to_s):
            while self._device.fault in (Fault.FREEZE, Fault.HANG, Fault.DRIP):
                await asyncio.sleep(0.05)
            first_s = recorded.at_s if first_s is None else first_s
            if order.is_paced:
                due_s = began_s + (recorded.at_s - first_s) / order.scale
                await asyncio.sleep(max(0.0, due_s - loop.time()))
            if before_s is not None and not recorded.follows_gap:
                self._writer.write(self._sound(before_s, recorded.at_s, order))
            before_s = recorded.at_s
            self._writer.write(self._packets(recorded, order))
            await self._writer.drain()
            # Writing alone never yields while the client reads fast enough.
            await asyncio.sleep(0)
        goodbye = struct.pack(">BBHI", 0x81, 203, 1, _SSRC)
        self._writer.write(struct.pack(">BBH", 0x24, self._channel + 1, len(goodbye)) + goodbye)

    def _packets(self, recorded: RecordedUnit, order: PlayOrder) -> bytes:
        # RTP time runs as the pictures are played (RFC 2326 appendix B), absolute time as taken.
        pace = order.scale if order.is_paced else 1.0
        packets = packetise(
            recorded.unit.nals, self._recorder.clip.codec, sequence=self.sequence,
            timestamp=int(recorded.at_s * CLOCK_HZ / pace), ssrc=_SSRC,
        )  # fmt: skip
        self.sequence = (self.sequence + len(packets)) & 0xFFFF
        if self._device.spec.recorder == "onvif":
            flags = 0x80 * recorded.unit.is_key | 0x20 * recorded.follows_gap
            packets = [
                _framed(self._stamped(packet[4:], recorded.at_s, flags, order.stamp), 0)
                for packet in packets
            ]
        return on_channel(packets, self._channel)

    def _sound(self, from_s: float, to_s: float, order: PlayOrder) -> bytes:
        """The sound between two pictures; without stamps it runs at the pace of the pictures."""
        sound, channel = self._device.spec.sound, self._sound_channel
        if sound is None or channel is None or (order.is_paced and order.scale != 1.0):
            return b""
        loop = beeps(sound)
        length_s = loop.samples / loop.rate
        sent = b""
        for number in range(math.ceil(from_s / length_s), math.ceil(to_s / length_s)):
            self._sounds = (self._sounds + 1) & 0xFFFF
            packet = sound_packet(sound, loop, number, sequence=self._sounds, ssrc=_SSRC + 1)
            if self._device.spec.recorder == "onvif":
                packet = self._stamped(packet, number * length_s, 0x80, order.stamp)
            sent += _framed(packet, channel)
        return sent

    def _stamped(self, rtp: bytes, at_s: float, flags: int, stamp: int) -> bytes:
        at_s += self._device.clock.offset_s
        seconds = int(at_s)
        extension = struct.pack(
            ">HHIIBBH", 0xABAC, 3, (seconds + NTP_EPOCH_S) & 0xFFFFFFFF,
            int((at_s - seconds) * (1 << 32)), flags, stamp, 0,
        )  # fmt: skip
        return bytes([rtp[0] | 0x10]) + rtp[1:12] + extension + rtp[12:]


def _framed(rtp: bytes, channel: int) -> bytes:
    return struct.pack(">BBH", 0x24, channel, len(rtp)) + rtp


def _report(task: "asyncio.Task[None]") -> None:
    if task.cancelled() or isinstance(error := task.exception(), ConnectionError):
        return
    if error is not None:
        log.error("replay broke", exc_info=error, extra={"action": "simulator.replay_broke"})
