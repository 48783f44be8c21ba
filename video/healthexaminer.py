"""Examines pictures in a process with limits, which may die alone and is begun anew.

Key pictures come from devices nobody vouches for, and codecs are the classic way in: decoding
happens in a child bounded in memory, time and files. When it dies or stalls, that picture is
refused and everything else goes on; each death in a row doubles the wait before the next child.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from video.contained import ChildLimits, ChildLost, Contained, Rest
from video.errors import Overloaded, StreamFailed
from video.packager import KeyPicture

_LARGEST_PICTURE = 8 * 1024 * 1024


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
        self._limits = limits = limits or ExaminerLimits()
        self._child = Contained(
            "video.healthchild",
            ChildLimits(limits.memory_bytes, limits.processor_s, limits.picture_s),
        )
        self._turn = asyncio.Lock()
        self._rest = Rest(limits.first_pause_s, limits.longest_pause_s)

    @property
    def pid(self) -> int | None:
        """Return the child's number, None while there is none."""
        return self._child.pid

    @property
    def rest_s(self) -> float:
        """Return for how long no child is begun, because the last ones died."""
        return self._rest.left_s(time.monotonic())

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
            if self._child.answered >= self._limits.pictures:
                await self._child.end()
            try:
                told, body = await self._child.ask(*_question(order))
            except ChildLost as lost:
                self._rest.died(time.monotonic())
                raise PictureRefused(f"ended the examiner: {lost.reason}") from None
            self._rest.deaths = 0
        if "refused" in told:
            raise PictureRefused(str(told["refused"])[:60])
        return _finding(told, body)

    async def close(self) -> None:
        """End the child."""
        async with self._turn:
            await self._child.end()


def _question(order: Order) -> tuple[dict[str, Any], bytes]:
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
    return told, b"".join(parts)


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
