"""What one session with a recorder brings: pictures, sound, and the instant of each."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator

from video.errors import ProtocolViolation, StreamFailed, TimedOut
from video.rtspclient import RtspClient
from video.rtspclient_depacket import CodedPicture, Depacketiser
from video.rtspclient_rtp import ReplayMark, parse_packet
from video.rtspclient_sdp import SoundTrack, VideoTrack
from video.rtspclient_sound import CodedSound, SoundDepacketiser
from video.rtspclient_wire import Media

# A recorder may spin up a disk first; a picture that takes longer will not come.
_FIRST_PICTURE_S = 15.0
_END_SILENCE_S = 1.5


class Session:
    """What comes in one session; near the end of what was asked for, silence is the end."""

    def __init__(self, client: RtspClient, track: VideoTrack, sound: SoundTrack | None) -> None:
        self.is_near_end = False
        self._client = client
        self._track = track
        self._depacketiser = Depacketiser(track.codec)
        self._sound = sound
        self._listener = None if sound is None else SoundDepacketiser(sound)
        self._pictureless_s = 0.0

    async def read(self) -> AsyncGenerator[CodedPicture | CodedSound, None]:
        """Yield pictures and sound until the recorder ends or falls silent."""
        signed_s = began_s = time.monotonic()
        has_picture = False
        while (media := await self._next()) is not None:
            now_s = time.monotonic()
            if now_s - signed_s > self._client.session_life_s / 2:
                self._client.keep_alive()
                signed_s = now_s
            part = parse_packet(media.packet)
            if media.is_sound and self._sound is not None and self._listener is not None:
                if part.payload_type == self._sound.payload_type:
                    for piece in self._listener.feed(part):
                        yield piece
                continue
            if part.payload_type != self._track.payload_type:
                continue
            for picture in self._depacketiser.feed(part):
                has_picture = True
                yield picture
            if not has_picture and now_s - began_s > _FIRST_PICTURE_S:
                raise TimedOut("packets of the recording come, but no picture")
        for picture in self._depacketiser.flush():
            yield picture

    async def _next(self) -> Media | None:
        """Return the next packet; some recorders stop at the end without a word (GStreamer)."""
        patience_s = _END_SILENCE_S if self.is_near_end else self._client.silence_s
        began_s = time.monotonic()
        try:
            media = await self._client.packet(patience_s)
            # What is waited for is the picture: sound alone is silence too.
            self._pictureless_s += time.monotonic() - began_s
            if media is None or not media.is_sound:
                self._pictureless_s = 0.0
            elif self._pictureless_s > patience_s:
                raise TimedOut("sound of the recording comes, but no picture")
        except (TimedOut, StreamFailed):
            if self.is_near_end:
                return None
            raise
        return media


class Clock:
    """Tells an instant: by its own stamp, else by RTP time from a known instant on.

    Parameters
    ----------
    begin_ms : int
        Epoch milliseconds of true time where RTP time begins, until a stamp tells better.
    ticks_per_s : float
        RTP ticks in a second of the recording.
    ahead_ms : int
        How far the recorder's clock runs ahead of true time.

    """

    def __init__(self, begin_ms: int, ticks_per_s: float, ahead_ms: int) -> None:
        self.latest_ms: int | None = None
        self._begin_ms = begin_ms
        self._ticks_per_s = ticks_per_s
        self._ahead_ms = ahead_ms
        self._first_ticks: int | None = None

    def place(self, ticks: int, mark: ReplayMark | None) -> tuple[int, bool]:
        """Return epoch milliseconds of true time, and whether the recorder stated them.

        Raises
        ------
        ProtocolViolation
            A stamp of no time.

        """
        if mark is not None:
            at_ms = mark.at_ns // 1_000_000 - self._ahead_ms
            if not 0 < at_ms < 1 << 42:
                raise ProtocolViolation("a picture's time stamp lies in no time")
            self._begin_ms, self._first_ticks = at_ms, ticks
        elif self._first_ticks is None:
            self._first_ticks = ticks
        elapsed_s = (ticks - self._first_ticks) / self._ticks_per_s
        self.latest_ms = self._begin_ms + round(1000 * elapsed_s)
        return self.latest_ms, mark is not None
