"""Names of a relayed stream, its state, and the limits a hub keeps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from video.fanout import GOP_CACHE_BYTES, QUEUE_BYTES
from video.source import SourceTiming, StreamTarget

State = Literal["connecting", "live", "stalled", "dead"]
NO_PACKETS = "stream.no_packets"
IDLE = "stream.idle"


def instant(epoch_ms: int) -> datetime:
    """Return a time in epoch milliseconds as an aware one."""
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)


@dataclass(frozen=True, slots=True)
class HubKey:
    """Which stream: a camera and one of its profiles, ``main`` or ``sub``."""

    camera_id: int
    profile: str


@dataclass(frozen=True, slots=True)
class HubStatus:
    """What is known of a stream; ``last_frame_at`` is when a picture last really arrived.

    A stream nobody wants is not pulled: ``connecting`` with the reason ``stream.idle``.
    """

    state: State
    last_frame_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Limits and patience of a hub, in seconds and bytes.

    ``dead_after_s`` holds for a stream that never sent a picture, ``lost_after_s`` for one that did
    and ceased; None means the same.
    """

    linger_s: float = 60.0
    stalled_after_s: float = 2.5
    dead_after_s: float = 10.0
    lost_after_s: float | None = None
    lockout_pause_s: float = 600.0
    gop_cache_bytes: int = GOP_CACHE_BYTES
    queue_bytes: int = QUEUE_BYTES
    timing: SourceTiming = field(default_factory=SourceTiming)


DEFAULT_SETTINGS = HubSettings()


@dataclass(frozen=True, slots=True)
class Poster:
    """A still picture as JPEG and when it was taken."""

    jpeg: bytes
    taken_ms: int


Resolve = Callable[[HubKey], Awaitable[StreamTarget]]
OnStatus = Callable[[HubKey, HubStatus], None]
