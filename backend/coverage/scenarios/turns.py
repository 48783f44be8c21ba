"""One question at a time for each user: a dragged camera asks faster than answers come.

The latest question is the only one worth answering, so one is being answered, one may wait, and a
newer one takes the place of the one that waits.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import Conflict


class Superseded(Conflict):
    code = "coverage.superseded"
    zh = "您已提出更新的推演请求，此请求不再计算。"
    en = "You have asked a newer question: this one is not answered."


class Turns:
    """Who is being answered, and who waits; for the threads of one process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._answered: set[int] = set()
        self._waiting: dict[int, object] = {}

    @contextmanager
    def take(self, user_id: int) -> Iterator[None]:
        """Wait for the user's turn and hold it.

        Raises
        ------
        Superseded
            If the same user asked again while this one waited.

        """
        self._wait(user_id)
        try:
            yield
        finally:
            with self._changed:
                self._answered.discard(user_id)
                self._changed.notify_all()

    def _wait(self, user_id: int) -> None:
        ticket = object()
        with self._changed:
            self._waiting[user_id] = ticket
            self._changed.notify_all()
            while user_id in self._answered:
                self._changed.wait()
                if self._waiting.get(user_id) is not ticket:
                    raise Superseded()
            del self._waiting[user_id]
            self._answered.add(user_id)
