"""Tile sets and the one way they are cut: vector tiles in Web Mercator, as the console has them.

The scheme is told here too. Everybody knows it, but programs look it up, and where they look is out
of reach of a network of its own.
"""

import math

from ...tiles import FIRST_ZOOM, MOST_ZOOM
from ..layers import Layer
from .asking import Box
from .documents import REL, Document, extent_of, link

TILES = "WebMercatorQuad"
TILE_TYPE = "application/vnd.mapbox-vector-tile"
_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{TILES}"
_MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"
_SCALES = "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible"
#: The scheme is a square and ends here.
_MOST_LAT = 85.0511287798066
_HALF_M = math.pi * 6378137.0
_TILE_PX, _PIXEL_M = 256, 0.28e-3


def tile_sets(base: str, layer: Layer, ground: Box) -> Document:
    """Return the one tile set of a collection, in a list."""
    here = f"{base}/collections/{layer.name}/tiles"
    return {"links": [link(here, "self")], "tilesets": [tile_set(base, layer, ground)]}


def tile_set(base: str, layer: Layer, ground: Box) -> Document:
    """Return the tile set of a collection: the zooms it is drawn at, and where."""
    here = f"{base}/collections/{layer.name}/tiles/{TILES}"
    template = f"{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
    return {
        "title": layer.zh,
        "dataType": "vector",
        "crs": _MERCATOR,
        "tileMatrixSetURI": _URI,
        "tileMatrixSetLimits": [
            _limits(zoom, extent_of(layer, ground))
            for zoom in range(FIRST_ZOOM[str(layer.tiles)], MOST_ZOOM + 1)
        ],
        "links": [
            link(here, "self"),
            link(f"{base}/tileMatrixSets/{TILES}", f"{REL}/tiling-scheme"),
            {**link(template, "item", TILE_TYPE), "templated": True},
        ],
    }


def _limits(zoom: int, box: Box) -> Document:
    """Rows and columns, counted from the north-west, of the tiles that a box touches."""
    west, south, east, north = box
    return {
        "tileMatrix": str(zoom),
        "minTileRow": _row(north, zoom),
        "maxTileRow": _row(south, zoom),
        "minTileCol": _column(west, zoom),
        "maxTileCol": _column(east, zoom),
    }


def _column(lon: float, zoom: int) -> int:
    return min((1 << zoom) - 1, int((lon + 180.0) / 360.0 * (1 << zoom)))


def _row(lat: float, zoom: int) -> int:
    phi = math.radians(min(max(lat, -_MOST_LAT), _MOST_LAT))
    share = (1.0 - math.asinh(math.tan(phi)) / math.pi) / 2.0
    return min(max(int(share * (1 << zoom)), 0), (1 << zoom) - 1)


def schemes(base: str) -> Document:
    """Return the list of schemes: one."""
    here = f"{base}/tileMatrixSets/{TILES}"
    listed = {"id": TILES, "title": TILES, "uri": _URI, "links": [link(here, "self")]}
    return {"links": [link(f"{base}/tileMatrixSets", "self")], "tileMatrixSets": [listed]}


def scheme() -> Document:
    """Return the scheme: at each zoom a square of 2^zoom by 2^zoom tiles over the world."""
    return {
        "id": TILES,
        "title": TILES,
        "uri": _URI,
        "crs": _MERCATOR,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": _SCALES,
        "tileMatrices": [_matrix(zoom) for zoom in range(MOST_ZOOM + 1)],
    }


def _matrix(zoom: int) -> Document:
    cell_m = 2.0 * _HALF_M / _TILE_PX / (1 << zoom)
    return {
        "id": str(zoom),
        "scaleDenominator": cell_m / _PIXEL_M,
        "cellSize": cell_m,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-_HALF_M, _HALF_M],
        "tileWidth": _TILE_PX,
        "tileHeight": _TILE_PX,
        "matrixWidth": 1 << zoom,
        "matrixHeight": 1 << zoom,
    }
