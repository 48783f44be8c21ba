"""Examines pictures in a process with limits, which may die alone and is begun anew.

Key pictures come from devices nobody vouches for, and codecs are the classic way in: decoding
happens in a child bounded in memory, time and files. When it dies or stalls, that picture is
refused and everything else goes on; each death in a row doubles the wait before the next child.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from video.errors import Overloaded, StreamFailed
from video.healthchild import LARGEST_BODY, LENGTHS
from video.packager import KeyPicture

_ROOT = Path(__file__).resolve().parent.parent
_START = "import sys; sys.path.insert(0, {root!r}); from video.healthchild import main; main()"
_LARGEST_PICTURE = 8 * 1024 * 1024
_STARTING_S = 20.0
"""Patience with a child's first answer: its libraries take a second, ten on a busy machine."""


class PictureRefused(StreamFailed):
    """The picture could not be examined; look at the camera's own page, or replace the camera."""

    code = "stream.picture_unreadable"


@dataclass(frozen=True, slots=True)
class ExaminerLimits:
    """What a child may use; memory is address space, of which an idle child holds 0.6 GB."""

    memory_bytes: int = 1536 * 1024 * 1024
    processor_s: float = 5.0
    picture_s: float = 8.0
    pictures: int = 2000
    first_pause_s: float = 0.5
    longest_pause_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of a picture; references and print as the database holds them."""

    picture: KeyPicture
    fov_deg: float
    fov_error_deg: float
    turns: bool
    references: Mapping[str, tuple[bytes, int]]
    print: bytes
    still_looks: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What the child found, as plain values; ``reference`` is empty when it stays as it is."""

    light: str
    fault: str | None
    verdicts: Mapping[str, Any]
    still_looks: int
    print: bytes
    reference: bytes


class Examiner:
    """One child at a time, begun when first needed. Used in one event loop."""

    def __init__(self, limits: ExaminerLimits | None = None) -> None:
        self._limits = limits or ExaminerLimits()
        self._child: Process | None = None
        self._done = 0
        self._turn = asyncio.Lock()
        self._deaths = 0
        self._rests_until = 0.0

    @property
    def pid(self) -> int | None:
        """Return the child's number, None while there is none."""
        return None if self._child is None else self._child.pid

    @property
    def rest_s(self) -> float:
        """Return for how long no child is begun, because the last ones died."""
        return max(self._rests_until - time.monotonic(), 0.0)

    async def examine(self, order: Order) -> Finding:
        """Return what a picture shows.

        Raises
        ------
        PictureRefused
            It is too large, does not decode, or cost the child its life.
        Overloaded
            Children died lately; try again after `rest_s`.

        """
        if len(order.picture.payload) > _LARGEST_PICTURE:
            raise PictureRefused("larger than 8 MiB")
        async with self._turn:
            if self.rest_s > 0:
                raise Overloaded("pictures that could not be decoded ended the examiner")
            try:
                told, body = await self._ask(order)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as lost:
                await self._bury()
                raise PictureRefused(f"ended the examiner: {type(lost).__name__}") from None
            except asyncio.CancelledError:
                await self._end()  # the answer on its way would be taken for the next one's
                raise
            if told.get("refused") == "memory":
                await self._bury()
        if "refused" in told:
            raise PictureRefused(str(told["refused"])[:60])
        return _finding(told, body)

    async def close(self) -> None:
        """End the child."""
        async with self._turn:
            await self._end()

    async def _ask(self, order: Order) -> tuple[dict[str, Any], bytes]:
        if self._child is not None and self._done >= self._limits.pictures:
            await self._end()
        is_first = self._child is None
        child = self._child = self._child or await self._begin()
        limit_s = _STARTING_S if is_first else self._limits.picture_s
        async with asyncio.timeout(limit_s):
            _write(child, order)
            if child.stdin is None or child.stdout is None:
                raise OSError("the child was started without pipes")
            await child.stdin.drain()
            told, body = await _read(child.stdout)
        self._done += 1
        if told.get("refused") != "memory":
            self._deaths = 0
        return told, body

    async def _begin(self) -> Process:
        self._done = 0
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-c",
            _START.format(root=str(_ROOT)),
            str(self._limits.memory_bytes),
            str(self._limits.processor_s),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=_environment(),
            start_new_session=True,
        )

    async def _bury(self) -> None:
        """End a child that failed, and wait longer before the next the more did."""
        self._deaths += 1
        self._rests_until = time.monotonic() + pause_s(self._deaths, self._limits)
        await self._end()

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        if child.stdin is not None:
            child.stdin.close()
        await child.wait()


def pause_s(deaths: int, limits: ExaminerLimits) -> float:
    """Return how long no child is begun after so many deaths in a row."""
    return min(limits.first_pause_s * 2.0 ** min(deaths - 1, 20), limits.longest_pause_s)


def _environment() -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENCV_FOR_THREADS_NUM": "1",
    }


def _write(child: Process, order: Order) -> None:
    lights = [(light, looks) for light, (_, looks) in order.references.items()]
    parts = [order.picture.payload, order.print, *(p for p, _ in order.references.values())]
    told = {
        "codec": order.picture.codec,
        "fov_deg": order.fov_deg,
        "fov_error_deg": order.fov_error_deg,
        "turns": order.turns,
        "still_looks": order.still_looks,
        "lights": lights,
        "parts": [len(part) for part in parts],
    }
    head, body = json.dumps(told).encode(), b"".join(parts)
    if child.stdin is None or len(body) > LARGEST_BODY:
        raise OSError("the order cannot be sent")
    child.stdin.write(LENGTHS.pack(len(head), len(body)) + head + body)


async def _read(stream: asyncio.StreamReader) -> tuple[dict[str, Any], bytes]:
    head, body = LENGTHS.unpack(await stream.readexactly(LENGTHS.size))
    if head > LARGEST_BODY or body > LARGEST_BODY:
        raise ValueError("the answer is too long")
    told = json.loads(await stream.readexactly(head))
    if not isinstance(told, dict):
        raise ValueError("the answer is no object")
    return told, await stream.readexactly(body)


def _finding(told: Mapping[str, Any], body: bytes) -> Finding:
    """Return the child's answer as values; whatever does not fit together is refused."""
    try:
        length = int(told["parts"][0])
        fault = None if told["fault"] is None else str(told["fault"])
        return Finding(
            str(told["light"]),
            fault,
            dict(told["verdicts"]),
            int(told["still_looks"]),
            body[:length],
            body[length:],
        )
    except (KeyError, TypeError, ValueError, IndexError) as broken:
        raise PictureRefused(f"the answer is not whole: {type(broken).__name__}") from None
