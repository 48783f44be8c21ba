"""A media worker: redeems tickets, relays streams, observes which cameras really send pictures.

A process of its own: with 40 streams beside it an API call's p95 went from 5 to 59 ms. Cameras are
spread over the workers by id; what a worker needs it reads from the database.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from urllib.parse import urlsplit

import uvicorn
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from video.errors import DeviceError, ProtocolViolation
from video.gateway import GatewayLimits, MediaGateway
from video.protocol import ViewingTally, error_text, parse_hello, serve_viewer, viewer_code
from video.redaction import RedactingFilter
from video.source import StreamTarget
from video.stream_state import IDLE, HubKey, HubSettings, HubStatus

from . import live, media_records
from .cameras import status, viewing
from .db import database_url
from .errors import GridlinkError
from .settings import load

_HELLO_S = 10.0
_RECHECK_S = 5.0
_CHECK_EVERY_S = 10.0
_NOTE_EVERY_S = 30.0
# Beyond the 10 s after which a hub calls a camera dead.
_CHECK_PATIENCE_S = 12.0
_TRY_AGAIN_S = 60.0
_CLOSE_EVERY_S = 30.0
_LONGEST_BODY = 1024
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

log = logging.getLogger(__name__)


class Worker:
    """The state of one media worker: its gateway and who watches what."""

    def __init__(self, number: int) -> None:
        media = load().media
        self.number = number
        self.gateway = MediaGateway(
            self._resolve,
            limits=GatewayLimits(transcodes=media.transcodes),
            settings=HubSettings(linger_s=media.linger_s),
            on_status=self._observe,
        )
        self._watching: dict[int, asyncio.Task[object]] = {}
        self._background: set[asyncio.Task[None]] = set()
        self._tried: dict[int, float] = {}

    @contextlib.asynccontextmanager
    async def running(self, _: Starlette) -> AsyncIterator[None]:
        """Keep the side tasks alive for the life of the server."""
        for work in (
            self._follow_notices(),
            _steadily(self._recheck_rights, _RECHECK_S),
            _steadily(self._check, _CHECK_EVERY_S),
            _steadily(self._note_frames, _NOTE_EVERY_S),
            _steadily(self._close_lost, _CLOSE_EVERY_S),
        ):
            self._background.add(asyncio.create_task(work))
        yield
        for task in self._background:
            task.cancel()
        await self.gateway.close()

    async def watch(self, socket: WebSocket) -> None:
        """Serve one viewer: ticket first, then the stream until either side ends it."""
        if not _is_own_page(socket):
            await socket.close(_POLICY_VIOLATION)
            return
        await socket.accept()
        try:
            hello = parse_hello(await asyncio.wait_for(socket.receive_text(), _HELLO_S))
            admission = await asyncio.to_thread(media_records.redeem, hello.ticket, "live")
        except _NO_TICKET:
            with contextlib.suppress(RuntimeError):
                await socket.send_text(error_text("stream.ticket_refused"))
                await socket.close(_POLICY_VIOLATION)
            return
        tally, reason = ViewingTally(), "viewer_left"
        serving = asyncio.create_task(self._serve(socket, admission, hello.codecs, tally))
        self._watching[admission.stream_id] = serving
        try:
            reason = await serving
        except asyncio.CancelledError:
            reason = "revoked"
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.send_text(error_text("stream.revoked"))
                await socket.close(_POLICY_VIOLATION)
        finally:
            del self._watching[admission.stream_id]
            await asyncio.shield(
                asyncio.to_thread(
                    media_records.finish, admission.stream_id, tally.bytes_sent, reason
                )
            )

    async def _serve(
        self,
        socket: WebSocket,
        admission: viewing.Admission,
        codecs: frozenset[str],
        tally: ViewingTally,
    ) -> str:
        try:
            hub = self.gateway.hub(_key(admission.camera_id, admission.profile, codecs))
            receive = partial(_receive, socket)
            await serve_viewer(
                hub, socket.send_text, socket.send_bytes, receive, codecs, tally=tally
            )
        except DeviceError as error:
            await socket.send_text(error_text(viewer_code(error.code)))
            await socket.close()
            return error.code
        except (WebSocketDisconnect, RuntimeError, OSError):
            return "viewer_left"
        return "viewer_left"

    async def still(self, request: Request) -> Response:
        """Answer a snapshot ticket with a JPEG; only the API process knows such tickets."""
        try:
            ticket = str(json.loads(await _short_body(request))["ticket"])
            admission = await asyncio.to_thread(media_records.redeem, ticket, "snapshot")
        except (ValueError, KeyError, TypeError, GridlinkError, SQLAlchemyError):
            return JSONResponse({"code": "stream.ticket_refused"}, status_code=403)
        key = _key(admission.camera_id, admission.profile, frozenset({"avc1"}))
        try:
            snapshot = await self.gateway.snapshot(key)
        except DeviceError as error:
            await asyncio.to_thread(media_records.finish, admission.stream_id, 0, error.code)
            return JSONResponse({"code": viewer_code(error.code)}, status_code=502)
        await asyncio.to_thread(
            media_records.finish, admission.stream_id, len(snapshot.jpeg), "snapshot"
        )
        return Response(
            snapshot.jpeg,
            media_type="image/jpeg",
            headers={"X-Taken-At": snapshot.taken_at.isoformat(), "X-Origin": snapshot.origin},
        )

    async def _resolve(self, key: HubKey) -> StreamTarget:
        return await asyncio.to_thread(media_records.target, key)

    def _observe(self, key: HubKey, seen: HubStatus) -> None:
        """Write a stream's change of state; called by the hub in the event loop."""
        if seen.reason == IDLE or seen.state not in ("live", "dead"):
            return
        observation = status.Observation(
            key.camera_id,
            is_alive=seen.state == "live",
            reason=seen.reason,
            last_frame_at=seen.last_frame_at,
        )
        task = asyncio.create_task(asyncio.to_thread(media_records.record, observation))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _follow_notices(self) -> None:
        conninfo = make_url(database_url()).set(drivername="postgresql")
        async for notice in live.listen(conninfo.render_as_string(hide_password=False)):
            if notice is None or notice.id % load().media.workers != self.number:
                continue
            if notice.noun == "media.warm":
                self.gateway.warm(_key(notice.id, "sub", frozenset({"avc1"})), load().media.warm_s)
            elif notice.noun == "media.forget":
                await self.gateway.forget(notice.id)

    async def _recheck_rights(self) -> None:
        """End the streams of whoever was signed out, shut out or whose time has ended."""
        open_ids = list(self._watching)
        if not open_ids:
            return
        allowed = await asyncio.to_thread(media_records.still_allowed, open_ids)
        for stream_id in set(open_ids) - allowed:
            if stream_id in self._watching:
                self._watching[stream_id].cancel()

    async def _close_lost(self) -> None:
        """Enter the end of streams that ended while it could not be written."""
        await asyncio.to_thread(media_records.finish_lost, self.number, list(self._watching))

    async def _note_frames(self) -> None:
        """Keep the last frame's time true while a stream runs: its state alone does not change."""
        for key, seen in self.gateway.statuses().items():
            if seen.state == "live":
                self._observe(key, seen)

    async def _check(self) -> None:
        """Look in turn at the cameras nobody opens: status rests on frames, and so do the rates."""
        now = time.monotonic()
        # What was just asked and has not answered yet must not take the next one's turn.
        self._tried = {k: at for k, at in self._tried.items() if now - at < _TRY_AGAIN_S}
        due = await asyncio.to_thread(
            media_records.due, self.number, [*self._tried], _CHECK_EVERY_S
        )
        for camera_id in due:
            key = _key(camera_id, "sub", frozenset({"avc1"}))
            if not self.gateway.glance(key, _CHECK_PATIENCE_S):
                return
            self._tried[camera_id] = now


def _is_own_page(socket: WebSocket) -> bool:
    """Return whether the page that opens the socket is ours; programs send no Origin."""
    origin = socket.headers.get("origin")
    if origin is None or origin in load().http.allowed_origins:
        return True
    return urlsplit(origin).hostname == socket.url.hostname


def _key(camera_id: int, profile: str, codecs: frozenset[str]) -> HubKey:
    """Return the hub of a stream; a browser that plays H.265 may share another one."""
    return HubKey(camera_id, f"{profile}+hvc1" if "hvc1" in codecs else profile)


async def _steadily(work: Callable[[], Awaitable[None]], pause_s: float) -> None:
    """Do `work` again and again; a database that restarts must not end streams."""
    while True:
        await asyncio.sleep(pause_s)
        try:
            await work()
        except SQLAlchemyError as fault:
            log.warning("put off: %s", fault, extra={"action": "media.put_off"})


async def _receive(socket: WebSocket) -> str | bytes | None:
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        return None
    return message.get("text") or message.get("bytes") or ""


async def _short_body(request: Request) -> bytes:
    """Return the body, as far as a ticket can be long: anybody may knock at this port."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_BODY:
            raise ValueError("too long for a ticket")
    return body


def create_media_app(number: int) -> Starlette:
    """Return the ASGI app of one worker."""
    worker = Worker(number)
    return Starlette(
        routes=[
            WebSocketRoute("/media", worker.watch),
            Route("/snapshot", worker.still, methods=["POST"]),
        ],
        lifespan=worker.running,
    )


def main() -> None:
    """Serve one worker until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", type=int, default=0)
    number = parser.parse_args().worker
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(RedactingFilter())
    media = load().media
    uvicorn.run(
        create_media_app(number),
        host=media.host,
        port=media.first_port + number,
        loop="uvloop",
        ws="websockets-sansio",
        # Video does not shrink; negotiated compression triples the cost (VIDEO.md section 3).
        ws_per_message_deflate=False,
        ws_max_size=8192,
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
