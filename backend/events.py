"""`GET /api/events`: server-sent events, one bounded queue a console.

Spoken as plain ASGI: a thousand consoles share one LISTEN connection and one encoding of each
notice. A console that cannot keep up is told to resynchronise; its queue never grows.
"""

import asyncio
import json
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from .access import Principal, admitted
from .errors import TooMany
from .live import Notice

HEARTBEAT_S = 15.0
RECHECK_S = 10.0
SEND_LIMIT_S = 30.0
QUEUE_LENGTH = 256

_RESYNC = b"event: resync\ndata: {}\n\n"
_ALIVE = b": alive\n\n"
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]

#: Nouns that concern consoles; the channel also carries orders to media workers.
_TOLD = ("incident", "camera", "layer.", "coverage", "siting", "report", "scenario")
_COMMON = ("layer.", "coverage")
"""Changes of the map and its figures are told to all: a layer's name, no row of it."""

Identify = Callable[[Headers], Awaitable[Principal | None]]


class TooManyStreams(TooMany):
    code = "events.too_many"
    zh = "该账号打开的实时连接过多（上限 {limit}），请关闭其他窗口，{retry_after_s} 秒后再试。"
    en = "This account has {limit} live connections open, the most allowed: close other windows."


@dataclass(slots=True, eq=False)
class _Console:
    """One open stream: what waits for it, and whose eyes it has."""

    principal: Principal
    pending: deque[bytes] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    is_gone: bool = False

    def offer(self, event: bytes) -> None:
        if len(self.pending) >= QUEUE_LENGTH:
            self.pending.clear()
            event = _RESYNC
        self.pending.append(event)
        self.wake.set()

    def leave(self) -> None:
        self.is_gone = True
        self.wake.set()

    def take(self) -> bytes:
        """Return all that waits as one chunk; a heartbeat when nothing does."""
        self.wake.clear()
        chunk = b"".join(self.pending) or _ALIVE
        self.pending.clear()
        return chunk


class EventStreams:
    """All consoles of this process; hand `tell` to `live.relay`."""

    def __init__(self, identify: Identify, *, per_user: int) -> None:
        self._identify = identify
        self._per_user = per_user
        self._consoles: set[_Console] = set()
        self._open: Counter[int] = Counter()

    def tell(self, notice: Notice | None) -> None:
        """Offer a notice to every console whose jurisdiction it concerns."""
        if notice is not None and not notice.noun.startswith(_TOLD):
            return
        event = _RESYNC if notice is None else _event(notice)
        for console in self._consoles:
            # What lies in no division (code 0) concerns those alone who see the whole land.
            if (
                notice is None
                or notice.noun.startswith(_COMMON)
                or console.principal.covers(notice.division_code)
            ):
                console.offer(event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one console until it leaves or its session ends.

        Raises
        ------
        NotSignedIn, NotAllowed, TooManyStreams
            Before anything was sent.

        """
        headers = Headers(scope=scope)
        principal = admitted(await self._identify(headers), "map.read")
        if self._open[principal.id] >= self._per_user:
            raise TooManyStreams(limit=self._per_user, retry_after_s=5)
        console = _Console(principal)
        console.offer(_RESYNC)  # whoever comes back may have missed something
        self._consoles.add(console)
        self._open[principal.id] += 1
        leaving = asyncio.create_task(_watch_leaving(receive, console))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await self._pump(console, headers, send)
        finally:
            leaving.cancel()
            self._consoles.discard(console)
            self._open[principal.id] -= 1

    async def _pump(self, console: _Console, headers: Headers, send: Send) -> None:
        recheck_at = time.monotonic() + RECHECK_S
        while not console.is_gone:
            with suppress(TimeoutError):
                await asyncio.wait_for(console.wake.wait(), HEARTBEAT_S)
            if time.monotonic() >= recheck_at:
                if await self._identify(headers) != console.principal:
                    break
                recheck_at = time.monotonic() + RECHECK_S
            try:
                async with asyncio.timeout(SEND_LIMIT_S):
                    await _send_chunk(send, console.take(), more=True)
            except TimeoutError:
                return  # it reads nothing; the server closes what was left open
        await _send_chunk(send, b"", more=False)


def _event(notice: Notice) -> bytes:
    told: dict[str, str | int] = {
        "noun": notice.noun,
        "id": notice.id,
        "version": notice.version,
    }
    noun, _, layer = notice.noun.partition(".")
    if layer:
        told |= {"noun": noun, "layer": layer}
    return b"event: change\ndata: " + json.dumps(told, separators=(",", ":")).encode() + b"\n\n"


async def _watch_leaving(receive: Receive, console: _Console) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    console.leave()


async def _send_chunk(send: Send, chunk: bytes, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": more})
