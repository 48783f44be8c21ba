"""The process behind `video.healthexaminer`: decodes a picture, examines it, answers.

Started only by `video.contained`. No picture is kept or written.
"""

from __future__ import annotations

from typing import Any

from video.containedchild import make_decoder, serve


def main() -> None:
    """Examine pictures until the other end closes."""
    serve(_answer)


def _answer(told: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    # Loaded under the limits; see `video.containedchild`.
    from video.health import examine
    from video.healthwire import known_of, told_of

    parts, at = [], 0
    for length in told["parts"]:
        parts.append(body[at : at + length])
        at += length
    gray, chroma = _decoded(told["codec"], parts[0])
    return told_of(examine(gray, chroma, known_of(told, parts[1:])))


def _decoded(codec: str, payload: bytes) -> tuple[Any, float]:
    """Return luma 640 px wide and the mean distance of the colours from grey."""
    import av
    import numpy as np

    from video.healthlook import WIDTH_PX

    decoder = make_decoder(codec)
    decoder.options |= {"err_detect": "explode"}  # a verdict on half a picture would be wrong
    frames = decoder.decode(av.Packet(payload)) or decoder.decode(None)
    if not frames:
        raise ValueError("no picture")
    first = frames[0]
    high = max(round(WIDTH_PX * first.height / first.width / 2) * 2, 64)
    small = first.reformat(
        width=WIDTH_PX, height=high, format="yuv420p", interpolation="AREA"
    ).to_ndarray()
    luma, colours = small[:high], small[high:].astype(np.int16)
    return np.ascontiguousarray(luma), float(np.abs(colours - 128).mean())
