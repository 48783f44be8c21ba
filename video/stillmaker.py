"""Makes JPEGs of key pictures in a process with limits; a picture that ends it harms no other.

Whose picture cost a child its life waits before it is tried again, twice as long each time; the
next picture of another camera has a new child at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Hashable

from video.contained import ChildLimits, ChildLost, Contained, Rest
from video.errors import Overloaded, StreamFailed
from video.packager import KeyPicture

_LIMITS = ChildLimits(memory_bytes=1280 * 1024 * 1024)
_LARGEST_PICTURE = 8 * 1024 * 1024
_PICTURES = 2000
# As many as may fall silent at once when a switch fails.
_MOST_WAITING = 256


class StillMaker:
    """One child at a time, begun when first needed. Used in one event loop."""

    def __init__(self, limits: ChildLimits = _LIMITS) -> None:
        self._child = Contained("video.stillchild", limits)
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._rests: dict[Hashable, Rest] = {}

    @property
    def pid(self) -> int | None:
        """Return the child's number, None while there is none."""
        return self._child.pid

    @property
    def is_busy(self) -> bool:
        """Return whether a still is being made."""
        return self._turn.locked()

    async def jpeg(self, picture: KeyPicture, of: Hashable) -> bytes:
        """Return a key picture as JPEG in its full size.

        Parameters
        ----------
        picture : KeyPicture
            With its parameter sets. 1080p costs about 55 ms of CPU (VIDEO.md section 6).
        of : hashable
            Whose picture it is; a bad one is held against it.

        Returns
        -------
        bytes

        Raises
        ------
        StreamFailed
            The picture does not decode.
        Overloaded
            Too many wait, or this camera's pictures ended the child lately.

        """
        if len(picture.payload) > _LARGEST_PICTURE:
            raise StreamFailed("the key picture is larger than 8 MiB")
        if self._waiting >= _MOST_WAITING:
            raise Overloaded("too many stills are being made")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._make(picture, of)
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """End the child."""
        async with self._turn:
            await self._child.end()

    async def _make(self, picture: KeyPicture, of: Hashable) -> bytes:
        rest = self._rests.get(of)
        if rest is not None and rest.left_s(time.monotonic()) > 0:
            raise Overloaded("the camera's last key picture could not be decoded")
        if self._child.answered >= _PICTURES:
            await self._child.end()
        try:
            told, jpeg = await self._child.ask({"codec": picture.codec}, picture.payload)
        except ChildLost as lost:
            self._rests.setdefault(of, Rest()).died(time.monotonic())
            raise StreamFailed(f"the key picture ended its decoder: {lost.reason}") from None
        if "refused" in told or not jpeg:
            raise StreamFailed(f"the key picture does not decode: {told.get('refused')!s:.60}")
        self._rests.pop(of, None)
        return jpeg
