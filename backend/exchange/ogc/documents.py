"""The documents around the items: landing page, conformance, collections, queryables, tile sets."""

from collections.abc import Iterable
from typing import Any

from ...access import Principal
from ...errors import Language
from ..catalogue import LAYERS
from ..layers import Layer
from .asking import FILTERED, Box
from .systems import CRS84, SYSTEMS

Document = dict[str, Any]
_SPEC = "http://www.opengis.net/spec"
REL = "http://www.opengis.net/def/rel/ogc/1.0"
WORLD: Box = (-180.0, -90.0, 180.0, 90.0)
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
    "tms/2.0/conf/tilematrixset",
    "tms/2.0/conf/json-tilematrixset",
)
SCHEMA_TYPES: dict[str, Document] = {
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
    return [
        layer
        for layer in LAYERS.values()
        if layer.geom is not None and layer.is_served and by.may(layer.right)
    ]


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
            link(f"{base}/conformance", f"{REL}/conformance"),
            link(f"{base}/collections", "data"),
            link(f"{base}/collections", f"{REL}/data"),
            link(f"{base}/tileMatrixSets", f"{REL}/tiling-schemes"),
        ],
    }


def conformance() -> Document:
    """Return the conformance classes."""
    return {"conformsTo": [f"{_SPEC}/{name}" for name in _CONFORMS]}


def collections(base: str, layers: Iterable[Layer], ground: Box, language: Language) -> Document:
    """Return the list of collections; `ground` is the box of the caller's jurisdiction."""
    return {
        "links": [link(f"{base}/collections", "self")],
        "collections": [collection(base, layer, ground, language) for layer in layers],
        "crs": [system.uri for system in SYSTEMS],
    }


def collection(base: str, layer: Layer, ground: Box, language: Language) -> Document:
    """Return what a collection is, and where its items, queryables and tiles are."""
    here = f"{base}/collections/{layer.name}"
    links = [
        link(here, "self"),
        link(f"{here}/items", "items", GEOJSON),
        link(f"{here}/queryables", f"{REL}/queryables", "application/schema+json"),
        link(f"{here}/schema", "describedby", "application/schema+json"),
    ]
    if layer.tiles is not None:
        links.append(link(f"{here}/tiles", f"{REL}/tilesets-vector"))
    return {
        "id": layer.name,
        "title": layer.title(language),
        "description": _description(layer, language),
        "itemType": "feature",
        "extent": {
            "spatial": {"bbox": [list(extent_of(layer, ground))], "crs": CRS84.uri},
            **({"temporal": {"interval": [[None, None]]}} if layer.is_dated else {}),
        },
        "crs": [system.uri for system in SYSTEMS],
        "storageCrs": CRS84.uri,
        "links": links,
    }


def extent_of(layer: Layer, ground: Box) -> Box:
    """Return the box of the jurisdiction, where programs open the map.

    The common map is of no jurisdiction, and may reach anywhere.
    """
    return WORLD if layer.division is None else ground


def _description(layer: Layer, language: Language) -> str:
    if layer.begins is None:
        return layer.title(language)
    zh = f"{layer.zh}：不给 datetime 时为当日生效的"
    return zh if language == "zh" else f"{layer.en}: in force today unless datetime is given"


def schema_of(base: str, layer: Layer, *, queryable_only: bool) -> Document:
    """Return the columns of a layer as a JSON Schema: all, or those that items are filtered by."""
    name = "queryables" if queryable_only else "schema"
    columns = [c for c in layer.columns if not queryable_only or c.kind in FILTERED]
    properties: Document = {
        column.name: {"title": column.zh, **SCHEMA_TYPES[column.kind]} for column in columns
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
