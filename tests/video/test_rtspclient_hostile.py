"""The replay client against devices that say anything: our errors, in time, and nothing leaks."""

import asyncio
import random
import time
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from video.addresses import AddressPolicy
from video.credentials import Credentials
from video.errors import AddressRefused, CredentialsRejected, DeviceError, Unsupported
from video.replay_source import ReplayTarget, recorded_pictures
from video.rtspclient import RtspTiming
from video.rtspclient_sdp import parse_clock, parse_description

POLICY = AddressPolicy.of("127.0.0.0/8")
QUICK = RtspTiming(request_s=1.0, silence_s=1.0)
AT = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\na=range:clock=20261122T060000Z-\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n"
)


def ok(request: bytes, body: str = "", *headers: str, status: str = "200 OK") -> bytes:
    cseq = request.split(b"CSeq: ")[1].split(b"\r\n")[0].decode()
    lines = [f"RTSP/1.0 {status}", f"CSeq: {cseq}", *headers]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def well(request: bytes) -> bytes:
    """What a good device answers."""
    method = request.split(b" ")[0]
    if method == b"RTSP/1.0":  # the client's answer to a question of ours
        return b""
    if method == b"DESCRIBE":
        return ok(request, SDP)
    if method == b"SETUP":
        return ok(request, "", "Session: 7;timeout=60")
    return ok(request, "", "Range: clock=20261122T070000Z-")


async def play(script, *, credentials=Credentials()):  # noqa: B008
    """Play from a device whose answers `script` writes; return the requests it was sent."""
    heard: list[bytes] = []
    over = asyncio.Event()

    async def serve(reader, writer) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                heard.append(request)
                answer = script(request)
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            over.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = f"rtsp://127.0.0.1:{port}/recording"
    target = ReplayTarget(url, POLICY, credentials)
    pictures = recorded_pictures(target, AT, AT + timedelta(minutes=1), timing=QUICK)
    try:
        async with aclosing(pictures):
            async for _ in pictures:
                pass
    finally:
        server.close()
    await asyncio.wait_for(over.wait(), 10)
    return heard


def at_step(step: bytes, answer):
    """A good device up to one request, which it answers otherwise."""

    def script(request: bytes):
        if request.startswith(step):
            return answer(request) if callable(answer) else answer
        return well(request)

    return script


BAD = {
    "html": at_step(b"DESCRIBE", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<p/>"),
    "noise": at_step(b"DESCRIBE", random.Random(1).randbytes(400) + b"\r\n\r\n"),
    "nothing": at_step(b"DESCRIBE", b""),
    "hang up": at_step(b"DESCRIBE", None),
    "endless head": at_step(b"DESCRIBE", b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * 40_000),
    "huge body": at_step(
        b"DESCRIBE", lambda r: ok(r).replace(b"\r\n\r\n", b"\r\nContent-Length: 9999999\r\n\r\n")
    ),
    "negative body": at_step(
        b"DESCRIBE", lambda r: ok(r).replace(b"\r\n\r\n", b"\r\nContent-Length: -1\r\n\r\n")
    ),
    "short body": at_step(
        b"DESCRIBE", lambda r: ok(r).replace(b"\r\n\r\n", b"\r\nContent-Length: 99\r\n\r\nv=0")
    ),
    "other sequence": at_step(b"DESCRIBE", b"RTSP/1.0 200 OK\r\nCSeq: 99\r\n\r\n"),
    "no status": at_step(b"DESCRIBE", b"RTSP/1.0 OK\r\nCSeq: 1\r\n\r\n"),
    "not a description": at_step(b"DESCRIBE", lambda r: ok(r, "<html>login</html>")),
    "sound alone": at_step(
        b"DESCRIBE", lambda r: ok(r, "v=0\r\nm=audio 0 RTP/AVP 0\r\na=control:a\r\n")
    ),
    "motion jpeg": at_step(
        b"DESCRIBE", lambda r: ok(r, SDP.replace("H264", "JPEG"))
    ),
    "blank in control": at_step(
        b"DESCRIBE", lambda r: ok(r, SDP.replace("track1", "a\tb"))
    ),
    "not found": at_step(b"DESCRIBE", lambda r: ok(r, status="404 Not Found")),
    "no session": at_step(b"SETUP", ok),
    "long session": at_step(b"SETUP", lambda r: ok(r, "", "Session: " + "x" * 900)),
    "UDP alone": at_step(b"SETUP", lambda r: ok(r, status="461 Unsupported Transport")),
    "media without end": at_step(b"PLAY", b"$\0\xff\xff" + bytes(65535)) ,
    "not RTP": at_step(b"PLAY", lambda r: well(r) + b"$\0\0\x04abcd"),
    "garbage after play": at_step(b"PLAY", lambda r: well(r) + b"\xff" * 300),
    "silence after play": at_step(b"PLAY", well),
    "impossible instant": at_step(
        b"PLAY",
        lambda r: well(r) + b"".join(
            b"$\0\0\x1e\x90\x60\0" + bytes([n]) + bytes([0, 0, n, 0]) + bytes(4)
            + b"\xab\xac\0\x03" + bytes(12) + b"\x65\x88"
            for n in range(3)
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_whatever_a_device_says_ends_in_an_error_of_ours_in_time(name: str) -> None:
    async def scenario() -> None:
        before = len(asyncio.all_tasks())
        began = time.monotonic()
        with pytest.raises(DeviceError):
            await play(BAD[name])
        # One request's patience, or the silence after PLAY; the rest is this machine's load.
        assert time.monotonic() - began < 6
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) <= before + 1  # the server's own last connection

    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_a_redirect_is_refused_and_an_address_elsewhere_is_not_followed() -> None:
    async def scenario() -> None:
        moved = at_step(
            b"DESCRIBE",
            lambda r: ok(r, "", "Location: rtsp://10.9.9.9/x", status="302 Moved Temporarily"),
        )
        with pytest.raises(AddressRefused):
            await play(moved)
        heard: list[bytes] = []

        def elsewhere(request: bytes) -> bytes | None:
            heard.append(request)
            if request.startswith(b"DESCRIBE"):
                sdp = SDP.replace("track1", "rtsp://10.9.9.9:99/evil/track1")
                return ok(request, sdp, "Content-Base: rtsp://10.9.9.9/base/")
            return None if request.startswith(b"PLAY") else well(request)

        with pytest.raises(DeviceError):
            await play(elsewhere)
        asked = [line.split(b" ")[1] for line in heard if line.startswith((b"SETUP", b"PLAY"))]
        assert len(asked) == 2
        assert all(url.startswith(b"rtsp://127.0.0.1:") for url in asked)
        assert asked[0].endswith(b"/evil/track1")

    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_one_login_is_spent_and_no_error_holds_it() -> None:
    async def scenario() -> None:
        refusals = 0

        def guarded(request: bytes) -> bytes:
            nonlocal refusals
            refusals += b"Authorization" in request
            challenge = 'WWW-Authenticate: Digest realm="x", nonce="1"'
            return ok(request, "", challenge, status="401 Unauthorized")

        with pytest.raises(CredentialsRejected) as caught:
            await play(guarded, credentials=Credentials("admin", "s3cr/et@x"))
        assert refusals == 1
        assert "s3cr" not in str(caught.value) + repr(caught.value)

    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_a_device_that_knows_no_replay_says_so() -> None:
    async def scenario() -> None:
        for step, status in ((b"DESCRIBE", "551 Option not supported"), (b"PLAY", "457 Range")):
            with pytest.raises(Unsupported):
                await play(at_step(step, lambda r, s=status: ok(r, status=s)))

    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_questions_of_the_device_and_its_reports_do_not_disturb() -> None:
    async def scenario() -> None:
        asked = b"OPTIONS * RTSP/1.0\r\nCSeq: 5\r\n\r\n"
        report = b"$\x01\0\x08\x80\xc8\0\x01abcd"
        goodbye = b"$\x01\0\x08\x81\xcb\0\x01abcd"
        polite = at_step(b"PLAY", lambda r: asked + report + b"\r\n" + well(r) + asked + goodbye)
        heard = await play(polite)
        assert sum(line.startswith(b"RTSP/1.0 200") for line in heard) == 2
        assert heard[-1].startswith(b"TEARDOWN")

    asyncio.run(asyncio.wait_for(scenario(), 30))


@pytest.mark.parametrize("seed", range(200))
def test_spoilt_descriptions_give_a_track_or_an_error_of_ours(seed: int) -> None:
    draw = random.Random(seed)
    text = list(SDP + "a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0IAKeNQ,aM48gA==\r\n")
    for _ in range(draw.randint(1, 30)):
        text[draw.randrange(len(text))] = chr(draw.choice([0, 10, 45, 58, 61, 255, 0x4E2D]))
    try:
        track = parse_description("".join(text))
    except DeviceError:
        return
    assert track.codec in ("h264", "h265") and 0 < track.clock_hz <= 1_000_000


@pytest.mark.parametrize(
    "text,start,end",
    [
        ("clock=20261122T073000Z-20261122T080000.5Z", "07:30:00", "08:00:00.500000"),
        ("clock=20261122T073000.25Z-", "07:30:00.250000", None),
        ("clock = 20261122T073000Z - ;time=x", "07:30:00", None),
    ],
)
def test_ranges_of_the_clock_are_read(text: str, start: str, end: str | None) -> None:
    told = parse_clock(text)
    assert told is not None
    assert told[0].time().isoformat() == start
    assert (told[1].time().isoformat() if told[1] else None) == end


@pytest.mark.parametrize("text", ["", "npt=0-", "clock=-", "clock=20261322T073000Z-", "clock=now-"])
def test_other_ranges_are_none(text: str) -> None:
    assert parse_clock(text) is None
