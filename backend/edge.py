"""The outermost ring of the server: body cap and time-out, security headers, access log.

It also answers tiles and events before the framework sees them: both come by the thousand.
"""

import asyncio
import logging
import time
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .access import language_of
from .answers import CutShort, answer, cut_short, translated
from .errors import GridlinkError, TooLarge
from .settings import Settings

log = logging.getLogger(__name__)
access_log = logging.getLogger("gridlink.access")

UPLOADS = "/api/imports/"
HANDHELD = "/m/"
_CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " worker-src 'self' blob:; connect-src 'self' ws: wss:; img-src 'self' data: blob:;"
    " media-src 'self' blob:; font-src 'self'; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
_SECURITY = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
_CONSOLE_MAY = (b"permissions-policy", b"camera=(), microphone=(), geolocation=()")
_HANDHELD_MAY = (b"permissions-policy", b"camera=(), microphone=(), geolocation=(self)")
"""The handheld states where its unit is; its photographs come from the phone's own camera app."""


def _policy(settings: Settings) -> str:
    """Return what the console may load: from here, and the national map and gateway if set."""
    policy = _CSP
    if settings.media.gateway == "mediamtx" and settings.media.whep_url.startswith("http"):
        where = urlsplit(settings.media.whep_url)
        own = "connect-src 'self'"
        policy = policy.replace(own, f"{own} {where.scheme}://{where.netloc}")
    if not settings.site.tianditu_key:
        return policy
    host = settings.site.tianditu_host
    return policy.replace("connect-src 'self'", f"connect-src 'self' {host}").replace(
        "img-src 'self'", f"img-src 'self' {host}"
    )


class SlowBody(GridlinkError):
    code = "body.too_slow"
    zh = "请求内容在 {limit_s} 秒内没有传完，请检查网络后重试。"
    en = "The request body did not arrive within {limit_s} seconds: check the network and retry."


class Edge:
    """Wraps the whole application. `direct` maps a path prefix to a plain ASGI application."""

    def __init__(self, app: ASGIApp, settings: Settings, direct: dict[str, ASGIApp]) -> None:
        self._app = app
        self._settings = settings
        self._direct = tuple(direct.items())
        security = [(b"content-security-policy", _policy(settings).encode()), *_SECURITY]
        self._headers = [*security, _CONSOLE_MAY]
        self._handheld_headers = [*security, _HANDHELD_MAY]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        for prefix, app in self._direct:
            if path.startswith(prefix):
                limited = _limited(scope, receive, self._settings)
                await self._serve(app, scope, limited, _secured(send, self._headers))
                return
        await self._serve_logged(scope, receive, send)

    async def _serve_logged(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        limited = _limited(scope, receive, self._settings)
        headers = self._handheld_headers if scope["path"].startswith(HANDHELD) else self._headers
        try:
            await self._serve(self._app, scope, limited, _secured(watched, headers))
        finally:
            # The query string is left out: it may hold what somebody searched for.
            access_log.info(
                "%s %s %d %.1f ms",
                scope["method"],
                scope["path"],
                status,
                (time.perf_counter() - started) * 1000,
                extra={"action": "http.request"},
            )

    async def _serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app`; an error that nobody else answered is answered here."""
        has_started = False

        async def noting(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await app(scope, receive, noting)
        except Exception as error:
            if has_started:
                log.warning("an answer broke off: %s", type(error).__name__)
                return
            language = language_of(Headers(scope=scope).get("accept-language"))
            if isinstance(error, CutShort):
                response = cut_short(error, language)
            else:
                response = answer(translated(error), language)
            await response(scope, receive, noting)


def _secured(send: Send, security: list[tuple[bytes, bytes]]) -> Send:
    """Return `send` with the security headers added to every answer."""

    async def secured(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *security]
        await send(message)

    return secured


def _limited(scope: Scope, receive: Receive, settings: Settings) -> Receive:
    """Return `receive` with the body's cap and time-out; uvicorn has neither.

    Raises
    ------
    CutShort
        From the returned callable, around TooLarge or SlowBody.

    """
    is_upload = scope["path"].startswith(UPLOADS)
    cap = settings.imports.upload_limit_bytes if is_upload else settings.http.body_limit_bytes
    limit_s = settings.imports.time_limit_s if is_upload else settings.http.body_timeout_s
    declared = Headers(scope=scope).get("content-length", "0")
    deadline = time.monotonic() + limit_s
    too_large = CutShort(TooLarge(limit_bytes=cap), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    taken, is_whole = 0, False

    async def limited() -> Message:
        nonlocal taken, is_whole
        if is_whole:
            return await receive()
        if declared.isdigit() and int(declared) > cap:
            raise too_large
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                message = await receive()
        except TimeoutError:
            raise CutShort(SlowBody(limit_s=limit_s), HTTPStatus.REQUEST_TIMEOUT) from None
        taken += len(message.get("body", b""))
        if taken > cap:
            raise too_large
        is_whole = not message.get("more_body", False)
        return message

    return limited
