"""Barcode, scene, head and packetiser of the simulated cameras: no sockets."""

from fractions import Fraction

import av
import numpy as np
import pytest

from video.simulator.access_units import split_annex_b
from video.simulator.barcode import block_of_column, draw_code, encode_blocks, read_code
from video.simulator.clips import ClipRecipe, cached_clip, load_clip
from video.simulator.encoder import LiveEncoder, VideoFormat, live_parameter_sets
from video.simulator.ptz import Position, PtzHead
from video.simulator.rtp import SenderReport, on_channel, packetise, payloads
from video.simulator.scenes import Scene, look_of, read_clock

# 2026-11-21 22:00:00.125 UTC
MOMENT_MS = 1_795_298_400_125
SUB = VideoFormat(640, 360, Fraction(25, 2), 13)


def strip_of(value: int, width: int = 640, height: int = 360) -> np.ndarray:
    luma = np.full((height, width), 90, np.uint8)
    draw_code(luma, value, block_of_column(width))
    return luma


def test_blocks_of_six_are_written_as_the_layout_says() -> None:
    # 6 = 110b in 41 bits; 6 mod 7 = 6 = 110b; guards 10 in front, 01 behind.
    expected = "10" + "0" * 38 + "110" + "110" + "01"
    assert "".join("1" if block else "0" for block in encode_blocks(6)) == expected


@pytest.mark.parametrize("width,height", [(640, 360), (1280, 720), (352, 288)])
def test_number_is_read_back_at_any_size(width: int, height: int) -> None:
    assert read_code(strip_of(MOMENT_MS, width, height)) == MOMENT_MS


def test_every_single_wrong_block_is_noticed() -> None:
    clean = strip_of(MOMENT_MS)
    owners = block_of_column(640)
    for block in range(48):
        damaged = clean.copy()
        columns = damaged[-24:, owners == block]
        damaged[-24:, owners == block] = 235 + 16 - columns
        assert read_code(damaged) is None, block


def test_picture_without_strip_has_no_clock() -> None:
    assert read_clock(np.full((360, 640, 3), 128, np.uint8)) is None


def test_frame_number_is_not_taken_for_a_clock() -> None:
    assert read_clock(strip_of(99)) is None


def test_value_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="value="):
        encode_blocks(1 << 41)


def test_clock_survives_live_encoding() -> None:
    scene = Scene("云溪县 01", look_of("cam-001"))
    encoder = LiveEncoder(SUB)
    decoder = av.CodecContext.create("h264", "r")
    read = []
    for step in range(26):
        clock_s = (MOMENT_MS + 80 * step) / 1000
        frame = scene.render(loop_s=step / 12.5, code=MOMENT_MS + 80 * step, clock_s=clock_s)
        unit = encoder.encode(frame)
        packet = av.Packet(b"".join(b"\0\0\0\1" + nal for nal in unit.nals))
        read += [read_clock(shown.to_ndarray(format="rgb24")) for shown in decoder.decode(packet)]
    read += [read_clock(shown.to_ndarray(format="rgb24")) for shown in decoder.decode(None)]
    assert read == [MOMENT_MS + 80 * step for step in range(26)]


def test_neighbouring_cameras_look_different() -> None:
    pictures = [
        Scene("x", look_of(camera, "street"))
        .render(loop_s=0, code=0, clock_s=None)
        .to_ndarray(format="gray")
        for camera in ("cam-001", "cam-002")
    ]
    # Two noisy encodings of one view differ by 2-3 grey levels; other views by far more.
    assert np.abs(pictures[0].astype(int) - pictures[1]).mean() > 10


def test_keys_come_every_group_and_on_request() -> None:
    scene = Scene("x", look_of("cam-001"))
    encoder = LiveEncoder(SUB)
    keys = [
        encoder.encode(scene.render(loop_s=step, code=step, clock_s=None), is_key=step == 5).is_key
        for step in range(19)
    ]
    # Group of 13: 0, the forced one at 5, then 5 + 13 = 18.
    assert [step for step, is_key in enumerate(keys) if is_key] == [0, 5, 18]


def test_announced_parameter_sets_are_those_sent() -> None:
    scene = Scene("x", look_of("cam-001"))
    unit = LiveEncoder(SUB).encode(scene.render(loop_s=0, code=0, clock_s=None))
    assert [nal for nal in unit.nals if nal[0] & 0x1F in (7, 8)] == list(live_parameter_sets(SUB))


def test_head_travels_in_a_straight_line_and_stops_at_its_target() -> None:
    head = PtzHead()
    head.move_to(Position(1.0, -0.25, 0.0), 100.0)
    # One unit a second: after 0.5 s half way in pan, tilt (a quarter) has arrived.
    assert head.position(100.5) == Position(0.5, -0.25, 0.0)
    assert head.is_moving(100.5)
    assert head.position(103.0) == Position(1.0, -0.25, 0.0)
    assert not head.is_moving(103.0)


def test_continuous_move_ends_at_its_time_out() -> None:
    head = PtzHead()
    head.move_on(Position(pan=-0.5), 10.0, timeout_s=1.0)
    assert head.position(20.0) == Position(pan=-0.5)


def test_long_unit_is_cut_into_fragments_that_join_again() -> None:
    nal = bytes([0x65]) + bytes(range(256)) * 20
    parts = list(payloads(nal, "h264"))
    # FU indicator: importance bits of 0x65 (0x60) with type 28; FU header: type 5 with S and E.
    assert [part[0] for part in parts] == [0x7C] * len(parts)
    assert [part[1] for part in parts] == [0x85, 0x05, 0x05, 0x45]
    assert b"".join(part[2:] for part in parts) == nal[1:]


def test_h265_fragments_keep_layer_and_type() -> None:
    nal = bytes([19 << 1, 1]) + b"\x55" * 3000
    parts = list(payloads(nal, "h265"))
    # Payload header of type 49; FU header: type 19 with S, none, E.
    assert [part[:3] for part in parts] == [
        bytes([49 << 1, 1, 0x80 | 19]),
        bytes([49 << 1, 1, 19]),
        bytes([49 << 1, 1, 0x40 | 19]),
    ]
    assert b"".join(part[3:] for part in parts) == nal[2:]


def test_marker_is_on_the_last_packet_and_numbers_wrap() -> None:
    packets = packetise([b"\x67abc", b"\x65def"], "h264", sequence=65535, timestamp=7, ssrc=9)
    # $, channel, length 16, version 2, marker and type 96, sequence, time, source, payload.
    assert packets[0] == bytes.fromhex("24000010 8060ffff 00000007 00000009") + b"\x67abc"
    assert packets[1] == bytes.fromhex("24000010 80e00000 00000007 00000009") + b"\x65def"
    assert on_channel(packets, 4)[:2] == b"\x24\x04"


def test_sender_report_carries_ntp_time() -> None:
    report = SenderReport(ssrc=9, at_s=1_000_000_000.5, timestamp=7, packets=3, octets=99)
    body = report.framed(1)[4:]
    # NTP counts from 1900: 1,000,000,000 + 2,208,988,800 = 3,208,988,800; half a second is 2**31.
    assert int.from_bytes(body[8:12], "big") == 3_208_988_800
    assert int.from_bytes(body[12:16], "big") == 1 << 31
    assert body[1] == 200 and len(report.framed(1)) % 4 == 0


def test_annex_b_is_split_at_short_and_long_start_codes() -> None:
    stream = b"\0\0\0\1\x67aa\0\0\1\x68b\0\0\0\1\x65c\0\0\3\1d"
    assert split_annex_b(stream) == (b"\x67aa", b"\x68b", b"\x65c\0\0\3\1d")


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_clip_carries_its_frame_numbers(codec: str, tmp_path) -> None:
    path = cached_clip(tmp_path, ClipRecipe(codec, 640, 360, Fraction(25), gop=10, seconds=1))
    with av.open(str(path)) as container:
        shown = [read_code(f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]
    # 25 pictures hold two whole groups of 10.
    assert shown == list(range(20))
    clip = load_clip(path)
    assert [unit.is_key for unit in clip.units] == [n % 10 == 0 for n in range(20)]
    assert len(clip.parameter_sets) == (2 if codec == "h264" else 3)
