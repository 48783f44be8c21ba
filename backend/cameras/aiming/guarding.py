"""A head driven by hand never comes to stand in what must not be seen: watched while it moves.

Only where something forbidden is in reach. The position is asked several times a second, where it
will be by the next time is worked out, and the head is stopped before it gets there; one that got
in all the same is sent back to where it was free.
"""

from __future__ import annotations

import asyncio
import time

from video.errors import DeviceError
from video.ptz import PtzHead

from .facts import HeadFacts
from .lines import Lines, Reach
from .moving import told
from .planning import is_lawful, view_at

_POLL_S = 0.15
#: How far ahead the movement is foreseen: a poll, an answer and a stop.
_AHEAD_S = 0.6
#: A drive that is not renewed has ended by then.
_LONGEST_S = 120.0
_STILL_POLLS = 4

Place = tuple[float, float, float]

_watched: dict[int, asyncio.Task[None]] = {}
"""Guards of this process, by camera; touched on the loop of the lines alone."""


async def watch_over(lines: Lines, reach: Reach, facts: HeadFacts) -> None:
    """Begin to watch a head that is being driven; one that is watched already stays so."""
    running = _watched.get(reach.camera_id)
    if running is None or running.done():
        _watched[reach.camera_id] = asyncio.create_task(_guard(lines, reach, facts))


async def _guard(lines: Lines, reach: Reach, facts: HeadFacts) -> None:
    try:
        await lines.on(reach, lambda head: guard(head, facts))
    except DeviceError:
        return  # whoever drives is told by the next command; the dead man's time ends the move


async def guard(head: PtzHead, facts: HeadFacts) -> bool:
    """Watch a head until it stands; whether it had to be stopped."""
    free: Place | None = None
    last: tuple[float, Place] | None = None
    still = 0
    end = time.monotonic() + _LONGEST_S
    while still < _STILL_POLLS and time.monotonic() < end:
        place = told(await head.status())
        now = time.monotonic()
        if place is None:
            await head.stop()
            return True
        if not is_lawful(facts, view_at(facts, place)):
            await head.stop()
            if free is not None:
                await head.move_to(*free)
            return True
        free = place
        if last is not None and not is_lawful(facts, view_at(facts, _ahead(last, (now, place)))):
            await head.stop()
            return await _settled(head, facts, free)
        still = still + 1 if last is not None and last[1] == place else 0
        last = (now, place)
        await asyncio.sleep(_POLL_S)
    return False


async def _settled(head: PtzHead, facts: HeadFacts, free: Place) -> bool:
    """After a stop: where it slid into what is forbidden it goes back."""
    await asyncio.sleep(_POLL_S)
    place = told(await head.status())
    if place is not None and not is_lawful(facts, view_at(facts, place)):
        await head.move_to(*free)
    return True


def _ahead(last: tuple[float, Place], now: tuple[float, Place]) -> Place:
    step = _AHEAD_S / max(now[0] - last[0], 0.01)
    pan, tilt, zoom = (b + (b - a) * step for a, b in zip(last[1], now[1], strict=True))
    return pan, tilt, zoom
