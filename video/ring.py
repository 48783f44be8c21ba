"""The last seconds of one stream in memory, so that a clip begins before somebody asks for it.

A ring is the sink of a hub's tap. It is trimmed at key pictures: it holds the asked seconds and up
to one group of pictures more, unless its cap in bytes is reached first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from video.tap import StreamInfo, Unit


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A stretch of units that one decoder reads without a break.

    ``reason`` is why the one before it ended: a code of the hub, ``stream.changed`` when the
    camera began anew without a break, empty for the first one.
    """

    info: StreamInfo
    reason: str = ""


@dataclass(slots=True)
class Group:
    """A key picture and what depends on it, with the sound between."""

    section: Section
    units: list[Unit] = field(default_factory=list)
    size_bytes: int = 0

    @property
    def began_ms(self) -> int:
        return self.units[0].received_ms


Follower = Callable[[Section, Unit], None]


class Ring:
    """Keeps the latest groups and passes units on to who records.

    Parameters
    ----------
    keep_s : float
        Seconds that are to be there at any moment.
    most_bytes : int
        Cap of all groups together; the oldest go first, the present one is cut last.

    """

    def __init__(self, keep_s: float, most_bytes: int) -> None:
        self.keep_s = keep_s
        self.gap: str | None = None
        self._most_bytes = most_bytes
        self._groups: deque[Group] = deque()
        self._followers: list[Follower] = []
        self._info: StreamInfo | None = None
        self._section: Section | None = None
        self._reason = ""
        self._size_bytes = 0

    @property
    def size_bytes(self) -> int:
        """Return what the groups take."""
        return self._size_bytes

    @property
    def held_s(self) -> float:
        """Return how far back the ring reaches, in seconds before its latest unit."""
        if not self._groups:
            return 0.0
        return (self._groups[-1].units[-1].received_ms - self._groups[0].began_ms) / 1000

    def since(self, at_ms: int) -> list[tuple[Section, Unit]]:
        """Return all units from the key picture at or before an instant; epoch milliseconds.

        Where the ring does not reach back so far, it begins with its oldest key picture.
        """
        groups = list(self._groups)
        while len(groups) > 1 and groups[1].began_ms <= at_ms:
            del groups[0]
        return [(group.section, unit) for group in groups for unit in group.units]

    def follow(self, follower: Follower) -> None:
        """Pass on every unit from now on, in the event loop."""
        self._followers.append(follower)

    def unfollow(self, follower: Follower) -> None:
        if follower in self._followers:
            self._followers.remove(follower)

    @property
    def is_followed(self) -> bool:
        return bool(self._followers)

    def on_stream(self, info: StreamInfo) -> None:
        """Begin a new section: its times begin anew."""
        if self._section is not None and not self._reason:
            self._reason = "stream.changed"
        self._info, self._section = info, None

    def on_gap(self, reason: str) -> None:
        """End the section; the next one begins with a key picture."""
        self.gap = self._reason = reason
        self._section = None

    def on_unit(self, unit: Unit) -> None:
        """Keep a unit, and pass it on."""
        if self._info is None or (self._section is None and not unit.is_key):
            return
        if self._section is None:
            self._section = Section(self._info, self._reason)
            self._reason = ""
        self.gap = None
        self._keep(self._section, unit)
        for follower in tuple(self._followers):
            follower(self._section, unit)

    def _keep(self, section: Section, unit: Unit) -> None:
        if unit.is_key and not unit.is_audio:
            self._groups.append(Group(section))
            self._trim(unit.received_ms)
        elif not self._groups:
            return
        group = self._groups[-1]
        group.units.append(unit)
        size = len(unit.fragment) + len(unit.sound)
        group.size_bytes += size
        self._size_bytes += size
        while self._size_bytes > self._most_bytes:
            self._drop_first()

    def _trim(self, now_ms: int) -> None:
        """Drop groups as long as those after them reach back far enough."""
        until_ms = now_ms - self.keep_s * 1000
        while len(self._groups) > 2 and self._groups[1].began_ms <= until_ms:
            self._drop_first()

    def _drop_first(self) -> None:
        self._size_bytes -= self._groups.popleft().size_bytes
