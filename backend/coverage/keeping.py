"""Values worth keeping in memory, up to a number: the ones used longest ago go first."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """Values by key, for the threads of one process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def completed(self, keys: list[Key], made: Callable[[list[Key]], list[Value]]) -> list[Value]:
        """Return a value for each key; `made` makes those that are not kept, and they are kept."""
        with self._lock:
            found = {key: self._values[key] for key in keys if key in self._values}
            for key in found:
                self._values.move_to_end(key)
        missing = [key for key in keys if key not in found]
        if missing:
            # Outside the lock: two who miss the same make it twice, nobody waits for the other.
            fresh = dict(zip(missing, made(missing), strict=True))
            self._keep(fresh)
            found |= fresh
        return [found[key] for key in keys]

    def _keep(self, values: dict[Key, Value]) -> None:
        with self._lock:
            self._values.update(values)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
