"""Which profile is pulled: the first rungs of the H.265 ladder."""

import pytest

from video.errors import CodecUnplayable
from video.profiles import Profile, choose_profile

AVC, BOTH = frozenset({"avc1"}), frozenset({"avc1", "hvc1"})


def profile(token: str, codec: str, width: int, height: int) -> Profile:
    return Profile(token, token, codec, width, height, stream_url=f"rtsp://10.0.0.1/{token}")


MAIN_265 = profile("main265", "h265", 1920, 1080)
MAIN_264 = profile("main264", "h264", 1920, 1080)
SUB_264 = profile("sub264", "h264", 640, 360)
SUB_265 = profile("sub265", "h265", 640, 360)
JPEG = profile("jpeg", "mjpeg", 640, 480)


@pytest.mark.parametrize(
    ("offered", "want", "codecs", "chosen"),
    [
        ([MAIN_264, SUB_264], "main", AVC, MAIN_264),
        ([MAIN_264, SUB_264], "sub", AVC, SUB_264),
        ([MAIN_265, SUB_264], "main", AVC, SUB_264),  # small but played as it is
        ([MAIN_265, SUB_264], "main", BOTH, MAIN_265),
        ([MAIN_265, SUB_265], "main", AVC, SUB_265),  # to be converted: the cheapest
        ([MAIN_265, MAIN_264], "main", BOTH, MAIN_264),  # equal size: what everybody plays
        ([SUB_265, SUB_264], "sub", BOTH, SUB_264),
        ([JPEG, MAIN_264], "sub", AVC, MAIN_264),
    ],
)
def test_ladder_takes_the_first_rung_that_fits(offered, want, codecs, chosen):
    assert choose_profile(offered, want=want, browser_codecs=codecs) is chosen


def test_device_without_a_usable_codec_is_named_so():
    with pytest.raises(CodecUnplayable, match="mjpeg"):
        choose_profile([JPEG], want="sub", browser_codecs=BOTH)
