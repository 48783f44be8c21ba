"""The transcoded side of a hub: runs while someone needs it, within the pool's limit."""

from __future__ import annotations

import asyncio

from video.fanout import Fanout, Subscription
from video.fmp4 import InitSegment
from video.ingest import call_in
from video.packager import Fragment
from video.transcode import TranscodePool, Transcoder


class Conversion:
    """The transcoded side of a hub: runs while someone needs it, within the pool's limit."""

    def __init__(self, pool: TranscodePool, cache_bytes: int) -> None:
        self.transcoder: Transcoder | None = None
        self._pool = pool
        self._fanout = Fanout("transcode", cache_bytes)

    def add(self, subscription: Subscription) -> None:
        """Attach a viewer, starting the transcoder for the first.

        Raises
        ------
        Overloaded
            The pool has no place.

        """
        if self.transcoder is None:
            self._pool.take()
            loop = asyncio.get_running_loop()
            self._fanout.forget_opening()

            def emit(init: InitSegment | None, fragment: Fragment | None) -> None:
                call_in(loop, self._accept, transcoder, init, fragment)

            self.transcoder = transcoder = Transcoder(emit)
        self._fanout.add(subscription)

    def discard(self, subscription: Subscription) -> None:
        self._fanout.discard(subscription)
        if not len(self._fanout):
            self.stop()

    def forget_group(self) -> None:
        self._fanout.forget_group()

    def stop(self) -> None:
        """Give the place back."""
        if self.transcoder is not None:
            self.transcoder.stop()
            self.transcoder = None
            self._pool.give_back()
        self._fanout.forget_group()

    def _accept(self, by: Transcoder, init: InitSegment | None, fragment: Fragment | None) -> None:
        if by is not self.transcoder:
            return
        if init is not None:
            self._fanout.begin(init)
        if fragment is not None:
            self._fanout.publish(fragment)
