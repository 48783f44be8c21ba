"""Everyone who watches one hub, each on the rung it can play."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

from video.bitstream import Codec
from video.conversion import Conversion
from video.fanout import Fanout, Subscription
from video.fmp4 import InitSegment
from video.fmp4_sound import build_sound_init
from video.packager import Fragment, KeyPicture
from video.places import TranscodePool
from video.protocol import Kind, Rung, binary, sound_text
from video.sound import AudioInfo, SoundFrame
from video.transcode import Transcoder


class Audience:
    """The viewers of one hub: as the camera sends it, converted, or stills while they wait.

    Parameters
    ----------
    rung : Rung
        Told to those who get the camera's own stream.
    pool : TranscodePool
    of : hashable
        Which stream this is.
    cache_bytes : int
        Cap of each cached group of pictures.
    on_turn : callable
        Called when a conversion waited for may begin and wants to be fed.

    """

    def __init__(
        self,
        rung: Rung,
        pool: TranscodePool,
        of: Hashable,
        cache_bytes: int,
        on_turn: Callable[[], None],
    ) -> None:
        self._viewers: set[Subscription] = set()
        self._listeners: set[Subscription] = set()
        self._native = Fanout(rung, cache_bytes)
        self._conversion = Conversion(pool, of, cache_bytes, on_turn)
        self._codec: Codec | None = None
        self._has_no_keys = False
        self._sound: tuple[AudioInfo | None, str] | None = None

    def __len__(self) -> int:
        return len(self._viewers)

    def __iter__(self) -> Iterator[Subscription]:
        return iter(tuple(self._viewers))

    @property
    def transcoder(self) -> Transcoder | None:
        """Return what the source's pictures are to be fed to."""
        return self._conversion.transcoder

    @property
    def wants_sound(self) -> bool:
        return bool(self._listeners)

    @property
    def audio(self) -> AudioInfo | None:
        """Return the sound of the present connection, if it is played."""
        return None if self._sound is None else self._sound[0]

    @property
    def group(self) -> tuple[Fragment, ...]:
        """Return the latest group of pictures of the camera's own stream."""
        return self._native.group

    def add(self, viewer: Subscription) -> None:
        """Take in a viewer; it is attached as soon as it is known what the camera sends."""
        self._viewers.add(viewer)
        self._attach(viewer)

    def discard(self, viewer: Subscription) -> None:
        """Let a viewer go."""
        self._viewers.discard(viewer)
        self._listeners.discard(viewer)
        self._native.discard(viewer)
        self._conversion.discard(viewer)

    def tell(self, text: str) -> None:
        """Send a text to every viewer."""
        for viewer in self._viewers:
            viewer.offer_text(text)

    def hear(self, viewer: Subscription, *, on: bool) -> None:
        """Send a viewer the sound as well, or no longer."""
        if not on or viewer not in self._viewers:
            self._listeners.discard(viewer)
            return
        self._listeners.add(viewer)
        self._open_sound(viewer)

    def open(self, codec: Codec) -> None:
        """Note what a new connection carries and give every viewer its rung."""
        self._sound = None
        if codec == self._codec:
            return
        self._codec, self._has_no_keys = codec, False
        self._conversion.stop()
        for viewer in self:
            self._native.discard(viewer)
            self._attach(viewer)

    def open_sound(self, info: AudioInfo | None, coding: str) -> None:
        """Note what sound the connection carries."""
        self._sound = (info, coding)
        self.tell(sound_text(info, coding))
        for viewer in self._listeners:
            self._open_sound(viewer)

    def do_without_keys(self) -> None:
        """Convert for everyone who sees nothing yet: players cannot begin in such a stream."""
        if self._has_no_keys:
            return
        self._has_no_keys = True
        for viewer in self:
            if not viewer.is_following:
                self._native.discard(viewer)
                self._attach(viewer)

    def begin(self, init: InitSegment) -> None:
        self._native.begin(init)

    def publish(self, fragment: Fragment) -> None:
        self._native.publish(fragment)

    def publish_sound(self, frame: SoundFrame, fragment: bytes) -> None:
        """Send a frame of sound to those who listen."""
        if not self._listeners:
            return
        message = binary(Kind.SOUND, fragment, frame.received_ms)
        for viewer in self._listeners:
            viewer.offer_sound(message)

    def show_still(self, picture: KeyPicture | None) -> None:
        """Show those who wait for a conversion what can be shown."""
        if picture is not None and self._conversion.is_waiting:
            self._conversion.show_still(picture)

    def forget_group(self) -> None:
        """Drop cached pictures, so that nobody takes old ones for live."""
        self._native.forget_group()
        self._conversion.forget_group()

    def let_go(self) -> None:
        """Forget the connection: the next one begins anew."""
        self._codec, self._sound, self._has_no_keys = None, None, False
        self._native.forget_opening()
        self._conversion.stop()

    def _attach(self, viewer: Subscription) -> None:
        if self._codec is None:
            return
        if self._sound is not None:
            viewer.offer_text(sound_text(*self._sound))
        plays = self._codec == "h264" or "hvc1" in viewer.codecs
        if plays and not self._has_no_keys:
            self._native.add(viewer)
        else:
            self._conversion.add(viewer, self._codec)

    def _open_sound(self, viewer: Subscription) -> None:
        if self.audio is not None:
            viewer.offer_sound(binary(Kind.SOUND_INIT, build_sound_init(self.audio)))
