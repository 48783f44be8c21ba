"""OGC API - Features and Tiles for GIS programs: read-only, under the rights of a token's account.

QGIS and GDAL send the token as Bearer, or as the password of Basic. The first reading of a
collection on a day enters the register: what is read page by page leaves as surely as a file.
"""

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from sqlalchemy.orm import Session

from ... import __version__
from ...access import BASIC_KEY, CurrentUser, Principal, Tx, right
from ...audit.register import Act, enter
from ...errors import NotFound
from ...settings import load
from ...tiles import draw, parse
from . import documents, items, tilings
from .asking import read, read_crs, refuse_unknown
from .definition import definition
from .documents import GEOJSON, Document, link
from .page import page as html_page
from .systems import System
from .tilings import TILES

PREFIX = "/ogc"
router = APIRouter(prefix=PREFIX, include_in_schema=False)
_READ: dict[str, Any] = right("exports.make", **{BASIC_KEY: True})
_get = partial(router.api_route, methods=["GET", "HEAD"])
_HERE = "/collections/{name}"
_SCHEMA = "application/schema+json"
_OPENAPI = "application/vnd.oai.openapi+json;version=3.0"


@_get("", **_READ)
@_get("/", **_READ)
def read_landing(request: Request, user: CurrentUser, f: str = "") -> Response:
    """Return the landing page: for programs as JSON, for browsers as a page."""
    refuse_unknown(request.query_params, forms=("json", "html"))
    base, title = _base(request), _title()
    is_browser = "text/html" in request.headers.get("accept", "") and f != "json"
    if f == "html" or is_browser:
        return HTMLResponse(html_page(base, title, documents.shown_to(user)))
    return _json(documents.landing(base, title))


@_get("/api", **_READ)
def read_definition(request: Request, user: CurrentUser) -> Response:
    """Return the API definition."""
    refuse_unknown(request.query_params)
    layers = documents.shown_to(user)
    return _json(definition(_base(request), _title(), __version__, layers), _OPENAPI)


@_get("/conformance", **_READ)
def read_conformance(request: Request) -> Response:
    """Return the conformance classes."""
    refuse_unknown(request.query_params)
    return _json(documents.conformance())


@_get("/collections", **_READ)
def read_collections(request: Request, user: CurrentUser, session: Tx) -> Response:
    """Return the collections that the caller may read."""
    refuse_unknown(request.query_params)
    layers, ground = documents.shown_to(user), items.ground_of(session, user)
    return _json(documents.collections(_base(request), layers, ground, user.language))


@_get(_HERE, **_READ)
def read_collection(name: str, request: Request, user: CurrentUser, session: Tx) -> Response:
    """Return one collection."""
    refuse_unknown(request.query_params)
    layer, ground = _layer(name, user), items.ground_of(session, user)
    return _json(documents.collection(_base(request), layer, ground, user.language))


@_get(f"{_HERE}/queryables", **_READ)
def read_queryables(name: str, request: Request, user: CurrentUser) -> Response:
    """Return the columns that items are filtered by."""
    refuse_unknown(request.query_params)
    layer = _layer(name, user)
    return _json(documents.schema_of(_base(request), layer, queryable_only=True), _SCHEMA)


@_get(f"{_HERE}/schema", **_READ)
def read_schema(name: str, request: Request, user: CurrentUser) -> Response:
    """Return all columns."""
    refuse_unknown(request.query_params)
    layer = _layer(name, user)
    return _json(documents.schema_of(_base(request), layer, queryable_only=False), _SCHEMA)


@_get(f"{_HERE}/items", **_READ)
def read_items(name: str, request: Request, user: CurrentUser, session: Tx) -> Response:
    """Return a page of items, with a link to the next."""
    layer = _layer(name, user)
    question = read(layer, request.query_params)
    page = items.page(session, layer, question, user)
    here = f"{_base(request)}/collections/{name}/items"
    links = [link(f"{here}?{request.url.query}".rstrip("?"), "self", GEOJSON)]
    links.append(link(f"{_base(request)}/collections/{name}", "collection"))
    if page.after is not None:
        following = {**request.query_params, "after": page.after}
        links.append(link(f"{here}?{urlencode(following)}", "next", GEOJSON))
    head: Document = {"type": "FeatureCollection", "links": links, "timeStamp": _now()}
    if page.matched is not None:
        head["numberMatched"] = page.matched
    head["numberReturned"] = len(page.features)
    _note(request, session, name, user)
    body = f'{json.dumps(head, ensure_ascii=False)[:-1]}, "features": [{",".join(page.features)}]}}'
    return _geojson(body, question.system)


@_get(f"{_HERE}/items/{{fid}}", **_READ)
def read_item(name: str, fid: str, request: Request, user: CurrentUser, session: Tx) -> Response:
    """Return one item."""
    layer = _layer(name, user)
    if not (fid.isascii() and fid.isdigit() and len(fid) <= 18):
        raise NotFound()
    system = read_crs(request.query_params)
    feature = items.one(session, layer, int(fid), user, system)
    here = f"{_base(request)}/collections/{name}"
    links = [link(f"{here}/items/{fid}", "self", GEOJSON), link(here, "collection")]
    _note(request, session, name, user)
    return _geojson(f'{feature[:-1]},"links":{json.dumps(links)}}}', system)


@_get(f"{_HERE}/tiles", **_READ)
def read_tile_sets(name: str, request: Request, user: CurrentUser, session: Tx) -> Response:
    """Return the tile sets of a collection: one."""
    refuse_unknown(request.query_params)
    layer, ground = _tiled(name, user), items.ground_of(session, user)
    return _json(tilings.tile_sets(_base(request), layer, ground))


@_get(f"{_HERE}/tiles/{TILES}", **_READ)
def read_tile_set(name: str, request: Request, user: CurrentUser, session: Tx) -> Response:
    """Return the tile set of a collection."""
    refuse_unknown(request.query_params)
    layer, ground = _tiled(name, user), items.ground_of(session, user)
    return _json(tilings.tile_set(_base(request), layer, ground))


@_get(f"{_HERE}/tiles/{TILES}/{{place:path}}", **_READ)
def read_tile(name: str, place: str, request: Request, user: CurrentUser, session: Tx) -> Response:
    """Return a vector tile by its zoom, row and column, as the console has it; 204 when empty."""
    refuse_unknown(request.query_params, forms=("json", "mvt"))
    layer = _tiled(name, user)
    parts = place.split("/")
    if len(parts) != 3:
        raise NotFound()
    zoom, row, column = parts
    key = parse(f"/api/tiles/{layer.tiles}/{zoom}/{column}/{row}.mvt", user)
    _note(request, session, name, user)
    body = draw(key, user.id)
    return Response(body, status_code=200 if body else 204, media_type=tilings.TILE_TYPE)


@_get("/tileMatrixSets", **_READ)
def read_schemes(request: Request) -> Response:
    """Return the schemes that tiles are cut by: one."""
    refuse_unknown(request.query_params)
    return _json(tilings.schemes(_base(request)))


@_get(f"/tileMatrixSets/{TILES}", **_READ)
def read_scheme(request: Request) -> Response:
    """Return the scheme that tiles are cut by."""
    refuse_unknown(request.query_params)
    return _json(tilings.scheme())


@_get("/{rest:path}", **_READ)
def read_nothing(rest: str) -> Response:
    """Refuse any other address; the console would show its page there."""
    raise NotFound()


def _layer(name: str, by: Principal) -> Any:
    """Return a collection that the caller may read; any other is not there.

    Raises
    ------
    NotFound
        If there is none of that name.

    """
    found = next((layer for layer in documents.shown_to(by) if layer.name == name), None)
    if found is None:
        raise NotFound()
    return found


def _tiled(name: str, by: Principal) -> Any:
    layer = _layer(name, by)
    if layer.tiles is None:
        raise NotFound()
    return layer


def _note(request: Request, session: Session, name: str, by: Principal) -> None:
    """Enter the day's first reading of a collection by an account; each server process notes."""
    state = request.app.state
    if not hasattr(state, "read_today"):
        state.read_today = set()
    today = datetime.now(UTC).date()
    key = (today, by.id, name)
    if key in state.read_today:
        return
    state.read_today = {kept for kept in state.read_today if kept[0] == today} | {key}
    detail = {"collection": name, "client": request.headers.get("user-agent", "")[:100]}
    division = by.division_code
    enter(session, Act("ogc.read", by.id, by.username, division_code=division, detail=detail))


def _base(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}{PREFIX}"


def _title() -> str:
    return load().site.name


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(document: Document, kind: str = "application/json") -> Response:
    return JSONResponse(document, media_type=kind)


def _geojson(body: str, system: System) -> Response:
    headers = {"Content-Crs": f"<{system.uri}>", "Cache-Control": "no-store"}
    return Response(body, media_type=GEOJSON, headers=headers)
