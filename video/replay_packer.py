"""Packs recorded pictures for a player whose time line is the true time of the pictures.

Media time zero is an instant told with the initialisation segment, so that a seek, a gap and the
pictures of several cameras need no bookkeeping: media time plus that instant is true time.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass

from video.bitstream import ParameterSets, find_parameter_sets, picture_units
from video.fmp4 import InitSegment, build_fragment, build_init
from video.replay_source import RecordedPicture
from video.sequence import read_sequence
from video.timeline import TICKS_PER_S, SampleTime

_TICKS_PER_MS = TICKS_PER_S // 1000
LONGEST_STEP_MS = 3000


@dataclass(frozen=True, slots=True)
class ReplayFragment:
    """One picture as ``moof`` and ``mdat``; ``at_ms`` is when it was taken, epoch milliseconds.

    ``time`` is its place from media time zero on.
    """

    payload: bytes
    is_key: bool
    at_ms: int
    time: SampleTime


@dataclass(frozen=True, slots=True)
class _Held:
    units: list[bytes]
    decode: int
    presented: int
    picture: RecordedPicture


class _DecodeTimes:
    """Decode times of one run: with reorder depth d, the (i - d)-th smallest presentation time."""

    def __init__(self, depth: int | None) -> None:
        self.step = TICKS_PER_S // 25
        self._depth = depth or 0
        self._pending: list[int] = []
        self._last: int | None = None

    def place(self, presented: int) -> int:
        """Return the decode time of the next picture in decode order; they rise strictly."""
        insort(self._pending, presented)
        if len(self._pending) > self._depth:
            decode = self._pending.pop(0)
        else:
            decode = self._pending[0] - (self._depth - len(self._pending) + 1) * self.step
        if self._last is not None:
            decode = max(decode, self._last + 1)
            self.step = decode - self._last if self._depth == 0 else self.step
        self._last = max(0, decode)
        return self._last


class ReplayPacker:
    """Packs one viewer's pictures; each is held until the next tells how long it lasts.

    Parameters
    ----------
    origin_ms : int
        Epoch milliseconds of media time zero; pictures before it are left out.

    """

    def __init__(self, origin_ms: int) -> None:
        self.origin_ms = origin_ms
        self.longest_step_ms = LONGEST_STEP_MS
        self._sets: ParameterSets | None = None
        self._announced: ParameterSets | None = None
        self._times: _DecodeTimes | None = None
        self._held: _Held | None = None
        self._last_ms: int | None = None
        self._sequence = 0

    def pack(self, picture: RecordedPicture) -> list[InitSegment | ReplayFragment]:
        """Return what is ready when this picture has come: a segment first where one is due.

        Raises
        ------
        ProtocolViolation
            The parameter sets cannot be read.

        """
        ready: list[InitSegment | ReplayFragment] = []
        if picture.follows_loss or self._is_jump(picture.at_ms):
            ready += self.restart()
        if picture.is_key:
            ready += self._announce(picture)
        elif self._times is None:
            return ready
        units = picture_units([*picture.nals], picture.track.codec)
        if self._times is None or not units or picture.at_ms < self.origin_ms:
            return ready
        self._last_ms = picture.at_ms
        presented = (picture.at_ms - self.origin_ms) * _TICKS_PER_MS
        held = _Held(units, self._times.place(presented), presented, picture)
        ready += self._release(held.decode)
        self._held = held
        return ready

    def restart(self) -> list[InitSegment | ReplayFragment]:
        """Return what is still held; the next picture to be packed is a key picture."""
        ready = self._release(None)
        self._times = self._last_ms = None
        return ready

    def _is_jump(self, at_ms: int) -> bool:
        return self._last_ms is not None and abs(at_ms - self._last_ms) > self.longest_step_ms

    def _announce(self, picture: RecordedPicture) -> list[InitSegment | ReplayFragment]:
        self._sets = (
            find_parameter_sets([*picture.nals], picture.track.codec) or self._sets or picture.sets
        )
        if self._sets is None:
            return []
        if self._sets == self._announced:
            if self._times is None:
                self._times = _DecodeTimes(read_sequence(self._sets).reorder_depth)
            return []
        ready = self._release(None)
        self._times = _DecodeTimes(read_sequence(self._sets).reorder_depth)
        self._announced = self._sets
        return [*ready, build_init(self._sets)]

    def _release(self, next_decode: int | None) -> list[InitSegment | ReplayFragment]:
        held, self._held = self._held, None
        if held is None:
            return []
        step = 0 if next_decode is None else next_decode - held.decode
        if not 0 < step <= self.longest_step_ms * _TICKS_PER_MS:
            step = self._times.step if self._times else TICKS_PER_S // 25
        self._sequence += 1
        time = SampleTime(held.decode, step, held.presented - held.decode)
        payload = build_fragment(held.units, time, sequence=self._sequence, key=held.picture.is_key)
        return [ReplayFragment(payload, held.picture.is_key, held.picture.at_ms, time)]
