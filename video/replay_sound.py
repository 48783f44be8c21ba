"""The sound of a recording on the time line of its pictures: for files, and for one viewer."""

from __future__ import annotations

from collections import deque

from video.fmp4_sound import build_sound_fragment, build_sound_init
from video.protocol import Kind, binary, sound_text
from video.replay_source import RecordedSound
from video.rtspclient_sdp import SoundTrack
from video.sound import SoundFormat, SoundPacker, playable
from video.tap import Unit, sound_unit_of

# As much as is sent ahead of the playing: who asks for the sound hears it from here on.
_KEPT_MS = 8000


class SoundUnits:
    """Packs the sound of one recording.

    Parameters
    ----------
    origin_ms : int
        Epoch milliseconds of media time zero.

    """

    def __init__(self, origin_ms: int) -> None:
        self._origin_ms = origin_ms
        self._form: SoundFormat | None = None
        self._packer: SoundPacker | None = None
        self._sequence = 0

    def restart(self) -> None:
        """Begin anew: what follows was not recorded right after this."""
        self._form = self._packer = None

    def of(self, piece: RecordedSound) -> list[Unit]:
        """Return the frames that a piece completes; nothing where its coding is not played."""
        if piece.form != self._form:
            info = playable(piece.form)
            self._form = piece.form
            self._packer = None if info is None else SoundPacker(piece.form, info)
        if self._packer is None or piece.at_ms < self._origin_ms:
            return []
        units = []
        for frame in self._packer.pack(piece.payload, (0, self._origin_ms), piece.at_ms):
            self._sequence += 1
            units.append(sound_unit_of(frame, build_sound_fragment(frame, self._sequence)))
        return units


class ViewerSound:
    """The sound of one viewer's replay: the last seconds are kept, and packed once it is heard.

    Parameters
    ----------
    origin_ms : int
        Epoch milliseconds of media time zero.

    """

    def __init__(self, origin_ms: int) -> None:
        self.is_wanted = False
        self._units = SoundUnits(origin_ms)
        self._kept: deque[RecordedSound] = deque()
        self._told: SoundTrack | None = None
        self._opened: SoundFormat | None = None

    def want(self, *, on: bool) -> None:
        """Let it be heard, or no longer; whoever asks again begins anew."""
        self.is_wanted, self._opened = on, None

    def restart(self) -> None:
        """Forget what was kept: the playing goes on elsewhere."""
        self._kept.clear()
        self._units.restart()

    def tell(self, track: SoundTrack | None) -> str | None:
        """Return what the viewer is to be told of the sound, None where it knows."""
        if track is None or track == self._told:
            return None
        self._told, self._opened = track, None
        return sound_text(playable(track.form), track.form.coding)

    def messages(self, piece: RecordedSound) -> list[bytes]:
        """Return what is to be sent when this piece has come."""
        if not self.is_wanted:
            self._kept.append(piece)
            while piece.at_ms - self._kept[0].at_ms > _KEPT_MS:
                self._kept.popleft()
            return []
        ready, pieces = [], [*self._kept, piece]
        self._kept.clear()
        info = playable(piece.form)
        if info is not None and self._opened != piece.form:
            self._opened = piece.form
            self._units.restart()
            ready.append(binary(Kind.SOUND_INIT, build_sound_init(info)))
        for one in pieces:
            ready += [
                binary(Kind.SOUND, unit.fragment, unit.received_ms) for unit in self._units.of(one)
            ]
        return ready
