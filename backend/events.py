"""`GET /api/events`: server-sent events, one bounded queue a console.

Spoken as plain ASGI: a thousand consoles share one LISTEN connection and one encoding of each
notice. A console that cannot keep up is told to resynchronise; its queue never grows.
"""

import asyncio
import json
import logging
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from .access import Principal, admitted
from .errors import TooMany
from .live import Notice

HEARTBEAT_S = 15.0
RECHECK_S = 10.0
SEND_LIMIT_S = 30.0
KEEP_EVERY_S = 1.0
QUEUE_LENGTH = 256

_RESYNC = b"event: resync\ndata: {}\n\n"
_ALIVE = b": alive\n\n"
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]

#: Nouns that concern consoles; the channel also carries orders to media workers.
_TOLD = (
    "incident",
    "camera",
    "layer.",
    "coverage",
    "siting",
    "report",
    "export",
    "scenario",
    "task",
    "unit",
    "patrol",
    "alert",
    "alarm",
    "eyeson",
    "enrolment",
    "ptz",
    "evidence",
    "grid",
)
_COMMON = ("layer.", "coverage", "units", "patrol", "eyeson")
"""Changes of the map and its figures are told to all: a layer's name, no row of it."""

Identify = Callable[[Headers], Awaitable[Principal | None]]

log = logging.getLogger(__name__)


class TooManyStreams(TooMany):
    code = "events.too_many"
    zh = "该账号打开的实时连接过多（上限 {limit}），请关闭其他窗口，{retry_after_s} 秒后再试。"
    en = "This account has {limit} live connections open, the most allowed: close other windows."


@dataclass(slots=True, eq=False)
class _Console:
    """One open stream: what waits for it, and whose eyes it has."""

    principal: Principal
    headers: Headers
    pending: deque[bytes] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    is_gone: bool = False
    task: asyncio.Task[None] | None = None
    is_sending: bool = False
    sent_at: float = field(default_factory=time.monotonic)
    """When the last chunk was handed over, or the one under way was begun."""
    checked_at: float = field(default_factory=time.monotonic)

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
        """Return all that waits as one chunk."""
        self.wake.clear()
        chunk = b"".join(self.pending)
        self.pending.clear()
        return chunk


class EventStreams:
    """All consoles of this process; hand `tell` to `live.relay`."""

    def __init__(self, identify: Identify, *, per_user: int) -> None:
        self._identify = identify
        self._per_user = per_user
        self._consoles: set[_Console] = set()
        self._open: Counter[int] = Counter()
        self._keeper: asyncio.Task[None] | None = None

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
        # Notices name cameras and units: of a handheld's account is none told.
        principal = admitted(await self._identify(headers), "cameras.read")
        if self._open[principal.id] >= self._per_user:
            raise TooManyStreams(limit=self._per_user, retry_after_s=5)
        console = _Console(principal, headers)
        console.offer(_RESYNC)  # whoever comes back may have missed something
        self._consoles.add(console)
        self._open[principal.id] += 1
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep())
        leaving = asyncio.create_task(_watch_leaving(receive, console))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            console.task = asyncio.create_task(_pump(console, send))
            await asyncio.wait([console.task])
        finally:
            leaving.cancel()
            if console.task is not None:
                console.task.cancel()
            self._consoles.discard(console)
            self._open[principal.id] -= 1

    async def _keep(self) -> None:
        """Look after all consoles from one place: a timer for each cost more than its events."""
        while self._consoles:
            for console in list(self._consoles):
                await self._look_after(console, time.monotonic())
            await asyncio.sleep(min(KEEP_EVERY_S, HEARTBEAT_S, RECHECK_S))

    async def _look_after(self, console: _Console, now: float) -> None:
        silent_s = now - console.sent_at
        if console.is_sending:
            if silent_s >= SEND_LIMIT_S and console.task is not None:
                console.task.cancel()  # it reads nothing; the server closes what was left open
        elif silent_s >= HEARTBEAT_S:
            console.offer(_ALIVE)
        if now - console.checked_at >= RECHECK_S:
            console.checked_at = now
            if not await self._is_still(console):
                console.leave()

    async def _is_still(self, console: _Console) -> bool:
        """Whether the session still stands; where nobody can tell, the console has to come back."""
        try:
            return await self._identify(console.headers) == console.principal
        except Exception as lost:
            log.warning("no identity: %s", lost, extra={"action": "events.recheck"})
            return False


async def _pump(console: _Console, send: Send) -> None:
    while not console.is_gone:
        await console.wake.wait()
        chunk = console.take()
        if chunk:
            console.is_sending, console.sent_at = True, time.monotonic()
            await _send_chunk(send, chunk, more=True)
            console.is_sending = False
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
