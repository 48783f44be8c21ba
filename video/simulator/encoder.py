"""Live H.264 encoding for simulated cameras: libx264, ultrafast, no delay, no B-frames."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

import av
from av.video.frame import PictureType

from video.simulator.access_units import AccessUnit, parameter_sets, split_annex_b

IDR = 5


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """Size in pixels, pictures per second, pictures from one key picture to the next."""

    width_px: int
    height_px: int
    fps: Fraction
    gop: int

    @property
    def bitrate_kbps(self) -> int:
        """Ceiling of the rate control, in proportion to the pixels (800 at 640x360)."""
        return max(200, self.width_px * self.height_px * 800 // (640 * 360))


def _options(video: VideoFormat) -> Mapping[str, str]:
    ceiling = video.bitrate_kbps
    tuning = (
        f"keyint={video.gop}:min-keyint={video.gop}:scenecut=0:bframes=0:repeat-headers=1"
        f":annexb=1:vbv-maxrate={ceiling}:vbv-bufsize={ceiling}:force-cfr=1"
    )
    return {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "crf": "27",
        "forced-idr": "1",
        "x264-params": tuning,
    }


@dataclass(slots=True)
class LiveEncoder:
    """One libx264 session; frames in, access units out, one for one.

    Notes
    -----
    Used from one thread at a time. A 640x360 picture costs about 1 ms.

    """

    video: VideoFormat
    _context: av.VideoCodecContext = field(init=False)
    _count: int = 0

    def __post_init__(self) -> None:
        context = av.CodecContext.create("libx264", "w")
        if not isinstance(context, av.VideoCodecContext):
            raise TypeError("libx264 is no video encoder in this PyAV build")
        context.width, context.height = self.video.width_px, self.video.height_px
        context.pix_fmt = "yuv420p"
        context.framerate = self.video.fps
        context.time_base = 1 / self.video.fps
        context.thread_count = 1
        context.options = dict(_options(self.video))
        self._context = context

    def encode(self, frame: av.VideoFrame, *, is_key: bool = False) -> AccessUnit:
        """The coded picture; *is_key* forces an IDR picture here."""
        frame.pts = self._count
        frame.time_base = 1 / self.video.fps
        frame.pict_type = PictureType.I if is_key else PictureType.NONE
        self._count += 1
        nals = split_annex_b(b"".join(bytes(packet) for packet in self._context.encode(frame)))
        return AccessUnit(nals, any(nal[0] & 0x1F == IDR for nal in nals))


@lru_cache(maxsize=32)
def live_parameter_sets(video: VideoFormat) -> tuple[bytes, ...]:
    """SPS and PPS that a live encoder of this format will send; known before it runs."""
    frame = av.VideoFrame(video.width_px, video.height_px, "yuv420p")
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    return parameter_sets(LiveEncoder(video).encode(frame).nals, "h264")
