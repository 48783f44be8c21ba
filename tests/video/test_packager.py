"""The packager's fragmented MP4, read back by FFmpeg: same pictures, same order, same times."""

import io
import subprocess
from fractions import Fraction

import av
import numpy as np
import pytest

from video.bitstream import find_parameter_sets, split_nals
from video.errors import ProtocolViolation
from video.packager import Packager
from video.rtspsource import AccessUnit
from video.sequence import read_sequence
from video.timeline import Timeline

FRAMES = 60
# Moving edges, so that the encoders really choose B-frames.
CODERS = {
    "h264-baseline": ("libx264", "h264", {"bf": "0", "preset": "ultrafast"}),
    "h264-b-frames": ("libx264", "h264", {"bf": "2", "b-adapt": "0", "b-pyramid": "none"}),
    "h264-b-pyramid": ("libx264", "h264", {"bf": "3", "b-adapt": "0", "b-pyramid": "normal"}),
    "h265-b-frames": ("libx265", "h265", {"x265-params": "log-level=none:bframes=3:b-adapt=0"}),
}


def encode(coder, width=320, height=180):
    """Return (presented, payload, is_key) of each access unit in decode order, Annex B."""
    name, _, options = CODERS[coder]
    encoder = av.CodecContext.create(name, "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.gop_size = Fraction(1, 25), Fraction(25), 25
    encoder.options = options
    packets = []
    for index in range(FRAMES):
        picture = np.zeros((height, width, 3), np.uint8)
        picture[:, (index * 5) % width :] = 200
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = index, Fraction(1, 25)
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return [(packet.pts * 3600, bytes(packet), packet.is_keyframe) for packet in packets]


def package(coder, units):
    packager = Packager(CODERS[coder][1])
    parts = []
    for presented, payload, is_key in units:
        init, fragment = packager.pack(AccessUnit(payload, presented, is_key, 0))
        parts += [one.payload for one in (init, fragment) if one is not None]
    return b"".join(parts), packager


@pytest.mark.parametrize("coder", CODERS)
def test_packaged_clip_holds_every_picture_at_its_time(coder, tmp_path):
    units = encode(coder)
    payload, _ = package(coder, units)
    if coder != "h264-baseline":
        assert [u[0] for u in units] != sorted(u[0] for u in units), "no B-frame was made"

    with av.open(io.BytesIO(payload)) as clip:
        shown = [frame.pts for frame in clip.decode(video=0)]
    assert len(shown) == FRAMES
    # 25 pictures a second on a 90 kHz clock are 3600 ticks apart.
    assert set(np.diff(shown)) == {3600}

    path = tmp_path / "clip.mp4"
    path.write_bytes(payload)
    check = subprocess.run(
        ["ffprobe", "-v", "warning", "-count_frames", "-show_entries",
         "stream=codec_tag_string,width,height,nb_read_frames", "-of", "csv=p=0", path],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    tag = "avc1" if CODERS[coder][1] == "h264" else "hvc1"
    assert check.stdout.strip() == f"{tag},320,180,{FRAMES}"
    assert check.stderr == ""


@pytest.mark.parametrize("coder", CODERS)
def test_decode_times_rise_by_one_frame_and_precede_presentation(coder):
    units = encode(coder)
    sets = find_parameter_sets(split_nals(units[0][1]), CODERS[coder][1])
    timeline = Timeline(read_sequence(sets).reorder_depth)
    times = [timeline.place(presented) for presented, _, _ in units]
    assert [time.decode for time in times] == [3600 * index for index in range(FRAMES)]
    assert min(time.offset for time in times) >= 0


@pytest.mark.parametrize(
    ("size", "coder"), [((320, 180), "h264-baseline"), ((1920, 1080), "h265-b-frames")]
)
def test_cropped_size_is_read_from_the_parameter_sets(size, coder, monkeypatch):
    # 180 and 1080 are no multiples of 16, so both streams state a crop.
    monkeypatch.setitem(globals(), "FRAMES", 2)
    units = encode(coder, *size)
    facts = read_sequence(find_parameter_sets(split_nals(units[0][1]), CODERS[coder][1]))
    assert (facts.width, facts.height) == size


def test_nothing_is_sent_before_a_key_frame():
    units = encode("h264-baseline")
    packager = Packager("h264")
    presented, payload, _ = units[1]
    assert packager.pack(AccessUnit(payload, presented, False, 0)) == (None, None)


def test_parameter_sets_of_the_session_description_suffice():
    units = encode("h264-baseline")
    sets = find_parameter_sets(split_nals(units[0][1]), "h264")
    packager = Packager("h264", sets.annex_b)
    picture = b"\0\0\0\1" + split_nals(units[0][1])[-1]
    init, fragment = packager.pack(AccessUnit(picture, 0, True, 7))
    assert init.mime.startswith('video/mp4; codecs="avc1.')
    assert fragment.received_ms == 7


def test_changed_parameter_sets_announce_a_new_beginning():
    packager = Packager("h264")
    for size in ((320, 180), (640, 360)):
        presented, payload, is_key = encode("h264-baseline", *size)[0]
        init, _ = packager.pack(AccessUnit(payload, presented, is_key, 0))
        assert (init.width, init.height) == size
    assert packager.pack(AccessUnit(payload, 3600, True, 0))[0] is None


@pytest.mark.fault
def test_cut_or_absurd_parameter_sets_are_refused_by_name():
    sps = split_nals(encode("h264-baseline")[0][1])
    sets = find_parameter_sets(sps, "h264")
    for length in range(4, 8):
        broken = b"\0\0\0\1" + sets.sps[:length] + b"\0\0\0\1" + sets.pps + b"\0\0\0\1\x65\x88"
        with pytest.raises(ProtocolViolation):
            Packager("h264").pack(AccessUnit(broken, 0, True, 0))


def test_clock_jump_of_the_device_joins_on_to_the_frame_before():
    timeline = Timeline(0)
    times = [timeline.place(at).decode for at in (90_000, 93_600, 10_000_000, 10_003_600)]
    assert times == [0, 3600, 7200, 10_800]
    assert timeline.place(5).decode == 14_400


def test_undeclared_reordering_still_gives_rising_decode_times():
    timeline = Timeline(None)
    shown = (0, 10_800, 3600, 7200, 21_600, 14_400, 18_000)
    times = [timeline.place(at) for at in shown]
    decodes = [time.decode for time in times]
    assert decodes == sorted(set(decodes))
    # What counts for the player: every picture is shown at its own time.
    assert [time.decode + time.offset for time in times] == list(shown)
