"""How far a device's clock runs ahead, closer than the whole seconds it tells.

`GetSystemDateAndTime` knows seconds only. Asked again just when its second should turn, a device
halves what is not known each time.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from onveef import envelopes

from video.onvif_answers import shown_time
from video.onvif_session import OnvifSession

_CLOSE_ENOUGH_S = 0.06
# What a device kept by NTP may be off by; below it, measuring would cost more than it tells.
_RIGHT_S = 0.5
_MOST_QUESTIONS = 7


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """``offset_s`` positive: the device runs ahead. ``error_s``: half the width of what may be.

    ``error_s`` None: the device does not tell its clock, which is then taken to be right.
    """

    offset_s: float = 0.0
    error_s: float | None = None


async def measure_clock(
    ask: Callable[[], Awaitable[datetime | None]], *, questions: int = _MOST_QUESTIONS
) -> DeviceClock:
    """Return a device's clock against ours.

    A clock that may be right is taken to be: devices kept by NTP cost one question. For one that
    is wrong, the question is repeated about once a second.

    Parameters
    ----------
    ask : coroutine function
        Gives the device's time, whole seconds, aware; None when it does not say.
    questions : int
        At most so many.

    Returns
    -------
    DeviceClock

    """
    low_s, high_s = -math.inf, math.inf
    for _ in range(questions):
        if math.isfinite(low_s):
            await asyncio.sleep(_until_turn_s(time.time(), (low_s + high_s) / 2))
        before_s = time.time()
        shown = await ask()
        after_s = time.time()
        if shown is None:
            return DeviceClock()
        low_s = max(low_s, shown.timestamp() - after_s)
        high_s = min(high_s, shown.timestamp() + 1 - before_s)
        if low_s > high_s:  # it was set in between
            low_s, high_s = shown.timestamp() - after_s, shown.timestamp() + 1 - before_s
        if low_s <= _RIGHT_S and high_s >= -_RIGHT_S:
            return DeviceClock(0.0, max(-low_s, high_s))
        if high_s - low_s < _CLOSE_ENOUGH_S:
            break
    return DeviceClock((low_s + high_s) / 2, (high_s - low_s) / 2)


async def clock_of(session: OnvifSession) -> DeviceClock:
    """Return the clock of a device whose session is open.

    Raises
    ------
    DeviceError
        Any of the tree.

    """

    async def ask() -> datetime | None:
        body = envelopes.device_get_system_date_time()
        return shown_time(await session.call("GetSystemDateAndTime", body))

    return await measure_clock(ask)


def _until_turn_s(now_s: float, offset_s: float) -> float:
    """Return how long until a clock so far ahead of ours shows a new second."""
    theirs_s = now_s + offset_s
    return math.ceil(theirs_s) - theirs_s
