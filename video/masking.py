"""Covers areas of a recording that a person drew by hand; a child process, killable and bounded.

It reads one JSON request from standard input and answers one line of JSON. Nothing is detected:
the areas are those of the request, and they stay where they are for the times given. Sound is
left out: a voice cannot be covered by drawing.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MEMORY_BYTES = 2 << 30
_BLACK_Y, _GREY_UV = 16, 128
_QUALITY = "20"
_MOST_PIXELS = 8192 * 4320

Plane = NDArray[np.uint8]
Area = NDArray[np.bool_]


class NothingDecoded(ValueError):
    """The file holds no picture that could be decoded."""


def main() -> None:
    """Answer the one request of this process."""
    request = json.loads(sys.stdin.buffer.read())
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (request["most_bytes"],) * 2)
    source, target = Path(request["source"]), Path(request["target"])
    masked = still if source.suffix == ".jpg" else clip
    try:
        told = masked(source, target, request["masks"])
    except (OSError, ValueError, MemoryError) as error:
        told = {"refused": type(error).__name__}
    sys.stdout.write(json.dumps(told))


def clip(source: Path, target: Path, masks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Write a clip with areas covered.

    Parameters
    ----------
    source, target : Path
        MP4 files; the target becomes H.264 without sound.
    masks : sequence of dict
        ``points``: corners as shares of width and height; ``from_s`` and ``to_s``: play time in
        seconds, None for the whole length.

    Returns
    -------
    dict
        ``frames``, ``width``, ``height``, ``duration_s``, ``codec``.

    """
    import av

    frames, last = 0, 0.0
    with av.open(str(source)) as reading, av.open(str(target), "w", format="mp4") as writing:
        stream = reading.streams.video[0]
        out: Any = None
        cover = Cover(masks)
        for picture in reading.decode(stream):
            at_s = float(picture.time or 0.0)
            planar: Any = picture.reformat(format="yuv420p", **_even(picture)).to_ndarray()
            cover.draw(planar, at_s)
            if out is None:
                out = _encoder(writing, planar.shape[1], planar.shape[0] * 2 // 3)
            made = av.VideoFrame.from_ndarray(planar, format="yuv420p")
            made.pts, made.time_base = round(at_s * 90_000), Fraction(1, 90_000)
            writing.mux(out.encode(made))
            frames, last = frames + 1, at_s
        if out is None:
            raise NothingDecoded
        writing.mux(out.encode(None))
        size = out.codec_context.width, out.codec_context.height
    return _told(frames, size, last, "avc1")


def still(source: Path, target: Path, masks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Write a JPEG with areas covered; see `clip`."""
    from PIL import Image

    with Image.open(source, formats=("JPEG",)) as opened:
        if opened.width * opened.height > _MOST_PIXELS:
            raise NothingDecoded
        picture = opened.convert("RGB")
    for mask in masks:
        area = polygon(mask["points"], picture.width, picture.height)
        picture.paste((0, 0, 0), mask=Image.fromarray(area.astype(np.uint8) * 255))
    picture.save(target, "JPEG", quality=92)
    return _told(1, picture.size, 0.0, None)


class Cover:
    """Draws masks into planar pictures; the outlines of one size are drawn once."""

    def __init__(self, masks: Sequence[dict[str, Any]]) -> None:
        self._masks = masks
        self._drawn: dict[tuple[int, int, int], tuple[Area, Area]] = {}

    def draw(self, planar: Plane, at_s: float) -> None:
        """Cover what is to be covered at this time, in place.

        Parameters
        ----------
        planar : uint8, shape (height * 3 / 2, width)
            yuv420p as PyAV lays it out, width and height even.
        at_s : float
            Play time in seconds.

        """
        height, width = planar.shape[0] * 2 // 3, planar.shape[1]
        luma = planar[:height]
        chroma = planar[height:].reshape(2, height // 2, width // 2)
        for n, mask in enumerate(self._masks):
            if not _is_on(mask, at_s):
                continue
            key = (n, width, height)
            if key not in self._drawn:
                self._drawn[key] = _areas(mask["points"], width, height)
            area, coarse = self._drawn[key]
            luma[area] = _BLACK_Y
            chroma[:, coarse] = _GREY_UV


def polygon(points: Sequence[Sequence[float]], width: int, height: int) -> Area:
    """Return the pixels an outline touches, True inside and on its edge.

    Parameters
    ----------
    points : sequence of (x, y)
        Shares of width and height, 0 to 1.
    width, height : int
        Pixels.

    """
    from PIL import Image, ImageDraw

    paper = Image.new("1", (width, height))
    corners = [(x * (width - 1), y * (height - 1)) for x, y in points]
    # Two pixels wider: half covered pixels at the edge would still show something.
    ImageDraw.Draw(paper).polygon(corners, fill=1, outline=1, width=3)
    ImageDraw.Draw(paper).line([*corners, corners[0]], fill=1, width=5)
    return np.asarray(paper, dtype=np.bool_)


def _areas(points: Sequence[Sequence[float]], width: int, height: int) -> tuple[Area, Area]:
    """Return the covered pixels, and the covered pixels of colour: any of four covers one."""
    area = polygon(points, width, height)
    blocks: Any = area.reshape(height // 2, 2, width // 2, 2).any(axis=(1, 3))
    whole: Area = np.repeat(np.repeat(blocks, 2, axis=0), 2, axis=1)
    return whole, blocks


def _even(picture: Any) -> dict[str, int]:
    """Return the size without an odd last row or column, which 4:2:0 has no colour for."""
    return {"width": picture.width & ~1, "height": picture.height & ~1}


def _is_on(mask: dict[str, Any], at_s: float) -> bool:
    from_s, to_s = mask.get("from_s"), mask.get("to_s")
    return (from_s is None or at_s >= from_s) and (to_s is None or at_s <= to_s)


def _encoder(writing: Any, width: int, height: int) -> Any:
    options = {"preset": "veryfast", "crf": _QUALITY, "threads": "1"}
    out = writing.add_stream("libx264", rate=25, options=options)
    out.width, out.height, out.pix_fmt = width, height, "yuv420p"
    out.codec_context.time_base = Fraction(1, 90_000)
    return out


def _told(frames: int, size: tuple[int, int], last_s: float, codec: str | None) -> dict[str, Any]:
    return {
        "frames": frames,
        "width": size[0],
        "height": size[1],
        "duration_s": round(last_s, 3),
        "codec": codec,
    }


if __name__ == "__main__":
    main()
