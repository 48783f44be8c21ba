"""The HTTP server: routers in one list, the gate before them, the ring around them."""

import asyncio
import logging
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
import uvicorn
from fastapi import FastAPI, Request
from sqlalchemy.engine import make_url
from starlette.datastructures import Headers
from starlette.types import ASGIApp

from . import __version__, answers, db, live, site
from .access import Principal, right
from .accounts import routes as accounts
from .accounts.guard import guard_routes
from .accounts.identity import Identity, Remembered, identify, presented_secret
from .alarms import routes as alarms
from .audit import routes as audit
from .cameras import calibration_routes as calibration
from .cameras import intrusions
from .cameras import routes as cameras
from .cameras.aiming import preset_routes as ptz_presets
from .cameras.aiming import routes as ptz
from .cameras.enrolment import routes as enrolment
from .cameras.gateway import routes as media_gateway
from .cameras.health import routes as health
from .cameras.recordings import routes as recordings
from .console import Console
from .coverage import routes as coverage
from .coverage.rates import routes as rates
from .coverage.reports import routes as reports
from .coverage.scenarios import routes as scenarios
from .coverage.scenarios import whatif_routes as whatif
from .coverage.sitings import routes as sitings
from .dispatch.assignments import routes as assignments
from .dispatch.callouts import routes as callouts
from .dispatch.nearest import routes as nearest
from .dispatch.photographs import routes as photographs
from .dispatch.tasks import routes as tasks
from .divisions import routes as divisions
from .edge import Edge
from .events import EventStreams, Identify
from .evidence import routes as evidence
from .evidence.verify_page import serve as verify_page
from .exchange import routes as exchange
from .exchange.exports import routes as exports
from .exchange.ogc import routes as ogc
from .eyeson import routes as eyeson
from .grids import routes as grids
from .grids.changes import routes as grid_changes
from .grids.staff import routes as grid_staff
from .grids.tiling import routes as grid_tiling
from .handheld import routes as handheld
from .incidents import routes as incidents
from .patrol.advice import routes as advice
from .patrol.checkpoints import routes as checkpoints
from .patrol.figures import routes as patrol_figures
from .patrol.fixes import routes as fix_routes
from .patrol.fixes.gateway import PATHS as FIX_PATHS
from .patrol.fixes.gateway import FixGateway
from .patrol.requirements import routes as requirements
from .patrol.units import routes as units
from .places import routes as places
from .restricted import routes as restricted
from .search import routes as search
from .settings import load
from .supervision import supervised
from .tiles import TileServer
from .wall import routes as wall
from .warm import warm_up_for_questions
from .workload import routes as workload

ROUTERS = (
    site.router,
    accounts.router,
    audit.router,
    divisions.router,
    workload.router,  # and `workload`
    grid_staff.router,  # before grids: `vacancies` is no grid's number
    grid_changes.router,  # before grids, for the same reason
    grid_tiling.router,  # before grids, likewise
    grids.router,
    places.router,
    restricted.router,
    intrusions.router,
    health.router,  # before cameras: `health` is no camera's number
    ptz.router,
    ptz_presets.router,
    cameras.router,
    calibration.router,
    enrolment.router,
    recordings.router,
    media_gateway.router,
    coverage.router,
    rates.router,
    reports.router,
    whatif.router,
    scenarios.router,
    sitings.router,
    advice.router,
    eyeson.router,
    exchange.router,
    exports.router,
    ogc.router,
    incidents.router,
    evidence.router,
    alarms.router,
    patrol_figures.router,
    requirements.router,
    checkpoints.router,
    units.router,
    fix_routes.router,
    tasks.router,
    assignments.router,
    callouts.router,
    photographs.router,
    nearest.router,
    handheld.router,
    search.router,
    wall.router,
)

_END_CONNECTIONS_S = 2

log = logging.getLogger(__name__)


def create_app() -> FastAPI:
    """Return the server's application."""
    settings = load()
    identify_soon = _identifier()
    events = EventStreams(identify_soon, per_user=settings.http.streams_per_user)
    tiles = TileServer(identify_soon)
    fixes = FixGateway()
    # Swagger's page would fetch its scripts from a CDN; the document stays, behind a right.
    app = FastAPI(
        title=f"{settings.site.name} {settings.site.name_en}",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_lifespan([events.tell, tiles.forget], fixes.close),
    )
    for router in ROUTERS:
        app.include_router(router)

    app.add_api_route("/api/openapi.json", _schema, include_in_schema=False, **right("schema.read"))
    guard_routes(app)
    answers.install(app)
    app.mount("/", Console())
    direct: dict[str, ASGIApp] = {
        "/api/tiles/": tiles,
        "/api/events": events,
        "/verify": verify_page,
        **dict.fromkeys(FIX_PATHS, fixes),
    }
    app.add_middleware(Edge, settings=settings, direct=direct)
    return app


def _schema(request: Request) -> dict[str, Any]:
    # No closure over the application: the framework remembers endpoints for ever.
    schema: dict[str, Any] = request.app.openapi()
    return schema


def run(host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM, with the media workers beside."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    workers = [
        [sys.executable, "-m", "backend.media", "--worker", str(number)]
        for number in range(load().media.workers)
    ]
    # Beside the start, not before it: the console is served while cameras and buildings are read.
    threading.Thread(target=warm_up_for_questions, name="warm-up", daemon=True).start()
    # uvicorn raises the signal again once it has shut down; left to its default action it would
    # end this process before the media workers are ended.
    signal.signal(signal.SIGTERM, _leave)
    with supervised(workers):
        uvicorn.run(
            create_app(),
            host=host,
            port=port,
            loop="uvloop",
            http="httptools",
            access_log=False,
            server_header=False,
            log_level="warning",
            timeout_graceful_shutdown=_END_CONNECTIONS_S,
        )


def _leave(*_: object) -> None:
    raise SystemExit(0)


def _lifespan(watchers: Sequence[live.Watcher], closing: Callable[[], Awaitable[None]]) -> Any:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        url = make_url(db.database_url()).set(drivername="postgresql")
        conninfo = url.render_as_string(hide_password=False)
        relaying = asyncio.create_task(live.relay(conninfo, watchers))
        yield
        relaying.cancel()
        with suppress(asyncio.CancelledError):
            await relaying
        await closing()

    return lifespan


def _identifier() -> Identify:
    """Return who a request's headers speak for, remembered for a few seconds."""
    remembered = Remembered()
    asked: dict[str, asyncio.Task[Identity | None]] = {}

    async def ask(secret: str, headers: Headers) -> Identity | None:
        try:
            known = await anyio.to_thread.run_sync(identify, headers)
            if known is not None:
                remembered.put(secret, known)
            return known
        finally:
            del asked[secret]

    async def identify_soon(headers: Headers) -> Principal | None:
        secret = presented_secret(headers)
        if secret is None:
            return None
        known = remembered.get(secret)
        if known is None:
            # A map asks for hundreds of tiles at once: one question to the database for all.
            if secret not in asked:
                asked[secret] = asyncio.create_task(ask(secret, headers))
            known = await asyncio.shield(asked[secret])
        return None if known is None else known.principal

    return identify_soon
