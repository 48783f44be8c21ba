"""The documents around the items: landing page, conformance, collections, queryables, tile sets."""

from collections.abc import Iterable
from typing import Any

from ...access import Principal
from ...errors import Language
from ...tiles import MOST_ZOOM
from ..catalogue import LAYERS
from ..layers import Layer
from .asking import FILTERED
from .systems import CRS84, SYSTEMS

Document = dict[str, Any]
_SPEC = "http://www.opengis.net/spec"
_REL = "http://www.opengis.net/def/rel/ogc/1.0"
_MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"
TILES = "WebMercatorQuad"
TILE_TYPE = "application/vnd.mapbox-vector-tile"
GEOJSON = "application/geo+json"
_CONFORMS = (
    "ogcapi-common-1/1.0/conf/core",
    "ogcapi-common-2/1.0/conf/collections",
    "ogcapi-features-1/1.0/conf/core",
    "ogcapi-features-1/1.0/conf/geojson",
    "ogcapi-features-1/1.0/conf/oas30",
    "ogcapi-features-2/1.0/conf/crs",
    "ogcapi-features-3/1.0/conf/queryables",
    "ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "ogcapi-tiles-1/1.0/conf/core",
    "ogcapi-tiles-1/1.0/conf/tileset",
    "ogcapi-tiles-1/1.0/conf/tilesets-list",
    "ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "ogcapi-tiles-1/1.0/conf/mvt",
)
_SCHEMA_TYPE: dict[str, Document] = {
    "text": {"type": "string"},
    "whole": {"type": "integer"},
    "number": {"type": "number"},
    "yes": {"type": "boolean"},
    "day": {"type": "string", "format": "date"},
    "instant": {"type": "string", "format": "date-time"},
}
_GEOMETRY = {
    "Point": "geometry-point",
    "MultiLineString": "geometry-multilinestring",
    "MultiPolygon": "geometry-multipolygon",
}


def shown_to(by: Principal) -> list[Layer]:
    """Return the layers with shapes that the caller may read."""
    return [layer for layer in LAYERS.values() if layer.geom is not None and by.may(layer.right)]


def link(href: str, rel: str, kind: str = "application/json", title: str = "") -> Document:
    """Return a link; without a title it has none."""
    return {"href": href, "rel": rel, "type": kind, **({"title": title} if title else {})}


def landing(base: str, title: str) -> Document:
    """Return the landing page."""
    return {
        "title": title,
        "description": "OGC API - Features, Tiles (只读，限于辖区；read-only)",
        "links": [
            link(f"{base}/", "self"),
            link(f"{base}/?f=html", "alternate", "text/html"),
            link(f"{base}/api", "service-desc", "application/vnd.oai.openapi+json;version=3.0"),
            link(f"{base}/?f=html", "service-doc", "text/html"),
            link(f"{base}/conformance", "conformance"),
            link(f"{base}/conformance", f"{_REL}/conformance"),
            link(f"{base}/collections", "data"),
            link(f"{base}/collections", f"{_REL}/data"),
        ],
    }


def conformance() -> Document:
    """Return the conformance classes."""
    return {"conformsTo": [f"{_SPEC}/{name}" for name in _CONFORMS]}


def collections(base: str, layers: Iterable[Layer], language: Language) -> Document:
    """Return the list of collections."""
    return {
        "links": [link(f"{base}/collections", "self")],
        "collections": [collection(base, layer, language) for layer in layers],
        "crs": [system.uri for system in SYSTEMS],
    }


def collection(base: str, layer: Layer, language: Language) -> Document:
    """Return what a collection is, and where its items, queryables and tiles are."""
    here = f"{base}/collections/{layer.name}"
    links = [
        link(here, "self"),
        link(f"{here}/items", "items", GEOJSON),
        link(f"{here}/queryables", f"{_REL}/queryables", "application/schema+json"),
        link(f"{here}/schema", "describedby", "application/schema+json"),
    ]
    if layer.tiles is not None:
        links.append(link(f"{here}/tiles", f"{_REL}/tilesets-vector"))
    return {
        "id": layer.name,
        "title": layer.zh if language == "zh" else layer.en,
        "description": _description(layer, language),
        "itemType": "feature",
        # The extent is that of the land, not of the rows: it tells nobody what lies elsewhere.
        "extent": {
            "spatial": {"bbox": [[-180.0, -90.0, 180.0, 90.0]], "crs": CRS84.uri},
            **({"temporal": {"interval": [[None, None]]}} if layer.is_dated else {}),
        },
        "crs": [system.uri for system in SYSTEMS],
        "storageCrs": CRS84.uri,
        "links": links,
    }


def _description(layer: Layer, language: Language) -> str:
    if layer.begins is None:
        return layer.zh if language == "zh" else layer.en
    zh = f"{layer.zh}：不给 datetime 时为当日生效的"
    return zh if language == "zh" else f"{layer.en}: in force today unless datetime is given"


def schema_of(base: str, layer: Layer, *, queryable_only: bool) -> Document:
    """Return the columns of a layer as a JSON Schema: all, or those that items are filtered by."""
    name = "queryables" if queryable_only else "schema"
    columns = [c for c in layer.columns if not queryable_only or c.kind in FILTERED]
    properties: Document = {
        column.name: {"title": column.zh, **_SCHEMA_TYPE[column.kind]} for column in columns
    }
    shape = {"x-ogc-role": "primary-geometry", "format": _GEOMETRY[str(layer.shape)]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{base}/collections/{layer.name}/{name}",
        "type": "object",
        "title": layer.zh,
        "properties": {"geom": shape, **properties},
        "additionalProperties": False,
    }


def tile_sets(base: str, layer: Layer) -> Document:
    """Return the one tile set of a collection, in a list."""
    here = f"{base}/collections/{layer.name}/tiles"
    listed = tile_set(base, layer)
    return {"links": [link(here, "self")], "tilesets": [listed]}


def tile_set(base: str, layer: Layer) -> Document:
    """Return the tile set of a collection: vector tiles in Web Mercator."""
    here = f"{base}/collections/{layer.name}/tiles/{TILES}"
    template = f"{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
    return {
        "title": layer.zh,
        "dataType": "vector",
        "crs": _MERCATOR,
        "tileMatrixSetURI": f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{TILES}",
        "tileMatrixSetLimits": [
            {
                "tileMatrix": str(zoom),
                "minTileRow": 0,
                "maxTileRow": (1 << zoom) - 1,
                "minTileCol": 0,
                "maxTileCol": (1 << zoom) - 1,
            }
            for zoom in range(MOST_ZOOM + 1)
        ],
        "links": [
            link(here, "self"),
            link(
                f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{TILES}",
                f"{_REL}/tiling-scheme",
            ),
            {**link(template, "item", TILE_TYPE), "templated": True},
        ],
    }
