"""Carries one source's pictures from its thread, packed, into the hub's event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from video.bitstream import Codec
from video.errors import DeviceError, ProtocolViolation
from video.fmp4 import InitSegment
from video.packager import Fragment, KeyPicture, Packager
from video.source import AccessUnit
from video.transcode import Transcoder

logger = logging.getLogger(__name__)


class Receiver(Protocol):
    """Where an ingest delivers; called in the event loop."""

    def open(self, codec: Codec) -> None:
        """Note what a new connection carries."""

    def accept(self, init: InitSegment | None, fragment: Fragment | None) -> None:
        """Take over what the packager made of one unit."""

    def fail(self, error: DeviceError, *, final: bool) -> None:
        """Take note of a broken or refused connection."""


class Ingest:
    """The hub's sink: packs in the source's thread, hands over in the event loop."""

    def __init__(self, receiver: Receiver, loop: asyncio.AbstractEventLoop) -> None:
        self.is_over = False
        self.transcoder: Transcoder | None = None
        self._receiver: Receiver | None = receiver
        self._loop = loop
        self._packager: Packager | None = None

    @property
    def key_picture(self) -> KeyPicture | None:
        return None if self._packager is None else self._packager.key_picture

    def detach(self) -> None:
        """Let nothing more of this connection reach the hub."""
        self._receiver = None

    def on_open(self, codec: Codec, extradata: bytes) -> None:
        self._packager = Packager(codec, extradata)
        call_in(self._loop, self._open, codec)

    def on_unit(self, unit: AccessUnit) -> None:
        if self._packager is None:
            return
        try:
            init, fragment = self._packager.pack(unit)
        except ProtocolViolation as error:
            self.on_failure(error, final=False)
            return
        if self.transcoder is not None:
            entry = self._packager.entry
            payload = unit.payload if entry is None else entry
            at = self._packager.presented
            self.transcoder.feed(
                replace(unit, payload=payload, is_key=entry is not None, presented=at)
            )
        if init is not None or fragment is not None:
            call_in(self._loop, self._accept, init, fragment)

    def on_failure(self, error: DeviceError, *, final: bool) -> None:
        call_in(self._loop, self._fail, error, final)

    def _open(self, codec: Codec) -> None:
        if self._receiver is not None:
            self._receiver.open(codec)

    def _accept(self, init: InitSegment | None, fragment: Fragment | None) -> None:
        if self._receiver is not None:
            self._receiver.accept(init, fragment)

    def _fail(self, error: DeviceError, final: bool) -> None:
        if self._receiver is not None:
            self.is_over = final
            self._receiver.fail(error, final=final)


def call_in(
    loop: asyncio.AbstractEventLoop, function: Callable[..., None], *values: object
) -> None:
    """Run a function in the loop; a loop that has closed needs nothing any more."""
    try:
        loop.call_soon_threadsafe(function, *values)
    except RuntimeError:
        logger.debug("the event loop has closed", extra={"action": "stream.late"})
