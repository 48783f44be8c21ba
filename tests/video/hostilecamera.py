"""A camera that means harm: RTSP as it should be up to PLAY, then whatever a script sends."""

import asyncio
import struct
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import count

from tests.video.hostilepictures import claiming, nals_of, ue, unit
from video.simulator.rtp import packetise

SPS, PPS, KEY = nals_of(claiming(320, 192))
P_SLICE = unit(0x41, ue(0) + ue(5) + ue(0) + "0001" + "00" + "0" + ue(4) * 20)[4:]
Packets = Callable[[], AsyncIterator[bytes]]


def packets(nals: list[bytes], sequence: int, ticks: int) -> bytes:
    run = packetise(nals, "h264", sequence=sequence & 0xFFFF, timestamp=ticks & 0xFFFFFFFF, ssrc=7)
    return b"".join(run)


async def a_million_pictures_a_second() -> AsyncIterator[bytes]:
    """As fast as they are taken; the times say a million a second."""
    yield packets([SPS, PPS, KEY], 0, 0)
    for first in count(1, 50):
        yield b"".join(packets([P_SLICE], n, n * 90 // 1000) for n in range(first, first + 50))


async def a_picture_without_end() -> AsyncIterator[bytes]:
    """Fragments of one picture, for ever."""
    yield packets([SPS, PPS, KEY], 0, 0)
    head = bytes([0x7C, 0x05])
    yield _framed(b"\x7c\x85" + b"\x55" * 1200, 1)
    for first in count(2, 50):
        yield b"".join(_framed(head + b"\x55" * 1200, n) for n in range(first, first + 50))


async def sixteen_thousand_squared() -> AsyncIterator[bytes]:
    """Key pictures of a few bytes that claim 16,000 by 16,000."""
    for number in count():
        yield packets(nals_of(claiming(16_000, 16_000)), number * 3, number * 7200)
        await asyncio.sleep(0.08)


def _framed(payload: bytes, sequence: int) -> bytes:
    head = struct.pack(">BBHII", 0x80, 96, sequence & 0xFFFF, 3600, 7)
    return struct.pack(">cBH", b"$", 0, len(head) + len(payload)) + head + payload


@asynccontextmanager
async def hostile_camera(
    script: Packets | None, *, answers: dict[str, bytes] | None = None
) -> AsyncIterator[str]:
    """Give the address of a camera that plays a script; `answers` go out for ever instead."""
    ends: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.add(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                request = (await reader.readuntil(b"\r\n\r\n")).decode()
                method = request.split()[0]
                if answers and method in answers:
                    await _without_end(writer, answers[method])
                writer.write(_answer(request, method))
                await writer.drain()
                if method == "PLAY" and script is not None:
                    async for payload in script():
                        writer.write(payload)
                        await writer.drain()
        writer.transport.abort()  # what is still to be sent would keep it open

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"rtsp://127.0.0.1:{server.sockets[0].getsockname()[1]}/live"
    finally:
        server.close()
        for task in ends:
            task.cancel()
        await asyncio.gather(*ends, return_exceptions=True)


async def _without_end(writer: asyncio.StreamWriter, piece: bytes) -> None:
    writer.write(b"RTSP/1.0 200 OK\r\n")
    while True:
        writer.write(piece)
        await writer.drain()


def _answer(request: str, method: str) -> bytes:
    number = next(line for line in request.split("\r\n") if line.lower().startswith("cseq"))
    lines, body = ["RTSP/1.0 200 OK", number], ""
    if method == "OPTIONS":
        lines.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
    if method == "DESCRIBE":
        sets = ",".join(b64encode(nal).decode() for nal in (SPS, PPS))
        body = "\r\n".join(
            [
                "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=x", "t=0 0",
                "m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000",
                f"a=fmtp:96 packetization-mode=1; sprop-parameter-sets={sets}",
                "a=control:trackID=0", "",
            ]
        )  # fmt: skip
        lines += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
    if method == "SETUP":
        lines += ["Session: 7;timeout=60", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
