"""RTSP 1.0 server of the simulated cameras (RFC 2326), RTP interleaved on the TCP connection only.

Addresses are `rtsp://host:port/<device id>/main` and `/sub`. UDP transport is answered 461.
"""

import asyncio
import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from video.simulator.devices import Fault, SimulatedDevice
from video.simulator.digest import Verdict
from video.simulator.dripping import write_slowly
from video.simulator.oddities import Wire
from video.simulator.rtsp_replay import (
    REQUIREMENT,
    PlayOrder,
    ReplaySender,
    clock_text,
    described_range,
    order_of,
)
from video.simulator.rtsp_track import Player, Track
from video.simulator.sound import SoundTrack
from video.simulator.streams import ClipStream

log = logging.getLogger(__name__)

HEAD_MAX_BYTES = 16_384
METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER"
REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    459: "Aggregate Operation Not Allowed",
    457: "Invalid Range",
    461: "Unsupported Transport",
    505: "RTSP Version Not Supported",
    551: "Option not supported",
}


@dataclass(frozen=True, slots=True)
class RtspRequest:
    """A parsed request; header names in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]

    @property
    def path(self) -> tuple[str, ...]:
        """Parts of the path: device id, stream name, then `trackID=0` or nothing."""
        return tuple(part for part in urlsplit(self.url).path.split("/") if part)


@dataclass(frozen=True, slots=True)
class RtspReply:
    """A reply before CSeq and Session are added."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


@dataclass(slots=True, eq=False)
class _Session:
    """One connection: what it has set up."""

    writer: asyncio.StreamWriter
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    device: SimulatedDevice | None = None
    track: Track | None = None
    player: Player | None = None
    sound: SoundTrack | None = None
    listener: Player | None = None
    replay: ReplaySender | None = None
    order: PlayOrder | None = None

    def stop(self) -> None:
        if self.replay is not None:
            self.replay.stop()
        if self.track is not None and self.player is not None:
            self.track.remove(self.player)
        if self.sound is not None and self.listener is not None:
            self.sound.remove(self.listener)


class RtspServer:
    """All devices behind one port; `tracks` are shared by all connections."""

    def __init__(self, devices: Mapping[str, SimulatedDevice]) -> None:
        self._devices = devices
        self._sessions: set[_Session] = set()
        self.tracks = {
            (device_id, str(name)): Track(stream, device.clock, Wire(stream, device.spec.odds))
            for device_id, device in devices.items()
            for name, stream in device.streams.items()
        }
        for device_id, device in devices.items():
            if device.recorder is not None:
                clip = ClipStream(device.recorder.clip)
                self.tracks[device_id, "recording"] = Track(clip, device.clock)
        self.sounds = {
            device_id: SoundTrack(device.spec.sound)
            for device_id, device in devices.items()
            if device.spec.sound is not None
        }
        self.accepted = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends."""
        self.accepted += 1
        session = _Session(writer)
        self._sessions.add(session)
        try:
            while (request := await read_request(reader)) is not None:
                if not await self._answer(session, request):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            log.debug("connection ended", extra={"action": "simulator.rtsp_closed"})
        finally:
            session.stop()
            self._sessions.discard(session)
            writer.close()

    def cut(self, device_id: str | None = None) -> None:
        """Abort the connections of one device, or all."""
        for session in tuple(self._sessions):
            if device_id is None or (session.device and session.device.spec.id == device_id):
                session.stop()
                session.writer.transport.abort()

    async def _answer(self, session: _Session, request: RtspRequest) -> bool:
        """Reply to one request; False ends the connection."""
        device = self._devices.get(request.path[0]) if request.path else None
        session.device = device or session.device
        fault = device.fault if device else None
        if fault is Fault.DEAD:
            session.writer.transport.abort()
            return False
        if fault is Fault.HANG:
            return True
        reply = self._reply(session, request)
        text = _rendered(reply, request, session)
        if fault is Fault.DRIP:
            await write_slowly(session.writer, text)
        else:
            session.writer.write(text)
        # Media may follow the reply to PLAY, never overtake it.
        if request.method == "PLAY" and reply.status == 200:
            _start(session)
        return request.method != "TEARDOWN"

    def _reply(self, session: _Session, request: RtspRequest) -> RtspReply:
        if request.method == "OPTIONS":
            return RtspReply(headers=(("Public", METHODS),))
        device = self._devices.get(request.path[0]) if request.path else None
        track = self.tracks.get((request.path[0], request.path[1])) if request.path[1:] else None
        if device is None or track is None:
            return RtspReply(404)
        gate = device.rtsp_gate
        verdict = gate.judge(request.headers.get("authorization"), request.method, request.url)
        if verdict is not Verdict.ACCEPTED:
            challenges = gate.challenges(is_stale=verdict is Verdict.STALE)
            return RtspReply(401, tuple(("WWW-Authenticate", value) for value in challenges))
        if REQUIREMENT in request.headers.get("require", "") and device.spec.recorder != "onvif":
            return RtspReply(551, (("Unsupported", REQUIREMENT),))
        session.sound = self.sounds.get(device.spec.id)
        return _perform(session, request, device, track)


def _perform(
    session: _Session, request: RtspRequest, device: SimulatedDevice, track: Track
) -> RtspReply:
    """An authorised request, by its method."""
    match request.method:
        case "DESCRIBE":
            return _describe(session, request, device, track)
        case "SETUP":
            return _set_up(session, request, track)
        case "PLAY":
            return _play(session, request, device)
        case "PAUSE" | "TEARDOWN":
            session.stop()
            return RtspReply(200 if session.player else 455)
        case "GET_PARAMETER":
            return RtspReply(200)
    return RtspReply(405, (("Allow", METHODS),))


def _describe(
    session: _Session, request: RtspRequest, device: SimulatedDevice, track: Track
) -> RtspReply:
    host = session.writer.get_extra_info("sockname")[0]
    base = request.url.rstrip("/") + "/"
    headers = (("Content-Base", base), ("Content-Type", "application/sdp"))
    sound = session.sound.describe() if session.sound is not None else ()
    description = track.describe(session=device.spec.id, host=host, sound=sound)
    if device.recorder is not None:
        covers = described_range(device, device.recorder)
        description = description.replace("a=range:npt=now-", f"a=range:{covers}")
    return RtspReply(200, headers, description)


def _set_up(session: _Session, request: RtspRequest, track: Track) -> RtspReply:
    wishes = request.headers.get("transport", "").split(",")
    wish = next((wish for wish in wishes if "TCP" in wish and "unicast" in wish), None)
    wish = wish or next((wish for wish in wishes if "RTP/AVP/TCP" in wish), None)
    if wish is None:
        return RtspReply(461)
    named = re.search(r"interleaved=(\d+)-(\d+)", wish)
    rtp, rtcp = (int(named[1]), int(named[2])) if named else (0, 1)
    if max(rtp, rtcp) > 255:
        return RtspReply(461)
    if session.sound is not None and request.path[-1] == "trackID=1":
        session.listener = Player(session.writer.transport, rtp, rtcp, is_waiting_for_key=False)
        return RtspReply(200, (("Transport", f"RTP/AVP/TCP;unicast;interleaved={rtp}-{rtcp}"),))
    if session.player is not None:
        return RtspReply(459)
    session.track = track
    session.player = Player(session.writer.transport, rtp, rtcp, is_waiting_for_key=True)
    chosen = f"RTP/AVP/TCP;unicast;interleaved={rtp}-{rtcp};ssrc={track.ssrc:08X}"
    return RtspReply(200, (("Transport", chosen),))


def _play(session: _Session, request: RtspRequest, device: SimulatedDevice) -> RtspReply:
    if session.player is None or session.track is None:
        return RtspReply(455)
    if request.headers.get("session", "").split(";")[0] != session.token:
        return RtspReply(454)
    if device.recorder is not None and request.headers.get("range", "").startswith("clock="):
        return _play_recording(session, request, device)
    track = session.track
    url = f"{request.url.rstrip('/')}/trackID=0"
    where = f"url={url};seq={track.sequence};rtptime={track.next_timestamp()}"
    return RtspReply(200, (("Range", "npt=now-"), ("RTP-Info", where)))


def _play_recording(session: _Session, request: RtspRequest, device: SimulatedDevice) -> RtspReply:
    order = order_of(device, request.headers)
    player = session.player
    if order is None or device.recorder is None or player is None:
        return RtspReply(457)
    first = next(device.recorder.play(order.from_s, order.to_s), None)
    if first is None:
        return RtspReply(457)
    if session.replay is None:
        heard = None if session.listener is None else session.listener.rtp_channel
        channels = player.rtp_channel, heard
        session.replay = ReplaySender(device, device.recorder, session.writer, channels)
    session.order = order
    begins = clock_text(first.at_s + device.clock.offset_s)
    return RtspReply(200, (("Range", f"clock={begins}-"),))


def _start(session: _Session) -> None:
    if session.replay is not None and session.order is not None:
        session.replay.start(session.order)
        return
    player, track = session.player, session.track
    if player is None or track is None or player in track.players:
        return
    joins_at_once = session.device is not None and session.device.spec.join == "at_once"
    player.is_waiting_for_key = not joins_at_once
    track.add(player)
    if session.sound is not None and session.listener is not None:
        session.sound.add(session.listener)


def _rendered(reply: RtspReply, request: RtspRequest, session: _Session) -> bytes:
    lines = [
        f"RTSP/1.0 {reply.status} {REASONS[reply.status]}",
        f"CSeq: {request.headers.get('cseq', '0')}",
        "Server: gridlink-simulator",
        *(f"{name}: {value}" for name, value in reply.headers),
    ]
    if (session.player or session.listener) and reply.status == 200:
        lines.append(f"Session: {session.token};timeout=60")
    if reply.body:
        lines.append(f"Content-Length: {len(reply.body.encode())}")
    return ("\r\n".join(lines) + "\r\n\r\n" + reply.body).encode()


async def read_request(reader: asyncio.StreamReader) -> RtspRequest | None:
    """The next request on the connection, None at its end or at anything that is not RTSP.

    Interleaved packets of the client (receiver reports) are read and dropped.
    """
    while (first := await reader.read(1)) == b"$":
        head = await reader.readexactly(3)
        await reader.readexactly(int.from_bytes(head[1:], "big"))
    if not first:
        return None
    lines = (first + await reader.readuntil(b"\r\n\r\n")).decode("utf-8", "replace").split("\r\n")
    start = lines[0].split(" ")
    if len(start) != 3 or not start[2].startswith("RTSP/1."):
        return None
    pairs = (line.partition(":") for line in lines[1:] if ":" in line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > HEAD_MAX_BYTES:
        return None
    await reader.readexactly(int(length))
    return RtspRequest(start[0], start[1], headers)
