"""Which columns of a table hold coordinates, whatever they are called, and the points they make."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np
import shapely

from gis.cells import text_of
from gis.columns import POSITION, Field, match_columns, personal_reason
from gis.degrees import degrees_of
from gis.faults import FileRefused
from gis.reading import Layer
from gis.totals import summary_rows

#: Columns of plane coordinates; surveyors call the northing x, so either may be either.
_PLANE = (
    Field("lon", ("x", "x坐标", "东坐标", "横坐标", "easting", "east", "e", "coord_x", "point_x")),
    Field(
        "lat", ("y", "y坐标", "北坐标", "纵坐标", "northing", "north", "n", "coord_y", "point_y")
    ),
)
#: Where no name fits as a whole, the parts that tell: GPS经度, 经度(度分秒), 坐标X, 东向, x1.
_PARTS = (
    (
        re.compile(r"经度|經度|東經|东经|longitude|(^|[^a-z])(lng|lon)([^a-z]|$)"),
        re.compile(r"纬度|緯度|北纬|latitude|(^|[^a-z])lat([^a-z]|$)"),
    ),
    (
        re.compile(r"^东|東|东坐标|东向|横坐标|easting|(^|[^a-z])x\d?([^a-z]|$)"),
        re.compile(r"^北|北坐标|北向|纵坐标|northing|(^|[^a-z])y\d?([^a-z]|$)"),
    ),
)


def position_of(layer: Layer, overrides: Mapping[str, str]) -> dict[str, str]:
    """Columns of a table that hold its coordinates.

    Parameters
    ----------
    layer : Layer
        As read.
    overrides : mapping of str to str
        lon, lat or wkt to the column that the user names for it.

    Returns
    -------
    dict of str to str
        lon and lat (or x and y, as these two), or wkt, to a column.

    Raises
    ------
    FileRefused
        ``table.no_position`` when no column tells.

    """
    wished = {
        field: column for field, column in overrides.items() if field in ("lon", "lat", "wkt")
    }
    for fields in (POSITION, _PLANE):
        known = {field.name for field in fields}
        own = {field: column for field, column in wished.items() if field in known}
        found = match_columns(layer.names, fields, own).matched
        by_field = {match.field: match.column for match in found}
        if {"lon", "lat"} <= set(by_field):
            return {"lon": by_field["lon"], "lat": by_field["lat"]}
        if "wkt" in by_field:
            return {"wkt": by_field["wkt"]}
    if (told := _by_parts(layer.names, wished)) is not None:
        return told
    raise FileRefused("table.no_position", known=", ".join(layer.names))


def _by_parts(names: Sequence[str], wished: Mapping[str, str]) -> dict[str, str] | None:
    """The one pair of columns whose names tell by a part of them; None when there are several."""
    open_names = [name for name in names if personal_reason(name) is None]
    folded = {name: unicodedata.normalize("NFKC", name).casefold().strip() for name in open_names}
    for pair in _PARTS:
        found = [[name for name in open_names if part.search(folded[name])] for part in pair]
        if wished or [len(columns) for columns in found] != [1, 1] or found[0] == found[1]:
            continue
        return {"lon": found[0][0], "lat": found[1][0]}
    return None


def located(layer: Layer, position: Mapping[str, str]) -> tuple[Layer, bool]:
    """The table with the points or shapes its columns hold, and whether they were 110°12'30".

    Rows that state sums, and those without two numbers, get none.
    """
    if "wkt" in position:
        texts = [
            value if isinstance(value, str) else None for value in layer.columns[position["wkt"]]
        ]
        shapes = np.asarray(shapely.from_wkt(texts, on_invalid="ignore"), dtype=object)
        return dataclasses.replace(layer, shapes=shapes), False
    numbers, sexagesimal = [], False
    for field in ("lon", "lat"):
        column = layer.columns[position[field]]
        read = [degrees_of(cell, "lon") for cell in column]
        other = [degrees_of(cell, "lat") for cell in column]
        read = [b if a is None else a for a, b in zip(read, other, strict=True)]
        sexagesimal |= any(_has_minutes(text_of(cell)) for cell in column)
        numbers.append([np.nan if number is None else number for number in read])
    xy = np.array(numbers, dtype=np.float64).T
    skipped = summary_rows(layer.columns)
    xy[list(skipped)] = np.nan
    good = np.isfinite(xy).all(axis=1)
    shapes = np.full(len(xy), None, dtype=object)
    shapes[good] = shapely.points(xy[good])
    return dataclasses.replace(layer, shapes=shapes), sexagesimal


def _has_minutes(text: str | None) -> bool:
    return text is not None and any(sign in text for sign in "°度′'分")
