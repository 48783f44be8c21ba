"""Decode and presentation times of a live stream, in 90 kHz ticks from the first access unit."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass

TICKS_PER_S = 90_000
_LONGEST_STEP = 3 * TICKS_PER_S


@dataclass(frozen=True, slots=True)
class SampleTime:
    """Times of one access unit in 90 kHz ticks; ``offset`` is presentation minus decode time."""

    decode: int
    duration: int
    offset: int


class Timeline:
    """Turns presentation times, in decode order, into strictly rising decode times.

    RTP carries presentation times only. With a reorder depth of d frames, frame i is decoded at
    the (i - d)-th smallest presentation time (as FFmpeg does it). No frame is held back: the first
    d decode times are extrapolated from the frame duration.

    Parameters
    ----------
    reorder_depth : int or None
        From the sequence parameter set. None where the stream does not say: taken as 0 and
        raised when a frame is presented before its predecessor.
    fps : float
        First guess of the frame rate, until two frames were seen.

    """

    def __init__(self, reorder_depth: int | None, fps: float = 25.0) -> None:
        self._depth = reorder_depth or 0
        self._duration = round(TICKS_PER_S / fps)
        self._pending: list[int] = []
        self._highest: int | None = None
        self._last: int | None = None
        self._shift = 0

    def place(self, presented: int) -> SampleTime:
        """Return the times of the next access unit.

        Parameters
        ----------
        presented : int
            Presentation time in 90 kHz ticks, in decode order, from any origin.

        Returns
        -------
        SampleTime
            ``decode`` begins at 0 and rises strictly, also where the device's clock jumps.

        """
        presented += self._shift
        presented = self._bridge(presented)
        self._learn(presented)
        insort(self._pending, presented)
        if len(self._pending) > self._depth:
            decode = self._pending.pop(0)
        else:
            decode = self._pending[0] - (self._depth - len(self._pending) + 1) * self._duration
        if self._last is not None and decode <= self._last:
            decode = self._last + 1
        step = self._duration if self._last is None else decode - self._last
        self._last = decode
        return SampleTime(decode, step if step > 1 else self._duration, presented - decode)

    def _bridge(self, presented: int) -> int:
        """Join a jump of the device's clock to the frame before it."""
        if self._highest is None:
            # Origin such that the first decode time is 0.
            shift = self._depth * self._duration - presented
        elif abs(presented - self._highest) > _LONGEST_STEP:
            shift = self._highest + self._duration - presented
            self._pending.clear()
        else:
            return presented
        self._shift += shift
        return presented + shift

    def _learn(self, presented: int) -> None:
        if self._highest is None:
            self._highest = presented
            return
        if presented < self._highest:
            # A frame before its predecessor: the stream reorders although it did not say so.
            self._depth = max(self._depth, 1)
            return
        step = presented - self._highest
        if 0 < step < TICKS_PER_S and self._depth == 0:
            self._duration = step
        self._highest = presented
