"""Pictures put together from RTP: whatever way a camera cuts them, what FFmpeg reads comes out."""

import random
import struct
from itertools import pairwise

import av
import pytest

from video.bitstream import is_key, split_nals
from video.errors import ProtocolViolation
from video.rtspclient_depacket import LARGEST_PICTURE, Depacketiser
from video.rtspclient_rtp import RtpPacket, parse_packet
from video.simulator.clips import ClipRecipe, make_clip

RECIPES = {
    "h264": ClipRecipe("h264", 320, 192, gop=10, seconds=1, bitrate_kbps=600),
    "h265": ClipRecipe("h265", 320, 192, gop=10, seconds=1, bitrate_kbps=600),
}


@pytest.fixture(scope="module", params=["h264", "h265"])
def pictures(request, tmp_path_factory) -> tuple[str, list[tuple[bytes, ...]]]:
    """The access units of a clip as FFmpeg's own demuxer and filter give them."""
    codec = request.param
    path = make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", RECIPES[codec])
    name = "h264" if codec == "h264" else "hevc"
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        to_annex_b = av.bitstream.BitStreamFilterContext(f"{name}_mp4toannexb", stream)
        units = [
            tuple(split_nals(bytes(out)))
            for packet in container.demux(stream)
            if packet.size
            for out in to_annex_b.filter(packet)
        ]
    assert len(units) >= 20
    return codec, units


def cut(nals: tuple[bytes, ...], codec: str, draw: random.Random) -> list[bytes]:
    """RTP payloads of one picture: single units, fragments of any size, small ones aggregated."""
    payloads: list[bytes] = []
    waiting: list[bytes] = []

    def aggregate() -> None:
        if len(waiting) > 1:
            head = bytes([24]) if codec == "h264" else bytes([48 << 1, 1])
            payloads.append(head + b"".join(struct.pack(">H", len(n)) + n for n in waiting))
        else:
            payloads.extend(waiting)
        waiting.clear()

    for nal in nals:
        if len(nal) < 400 and draw.random() < 0.6:
            waiting.append(nal)
            continue
        aggregate()
        if len(nal) < 60 or (len(nal) < 1500 and draw.random() < 0.5):
            payloads.append(nal)
            continue
        if codec == "h264":
            head, kind, body = bytes([nal[0] & 0xE0 | 28]), nal[0] & 0x1F, nal[1:]
        else:
            head = bytes([nal[0] & 0x81 | 49 << 1, nal[1]])
            kind, body = nal[0] >> 1 & 0x3F, nal[2:]
        room = draw.randint(20, 1400)
        pieces = [body[i : i + room] for i in range(0, len(body), room)]
        pieces = pieces if len(pieces) > 1 else [body[:10], body[10:]]
        for index, piece in enumerate(pieces):
            edge = 0x80 * (index == 0) | 0x40 * (index == len(pieces) - 1)
            payloads.append(head + bytes([edge | kind]) + piece)
    aggregate()
    return payloads


def packets_of(units, codec, draw, marker):
    sequence, timestamp = draw.getrandbits(16), draw.getrandbits(32)
    for nals in units:
        payloads = cut(nals, codec, draw)
        for index, payload in enumerate(payloads):
            is_last = index == len(payloads) - 1
            marked = {"last": is_last, "never": False, "always": True}[marker]
            yield RtpPacket(96, sequence, timestamp, 7, marked, payload)
            sequence = (sequence + 1) & 0xFFFF
        timestamp = (timestamp + 3600) & 0xFFFFFFFF


@pytest.mark.parametrize("marker", ["last", "never", "always"])
def test_any_cut_gives_the_pictures_ffmpeg_reads(pictures, marker) -> None:
    codec, units = pictures
    for seed in range(25):
        draw = random.Random(seed)
        depacketiser = Depacketiser(codec)
        got = []
        for packet in packets_of(units, codec, draw, marker):
            got += depacketiser.feed(packet)
        got += depacketiser.flush()
        assert [picture.nals for picture in got] == units
        assert [picture.is_key for picture in got] == [is_key([*u], codec) for u in units]
        # 25 pictures a second in 90 kHz, through the wrap of 32 bits where a seed starts near it.
        assert {b.ticks - a.ticks for a, b in pairwise(got)} == {3600}
        assert not any(picture.follows_loss for picture in got)


def test_parameter_sets_with_a_time_of_their_own_belong_to_the_next_picture(pictures) -> None:
    codec, units = pictures
    if codec != "h264":
        pytest.skip("one codec is enough")
    sets = [nal for nal in units[0] if nal[0] & 0x1F in (7, 8)]
    rest = [nal for nal in units[0] if nal[0] & 0x1F not in (7, 8)]
    depacketiser, sequence, got = Depacketiser(codec), 0, []
    for timestamp, nals in ((0, sets), (3600, rest), (7200, units[1])):
        for nal in nals:
            for payload in cut((nal,), codec, random.Random(1)):
                got += depacketiser.feed(RtpPacket(96, sequence, timestamp, 7, True, payload))
                sequence += 1
    got += depacketiser.flush()
    assert [picture.nals for picture in got] == [(*sets, *rest), units[1]]
    assert got[0].ticks == 3600


def test_lost_packet_is_told_at_the_picture_it_hurt(pictures) -> None:
    codec, units = pictures
    packets = list(packets_of(units[:6], codec, random.Random(3), "last"))
    third = next(i for i, p in enumerate(packets) if p.timestamp == (packets[0].timestamp + 7200))
    del packets[third]
    depacketiser, got = Depacketiser(codec), []
    for packet in packets:
        got += depacketiser.feed(packet)
    got += depacketiser.flush()
    assert any(picture.follows_loss for picture in got)
    assert got[0].nals == units[0] and not got[0].follows_loss


def test_noise_gives_errors_of_ours_or_nothing(pictures) -> None:
    codec, _ = pictures
    for seed in range(3000):
        draw = random.Random(seed)
        depacketiser = Depacketiser(codec)
        for _ in range(8):
            try:
                packet = parse_packet(bytes([0x80 | draw.getrandbits(6)]) + draw.randbytes(60))
                for picture in depacketiser.feed(packet):
                    assert all(picture.nals)
            except ProtocolViolation:
                pass


def test_picture_without_end_is_refused(pictures) -> None:
    codec, _ = pictures
    depacketiser = Depacketiser(codec)
    payload = b"\x41" + bytes(60_000)
    with pytest.raises(ProtocolViolation, match="8 MiB"):
        for sequence in range(LARGEST_PICTURE // 60_000 + 2):
            depacketiser.feed(RtpPacket(96, sequence, 0, 7, False, payload))


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x80\x60",
        b"\x40" + bytes(20),
        b"\x8f" + bytes(11),
        b"\x90\x60" + bytes(10) + b"\xab\xac\xff\xff",
        b"\xa0\x60" + bytes(10) + b"\xff",
    ],
)
def test_short_or_foreign_packets_are_refused(packet) -> None:
    with pytest.raises(ProtocolViolation):
        parse_packet(packet)


def test_replay_extension_gives_the_instant() -> None:
    # 2026-11-22T08:00:00.25Z is 1795334400.25 s since 1970, 4004323200.25 since 1900.
    extension = struct.pack(">HHIIBBH", 0xABAC, 3, 4004323200, 1 << 30, 0xA0, 5, 0)
    packet = parse_packet(b"\x90\x60\x00\x01" + bytes(8) + extension + b"\x65\x88")
    mark = packet.mark
    assert mark is not None
    assert mark.at_ns == 1_795_334_400_250_000_000
    assert (mark.is_clean_point, mark.is_end, mark.is_discontinuous, mark.play) == (1, 0, 1, 5)
    assert packet.payload == b"\x65\x88"
