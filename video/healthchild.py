"""The process behind `video.healthexaminer`: bounds itself, decodes, examines, answers.

Started only by `video.healthexaminer`. A message is two 4-byte lengths, of JSON and of a body, and
then both. Nothing is ever unpickled, and no picture is kept or written.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
from typing import Any, BinaryIO, cast

LENGTHS = struct.Struct("!II")
LARGEST_BODY = 9 * 1024 * 1024
_MOST_PIXELS = 8192 * 4608
_OPEN_FILES = 32


def main() -> None:
    """Examine pictures until the other end closes."""
    memory_bytes, picture_s = int(sys.argv[1]), float(sys.argv[2])
    commands, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a codec prints must not be read as an answer
    _bound(memory_bytes)
    while (message := read_message(commands)) is not None:
        _allow_time(picture_s)
        try:
            answer, body = _answer(*message)
        except (MemoryError, ImportError):
            # What could not be loaded now never will be: the next picture has a new child.
            write_message(answers, {"refused": "memory"}, b"")
            return
        except Exception as fault:  # a picture may break anything; it is told by type
            answer, body = {"refused": type(fault).__name__}, b""
        write_message(answers, answer, body)


def read_message(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """Return the next message, None at the end or when it is none."""
    lengths = stream.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    head, body = LENGTHS.unpack(lengths)
    if head > LARGEST_BODY or body > LARGEST_BODY:
        return None
    told = json.loads(stream.read(head))
    return told, stream.read(body)


def write_message(stream: BinaryIO, told: dict[str, Any], body: bytes) -> None:
    head = json.dumps(told).encode()
    stream.write(LENGTHS.pack(len(head), len(body)) + head + body)
    stream.flush()


def _bound(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # a look must not slow the pictures people watch


def _allow_time(picture_s: float) -> None:
    """Allow so many seconds of processor from now; beyond them the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime + picture_s) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


def _answer(told: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    # After the limits, and so under them: the codecs are what a hostile picture would attack.
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
    from av.video.codeccontext import VideoCodecContext

    from video.healthlook import WIDTH_PX

    name = {"h264": "h264", "h265": "hevc"}[codec]
    decoder = cast(VideoCodecContext, VideoCodecContext.create(name, "r"))
    decoder.thread_count = 1
    decoder.options = {"max_pixels": str(_MOST_PIXELS), "err_detect": "explode"}
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


if __name__ == "__main__":
    main()
