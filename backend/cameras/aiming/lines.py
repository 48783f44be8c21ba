"""Open lines to heads: one logged-in session a device, kept for a minute, on a loop of its own.

A login costs four questions; whoever drags in a picture cannot wait for them each time.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from video.addresses import AddressPolicy
from video.credentials import Credentials
from video.errors import DeviceError, TimedOut

from ...settings import load

if TYPE_CHECKING:
    from video.ptz import PtzHead
    from video.ptz_skills import Skills

_KEPT_S = 60.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reach:
    """Where one head's device answers, and with what login; `skills` None: not asked yet."""

    camera_id: int
    address: str
    credentials: Credentials = field(repr=False)
    policy: AddressPolicy
    skills: Skills | None = None


@dataclass(slots=True)
class _Line:
    reach: Reach
    head: PtzHead
    stack: AsyncExitStack
    used_at: float


class Lines:
    """All lines of this process; its methods but `run` belong to the loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._open: dict[int, _Line] = {}
        self._opening: dict[int, asyncio.Lock] = {}
        threading.Thread(target=self._loop.run_forever, name="heads", daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._close_idle(), self._loop)

    def run(self, task: Awaitable[T]) -> T:
        """Run to its end on the loop; to be called from any other thread."""

        async def awaited() -> T:
            return await task

        return asyncio.run_coroutine_threadsafe(awaited(), self._loop).result()

    async def on(self, reach: Reach, act: Callable[[PtzHead], Awaitable[T]]) -> T:
        """Return what `act` does on the head, over the line that is open or a new one.

        Raises
        ------
        DeviceError
            The line is closed then; the next act begins with a new one.

        """
        try:
            line = await self._line(reach)
            return await act(line.head)
        except DeviceError:
            await self.drop(reach.camera_id)
            raise

    async def drop(self, camera_id: int) -> None:
        """Close a line; none is fine."""
        line = self._open.pop(camera_id, None)
        if line is not None:
            await line.stack.aclose()

    async def _line(self, reach: Reach) -> _Line:
        async with self._opening.setdefault(reach.camera_id, asyncio.Lock()):
            line = self._open.get(reach.camera_id)
            if line is None or _login(line.reach) != _login(reach):
                await self.drop(reach.camera_id)
                line = self._open[reach.camera_id] = await _opened(reach)
            line.used_at = time.monotonic()
            return line

    async def _close_idle(self) -> None:
        while True:
            await asyncio.sleep(_KEPT_S / 4)
            for camera_id, line in list(self._open.items()):
                if time.monotonic() - line.used_at > _KEPT_S:
                    await self.drop(camera_id)


async def _opened(reach: Reach) -> _Line:
    from video.onvif_session import OnvifSession  # brings the ONVIF client, which few need
    from video.ptz import PtzHead
    from video.ptz_skills import read_skills

    limit_s = load().aiming.command_s
    stack = AsyncExitStack()
    try:
        async with asyncio.timeout(2 * limit_s):
            address = await asyncio.to_thread(reach.policy.check, reach.address)
            session = await stack.enter_async_context(
                OnvifSession(address, reach.credentials, reach.policy, call_s=limit_s)
            )
            await session.open()
            head = PtzHead(session, reach.skills or await read_skills(session))
    except BaseException as fault:
        await stack.aclose()
        if isinstance(fault, TimeoutError):
            raise TimedOut("the head's device took too long to log in") from None
        raise
    return _Line(reach, head, stack, time.monotonic())


def _login(reach: Reach) -> tuple[object, ...]:
    return (reach.address, reach.credentials, reach.skills)


@cache
def lines() -> Lines:
    """Return the lines of this process; the thread starts with the first command."""
    return Lines()
