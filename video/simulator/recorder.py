"""What a simulated recorder has on its disk: a loop of a clip on the wall-clock grid, with gaps.

Picture *k* was taken at epoch second `k / fps` and is picture `k % len(clip)` of the clip, so that
the frame number burnt into it tells its instant. All times here are true epoch seconds.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

from video.simulator.access_units import AccessUnit
from video.simulator.clips import Clip


@dataclass(frozen=True, slots=True)
class RecordedUnit:
    """One recorded picture: number on the grid, when it was taken, what lies around it."""

    number: int
    at_s: float
    unit: AccessUnit
    follows_gap: bool


@dataclass(frozen=True, slots=True)
class Recorder:
    """A recording that reaches `hours` back from now.

    `gap_every_s` and `gap_s`: at every multiple of the first (in epoch seconds) the recording is
    interrupted for the second; 0 for none.
    """

    clip: Clip
    hours: float = 2.0
    gap_every_s: float = 1200.0
    gap_s: float = 90.0

    @property
    def fps(self) -> float:
        return float(self.clip.video.fps)

    def begins_s(self) -> float:
        """The oldest instant still there."""
        return time.time() - self.hours * 3600

    def has(self, at_s: float) -> bool:
        """Whether the instant was recorded."""
        if not self.begins_s() <= at_s <= time.time():
            return False
        return not self.gap_every_s or at_s % self.gap_every_s >= self.gap_s

    def spans(self, from_s: float, to_s: float) -> list[tuple[float, float]]:
        """What is recorded between two instants, as start and end."""
        start, end = max(from_s, self.begins_s()), min(to_s, time.time())
        if not self.gap_every_s or not self.gap_s:
            return [(start, end)] if start < end else []
        spans = []
        period = math.floor(start / self.gap_every_s)
        while period * self.gap_every_s < end:
            begin = period * self.gap_every_s + self.gap_s
            close = (period + 1) * self.gap_every_s
            if max(begin, start) < min(close, end):
                spans.append((max(begin, start), min(close, end)))
            period += 1
        return spans

    def code_at(self, at_s: float) -> int:
        """The frame number burnt into the picture that was shown at an instant."""
        return math.floor(at_s * self.fps + 1e-6) % len(self.clip.units)

    def play(self, from_s: float, to_s: float | None) -> Iterator[RecordedUnit]:
        """The pictures from the key picture at or before an instant on; gaps are passed over."""
        number = math.floor(from_s * self.fps + 1e-6)
        number -= number % len(self.clip.units) % self.clip.video.gop
        follows_gap = False
        while (at_s := number / self.fps) <= (to_s or math.inf) and at_s <= time.time():
            unit = self.clip.units[number % len(self.clip.units)]
            if not self.has(at_s):
                follows_gap = True
            elif not follows_gap or unit.is_key:
                yield RecordedUnit(number, at_s, unit, follows_gap)
                follows_gap = False
            number += 1
