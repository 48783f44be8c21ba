"""The process behind `video.transcode`: decodes a stream and encodes it anew, picture by picture.

Started only by `video.contained`. A question is one access unit in Annex B form; ``begin`` asks
for a decoder that knows nothing of what came before. The answer's body holds the coded pictures,
``pictures`` their time, whether they are key pictures, and their length.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from video.containedchild import make_decoder, serve

if TYPE_CHECKING:
    import av
    from av.video.codeccontext import VideoCodecContext

HEIGHT_PX = 360
_WIDEST_PX = 1920
_TIME_BASE = Fraction(1, 90_000)
_GROUP_FRAMES = 50


def main() -> None:
    """Convert until the other end closes."""
    serve(_Conversion().answer)


class _Conversion:
    def __init__(self) -> None:
        self._decoder: VideoCodecContext | None = None
        self._encoder: VideoCodecContext | None = None
        self._made: list[tuple[int, bool, bytes]] = []

    def answer(self, told: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        """Return what one unit makes; a unit without bytes asks for what is still held."""
        import av

        self._made = []
        if self._decoder is None or told.get("begin"):
            self._decoder, self._encoder = make_decoder(told["codec"]), None
        packet = None
        if body:
            packet = av.Packet(body)
            packet.pts, packet.time_base = told["presented"], _TIME_BASE
        for frame in self._decoder.decode(packet):
            self._encode(frame)
        if packet is None:
            self._decoder = None  # one that was drained takes no more
        pictures = [(at, is_key, len(coded)) for at, is_key, coded in self._made]
        return {"pictures": pictures}, b"".join(coded for _, _, coded in self._made)

    def _encode(self, frame: av.VideoFrame) -> None:
        from av.video.frame import PictureType

        width = _width(frame)
        if self._encoder is None or self._encoder.width != width:
            self._encoder = _make_encoder(width)
        small = frame.reformat(width=width, height=HEIGHT_PX, format="yuv420p")
        small.pict_type = PictureType.NONE
        small.pts, small.time_base = frame.pts, _TIME_BASE
        for packet in self._encoder.encode(small):
            self._made.append((int(packet.pts or 0), packet.is_keyframe, bytes(packet)))


def _make_encoder(width: int) -> VideoCodecContext:
    from av.video.codeccontext import VideoCodecContext

    encoder = VideoCodecContext.create("libx264", "w")
    encoder.width, encoder.height = width, HEIGHT_PX
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = _TIME_BASE
    encoder.framerate = Fraction(25)
    encoder.gop_size = _GROUP_FRAMES
    encoder.thread_count = 1
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "26"}
    return encoder


def _width(frame: av.VideoFrame) -> int:
    """Return the width that keeps the shape, even as 4:2:0 needs it, within reason."""
    return min(max(2, round(HEIGHT_PX * frame.width / frame.height / 2) * 2), _WIDEST_PX)
