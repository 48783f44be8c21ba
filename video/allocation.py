"""One bound for every single piece of memory FFmpeg asks for in this process.

FFmpeg reserves what an RTSP answer's Content-Length says, two gigabytes for instance, and collects
a picture without end without end. PyAV has no word for the bound, so it is set in the library.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path

import av

LARGEST_BYTES = 16 * 1024 * 1024
"""Twice the largest picture taken; nothing is decoded here, so no whole pictures are held."""


@cache
def bound_allocations() -> int:
    """Set the bound, once in a process; return in how many copies of the library."""
    copies = _copies()
    for path in copies:
        library = ctypes.CDLL(path)
        library.av_max_alloc.argtypes = [ctypes.c_size_t]
        library.av_max_alloc.restype = None
        library.av_max_alloc(LARGEST_BYTES)
    return len(copies)


def _copies() -> set[str]:
    """Return where each libavutil in this process came from: OpenCV brings one beside PyAV's."""
    if "libavutil" not in av.library_versions:
        return set()
    maps = Path("/proc/self/maps").read_text().splitlines()
    paths = {"/" + line.partition("/")[2] for line in maps}
    return {path for path in paths if Path(path).name.startswith("libavutil")}
