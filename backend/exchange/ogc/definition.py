"""The API definition (OpenAPI 3.0) of the surface for GIS programs, as OGC asks for it."""

from collections.abc import Iterable
from typing import Any

from ..layers import Layer
from .asking import FEWEST_ITEMS, FILTERED, MOST_ITEMS, USUAL_ITEMS
from .documents import GEOJSON, SCHEMA_TYPES
from .systems import SYSTEMS
from .tilings import TILE_TYPE, TILES

Document = dict[str, Any]
_JSON = "application/json"


def definition(base: str, title: str, version: str, layers: Iterable[Layer]) -> Document:
    """Return the document; clients read from it how long a page may be."""
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": version},
        "servers": [{"url": base}],
        "security": [{"token": []}, {"basic": []}],
        "paths": _paths(list(layers)),
        "components": {
            "parameters": _PARAMETERS,
            "schemas": {"error": {"type": "object"}, "document": {"type": "object"}},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _paths(layers: list[Layer]) -> Document:
    collection = _path_parameter("collectionId", enum=[layer.name for layer in layers])
    items = [*map(_parameter, ("limit", "bbox", "bbox-crs", "crs", "datetime", "after"))]
    tile = [_path_parameter(name) for name in ("tileMatrix", "tileRow", "tileCol")]
    feature = _path_parameter("featureId")
    here = "/collections/{collectionId}"
    set_path = f"{here}/tiles/{TILES}"
    # Each layer has columns of its own to filter by; the common path says what all understand.
    own = {
        f"/collections/{layer.name}/items": _get(
            f"items_{layer.name}", [*items, *_filters(layer)], GEOJSON
        )
        for layer in layers
    }
    return {
        **own,
        "/": _get("landing", []),
        "/conformance": _get("conformance", []),
        "/collections": _get("collections", []),
        "/tileMatrixSets": _get("schemes", []),
        f"/tileMatrixSets/{TILES}": _get("scheme", []),
        here: _get("collection", [collection]),
        f"{here}/queryables": _get("queryables", [collection], "application/schema+json"),
        f"{here}/schema": _get("schema", [collection], "application/schema+json"),
        f"{here}/items": _get("items", [collection, *items], GEOJSON),
        f"{here}/items/{{featureId}}": _get(
            "item", [collection, feature, _parameter("crs")], GEOJSON
        ),
        f"{here}/tiles": _get("tilesets", [collection]),
        set_path: _get("tileset", [collection]),
        f"{set_path}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": _get(
            "tile", [collection, *tile], TILE_TYPE
        ),
    }


def _get(name: str, parameters: list[Document], kind: str = _JSON) -> Document:
    schema: Document = {"$ref": "#/components/schemas/document"}
    if kind == TILE_TYPE:
        schema = {"type": "string", "format": "binary"}
    answers: Document = {"200": {"description": name, "content": {kind: {"schema": schema}}}}
    fault = {_JSON: {"schema": {"$ref": "#/components/schemas/error"}}}
    for status, meaning in (("400", "malformed"), ("401", "no token"), ("404", "not found")):
        answers[status] = {"description": meaning, "content": fault}
    asked = [*parameters, _parameter("f")]
    return {"get": {"operationId": name, "parameters": asked, "responses": answers}}


def _filters(layer: Layer) -> list[Document]:
    return [
        _query(column.name, SCHEMA_TYPES[column.kind], description=column.zh)
        for column in layer.columns
        if column.kind in FILTERED
    ]


def _parameter(name: str) -> Document:
    return {"$ref": f"#/components/parameters/{name}"}


def _path_parameter(name: str, **more: Any) -> Document:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", **more}}


def _query(name: str, schema: Document, **more: Any) -> Document:
    return {"name": name, "in": "query", "required": False, "schema": schema, **more}


_SYSTEM = {"type": "string", "format": "uri", "enum": [system.uri for system in SYSTEMS]}
_NUMBERS = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
_PARAMETERS: Document = {
    "limit": _query(
        "limit",
        {
            "type": "integer",
            "minimum": FEWEST_ITEMS,
            "maximum": MOST_ITEMS,
            "default": USUAL_ITEMS,
        },
        style="form",
        explode=False,
    ),
    "bbox": _query("bbox", _NUMBERS, style="form", explode=False),
    "bbox-crs": _query("bbox-crs", _SYSTEM),
    "crs": _query("crs", _SYSTEM),
    "datetime": _query("datetime", {"type": "string"}, style="form", explode=False),
    "after": _query("after", {"type": "integer", "minimum": 0}, description="see the link next"),
    "f": _query("f", {"type": "string", "enum": ["json", "geojson", "html", "mvt"]}),
}
