"""Vector tiles from PostGIS (`GET /api/tiles/{layer}/{z}/{x}/{y}.mvt`), cached in the process.

Spoken as plain ASGI, because a tile from the cache costs less than a web framework's overhead.
What is managed (grids, places, cameras) is cached per jurisdiction; a change of a layer, heard
by NOTIFY, empties that layer.
"""

import asyncio
import gzip
import hashlib
import re
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import anyio
from sqlalchemy import TextClause, text
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from . import db
from .access import Principal, Right, admitted
from .errors import NotFound
from .events import Identify
from .live import Notice

MOST_ZOOM = 19
CACHE_BYTES = 96 * 1024 * 1024
_ENTRY_BYTES = 1024
"""A kept tile counts so much beside its body: an empty one takes 442, and there are 10**11."""
_WORLD_M = 40_075_016.685578488
_PATH = re.compile(r"/api/tiles/([a-z]+)/(\d{1,2})/(\d{1,7})/(\d{1,7})\.mvt")

#: Layer -> first zoom with anything in it; below it a tile is empty without asking.
FIRST_ZOOM = {
    "roads": 6,
    "buildings": 13,
    "divisions": 4,
    "grids": 8,
    "places": 10,
    "cameras": 4,
    "viewsheds": 14,
    "restricted": 11,
    "coverage": 12,
    "coveragenow": 12,
    "coveragedori": 12,
    "coveragedorinow": 12,
}
_COMMON = frozenset({"roads", "buildings", "divisions"})
#: What shows cameras asks for more than the map: the handheld has the ground alone.
_RIGHT: dict[str, Right] = {
    "cameras": "cameras.read",
    "viewsheds": "cameras.read",
    "restricted": "cameras.read",
    "coverage": "coverage.read",
    "coveragenow": "coverage.read",
    "coveragedori": "coverage.read",
    "coveragedorinow": "coverage.read",
}
_CLUSTERED_BELOW = 11
_IEC, _DORI = [20.0, 40.0, 80.0, 125.0], [25.0, 62.5, 125.0, 250.0]
"""Densities of the bands, as `coverage.bands` has them; a test compares."""
#: Layer -> what tells it from the others of its question, `tiles_coverage.sql`.
_COVERAGE: dict[str, dict[str, str | list[float]]] = {
    "coverage": {"reading": "installed", "densities": _IEC},
    "coveragenow": {"reading": "now", "densities": _IEC},
    "coveragedori": {"reading": "installed", "densities": _DORI},
    "coveragedorinow": {"reading": "now", "densities": _DORI},
}
#: Table that changed -> layers that show it; others show themselves.
_SHOWN_IN = {
    "cameras": ("cameras", "viewsheds"),
    "poses": ("cameras",),
    "restricted_areas": ("restricted",),
    "coverage_grounds": tuple(_COVERAGE),
}


_CONTENT = (
    (b"content-type", b"application/vnd.mapbox-vector-tile"),
    (b"content-encoding", b"gzip"),
)


class NoSuchTile(NotFound):
    code = "tiles.not_found"
    zh = "没有这个图层或瓦片超出范围。"
    en = "There is no such layer, or the tile lies outside the map."


@dataclass(frozen=True, slots=True)
class Key:
    """One tile as one jurisdiction sees it."""

    layer: str
    z: int
    x: int
    y: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile ready to send: compressed once, with its headers made once."""

    body: bytes
    etag: bytes
    headers: tuple[tuple[bytes, bytes], ...]


class TileServer:
    """Serves tiles; hand `forget` to `live.relay`."""

    def __init__(self, identify: Identify, render: Callable[[Key, int], bytes] | None = None):
        self._identify = identify
        self._render = render or draw
        self._kept: OrderedDict[Key, Tile] = OrderedDict()
        self._kept_bytes = 0
        self._changes: Counter[str] = Counter()
        self._under_way: dict[Key, asyncio.Task[Tile]] = {}

    def forget(self, notice: Notice | None) -> None:
        """Drop the tiles that a notice makes stale; all of them after a gap in the notices."""
        if notice is None:
            stale = set(FIRST_ZOOM)
        elif notice.noun.startswith("layer."):
            table = notice.noun.removeprefix("layer.")
            stale = set(_SHOWN_IN.get(table, (table,)))
        else:
            return
        self._changes.update(stale)
        for key in [key for key in self._kept if key.layer in stale]:
            self._kept_bytes -= _weight(self._kept.pop(key))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises
        ------
        NotSignedIn, NotAllowed, NoSuchTile
            Before anything was sent.

        """
        headers = Headers(scope=scope)
        principal = admitted(await self._identify(headers), "map.read")
        key = parse(scope["path"], principal)
        admitted(principal, _RIGHT.get(key.layer, "map.read"))
        tile = self._kept.get(key)
        if tile is None:
            tile = await self._drawn(key, principal.id)
        else:
            self._kept.move_to_end(key)
        await _answer(send, tile, headers, is_versioned=b"v=" in scope["query_string"])

    async def _drawn(self, key: Key, user_id: int) -> Tile:
        """Draw a tile once, however many ask for it at the same time."""
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(self._draw(key, user_id))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)

    async def _draw(self, key: Key, user_id: int) -> Tile:
        before = self._changes[key.layer]
        if key.z < FIRST_ZOOM[key.layer]:
            tile = packed(b"")
        else:
            # Compressing in the thread too: 1 MB takes 11 ms, for which all others would wait.
            tile = await anyio.to_thread.run_sync(lambda: packed(self._render(key, user_id)))
        if self._changes[key.layer] == before:  # else it may be older than the change
            self._keep(key, tile)
        return tile

    def _keep(self, key: Key, tile: Tile) -> None:
        self._kept[key] = tile
        self._kept_bytes += _weight(tile)
        while self._kept_bytes > CACHE_BYTES:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= _weight(oldest)


def parse(path: str, principal: Principal) -> Key:
    """Return the tile a path names, as `principal` may see it.

    Raises
    ------
    NoSuchTile
        If there is no such layer, or z, x, y name no tile of the world.

    """
    named = _PATH.fullmatch(path)
    if named is None or named[1] not in FIRST_ZOOM:
        raise NoSuchTile()
    layer, z, x, y = named[1], int(named[2]), int(named[3]), int(named[4])
    if z > MOST_ZOOM or x >= 1 << z or y >= 1 << z:
        raise NoSuchTile()
    if layer in _COMMON:
        return Key(layer, z, x, y, *db.WHOLE_LAND)
    return Key(layer, z, x, y, principal.scope.low, principal.scope.high)


def draw(key: Key, user_id: int) -> bytes:
    """Return the tile's MVT bytes, read under the jurisdiction of `key`."""
    question = _question(_name(key))
    with db.begin(db.Scope(user_id, key.low, key.high)) as session:
        values = {
            "z": key.z,
            "x": key.x,
            "y": key.y,
            "low": key.low,
            "high": key.high,
            "pixel_m": _WORLD_M / (1 << key.z) / 512,
            **_COVERAGE.get(key.layer, {}),
        }
        return bytes(session.execute(question, values).scalar_one() or b"")


def _name(key: Key) -> str:
    """Return the name of the question that a tile answers."""
    if key.layer == "cameras" and key.z < _CLUSTERED_BELOW:
        return "camera_clusters"
    return "coverage" if key.layer in _COVERAGE else key.layer


def _weight(tile: Tile) -> int:
    return len(tile.body) + _ENTRY_BYTES


def packed(body: bytes) -> Tile:
    """Return the bytes as a tile: compressed once."""
    compressed = gzip.compress(body, 6, mtime=0) if body else b""
    etag = b'"' + hashlib.sha256(compressed).hexdigest()[:20].encode() + b'"'
    headers = (
        (b"etag", etag),
        # Whoever signs in next on the same browser must not be shown the tiles of the one before.
        (b"vary", b"Cookie, Authorization"),
    )
    return Tile(compressed, etag, headers)


async def _answer(send: Send, tile: Tile, headers: Headers, *, is_versioned: bool) -> None:
    lasting = b"private, max-age=3600" if is_versioned else b"private, no-cache"
    lines = [*tile.headers, (b"cache-control", lasting)]
    status, body = 200, tile.body
    if headers.get("if-none-match", "").encode() == tile.etag:
        status, body = 304, b""
    elif not tile.body:
        status = 204
    else:
        lines += [*_CONTENT, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


@cache
def _question(name: str) -> TextClause:
    return text((files("backend") / "queries" / f"tiles_{name}.sql").read_text())
