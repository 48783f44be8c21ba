"""The converted side of a hub: runs while someone needs it and there is a place for it.

Whoever waits for a place is told how long the line is and sees stills of the key pictures.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable
from contextlib import suppress

from video.bitstream import Codec
from video.errors import DeviceError
from video.fanout import Fanout, Subscription
from video.fmp4 import InitSegment
from video.packager import Fragment, KeyPicture
from video.places import Place, TranscodePool
from video.protocol import Kind, binary, queue_text
from video.transcode import Transcoder

_STILL_EVERY_S = 1.0


class Conversion:
    """The converted side of a hub; used in the event loop.

    Parameters
    ----------
    pool : TranscodePool
    of : hashable
        Which stream this is.
    cache_bytes : int
    on_turn : callable
        Called when the place waited for is there and ``transcoder`` wants to be fed.

    """

    def __init__(
        self, pool: TranscodePool, of: Hashable, cache_bytes: int, on_turn: Callable[[], None]
    ) -> None:
        self._of = of
        self._on_turn = on_turn
        self.transcoder: Transcoder | None = None
        self._pool = pool
        self._codec: Codec = "h265"
        self._fanout = Fanout("transcode", cache_bytes)
        self._viewers: set[Subscription] = set()
        self._place: Place | None = None
        self._still: asyncio.Task[None] | None = None
        self._stilled_s = 0.0

    def __len__(self) -> int:
        return len(self._viewers)

    @property
    def is_waiting(self) -> bool:
        """Return whether viewers wait for a place."""
        return bool(self._viewers) and self.transcoder is None

    def add(self, subscription: Subscription, codec: Codec) -> None:
        """Attach a viewer; the first one asks for a place."""
        self._viewers.add(subscription)
        self._codec = codec
        if self._place is None:
            self._fanout.forget_opening()
            # Held before the call returns, for the turn may come within it.
            self._place = self._pool.ask(self._begin, self._tell_line)
        elif (line := self._pool.position(self._place)) is not None:
            subscription.offer_text(queue_text(*line))
        self._fanout.add(subscription)

    def discard(self, subscription: Subscription) -> None:
        """Detach a viewer; with the last one the place is given back."""
        self._viewers.discard(subscription)
        self._fanout.discard(subscription)
        if not self._viewers:
            self.stop()

    def forget_group(self) -> None:
        self._fanout.forget_group()

    def stop(self) -> None:
        """Give the place back."""
        if self.transcoder is not None:
            self._pool.see_off(self.transcoder.stop())
            self.transcoder = None
        place, self._place = self._place, None
        if place is not None:
            place.give_back()
        self._fanout.forget_group()

    def show_still(self, picture: KeyPicture) -> None:
        """Show a key picture to those who wait, at most one a second, dropped where many do."""
        now_s = time.monotonic()
        is_due = now_s - self._stilled_s >= _STILL_EVERY_S
        is_busy = self._still is not None and not self._still.done()
        if self.is_waiting and is_due and not is_busy and not self._pool.stills.is_busy:
            self._stilled_s = now_s
            self._still = asyncio.create_task(self._make_still(picture))

    async def _make_still(self, picture: KeyPicture) -> None:
        with suppress(DeviceError):
            jpeg = await self._pool.stills.jpeg(picture, self._of)
            message = binary(Kind.POSTER, jpeg, picture.received_ms)
            for viewer in self._viewers if self.is_waiting else ():
                viewer.offer_poster(message)

    def _begin(self) -> None:
        self.transcoder = Transcoder(self._accept, self._codec)
        self._on_turn()

    def _tell_line(self, place: int, waiting: int) -> None:
        for viewer in self._viewers:
            viewer.offer_text(queue_text(place, waiting))

    def _accept(self, init: InitSegment | None, fragment: Fragment | None) -> None:
        if init is not None:
            self._fanout.begin(init)
        if fragment is not None:
            self._fanout.publish(fragment)
