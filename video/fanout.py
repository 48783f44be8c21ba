"""One stream to many viewers: bounded queues, and the latest group of pictures for newcomers."""

from __future__ import annotations

import asyncio
from collections import deque

from video.fmp4 import InitSegment
from video.packager import Fragment
from video.protocol import Item, Kind, Rung, binary, init_text

_MIB = 1024 * 1024
GOP_CACHE_BYTES = 8 * _MIB
QUEUE_BYTES = 4 * _MIB


class Subscription:
    """What waits for one viewer; used in the event loop alone.

    When more than ``limit_bytes`` wait, the viewer cannot follow: all waiting pictures go and it
    continues at the next key frame. Texts and initialisation segments are kept.

    Parameters
    ----------
    codecs : frozenset of str
        What the viewer plays.
    limit_bytes : int

    """

    def __init__(self, codecs: frozenset[str], limit_bytes: int = QUEUE_BYTES) -> None:
        self.codecs = codecs
        self.dropped = 0
        self._limit_bytes = limit_bytes
        self._waiting: deque[Item] = deque()
        self._waiting_bytes = 0
        self._needs_key = True
        self._closed = False
        self._wake = asyncio.Event()

    @property
    def waiting_bytes(self) -> int:
        return self._waiting_bytes

    @property
    def is_following(self) -> bool:
        """Return whether it has been given pictures that belong together."""
        return not self._needs_key

    @property
    def closed(self) -> bool:
        return self._closed

    def offer_text(self, text: str) -> None:
        """Queue a text message."""
        self._put(text)

    def offer_segment(self, message: bytes) -> None:
        """Queue an initialisation segment; the next picture must be a key frame."""
        self._needs_key = True
        self._put(message)

    def offer_poster(self, message: bytes) -> None:
        """Queue a still; the stream goes on behind it as it was."""
        self._put(message)

    def offer(self, message: bytes, *, is_key: bool) -> None:
        """Queue a media message, or count it as dropped."""
        if self._waiting_bytes + len(message) > self._limit_bytes and self._waiting_bytes:
            self._drop_pictures()
        if self._needs_key and not is_key:
            self.dropped += 1
            return
        self._needs_key = False
        self._put(message)

    def offer_sound(self, message: bytes) -> None:
        """Queue sound; it is left out where pictures already wait too long."""
        if self._waiting_bytes + len(message) <= self._limit_bytes:
            self._put(message)

    def close(self) -> None:
        """End the subscription after what is already queued."""
        self._closed = True
        self._wake.set()

    async def next(self) -> Item | None:
        """Return the next message, or None at the end."""
        while not self._waiting:
            if self._closed:
                return None
            self._wake.clear()
            await self._wake.wait()
        item = self._waiting.popleft()
        if isinstance(item, bytes):
            self._waiting_bytes -= len(item)
        return item

    def _put(self, item: Item) -> None:
        self._waiting.append(item)
        if isinstance(item, bytes):
            self._waiting_bytes += len(item)
        self._wake.set()

    def _drop_pictures(self) -> None:
        kept = [item for item in self._waiting if isinstance(item, str) or item[0] == Kind.INIT]
        self.dropped += len(self._waiting) - len(kept)
        self._waiting = deque(kept)
        self._waiting_bytes = sum(len(item) for item in kept if isinstance(item, bytes))
        self._needs_key = True


class Fanout:
    """Sends one packaged stream to its subscribers; each message is built once for all.

    Parameters
    ----------
    rung : Rung
        Told to viewers: how this stream came about.
    cache_bytes : int
        Cap of the cached group of pictures; a longer group is not cached beyond it.

    """

    def __init__(self, rung: Rung, cache_bytes: int = GOP_CACHE_BYTES) -> None:
        self._rung = rung
        self._cache_limit = cache_bytes
        self._subscribers: set[Subscription] = set()
        self._opening: tuple[str, bytes] | None = None
        self._generation = 0
        self._group: list[Fragment] = []
        self._group_bytes = 0

    def __len__(self) -> int:
        return len(self._subscribers)

    @property
    def cached_bytes(self) -> int:
        return self._group_bytes

    @property
    def group(self) -> tuple[Fragment, ...]:
        """Return the latest group of pictures, as far as it is cached."""
        return tuple(self._group)

    def add(self, subscription: Subscription) -> None:
        """Attach a viewer and queue what it needs to show a picture at once."""
        self._subscribers.add(subscription)
        self._open(subscription)
        if self._group:
            batch = b"".join(fragment.payload for fragment in self._group)
            newest_ms = self._group[-1].received_ms
            subscription.offer(binary(Kind.KEY_FRAGMENT, batch, newest_ms), is_key=True)

    def discard(self, subscription: Subscription) -> None:
        """Detach a viewer, if it is attached."""
        self._subscribers.discard(subscription)

    def begin(self, init: InitSegment) -> None:
        """Start a new generation: players rebuild, the cache starts over."""
        self._generation += 1
        self._opening = (
            init_text(init, self._generation, self._rung),
            binary(Kind.INIT, init.payload),
        )
        self.forget_group()
        for subscription in self._subscribers:
            self._open(subscription)

    def publish(self, fragment: Fragment) -> None:
        """Send a fragment to every subscriber and cache it for later ones."""
        self._cache(fragment)
        kind = Kind.KEY_FRAGMENT if fragment.is_key else Kind.FRAGMENT
        message = binary(kind, fragment.payload, fragment.received_ms)
        for subscription in self._subscribers:
            subscription.offer(message, is_key=fragment.is_key)

    def forget_group(self) -> None:
        """Drop the cached pictures, so that nobody takes old ones for live."""
        self._group.clear()
        self._group_bytes = 0

    def forget_opening(self) -> None:
        """Drop segment and pictures: the next viewer waits for a new beginning."""
        self._opening = None
        self.forget_group()

    def _open(self, subscription: Subscription) -> None:
        if self._opening is not None:
            text, segment = self._opening
            subscription.offer_text(text)
            subscription.offer_segment(segment)

    def _cache(self, fragment: Fragment) -> None:
        if fragment.is_key:
            self.forget_group()
        elif not self._group:
            return
        self._group.append(fragment)
        self._group_bytes += len(fragment.payload)
        if self._group_bytes > self._cache_limit:
            self.forget_group()
