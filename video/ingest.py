"""Carries one source's pictures from its thread, packed, into the hub's event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from video.bitstream import Codec
from video.errors import DeviceError, ProtocolViolation
from video.fmp4 import InitSegment
from video.fmp4_sound import build_sound_fragment
from video.packager import Fragment, KeyPicture, Packager
from video.rtspsource import AccessUnit
from video.sound import AudioInfo, SoundFormat, SoundFrame, SoundPacker, playable

if TYPE_CHECKING:
    from video.transcode import Transcoder

logger = logging.getLogger(__name__)


class Receiver(Protocol):
    """Where an ingest delivers; called in the event loop."""

    def open(self, codec: Codec) -> None:
        """Note what a new connection carries."""

    def accept(self, init: InitSegment | None, fragment: Fragment | None) -> None:
        """Take over what the packager made of one unit."""

    def accept_keyless(self, received_ms: int, *, for_good: bool) -> None:
        """Note a picture no player can begin with; ``for_good``: the camera sends no other."""

    def open_sound(self, info: AudioInfo | None, coding: str) -> None:
        """Note what sound the connection carries; None where its coding is not played."""

    def accept_sound(self, frame: SoundFrame, fragment: bytes) -> None:
        """Take over a frame of sound."""

    def fail(self, error: DeviceError, *, final: bool) -> None:
        """Take note of a broken or refused connection."""


class Ingest:
    """The hub's sink: packs in the source's thread, hands over in the event loop."""

    def __init__(self, receiver: Receiver, loop: asyncio.AbstractEventLoop) -> None:
        self.is_over = False
        self.transcoder: Transcoder | None = None
        self.wants_sound = False
        self._receiver: Receiver | None = receiver
        self._loop = loop
        self._packager: Packager | None = None
        self._sound: SoundPacker | None = None
        self._pictured = (0, 0)
        self._heard = 0

    @property
    def key_picture(self) -> KeyPicture | None:
        return None if self._packager is None else self._packager.key_picture

    def detach(self) -> None:
        """Let nothing more of this connection reach the hub."""
        self._receiver = None

    def on_open(self, codec: Codec, extradata: bytes) -> None:
        self._packager, self._sound = Packager(codec, extradata), None
        self._call(lambda receiver: receiver.open(codec))

    def on_unit(self, unit: AccessUnit) -> None:
        packager = self._packager
        if packager is None:
            return
        try:
            init, fragment = packager.pack(unit)
        except ProtocolViolation as error:
            self.on_failure(error, final=False)
            return
        self._convert(packager, unit)
        if init is not None or fragment is not None:
            self._pictured = (packager.presented, unit.received_ms)
            self._call(lambda receiver: receiver.accept(init, fragment))
        if fragment is None or packager.has_no_keys:
            at, for_good = unit.received_ms, packager.has_no_keys
            self._call(lambda receiver: receiver.accept_keyless(at, for_good=for_good))

    def on_sound_open(self, form: SoundFormat) -> None:
        info = playable(form)
        self._sound = None if info is None else SoundPacker(form, info)
        self._call(lambda receiver: receiver.open_sound(info, form.coding))

    def on_sound(self, payload: bytes, received_ms: int) -> None:
        if self._sound is None or not self.wants_sound or not self._pictured[1]:
            return
        for frame in self._sound.pack(payload, self._pictured, received_ms):
            self._heard += 1
            self._hand_over(frame, build_sound_fragment(frame, self._heard))

    def on_failure(self, error: DeviceError, *, final: bool) -> None:
        def failed(receiver: Receiver) -> None:
            self.is_over = final
            receiver.fail(error, final=final)

        self._call(failed)

    def _convert(self, packager: Packager, unit: AccessUnit) -> None:
        if self.transcoder is None:
            return
        entry = packager.entry
        payload = unit.payload if entry is None else entry
        at = packager.presented
        self.transcoder.feed(replace(unit, payload=payload, is_key=entry is not None, presented=at))

    def _hand_over(self, frame: SoundFrame, fragment: bytes) -> None:
        self._call(lambda receiver: receiver.accept_sound(frame, fragment))

    def _call(self, tell: Callable[[Receiver], None]) -> None:
        call_in(self._loop, self._tell, tell)

    def _tell(self, tell: Callable[[Receiver], None]) -> None:
        if self._receiver is not None:
            tell(self._receiver)


def call_in(
    loop: asyncio.AbstractEventLoop, function: Callable[..., None], *values: object
) -> None:
    """Run a function in the loop; a loop that has closed needs nothing any more."""
    try:
        loop.call_soon_threadsafe(function, *values)
    except RuntimeError:
        logger.debug("the event loop has closed", extra={"action": "stream.late"})
