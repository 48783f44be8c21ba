"""What a media worker offers to the work done beside its streams, whichever floor that lies on."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol

from video.gateway import MediaGateway
from video.source import StreamTarget
from video.stream_state import HubKey


class MediaHost(Protocol):
    """One media worker, as its duties, commands and routes see it; used in its event loop."""

    @property
    def number(self) -> int:
        """Which worker this is, from 0."""

    @property
    def gateway(self) -> MediaGateway:
        """Its hubs."""

    def owns(self, camera_id: int) -> bool:
        """Return whether this worker relays the camera; each camera has one worker."""

    def key(self, camera_id: int, profile: str = "sub") -> HubKey:
        """Return the hub of a camera's ``sub`` or ``main`` stream."""

    async def resolve(self, key: HubKey) -> StreamTarget:
        """Return address and login of a stream, as they stand in the database now."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something on the side until it ends or the worker does; a failure is logged."""
