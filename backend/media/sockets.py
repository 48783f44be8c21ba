"""Viewers' WebSockets: ticket first, then what it opens, until either side ends it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError
from starlette.websockets import WebSocket, WebSocketDisconnect

from video.errors import DeviceError, ProtocolViolation
from video.protocol import (
    Receive,
    SendBytes,
    SendText,
    ViewingTally,
    error_text,
    parse_hello,
    serve_viewer,
    viewer_code,
)

from ..cameras import viewing
from ..cameras.streams import Kind
from ..errors import GridlinkError
from ..settings import load
from . import records, replays

if TYPE_CHECKING:
    from .worker import Worker

_HELLO_S = 10.0
_POLICY_VIOLATION = 1008

_NO_TICKET = (
    ProtocolViolation,
    GridlinkError,
    SQLAlchemyError,
    TimeoutError,
    WebSocketDisconnect,
    KeyError,
)
"""What a viewer without a good first message comes to; all end in the same refusal."""


@dataclass(frozen=True, slots=True)
class Viewing:
    """One admitted viewer: what its ticket opens, what it plays, and the way to it.

    `receive` returns None when the viewer has gone; `tally` is what the register will say.
    """

    admission: viewing.Admission
    codecs: frozenset[str]
    tally: ViewingTally
    send_text: SendText
    send_bytes: SendBytes
    receive: Receive


async def watch(worker: Worker, socket: WebSocket) -> None:
    """Serve one viewer: ticket first, then the stream until either side ends it."""
    if not _is_own_page(socket):
        await socket.close(_POLICY_VIOLATION)
        return
    await socket.accept()
    try:
        hello = parse_hello(await asyncio.wait_for(socket.receive_text(), _HELLO_S))
        admission = await asyncio.to_thread(records.redeem, hello.ticket, *SERVED)
    except _NO_TICKET:
        with contextlib.suppress(RuntimeError):
            await socket.send_text(error_text("stream.ticket_refused"))
            await socket.close(_POLICY_VIOLATION)
        return
    tally, reason = ViewingTally(), "viewer_left"
    receive = partial(_receive, socket)
    viewer = Viewing(admission, hello.codecs, tally, socket.send_text, socket.send_bytes, receive)
    serving = asyncio.create_task(_serve(worker, socket, viewer))
    worker.watching[admission.stream_id] = serving
    try:
        reason = await serving
    except asyncio.CancelledError:
        reason = "revoked"
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.send_text(error_text("stream.revoked"))
            await socket.close(_POLICY_VIOLATION)
    finally:
        del worker.watching[admission.stream_id]
        ending = partial(
            records.finish, admission.stream_id, tally.bytes_sent, reason, seen=tally.seen
        )
        await asyncio.shield(asyncio.to_thread(ending))


async def _serve(worker: Worker, socket: WebSocket, viewer: Viewing) -> str:
    try:
        await SERVED[viewer.admission.kind](worker, viewer)
    except DeviceError as error:
        await socket.send_text(error_text(viewer_code(error.code)))
        await socket.close()
        return error.code
    except (WebSocketDisconnect, RuntimeError, OSError):
        return "viewer_left"
    return "viewer_left"


async def serve_live(worker: Worker, viewer: Viewing) -> None:
    """Send the picture of now."""
    admission, codecs = viewer.admission, viewer.codecs
    hub = worker.gateway.hub(records.hub_key(admission.camera_id, admission.profile, codecs))
    await serve_viewer(
        hub, viewer.send_text, viewer.send_bytes, viewer.receive, codecs, tally=viewer.tally
    )


Serve = Callable[["Worker", Viewing], Awaitable[None]]
SERVED: dict[Kind, Serve] = {"live": serve_live, "replay": replays.serve}
"""What the tickets of a kind open. Returns when the viewer has gone; a `DeviceError` is told it."""


def _is_own_page(socket: WebSocket) -> bool:
    """Return whether the page that opens the socket is ours; programs send no Origin."""
    origin = socket.headers.get("origin")
    if origin is None or origin in load().http.allowed_origins:
        return True
    return urlsplit(origin).hostname == socket.url.hostname


async def _receive(socket: WebSocket) -> str | bytes | None:
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        return None
    return message.get("text") or message.get("bytes") or ""
