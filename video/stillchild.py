"""The process behind `video.stillmaker`: makes JPEGs of key pictures.

Started only by `video.contained`. No picture is kept or written.
"""

from __future__ import annotations

import io
from typing import Any

from video.containedchild import make_decoder, serve

_QUALITY = 85


def main() -> None:
    """Make stills until the other end closes."""
    serve(_answer)


def _answer(told: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    # Loaded under the limits; see `video.containedchild`.
    import av
    from PIL import Image

    decoder = make_decoder(told["codec"])
    frames = decoder.decode(av.Packet(body)) or decoder.decode(None)
    if not frames:
        raise ValueError("no picture")
    target = io.BytesIO()
    Image.fromarray(frames[0].to_ndarray(format="rgb24")).save(target, "JPEG", quality=_QUALITY)
    return {}, target.getvalue()
