"""Places for decoding: conversions as many as the machine bears, the rest wait in line.

About three 1080p25 conversions fit one core (VIDEO.md section 3).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from video.stillmaker import StillMaker


class Place:
    """One stream's turn in line; used in the event loop.

    Parameters
    ----------
    pool : TranscodePool
    on_turn : callable
        Called when the place is free: now, or when others gave theirs back.
    on_move : callable
        Called with place and length of the line, counted from 1, when either changes.

    """

    def __init__(
        self,
        pool: TranscodePool,
        on_turn: Callable[[], None],
        on_move: Callable[[int, int], None],
    ) -> None:
        self.on_turn = on_turn
        self.on_move = on_move
        self._pool = pool

    def give_back(self) -> None:
        """Leave the place or the line."""
        self._pool.leave(self)


class TranscodePool:
    """Counts running conversions against a limit and keeps the line of those that wait.

    Stills are made one at a time by ``stills``.
    """

    def __init__(self, limit: int = 3) -> None:
        self._limit = limit
        self._taken: set[Place] = set()
        self._line: list[Place] = []
        self._ending: set[asyncio.Task[None]] = set()
        self.stills = StillMaker()

    @property
    def running(self) -> int:
        return len(self._taken)

    @property
    def waiting(self) -> int:
        return len(self._line)

    def ask(self, on_turn: Callable[[], None], on_move: Callable[[int, int], None]) -> Place:
        """Return a place, held at once or waited for; see `Place`."""
        place = Place(self, on_turn, on_move)
        self._line.append(place)
        self._advance()
        return place

    def position(self, place: Place) -> tuple[int, int] | None:
        """Return place and length of the line, or None for one that has its turn."""
        return (self._line.index(place) + 1, len(self._line)) if place in self._line else None

    def see_off(self, ending: asyncio.Task[None]) -> None:
        """Keep the end of a conversion until its child has gone."""
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Wait until no child is left."""
        await asyncio.gather(*self._ending, return_exceptions=True)
        await self.stills.close()

    def leave(self, place: Place) -> None:
        self._taken.discard(place)
        if place in self._line:
            self._line.remove(place)
        self._advance()

    def _advance(self) -> None:
        turns = []
        while self._line and len(self._taken) < self._limit:
            place = self._line.pop(0)
            self._taken.add(place)
            turns.append(place)
        for place in turns:
            place.on_turn()
        for number, place in enumerate(tuple(self._line), 1):
            place.on_move(number, len(self._line))
