"""All hubs of one media worker, by camera and profile, within its limits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from video.errors import CredentialsRejected, Overloaded
from video.hub import CameraHub
from video.places import TranscodePool
from video.snapshots import Snapshot, take_snapshot
from video.stream_state import DEFAULT_SETTINGS, HubKey, HubSettings, HubStatus, OnStatus, Resolve


@dataclass(frozen=True, slots=True)
class GatewayLimits:
    """What one worker process may carry; VIDEO.md section 3 gives 64 ingests of 360p."""

    ingests: int = 64
    viewers: int = 1024
    transcodes: int = 3


class MediaGateway:
    """The hubs of one process; used in one event loop.

    Parameters
    ----------
    resolve : coroutine function
        ``HubKey -> StreamTarget``; asked at each start of a stream.
    limits : GatewayLimits
    settings : HubSettings
    on_status : callable, optional
        Told of every hub's changes of state.

    """

    def __init__(
        self,
        resolve: Resolve,
        *,
        limits: GatewayLimits = GatewayLimits(),
        settings: HubSettings = DEFAULT_SETTINGS,
        on_status: OnStatus | None = None,
    ) -> None:
        self._resolve = resolve
        self._limits = limits
        self._settings = settings
        self._on_status = on_status
        self._pool = TranscodePool(limits.transcodes)
        self._hubs: dict[HubKey, CameraHub] = {}

    def hub(self, key: HubKey) -> CameraHub:
        """Return the hub of a stream, made when there is none yet; it does not start by this.

        Raises
        ------
        Overloaded
            The worker carries as many streams or viewers as it may.

        """
        hub = self._hubs.get(key)
        if hub is None:
            hub = CameraHub(
                key,
                self._resolve,
                pool=self._pool,
                settings=self._settings,
                on_status=self._on_status,
            )
        if not hub.is_running and self.ingests >= self._limits.ingests:
            raise Overloaded(f"{self.ingests} streams are open")
        if self.viewers >= self._limits.viewers:
            raise Overloaded(f"{self.viewers} viewers are connected")
        self._hubs[key] = hub
        return hub

    @property
    def places(self) -> TranscodePool:
        """Return the places for conversions, of recordings too."""
        return self._pool

    @property
    def ingests(self) -> int:
        """Return how many streams are being pulled."""
        return sum(hub.is_running for hub in self._hubs.values())

    @property
    def viewers(self) -> int:
        """Return how many viewers are connected."""
        return sum(hub.viewers for hub in self._hubs.values())

    @property
    def transcodes(self) -> int:
        """Return how many streams are being converted."""
        return self._pool.running

    def warm(self, key: HubKey, for_s: float = 30.0) -> bool:
        """Pull a stream ahead of a click; return False, and do nothing, at the limit."""
        try:
            self.hub(key).warm(for_s)
        except Overloaded:
            return False
        return True

    def glance(self, key: HubKey, patience_s: float) -> bool:
        """Pull a stream until it is known to be live or dead; return False at the limit.

        A device that rejected our login a short while ago is told dead without being asked again.
        """
        try:
            hub = self.hub(key)
        except Overloaded:
            return False
        if hub.is_locked_out and self._on_status is not None:
            self._on_status(key, HubStatus("dead", None, CredentialsRejected.code))
        hub.glance(patience_s)
        return True

    async def snapshot(self, key: HubKey) -> Snapshot:
        """Return a fresh still of a camera.

        Raises
        ------
        DeviceError
            No way to a picture worked.

        """
        return await take_snapshot(self.hub(key), self._resolve)

    def statuses(self) -> dict[HubKey, HubStatus]:
        """Return the state of every stream that was asked for since the start."""
        return {key: hub.status for key, hub in self._hubs.items()}

    async def forget(self, camera_id: int) -> None:
        """End a camera's streams and forget them: it was removed, moved or given a new login."""
        gone = [key for key in self._hubs if key.camera_id == camera_id]
        await asyncio.gather(*(self._hubs.pop(key).stop() for key in gone))

    async def close(self) -> None:
        """End every stream."""
        hubs = list(self._hubs.values())
        self._hubs.clear()
        await asyncio.gather(*(hub.stop() for hub in hubs))
        await self._pool.close()
