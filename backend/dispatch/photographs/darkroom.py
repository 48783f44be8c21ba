"""The child that decodes what a phone calls a photograph, and gives pixels back alone.

It reads a request line and the file from standard input, and answers one line of JSON, with the
new JPEG after it. Nothing else of the file survives: no EXIF, no preview, no trailing bytes.
"""

import io
import json
import resource
import sys
import warnings
from typing import Any

_MEMORY_BYTES = 1 << 30
_PROCESSOR_S = 10
_FORMATS = ("JPEG", "PNG", "WEBP")
_MOST_PIXELS = 60_000_000
_QUALITY = 88
_EXIF, _GPS = 0x8769, 0x8825
_TAKEN, _TAKEN_OFFSET = 36867, 36881


def main() -> None:
    """Answer the one request of this process."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_S, _PROCESSOR_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    warnings.simplefilter("ignore")
    side_px = int(sys.stdin.buffer.readline())
    told, picture = developed(sys.stdin.buffer.read(), side_px)
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + picture)


def developed(content: bytes, side_px: int) -> tuple[dict[str, Any], bytes]:
    """Return facts of a photograph and its JPEG of pixels alone, or why there is none."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # the size is looked at below, before a pixel is decoded
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                return {"refused": "too_many_pixels"}, b""
            facts = _facts(opened)
            if opened.format == "JPEG":
                opened.draft("RGB", (side_px, side_px))  # decoded small: a quarter of the time
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((side_px, side_px))
            flat = _flat(upright)
    except (OSError, ValueError, SyntaxError, MemoryError, EOFError, TypeError, IndexError):
        return {"refused": "unreadable"}, b""
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return facts | {"width_px": flat.width, "height_px": flat.height}, out.getvalue()


def _flat(picture: Any) -> Any:
    """Return RGB on white, in a new image that carries none of the old one's notes."""
    from PIL import Image

    paper = Image.new("RGB", picture.size, "white")
    toned = picture.convert("RGBA") if "A" in picture.getbands() else picture.convert("RGB")
    paper.paste(toned, mask=toned.getchannel("A") if toned.mode == "RGBA" else None)
    return paper


def _facts(opened: Any) -> dict[str, Any]:
    """Return when and where the file says it was taken; what it says badly is left out."""
    found: dict[str, Any] = {}
    try:
        exif = opened.getexif()
        inner, place = exif.get_ifd(_EXIF), exif.get_ifd(_GPS)
        if _TAKEN in inner:
            found["taken_at"] = f"{inner[_TAKEN]}{inner.get(_TAKEN_OFFSET, '')}"
        if {1, 2, 3, 4} <= set(place):
            found["lat"] = _degrees(place[2]) * (-1 if place[1] == "S" else 1)
            found["lon"] = _degrees(place[4]) * (-1 if place[3] == "W" else 1)
    except (ValueError, TypeError, ZeroDivisionError, OSError, SyntaxError, KeyError):
        return {name: value for name, value in found.items() if name == "taken_at"}
    return found


def _degrees(parts: Any) -> float:
    whole, minutes, seconds = (float(part) for part in parts)
    return whole + minutes / 60 + seconds / 3600
