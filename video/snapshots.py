"""A fresh still of a camera by the cheapest way that works; says which way it was."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from video.errors import CredentialsRejected, DeviceError, Unreachable, Unsupported
from video.hub import CameraHub
from video.stills import fetch_still
from video.stream_state import Poster, Resolve

FRESH_FOR_S = 5.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A JPEG, when it was taken, and whether from the relay's cache, the device or a new stream."""

    jpeg: bytes
    taken_at: datetime
    origin: Literal["cache", "device", "stream"]


async def take_snapshot(hub: CameraHub, resolve: Resolve, *, deadline_s: float = 6.0) -> Snapshot:
    """Return a still of the hub's camera.

    Cached key picture, else the device's snapshot address, else the first key picture of a stream
    opened for it (which then lingers, so a click after the snapshot starts at once).

    Parameters
    ----------
    hub : CameraHub
        Need not run.
    resolve : coroutine function
        Gives address and credentials.
    deadline_s : float
        Patience with the last way.

    Returns
    -------
    Snapshot

    Raises
    ------
    DeviceError
        No way worked; the error of the last one tried.

    """
    if hub.is_locked_out:
        raise CredentialsRejected("refused a short while ago; not tried again")
    snapshot = await _from_cache(hub, "cache")
    if snapshot is None:
        snapshot = await _from_device(hub, resolve)
    if snapshot is None:
        snapshot = await _from_stream(hub, deadline_s)
    hub.keep_poster(Poster(snapshot.jpeg, int(snapshot.taken_at.timestamp() * 1000)))
    return snapshot


async def _from_cache(hub: CameraHub, origin: Literal["cache", "stream"]) -> Snapshot | None:
    picture = hub.key_picture
    if picture is None or time.time() - picture.received_ms / 1000 > FRESH_FOR_S:
        return None
    jpeg = await hub.still_of(picture)
    return Snapshot(jpeg, datetime.fromtimestamp(picture.received_ms / 1000, UTC), origin)


async def _from_device(hub: CameraHub, resolve: Resolve) -> Snapshot | None:
    try:
        jpeg = await fetch_still(await resolve(hub.key))
    except Unsupported:
        return None
    except DeviceError as error:
        # A login refused here would be refused by the stream too, and count twice.
        if isinstance(error, CredentialsRejected):
            hub.lock_out()
            raise
        return None
    return Snapshot(jpeg, datetime.now(UTC), "device")


async def _from_stream(hub: CameraHub, deadline_s: float) -> Snapshot:
    hub.warm(deadline_s)
    if await hub.wait_for_picture(deadline_s):
        snapshot = await _from_cache(hub, "stream")
        if snapshot is not None:
            return snapshot
    raise Unreachable(f"no picture within {deadline_s:g} s")
