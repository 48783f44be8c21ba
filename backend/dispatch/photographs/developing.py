"""A photograph from outside, made into a JPEG of pixels alone by a killable child (record 0010)."""

import json
import math
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ...errors import Refused, Unavailable

_TIME_LIMIT_S = 20.0
_AT_ONCE = threading.BoundedSemaphore(2)
"""A child may take a gigabyte for a moment; more at once would be paid by the whole server."""
_WAIT_S = 20.0
_ROOT = Path(__file__).resolve().parents[3]
_START = (
    f"import sys; sys.path.insert(0, {str(_ROOT)!r});"
    " from backend.dispatch.photographs.darkroom import main; main()"
)


class NoPhotograph(Refused):
    code = "photographs.unreadable"
    zh = "文件不是可读取的 JPEG、PNG 或 WebP 照片（{reason}），请重新拍摄后上传。"
    en = "This is no photograph in JPEG, PNG or WebP that could be read ({reason}): take it again."


@dataclass(frozen=True, slots=True)
class Developed:
    """A JPEG, and what the file itself said of time and place (EPSG:4326)."""

    content: bytes
    width_px: int
    height_px: int
    taken_at: datetime | None
    lonlat: tuple[float, float] | None


def develop(content: bytes, *, side_px: int, timezone: str) -> Developed:
    """Return the photograph in a file; `timezone` is that of cameras that tell none.

    Raises
    ------
    NoPhotograph
        If it cannot be read within the limits of memory and time.
    Unavailable
        If too many are being read already.

    """
    if not _AT_ONCE.acquire(timeout=_WAIT_S):
        raise Unavailable(part="photographs")
    try:
        told, picture = _ask_child(content, side_px)
    finally:
        _AT_ONCE.release()
    if "refused" in told:
        raise NoPhotograph(reason=told["refused"])
    return Developed(
        content=picture,
        width_px=int(told["width_px"]),
        height_px=int(told["height_px"]),
        taken_at=_instant(told.get("taken_at"), timezone),
        lonlat=_place(told.get("lon"), told.get("lat")),
    )


def _ask_child(content: bytes, side_px: int) -> tuple[dict[str, Any], bytes]:
    try:
        done = subprocess.run(  # noqa: S603  our own module, no shell
            [sys.executable, "-I", "-c", _START],
            input=b"%d\n" % side_px + content,
            capture_output=True,
            timeout=_TIME_LIMIT_S,
            check=False,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired:
        return {"refused": "too_costly"}, b""
    line, _, picture = done.stdout.partition(b"\n")
    try:
        told: dict[str, Any] = json.loads(line)
    except ValueError:  # it died on the file
        return {"refused": "too_costly"}, b""
    return told, picture


def _instant(told: str | None, timezone: str) -> datetime | None:
    """Return the time a camera wrote (`2026:11:22 08:15:00+08:00`), None if it is none."""
    for form in ("%Y:%m:%d %H:%M:%S%z", "%Y:%m:%d %H:%M:%S"):
        try:
            found = datetime.strptime(told or "", form)  # noqa: DTZ007  the zone follows
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(timezone))
    return None


def _place(lon: float | None, lat: float | None) -> tuple[float, float] | None:
    if lon is None or lat is None or not (math.isfinite(lon) and math.isfinite(lat)):
        return None
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None
