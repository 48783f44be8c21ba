"""The gate before every route: who asks, and may they? It stands before the body is read."""

from functools import partial
from typing import Any

import anyio
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from ..access import RIGHT_KEY, Principal
from ..errors import NotAllowed, NotSignedIn
from .identity import identify

PUBLIC, SIGNED_IN = "public", "signed_in"


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
    scope.setdefault("state", {})["principal"] = await _admitted(declared_right(route), scope)
    await handle(scope, receive, send)


async def _admitted(wanted: str | None, scope: Scope) -> Principal | None:
    """Return the caller if it may pass, None on public routes.

    Raises
    ------
    NotSignedIn, NotAllowed
        If it may not; a right that nobody declared is one that nobody has.

    """
    if wanted == PUBLIC:
        return None
    headers = Headers(scope=scope)
    identity = await anyio.to_thread.run_sync(identify, headers)
    if identity is None:
        raise NotSignedIn()
    identity.check_csrf(scope["method"], headers.get("x-csrf-token"))
    if wanted is None or wanted not in identity.principal.rights:
        raise NotAllowed(right=wanted or "undeclared")
    return identity.principal
