"""The other end of `video.contained`: bounds this process, then answers until the parent goes.

The codecs are loaded after the limits, and so under them: they are what a hostile picture attacks.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO, cast

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext

LENGTHS = struct.Struct("!II")
LARGEST_BODY = 9 * 1024 * 1024
MOST_PIXELS = 8192 * 4608
_OPEN_FILES = 32

Answer = Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]]


def serve(answer: Answer) -> None:
    """Answer questions until the other end closes.

    Parameters
    ----------
    answer : callable
        Takes and returns the JSON object and the body of a message. What it raises is told by
        type as ``refused``; out of memory ends the process.

    """
    memory_bytes, processor_s = int(sys.argv[1]), float(sys.argv[2])
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a codec prints must not be read as an answer
    _bound(memory_bytes)
    while (message := _read(questions)) is not None:
        _allow_time(processor_s)
        try:
            told, body = answer(*message)
        except (MemoryError, ImportError):
            # What could not be loaded now never will be: the next picture has a new child.
            _write(answers, {"refused": "memory"}, b"")
            return
        except Exception as fault:  # a picture may break anything; it is told by type
            told, body = {"refused": type(fault).__name__}, b""
        _write(answers, told, body)


def make_decoder(codec: str) -> VideoCodecContext:
    """Return a decoder of one thread that refuses pictures beyond 8K."""
    from av.video.codeccontext import VideoCodecContext

    name = {"h264": "h264", "h265": "hevc"}[codec]
    decoder = cast(VideoCodecContext, VideoCodecContext.create(name, "r"))
    decoder.thread_count = 1
    decoder.options = {"max_pixels": str(MOST_PIXELS)}
    return decoder


def _read(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """Return the next message, None at the end or when it is none."""
    lengths = stream.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    head, body = LENGTHS.unpack(lengths)
    if head > LARGEST_BODY or body > LARGEST_BODY:
        return None
    told = json.loads(stream.read(head))
    return told, stream.read(body)


def _write(stream: BinaryIO, told: dict[str, Any], body: bytes) -> None:
    head = json.dumps(told).encode()
    stream.write(LENGTHS.pack(len(head), len(body)) + head + body)
    stream.flush()


def _bound(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # decoding must not slow the pictures people watch as they come


def _allow_time(processor_s: float) -> None:
    """Allow so many seconds of processor from now; beyond them the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime + processor_s) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
