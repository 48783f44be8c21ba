"""Decode and presentation times of a live stream, in 90 kHz ticks from the first access unit.

Cameras' times are taken as hints: they jump, go back, stand still or run at another rate. Where
they cannot be right, the time of arrival says how long a picture lasted.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from dataclasses import dataclass

TICKS_PER_S = 90_000
_TICKS_PER_MS = TICKS_PER_S // 1000
_LONGEST_STEP = 3 * TICKS_PER_S
# A step forward that the arrival does not bear out is a jump of the clock, not a pause.
_LEAST_JUMP = TICKS_PER_S
_UNBORNE = 7 * TICKS_PER_S // 10
_REMEMBERED = 33
# After so long the device's rate is held against ours; a stall of the network stays within bounds.
_JUDGED_AFTER_MS = 8000
_SLOWEST, _FASTEST = 0.4, 2.5
# As far as B-frames may lead back: eight frames, or half a second at high rates.
_REORDER_FRAMES, _REORDER_TICKS = 8, TICKS_PER_S // 2


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
        self._declared = reorder_depth
        self._depth = reorder_depth or 0
        self._duration = round(TICKS_PER_S / fps)
        self._pending: list[int] = []
        self._highest: int | None = None
        self._last: int | None = None
        self._shift = 0
        self._raw: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)
        self._judged_from: tuple[int, int] | None = None
        self._is_anchored = False
        self._is_trusted = True
        self._stands_still = False

    def place(self, presented: int | None, received_ms: int = 0) -> SampleTime:
        """Return the times of the next access unit.

        Parameters
        ----------
        presented : int or None
            Presentation time in 90 kHz ticks, in decode order, from any origin; None where the
            device gave none.
        received_ms : int
            When it arrived, epoch milliseconds; 0 where that is not known.

        Returns
        -------
        SampleTime
            ``decode`` begins at 0 and rises strictly, also where the device's clock jumps.

        """
        presented = self._straightened(presented, received_ms)
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

    def _straightened(self, presented: int | None, received_ms: int) -> int:
        """Return the presentation time on our line: jumps joined, standing and wild clocks led."""
        if self._highest is None:
            # Origin such that the first decode time is 0.
            self._shift = self._depth * self._duration - (presented or 0)
            start = self._depth * self._duration
            self._is_anchored = presented is not None
            self._raw.append((start, received_ms))
            self._judged_from = (start, received_ms)
            return start
        arrived = (received_ms - self._raw[-1][1]) * _TICKS_PER_MS if received_ms else None
        if presented is None:
            # As one that repeats itself: how long it lasts is for the arrivals to say.
            presented = self._raw[-1][0] - self._shift
        elif not self._is_anchored:
            self._shift = self._highest + self._duration - presented
            self._is_anchored = True
        raw = presented + self._shift
        if self._is_jump(raw - self._highest, arrived):
            self._shift += self._highest + self._duration - raw
            raw = self._highest + self._duration
            self._pending.clear()
            self._raw.clear()
            self._judged_from = (raw, received_ms)
        repeats = bool(self._raw) and raw == self._raw[-1][0]
        self._raw.append((raw, received_ms))
        self._judge(raw, received_ms)
        if not self._is_trusted and arrived is not None:
            return self._highest + max(arrived, 1)
        if self._depth == 0 and raw <= self._highest and (repeats or self._stands_still):
            self._stands_still = True
            return self._highest + self._mean_step()
        return raw

    def _is_jump(self, step: int, arrived: int | None) -> bool:
        if step < 0:
            if not self._is_trusted or self._stands_still:
                return -step > _LONGEST_STEP
            if self._declared == 0:
                return True
            return -step > max(_REORDER_FRAMES * self._duration, _REORDER_TICKS)
        if arrived is None:
            return step > _LONGEST_STEP
        return step > max(_LEAST_JUMP, 4 * self._duration) and step - arrived > _UNBORNE

    def _judge(self, raw: int, received_ms: int) -> None:
        """Hold the device's rate against the arrivals, every few seconds."""
        if self._judged_from is None or not received_ms or self._depth:
            return
        from_raw, from_ms = self._judged_from
        if received_ms - from_ms < _JUDGED_AFTER_MS:
            return
        ratio = (raw - from_raw) / ((received_ms - from_ms) * _TICKS_PER_MS)
        self._is_trusted = _SLOWEST < ratio < _FASTEST
        self._judged_from = (raw, received_ms)

    def _mean_step(self) -> int:
        """Return how long a picture lasts, of a clock that repeats itself."""
        (first, first_ms), (last, last_ms) = self._raw[0], self._raw[-1]
        count = max(len(self._raw) - 1, 1)
        step = (last - first) // count
        arrived = (last_ms - first_ms) * _TICKS_PER_MS // count if first_ms else 0
        if arrived > 0 and not arrived < 2 * step < 4 * arrived:
            step = arrived
        return step if step > 0 else self._duration

    def _learn(self, presented: int) -> None:
        if self._highest is None:
            self._highest = presented
            return
        if presented < self._highest:
            # A frame before its predecessor: the stream reorders although it did not say so.
            self._depth = max(self._depth, 1)
            return
        step = presented - self._highest
        if 0 < step < TICKS_PER_S and self._depth == 0 and not self._stands_still:
            self._duration = step
        self._highest = presented
