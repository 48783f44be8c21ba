"""A process with limits in which what nobody vouches for is decoded: it may die alone.

Codecs are the classic way in. A child is bounded in memory, processor time, files and patience; a
message is two 4-byte lengths, of JSON and of a body, and then both. Nothing is ever unpickled.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from video.containedchild import LARGEST_BODY, LENGTHS

_ROOT = Path(__file__).resolve().parent.parent
_START = "import sys; sys.path.insert(0, {root!r}); from {module} import main; main()"


class ChildLost(Exception):
    """The child died, stalled or answered nonsense; it was ended, the next question begins another.

    ``reason`` names the cause in a word.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What a child may use.

    ``memory_bytes`` is address space, of which an idle child with libraries holds 0.5 GB;
    ``processor_s`` and ``answer_s`` hold for one question each, ``starting_s`` for the first one's
    answer: libraries take a second, ten on a busy machine.
    """

    memory_bytes: int
    processor_s: float = 5.0
    answer_s: float = 8.0
    starting_s: float = 20.0


class Contained:
    """One child at a time, begun when first asked. Used in one event loop, by one at a time.

    Parameters
    ----------
    module : str
        Ours, with a ``main`` that calls `video.containedchild.serve`.
    limits : ChildLimits

    """

    def __init__(self, module: str, limits: ChildLimits) -> None:
        self._module = module
        self._limits = limits
        self._child: Process | None = None
        self.answered = 0

    @property
    def pid(self) -> int | None:
        """Return the child's number, None while there is none."""
        return None if self._child is None else self._child.pid

    async def ask(self, told: Mapping[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        """Return the child's answer; a cancelled question ends the child.

        Raises
        ------
        ChildLost
            There is no answer, and no child any more.

        """
        try:
            return await self._ask(told, body)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as lost:
            await self.end()
            raise ChildLost(type(lost).__name__) from None
        except asyncio.CancelledError:
            await self.end()  # the answer on its way would be taken for the next one's
            raise

    async def end(self) -> None:
        """End the child, if there is one, and wait until it has gone."""
        child, self._child = self._child, None
        if child is None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        if child.stdin is not None:
            child.stdin.close()
        await child.wait()

    async def _ask(self, told: Mapping[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        is_first = self._child is None
        child = self._child = self._child or await self._begin()
        limits = self._limits
        async with asyncio.timeout(limits.starting_s if is_first else limits.answer_s):
            _write(child, told, body)
            if child.stdin is None or child.stdout is None:
                raise OSError("the child was started without pipes")
            await child.stdin.drain()
            answer, found = await _read(child.stdout)
        if answer.get("refused") == "memory":
            raise ValueError("the child ran out of memory")
        self.answered += 1
        return answer, found

    async def _begin(self) -> Process:
        self.answered = 0
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-c",
            _START.format(root=str(_ROOT), module=self._module),
            str(self._limits.memory_bytes),
            str(self._limits.processor_s),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=_environment(),
            start_new_session=True,
        )


@dataclass(slots=True)
class Rest:
    """How long nothing is begun after deaths in a row: twice as long after each.

    ``calm_s`` without a death makes the next one the first again.
    """

    first_s: float = 0.5
    longest_s: float = 60.0
    calm_s: float = 0.0
    deaths: int = 0
    until_s: float = 0.0

    def died(self, now_s: float) -> None:
        """Note a death."""
        if self.deaths and now_s - self.until_s > self.calm_s > 0:
            self.deaths = 0
        self.deaths += 1
        self.until_s = now_s + pause_s(self.deaths, self.first_s, self.longest_s)

    def left_s(self, now_s: float) -> float:
        """Return how long it still lasts."""
        return max(self.until_s - now_s, 0.0)


def pause_s(deaths: int, first_s: float, longest_s: float) -> float:
    """Return how long no child is begun after so many deaths in a row."""
    return min(first_s * 2.0 ** min(deaths - 1, 20), longest_s)


def _environment() -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENCV_FOR_THREADS_NUM": "1",
    }


def _write(child: Process, told: Mapping[str, Any], body: bytes) -> None:
    head = json.dumps(told).encode()
    if child.stdin is None or len(body) > LARGEST_BODY:
        raise OSError("the question cannot be sent")
    child.stdin.write(LENGTHS.pack(len(head), len(body)) + head + body)


async def _read(stream: asyncio.StreamReader) -> tuple[dict[str, Any], bytes]:
    head, body = LENGTHS.unpack(await stream.readexactly(LENGTHS.size))
    if head > LARGEST_BODY or body > LARGEST_BODY:
        raise ValueError("the answer is too long")
    told = json.loads(await stream.readexactly(head))
    if not isinstance(told, dict):
        raise ValueError("the answer is no object")
    return told, await stream.readexactly(body)
