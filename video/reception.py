"""What a hub makes of what its source delivers: for viewers, for taps, for the stream's state."""

from __future__ import annotations

import asyncio
import logging

from video.audience import Audience
from video.bitstream import Codec
from video.errors import CredentialsRejected, DeviceError
from video.fmp4 import InitSegment
from video.ingest import Ingest
from video.liveness import Liveness
from video.packager import Fragment, KeyPicture
from video.posters import Posters
from video.protocol import error_text, viewer_code
from video.sound import AudioInfo, SoundFrame
from video.source import StreamTarget
from video.stream_state import HubKey
from video.tap import Taps, info_of, sound_unit_of

logger = logging.getLogger(__name__)


class Reception:
    """The `video.ingest.Receiver` of one hub; used in its event loop.

    Parameters
    ----------
    key : HubKey
    audience, taps, liveness, posters
        The hub's own.

    """

    def __init__(
        self, key: HubKey, audience: Audience, taps: Taps, liveness: Liveness, posters: Posters
    ) -> None:
        self.target: StreamTarget | None = None
        self._key = key
        self._audience, self._taps = audience, taps
        self._liveness, self._posters = liveness, posters
        self._ingest: Ingest | None = None

    @property
    def key_picture(self) -> KeyPicture | None:
        """Return the latest picture of the present connection that decodes by itself."""
        return None if self._ingest is None else self._ingest.key_picture

    @property
    def is_over(self) -> bool:
        """Return whether the source has given up."""
        return self._ingest is not None and self._ingest.is_over

    def begin(self, target: StreamTarget) -> Ingest:
        """Return where the source of a new run delivers."""
        self.target = target
        self._ingest = Ingest(self, asyncio.get_running_loop())
        self.feed()
        return self._ingest

    def let_go(self) -> None:
        """Take nothing more of this run."""
        if self._ingest is not None:
            self._ingest.detach()
        self._ingest = None
        self._liveness.has_picture.clear()
        self._audience.let_go()
        self._taps.forget_stream()

    def feed(self) -> None:
        """Let the source's thread know what is wanted of it beside the pictures."""
        if self._ingest is not None:
            self._ingest.transcoder = self._audience.transcoder
            self._ingest.wants_sound = self._audience.wants_sound or bool(self._taps)

    def notice_silence(self) -> bool:
        """Tell that pictures stopped coming; return whether that is news."""
        change = self._liveness.silence()
        if change is None:
            return False
        state, reason = change
        if state == "stalled":
            self._audience.forget_group()
            self._taps.gap(reason)
        self._liveness.change(state, reason)
        if state == "dead":
            self._audience.tell(error_text(viewer_code(reason)))
        return state == "stalled"

    def open(self, codec: Codec) -> None:
        """Note what a new connection carries and give every viewer its rung."""
        target = self.target
        if target is not None and target.snapshot_url and self._liveness.status.state != "live":
            # The stream's login has just been accepted: this one cannot add a failed attempt.
            self._posters.fetch(target)
        self._audience.open(codec)
        self.feed()

    def open_sound(self, info: AudioInfo | None, coding: str) -> None:
        """Note what sound the connection carries."""
        self._audience.open_sound(info, coding)

    def accept_sound(self, frame: SoundFrame, fragment: bytes) -> None:
        """Take over a frame of sound."""
        self._audience.publish_sound(frame, fragment)
        if self._taps:
            self._taps.hand_over(sound_unit_of(frame, fragment))

    def accept(self, init: InitSegment | None, fragment: Fragment | None) -> None:
        """Take over what the packager made of one unit."""
        if init is not None:
            self._audience.begin(init)
            self._taps.begin(info_of(init, self._audience.audio))
        if fragment is None:
            return
        self._liveness.note_picture(fragment.received_ms)
        self._audience.publish(fragment)
        self._taps.publish(fragment)
        if fragment.is_key:
            self._audience.show_still(self.key_picture)

    def accept_keyless(self, received_ms: int, *, for_good: bool) -> None:
        """Note a picture no player can begin with: such a camera lives, but must be converted."""
        self._liveness.note_keyless()
        if for_good:
            self._liveness.note_picture(received_ms)
            self._audience.do_without_keys()
            self.feed()

    def fail(self, error: DeviceError, *, final: bool) -> None:
        """Take note of a broken or refused connection."""
        logger.info(
            "stream of camera %s failed: %s", self._key.camera_id, error,
            extra={"action": "stream.failed", "camera_id": self._key.camera_id},
        )  # fmt: skip
        self._audience.forget_group()
        self._taps.gap(error.code)
        if isinstance(error, CredentialsRejected):
            self._liveness.lock_out()
        if final:
            self._liveness.change("dead", error.code)
            self._audience.tell(error_text(viewer_code(error.code)))
        else:
            self._liveness.fail(error.code)
