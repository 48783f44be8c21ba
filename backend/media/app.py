"""The ASGI application of one media worker and its table of routes."""

from collections.abc import Callable
from functools import partial

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, WebSocketRoute

from .sockets import watch
from .stills import still
from .worker import Worker

ROUTES: tuple[Callable[[Worker], BaseRoute], ...] = (
    lambda worker: WebSocketRoute("/media", partial(watch, worker)),
    lambda worker: Route("/snapshot", partial(still, worker), methods=["POST"]),
)
"""Each makes one route of a worker. Whoever adds one checks a ticket in it: anybody may knock."""


def create_media_app(number: int) -> Starlette:
    """Return the ASGI app of one worker."""
    worker = Worker(number)
    return Starlette(routes=[make(worker) for make in ROUTES], lifespan=worker.running)
