"""Wiring shared by the video tests: hubs onto the simulated fleet, and a viewer in memory."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from video.addresses import AddressPolicy
from video.credentials import Credentials
from video.gateway import MediaGateway
from video.protocol import serve_viewer
from video.simulator.fleet import Fleet
from video.source import StreamTarget
from video.stream_state import HubKey


def _resolver(fleet: Fleet, **changes: object) -> Callable[[HubKey], Awaitable[StreamTarget]]:
    """Camera number n is the fleet's device ``cam-00n``."""

    async def resolve(key: HubKey) -> StreamTarget:
        name = f"cam-{key.camera_id:03d}"
        spec = fleet.device(name).spec
        values = {
            "url": fleet.rtsp_url(name, key.profile),
            "policy": AddressPolicy.of("127.0.0.0/8"),
            "credentials": Credentials(spec.username, spec.password),
        }
        return StreamTarget(**(values | changes))

    return resolve


@dataclass
class Viewer:
    """A viewer without a network: what it was sent, and waiting for a fact about it."""

    texts: list[dict] = field(default_factory=list)
    binaries: list[bytes] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    held: asyncio.Event | None = None
    says: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)

    async def send_text(self, text: str) -> None:
        self.texts.append(json.loads(text))
        self.changed.set()

    async def send_bytes(self, message: bytes) -> None:
        if self.held is not None:
            await self.held.wait()
        self.binaries.append(message)
        self.changed.set()

    async def receive(self) -> str | None:
        """What it says next, None when it has gone."""
        saying = asyncio.ensure_future(self.says.get())
        going = asyncio.ensure_future(self.gone.wait())
        done, open_ = await asyncio.wait({saying, going}, return_when=asyncio.FIRST_COMPLETED)
        for waiting in open_:
            waiting.cancel()
        return saying.result() if saying in done else None

    async def until(self, fact: Callable[["Viewer"], object], within_s: float = 60) -> float:
        """Wait until the fact holds; return how long that took."""
        began = time.monotonic()
        async with asyncio.timeout(within_s):
            while not fact(self):
                self.changed.clear()
                await self.changed.wait()
        return time.monotonic() - began

    def of_kind(self, kind: int) -> list[bytes]:
        return [message for message in self.binaries if message[0] == kind]

    def said(self, **wanted: object) -> list[dict]:
        return [one for one in self.texts if all(one.get(k) == v for k, v in wanted.items())]

    def as_file(self) -> bytes:
        """The bytes a player would have appended."""
        return b"".join(m[1:] if m[0] == 0 else m[9:] for m in self.binaries if m[0] != 3)


@asynccontextmanager
async def _watching(gateway: MediaGateway, key: HubKey, *codecs: str):
    viewer = Viewer()
    serving = asyncio.create_task(
        serve_viewer(
            gateway.hub(key),
            viewer.send_text,
            viewer.send_bytes,
            viewer.receive,
            frozenset(codecs or ("avc1",)),
        )
    )
    try:
        yield viewer
    finally:
        viewer.gone.set()
        if viewer.held is not None:
            viewer.held.set()
        await asyncio.wait_for(serving, 60)


@pytest.fixture
def relay() -> SimpleNamespace:
    """Give the tests the three pieces above by one name."""
    return SimpleNamespace(resolver=_resolver, watching=_watching, Viewer=Viewer)
