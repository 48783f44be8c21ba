"""What real cameras do to their streams, done on purpose: times, parameter sets, picture styles."""

from enum import StrEnum
from fractions import Fraction

from video.simulator.access_units import (
    PARAMETER_SET_TYPES,
    AccessUnit,
    nal_type,
)
from video.simulator.clips import Style
from video.simulator.encoder import IDR
from video.simulator.rtp import CLOCK_HZ
from video.simulator.streams import Stream


class Odd(StrEnum):
    """One oddity; a device may have several."""

    TIME_JUMPS = "time_jumps"  # an hour forward, every 40 pictures
    TIME_BACK = "time_back"  # a second and a half back, every 40 pictures
    TIME_EQUAL = "time_equal"  # two pictures share one time
    TIME_STANDS = "time_stands"  # always the same time
    TIME_WRAPS = "time_wraps"  # passes 2**32 after two seconds
    TIME_DRIFTS = "time_drifts"  # two per cent fast
    SETS_IN_BAND = "sets_in_band"  # none in the session description
    SETS_IN_SDP = "sets_in_sdp"  # none in the stream
    SETS_EARLY = "sets_early"  # none in the description; in the stream one picture too early
    SETS_CHANGE = "sets_change"  # another picture size every two groups
    B_FRAMES = "b_frames"
    SLICES = "slices"  # four slices a picture
    DELIMITERS = "delimiters"  # a delimiter and filler data in every picture
    NO_KEYS = "no_keys"  # periodic intra refresh: recovery points, no IDR


STYLES: dict[Odd, Style] = {
    Odd.B_FRAMES: "b_frames",
    Odd.SLICES: "slices",
    Odd.NO_KEYS: "intra_refresh",
}
"""Oddities that are already in the clip."""

_EVERY = 40
_DELIMITER, _FILLER = b"\x09\xf0", b"\x0c\xff\xff\xff\x80"
_START_OF_WRAP = (1 << 32) - 2 * CLOCK_HZ


class Wire:
    """How one stream is put on the wire.

    Parameters
    ----------
    stream : Stream
    odds : frozenset of Odd

    """

    def __init__(self, stream: Stream, odds: frozenset[Odd] = frozenset()) -> None:
        self._stream = stream
        self._odds = odds
        self._first: int | None = None

    @property
    def described_sets(self) -> tuple[bytes, ...]:
        """The parameter sets of the session description."""
        hides = self._odds & {Odd.SETS_IN_BAND, Odd.SETS_EARLY}
        return () if hides else self._stream.parameter_sets

    def nals(self, unit: AccessUnit, number: int) -> tuple[bytes, ...]:
        """The units of one picture as they are sent."""
        nals = unit.nals
        if Odd.NO_KEYS in self._odds and any(nal_type(nal, "h264") == IDR for nal in nals):
            return ()  # the beginning of the loop
        if self._odds & {Odd.SETS_IN_SDP, Odd.SETS_EARLY}:
            kinds = PARAMETER_SET_TYPES[self._stream.codec]
            nals = tuple(nal for nal in nals if nal_type(nal, self._stream.codec) not in kinds)
        if Odd.SETS_EARLY in self._odds and (number + 1) % self._stream.video.gop == 0:
            nals = (*self._stream.parameter_sets, *nals)
        if Odd.DELIMITERS in self._odds:
            nals = (_DELIMITER, *nals, _FILLER)
        return nals

    def timestamp(self, number: int, shown: int = 0) -> int:
        """RTP time of picture *number*, presented *shown* pictures later than it is decoded."""
        if self._first is None:
            self._first = number
        since = number - self._first
        if Odd.TIME_STANDS in self._odds:
            return 1234
        at = number // 2 * 2 if Odd.TIME_EQUAL in self._odds else number
        ticks = self._ticks(at + shown)
        if Odd.TIME_JUMPS in self._odds:
            ticks += since // _EVERY * 3600 * CLOCK_HZ
        if Odd.TIME_BACK in self._odds:
            ticks -= since // _EVERY * CLOCK_HZ * 3 // 2
        if Odd.TIME_DRIFTS in self._odds:
            ticks += self._ticks(since) // 50
        if Odd.TIME_WRAPS in self._odds:
            ticks = _START_OF_WRAP + self._ticks(since + shown)
        return ticks

    def _ticks(self, pictures: int) -> int:
        return int(pictures * CLOCK_HZ / Fraction(self._stream.video.fps))
