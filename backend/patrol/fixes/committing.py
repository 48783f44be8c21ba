"""Group commit: requests that come within a few milliseconds share one durable transaction.

Nobody is answered before the commit. Batches of one unit never share a transaction, so that the
numbers of new fixes, counted by unit, are those of one request.
"""

import asyncio
import logging
import time
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy.exc import DBAPIError, OperationalError

from ...answers import translated
from ...db import begin
from ...errors import Unavailable
from ...live import Notice, announce
from .batch import Batch, Outcome
from .storing import Stored, store

LINGER_S = 0.004
ROWS_TOGETHER = 4_000
ROWS_WAITING = 400_000
NOTICE_EVERY_S = 1.0

log = logging.getLogger(__name__)

_Waiting = tuple[Batch, "asyncio.Future[Outcome]"]


class Overfull(Unavailable):
    code = "fixes.overfull"
    zh = "上传过于集中，请 {retry_after_s} 秒后重传，数据不会重复。"
    en = "Too much is waiting to be stored: send again in {retry_after_s} s, nothing is doubled."


class Committer:
    """Stores batches, many in one transaction, in a thread of its own while the next gather."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._rows = 0
        self._task: asyncio.Task[None] | None = None
        self._known_days: frozenset[int] = frozenset()
        self._told_at = 0.0
        self._has_moved = False
        self._telling: asyncio.Task[None] | None = None

    async def commit(self, batch: Batch) -> Outcome:
        """Return what became of a batch, once that is durable.

        Raises
        ------
        Overfull, Unavailable
            If too much waits, or the database is away: the same batch may be sent again.

        """
        if self._rows > ROWS_WAITING:
            raise Overfull(retry_after_s=2)
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((batch, done))
        self._rows += len(batch.fixes)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        return await done

    async def close(self) -> None:
        """Leave; who still waits is answered that the server is going."""
        for task in (self._task, self._telling):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        for _, done in self._waiting:
            if not done.done():
                done.set_exception(Unavailable(part="gridlink"))

    async def _work(self) -> None:
        """Store what waits until nothing does."""
        await asyncio.sleep(LINGER_S)
        while self._waiting:
            lot = self._next_lot()
            try:
                stored = await asyncio.to_thread(self._store, [batch for batch, _ in lot])
            except Exception as error:  # whoever sent them is told, each for itself
                await self._apart(lot, error)
                continue
            _answer(lot, stored.outcomes)
            if stored.has_moved:
                self._tell()

    def _next_lot(self) -> list[_Waiting]:
        """Take batches from the front that share no unit; the others keep their places."""
        lot: list[_Waiting] = []
        left: deque[_Waiting] = deque()
        taken: set[int] = set()
        rows = 0
        while self._waiting and rows < ROWS_TOGETHER:
            entry = self._waiting.popleft()
            units = entry[0].units
            if taken & units:
                left.append(entry)
                continue
            taken |= units
            rows += len(entry[0].fixes)
            lot.append(entry)
        self._waiting.extendleft(reversed(left))
        self._rows -= rows
        return lot

    def _store(self, batches: list[Batch]) -> Stored:
        """Store, and once more when the connection was lost: a repeated batch changes nothing."""
        try:
            return self._store_once(batches)
        except DBAPIError as error:
            self._known_days = frozenset()  # a day's partition may have gone
            if not (error.connection_invalidated or isinstance(error, OperationalError)):
                raise
            return self._store_once(batches)

    def _store_once(self, batches: list[Batch]) -> Stored:
        with begin() as session:
            now = datetime.now(UTC)
            stored = store(session, batches, now=now, known_days=self._known_days)
        self._known_days = stored.days
        return stored

    async def _apart(self, lot: list[_Waiting], error: Exception) -> None:
        """Answer a lot that failed; if the database is there, each batch gets its own try."""
        told = translated(error)
        if isinstance(told, Unavailable) or len(lot) == 1:
            for _, done in lot:
                if not done.done():
                    done.set_exception(told)
            return
        for entry in lot:
            try:
                stored = await asyncio.to_thread(self._store, [entry[0]])
            except Exception as fault:  # as above
                if not entry[1].done():
                    entry[1].set_exception(translated(fault))
            else:
                _answer([entry], stored.outcomes)

    def _tell(self) -> None:
        """Tell consoles that units have moved: at once, and then at most once a second."""
        self._has_moved = True
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_soon())

    async def _tell_soon(self) -> None:
        while self._has_moved:
            await asyncio.sleep(max(0.0, self._told_at + NOTICE_EVERY_S - time.monotonic()))
            self._told_at = time.monotonic()
            self._has_moved = False
            with suppress(DBAPIError):  # the relay tells all to resynchronise when it is back
                await asyncio.to_thread(_announce)


def _announce() -> None:
    with begin() as session:
        announce(session, Notice("units", 0, 0))


def _answer(lot: list[_Waiting], outcomes: list[Outcome]) -> None:
    for (_, done), outcome in zip(lot, outcomes, strict=True):
        if not done.done():  # whoever asked may have hung up
            done.set_result(outcome)
