"""The gate before every route: who asks, and may they? It stands before the body is read."""

from functools import partial
from typing import Any

import anyio
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from ..access import BASIC_KEY, RIGHT_KEY, Principal
from ..errors import NotAllowed, NotSignedIn
from .identity import identify

PUBLIC, SIGNED_IN = "public", "signed_in"


class TokenNeeded(NotSignedIn):
    challenge = 'Basic realm="gridlink", charset="UTF-8", Bearer'
    code = "session.token_required"
    zh = "需要访问令牌：作为 Bearer 令牌，或作为 Basic 认证的密码。令牌在“管理 › 导出”中创建。"
    en = "An access token is needed, as Bearer or as password of Basic: make one in the console."


def declared_right(route: APIRoute) -> str | None:
    """Return the right a route states, None when it states none."""
    stated = (route.openapi_extra or {}).get(RIGHT_KEY)
    return str(stated) if stated else None


def guard_routes(app: FastAPI) -> None:
    """Put the gate before every API route of `app`; none is reachable around it."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and not isinstance(route.handle, partial):
            # A dependency would run after the body was read: 256 MB of upload from a stranger.
            route.handle = partial(_pass, route, route.handle)  # type: ignore[method-assign]


async def _pass(route: APIRoute, handle: Any, scope: Scope, receive: Receive, send: Send) -> None:
    takes_basic = bool((route.openapi_extra or {}).get(BASIC_KEY))
    admitted = await _admitted(declared_right(route), scope, takes_basic=takes_basic)
    scope.setdefault("state", {})["principal"] = admitted
    await handle(scope, receive, send)


async def _admitted(wanted: str | None, scope: Scope, *, takes_basic: bool) -> Principal | None:
    """Return the caller if it may pass, None on public routes.

    Raises
    ------
    NotSignedIn, NotAllowed
        If it may not; a right that nobody declared is one that nobody has.

    """
    if wanted == PUBLIC:
        return None
    headers = Headers(scope=scope)
    asking = partial(identify, headers, takes_basic=takes_basic)
    identity = await anyio.to_thread.run_sync(asking)
    if identity is None:
        raise TokenNeeded() if takes_basic else NotSignedIn()
    identity.check_csrf(scope["method"], headers.get("x-csrf-token"))
    if wanted is None or wanted not in identity.principal.rights:
        raise NotAllowed(right=wanted or "undeclared")
    return identity.principal
