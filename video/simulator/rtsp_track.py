"""The RTP side of one stream: each access unit is packetised once, all players share the bytes."""

import asyncio
import logging
import secrets
import time
from dataclasses import dataclass

from video.simulator.access_units import AccessUnit, format_parameters
from video.simulator.devices import DeviceClock
from video.simulator.oddities import Wire
from video.simulator.rtp import CLOCK_HZ, PAYLOAD_TYPE, SenderReport, on_channel, packetise
from video.simulator.streams import Stream

log = logging.getLogger(__name__)

REPORT_EVERY_S = 5.0
#: A player this far behind is cut off: about four seconds of a 1080p stream.
BACKLOG_MAX_BYTES = 2_000_000


@dataclass(slots=True, eq=False)
class Player:
    """One playing client: its connection, its interleaved channels, what it waits for."""

    transport: asyncio.WriteTransport
    rtp_channel: int
    rtcp_channel: int
    is_waiting_for_key: bool


class Track:
    """Sends one stream to all its players; sequence numbers and times are the stream's own."""

    def __init__(self, stream: Stream, clock: DeviceClock, wire: Wire | None = None) -> None:
        self.stream = stream
        self._wire = wire or Wire(stream)
        self.players: list[Player] = []
        self.dropped = 0
        self._clock = clock
        self.ssrc = secrets.randbits(32)
        self.sequence = secrets.randbits(16)
        self._packets = 0
        self._octets = 0
        self._reported_s = 0.0

    def add(self, player: Player) -> None:
        """Start sending to *player*; the first player starts the stream."""
        self.players.append(player)
        self.stream.request_key()
        self._reported_s = 0.0
        if len(self.players) == 1:
            self.stream.attach(self._send)

    def remove(self, player: Player) -> None:
        """Stop sending to *player*; unknown players are ignored."""
        if player in self.players:
            self.players.remove(player)
            if not self.players:
                self.stream.detach(self._send)

    def describe(self, *, session: str, host: str, sound: tuple[str, ...] = ()) -> str:
        """The SDP of this stream, with the lines of its *sound*, if any."""
        stream = self.stream
        encoding = "H264" if stream.codec == "h264" else "H265"
        lines = (
            "v=0",
            f"o=- {self.ssrc} 1 IN IP4 {host}",
            f"s={session}",
            "c=IN IP4 0.0.0.0",
            "t=0 0",
            "a=control:*",
            "a=range:npt=now-",
            f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
            f"b=AS:{stream.bitrate_kbps}",
            f"a=rtpmap:{PAYLOAD_TYPE} {encoding}/{CLOCK_HZ}",
            f"a=fmtp:{PAYLOAD_TYPE} {format_parameters(self._wire.described_sets, stream.codec)}",
            f"a=framerate:{float(stream.video.fps):g}",
            "a=recvonly",
            "a=control:trackID=0",
            *sound,
        )
        return "\r\n".join(lines) + "\r\n"

    def next_timestamp(self) -> int:
        """RTP time from which the next picture will count, for `RTP-Info`."""
        return self._timestamp(self.stream.next_number()) & 0xFFFFFFFF

    def _timestamp(self, number: int, shown: int = 0) -> int:
        return self._wire.timestamp(number, shown)

    def _send(self, unit: AccessUnit, number: int) -> None:
        packets = packetise(
            self._wire.nals(unit, number),
            self.stream.codec,
            sequence=self.sequence,
            timestamp=self._timestamp(number, unit.shown),
            ssrc=self.ssrc,
        )
        self.sequence = (self.sequence + len(packets)) & 0xFFFF
        self._packets += len(packets)
        self._octets += sum(len(packet) for packet in packets) - 16 * len(packets)
        report = self._due_report(number)
        pieces: dict[int, bytes] = {}
        for player in tuple(self.players):
            if player.is_waiting_for_key and not unit.is_key:
                continue
            player.is_waiting_for_key = False
            if player.rtp_channel not in pieces:
                pieces[player.rtp_channel] = on_channel(packets, player.rtp_channel)
            self._write(player, pieces[player.rtp_channel], report)

    def _due_report(self, number: int) -> SenderReport | None:
        now_s = time.monotonic()
        if now_s - self._reported_s < REPORT_EVERY_S:
            return None
        self._reported_s = now_s
        at_s = self.stream.time_of(number) + self._clock.offset_s
        return SenderReport(self.ssrc, at_s, self._timestamp(number), self._packets, self._octets)

    def _write(self, player: Player, media: bytes, report: SenderReport | None) -> None:
        if player.transport.get_write_buffer_size() > BACKLOG_MAX_BYTES:
            log.info("slow player cut off", extra={"action": "simulator.player_dropped"})
            self.dropped += 1
            self.remove(player)
            player.transport.abort()
            return
        if report is not None:
            media = report.framed(player.rtcp_channel) + media
        player.transport.write(media)
