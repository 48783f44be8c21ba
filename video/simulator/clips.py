"""Pre-encoded clips: made once with PyAV, looped by a simulated camera at next to no cost.

Every picture of a clip carries its frame number in the barcode strip, so that a reader knows
which instant of the wall-clock grid a picture belongs to.
"""

import os
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Literal

import av
from av.bitstream import BitStreamFilterContext
from av.video.stream import VideoStream

from video.simulator.access_units import AccessUnit, Codec, parameter_sets, split_annex_b
from video.simulator.encoder import VideoFormat
from video.simulator.scenes import Scene, look_of

_ENCODERS: dict[Codec, str] = {"h264": "libx264", "h265": "libx265"}
Style = Literal["plain", "b_frames", "slices", "intra_refresh"]
_PRESETS: dict[Codec, str] = {"h264": "veryfast", "h265": "ultrafast"}


_STYLES: dict[Style, str] = {
    "plain": "bframes=0",
    "b_frames": "bframes=2:b-adapt=0",
    "slices": "bframes=0:slices=4",
    "intra_refresh": "bframes=0:intra-refresh=1",
}


@dataclass(frozen=True, slots=True)
class ClipRecipe:
    """What clip to make; *bitrate_kbps* None leaves the rate to the encoder's quality setting."""

    codec: Codec = "h264"
    width_px: int = 1280
    height_px: int = 720
    fps: Fraction = Fraction(25)
    gop: int = 50
    seconds: int = 4
    bitrate_kbps: int | None = None
    style: Style = "plain"

    @property
    def file_name(self) -> str:
        """Name of the cached file, different for every recipe."""
        rate = f"-{self.bitrate_kbps}k" if self.bitrate_kbps else ""
        size = f"{self.width_px}x{self.height_px}"
        style = "" if self.style == "plain" else f"-{self.style}"
        form = f"{float(self.fps):g}-g{self.gop}-{self.seconds}s"
        return f"{self.codec}-{size}-{form}{rate}{style}.mp4"


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip in memory: coded pictures, the parameter sets for SDP, and its format."""

    codec: Codec
    video: VideoFormat
    units: tuple[AccessUnit, ...]
    parameter_sets: tuple[bytes, ...]

    @property
    def bitrate_kbps(self) -> int:
        """Mean rate of the coded pictures."""
        size = sum(len(nal) for unit in self.units for nal in unit.nals)
        return int(size * 8 * self.video.fps / len(self.units) / 1000)


def make_clip(path: Path, recipe: ClipRecipe) -> Path:
    """Encode the clip of *recipe* into *path* (MP4, closed groups, no B-frames).

    The number of pictures is rounded down to whole groups, so that the loop begins with a key
    picture. Written beside and renamed, so that a reader never sees half a clip.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial.mp4")
    size = f"{recipe.width_px}x{recipe.height_px}"
    scene = Scene(
        f"{recipe.codec.upper()} {size}",
        look_of("clip", "street"),
        width_px=recipe.width_px,
        height_px=recipe.height_px,
    )
    count = max(1, int(recipe.seconds * recipe.fps) // recipe.gop) * recipe.gop
    with av.open(str(partial), "w") as container:
        stream = container.add_stream(_ENCODERS[recipe.codec], rate=recipe.fps)
        if not isinstance(stream, VideoStream):
            raise TypeError(f"{_ENCODERS[recipe.codec]} is no video encoder in this PyAV build")
        stream.options = {**_encoder_options(recipe)}
        stream.width, stream.height = recipe.width_px, recipe.height_px
        stream.pix_fmt = "yuv420p"
        for number in range(count):
            frame = scene.render(loop_s=float(number / recipe.fps), code=number, clock_s=None)
            frame.pts, frame.time_base = number, 1 / recipe.fps
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    partial.rename(path)
    return path


def cached_clip(folder: Path, recipe: ClipRecipe) -> Path:
    """The clip of *recipe* in *folder*, made when it is not there yet."""
    path = folder / recipe.file_name
    return path if path.exists() else make_clip(path, recipe)


def _encoder_options(recipe: ClipRecipe) -> dict[str, str]:
    tuning = (
        f"keyint={recipe.gop}:min-keyint={recipe.gop}:scenecut=0:open-gop=0"
        f":repeat-headers=1:{_STYLES[recipe.style]}"
    )
    options = {"preset": _PRESETS[recipe.codec]}
    if recipe.bitrate_kbps:
        rate = recipe.bitrate_kbps
        tuning += f":bitrate={rate}:vbv-maxrate={rate}:vbv-bufsize={rate * 2}"
    if recipe.codec == "h265":
        return options | {"x265-params": f"{tuning}:log-level=none:pools=1:frame-threads=1"}
    return options | {"x264-params": tuning}


def _later(packet: "av.Packet[VideoStream]", frame: Fraction) -> int:
    """How many pictures after its place in decoding order this one is presented."""
    if packet.pts is None or packet.dts is None:
        return 0
    return round((packet.pts - packet.dts) / frame)


@lru_cache(maxsize=32)
def load_clip(path: Path) -> Clip:
    """Read a clip into memory, shared by all devices that play the same file.

    Raises
    ------
    ValueError
        The file holds no H.264 or H.265 video, or does not begin with a key picture.

    """
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        name = stream.codec_context.name
        if name not in ("h264", "hevc"):
            raise ValueError(f"{path.name} holds {name}; h264 and hevc are allowed")
        codec: Codec = "h264" if name == "h264" else "h265"
        to_annex_b = BitStreamFilterContext(f"{name}_mp4toannexb", stream)
        fps = Fraction(stream.average_rate or 25)
        frame = 1 / (fps * (stream.time_base or Fraction(1, 90_000)))
        units = tuple(
            AccessUnit(split_annex_b(bytes(out)), is_key, shown)
            # The filter takes the packet's content, so its flag and times are read first.
            for packet, is_key, shown in (
                (each, each.is_keyframe, _later(each, frame)) for each in container.demux(stream)
            )
            if packet.size
            for out in to_annex_b.filter(packet)
        )
        width, height = stream.codec_context.width, stream.codec_context.height
    if not units or not units[0].is_key:
        raise ValueError(f"{path.name} does not begin with a key picture")
    gop = next((i for i, unit in enumerate(units) if i and unit.is_key), len(units))
    sets = parameter_sets(units[0].nals, codec)
    return Clip(codec, VideoFormat(width, height, fps, gop), units, sets)
