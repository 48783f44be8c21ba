"""The still of a stream for those who come while there is no picture."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from video.audience import Audience
from video.errors import DeviceError
from video.fanout import Subscription
from video.liveness import Liveness
from video.packager import KeyPicture
from video.protocol import Kind, binary
from video.source import StreamTarget
from video.stillmaker import StillMaker
from video.stills import fetch_still
from video.stream_state import HubKey, Poster


class Posters:
    """The latest still of one hub; used in its event loop.

    Parameters
    ----------
    key : HubKey
    stills : StillMaker
        Shared by all hubs of the process.
    audience : Audience
    liveness : Liveness

    """

    def __init__(
        self, key: HubKey, stills: StillMaker, audience: Audience, liveness: Liveness
    ) -> None:
        self.latest: Poster | None = None
        self._key = key
        self._stills = stills
        self._audience, self._liveness = audience, liveness
        self._under_way: set[asyncio.Task[None]] = set()

    async def jpeg(self, picture: KeyPicture) -> bytes:
        """Return one of this stream's key pictures as JPEG.

        Raises
        ------
        StreamFailed
            It does not decode.

        """
        return await self._stills.jpeg(picture, self._key)

    def take(self, picture: KeyPicture | None) -> None:
        """Keep the last picture, if there is one and it decodes; nobody waits for that."""
        if picture is not None:
            self._do(self._take(picture))

    def fetch(self, target: StreamTarget) -> None:
        """Show the device's own still, if it serves one, while the first picture is awaited."""
        self._do(self._fetch(target))

    async def close(self) -> None:
        """Give up what is under way."""
        for task in tuple(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def keep(self, poster: Poster) -> None:
        """Keep a still for those who come while there is no picture, and show it to those here."""
        self.latest = poster
        if self._liveness.status.state != "live":
            for viewer in self._audience:
                self.offer(viewer)

    def offer(self, viewer: Subscription) -> None:
        """Show a viewer the latest still, unless there is a picture."""
        if self.latest is not None and self._liveness.status.state != "live":
            viewer.offer_poster(binary(Kind.POSTER, self.latest.jpeg, self.latest.taken_ms))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _take(self, picture: KeyPicture) -> None:
        with suppress(DeviceError):
            self.latest = Poster(await self.jpeg(picture), picture.received_ms)
            for viewer in self._audience:
                if not viewer.is_following:  # it came while this was being made
                    self.offer(viewer)

    async def _fetch(self, target: StreamTarget) -> None:
        with suppress(DeviceError):
            self.keep(Poster(await fetch_still(target), time.time_ns() // 1_000_000))
