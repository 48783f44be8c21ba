"""The relay as a bare ASGI application, for the benchmark: tickets are not checked here.

``uvicorn relay_app:app`` with GRIDLINK_BENCH_RTSP naming the source; also the shortest example of
how a media worker serves viewers.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from video.addresses import AddressPolicy
from video.credentials import Credentials
from video.gateway import MediaGateway
from video.protocol import parse_hello, serve_viewer
from video.source import StreamTarget
from video.stream_state import HubKey

Message = dict[str, Any]
POLICY = AddressPolicy.of("127.0.0.0/8")


async def resolve(key: HubKey) -> StreamTarget:
    """Give the simulated camera of that number."""
    url = f"{os.environ['GRIDLINK_BENCH_RTSP']}/cam-{key.camera_id:03d}/{key.profile}"
    return StreamTarget(url, POLICY, Credentials("admin", "gridlink-sim"))


@cache
def gateway() -> MediaGateway:
    """Make the gateway in the running loop, once."""
    return MediaGateway(resolve)


async def app(
    scope: Message, receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:  # fmt: skip
    """Serve ``/media/{camera}/{profile}``; raw ASGI, since it is on the path of every picture."""
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    hello = parse_hello((await receive())["text"])
    camera, profile = scope["path"].split("/")[-2:]

    async def send_text(text: str) -> None:
        await send({"type": "websocket.send", "text": text})

    async def send_bytes(message: bytes) -> None:
        await send({"type": "websocket.send", "bytes": message})

    async def hear() -> str | bytes | None:
        event = await receive()
        return None if event["type"] == "websocket.disconnect" else event.get("text") or b""

    await serve_viewer(
        gateway().hub(HubKey(int(camera), profile)), send_text, send_bytes, hear, hello.codecs
    )
