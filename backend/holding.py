"""What a process keeps in memory of its database, such as all obstacles: made once, shared by all.

A process serves one database. When it turns to another, what it held of the first goes: such a
result is tens of megabytes.
"""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from .db import database_url

T = TypeVar("T")


class Holding(Generic[T]):
    """Results of the database in use, one for each key; one caller makes it, the others wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._database = ""
        self._held: dict[Hashable, T] = {}

    def renewed(self, renew: Callable[[T | None], T], key: Hashable = None) -> T:
        """Return the result that holds now.

        `renew` is given the last one, or None, and returns it if it still holds, else a new one.
        What it raises leaves the last one in place.
        """
        with self._lock:
            database = database_url()
            if database != self._database:
                self._held.clear()
                self._database = database
            result = self._held[key] = renew(self._held.get(key))
            return result

    def clear(self) -> None:
        """Hold nothing any more."""
        with self._lock:
            self._held.clear()
