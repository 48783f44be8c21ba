"""The mended copy of a file: GeoJSON on EPSG:4326 with the columns of the original."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import shapely

from ...grids.tiling.checking import Tiling
from .reading import Read


def write_copy(path: Path, read: Read, tiling: Tiling) -> int:
    """Write the grids of `tiling` with the columns read; returns how many have an outline left."""
    intake = read.intake
    columns: dict[str, Any] = {
        match.column: intake.columns[match.field]
        for match in intake.matching.matched
        if match.field in intake.columns
    }
    features = [
        {
            "type": "Feature",
            "properties": {name: cells[index] for name, cells in columns.items()},
            "geometry": shapely.geometry.mapping(shape),
        }
        for index, shape in enumerate(tiling.shapes)
        if shape is not None
    ]
    collection = {"type": "FeatureCollection", "features": features}
    with path.open("w", encoding="utf-8") as stream:
        json.dump(collection, stream, ensure_ascii=False)
        stream.write("\n")
    return len(features)
