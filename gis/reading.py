"""Shapefile, GeoPackage and GeoJSON -> names, texts and shapes, exactly as the file has them.

Runs inside `gis.sandbox` when the file came from outside. Attributes of a shapefile pass GDAL as
ISO 8859-1, which keeps every byte, and are decoded here, strictly.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from gis.encodings import Encoding, choose_encoding, decode
from gis.faults import FileRefused, Note
from gis.targets import SHIFTED

Cell = str | int | float | bool | None
Columns = dict[str, list[Cell]]
#: Chooses, from all column names, the ones to read.
Chooser = Callable[[Sequence[str]], Sequence[str]]

#: Spelt as pyogrio compares it; in small letters it takes the bytes for UTF-8.
_BYTES = "ISO-8859-1"
_GEOJSON_CRS = re.compile(rb'"crs"\s*:\s*\{([^{}]*(?:\{[^{}]*\})?)')
_CRS_NAME = re.compile(rb'"name"\s*:\s*"([^"]{1,200})"\s*\}')
_PEEK = 1 << 16


@dataclass(frozen=True, slots=True)
class Source:
    """A file laid out for reading, and what the user said of it."""

    path: Path
    kind: str
    layer: str | None = None
    encoding: str | None = None
    cpg: str | None = None
    features_limit: int = 2_000_000


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer as read.

    Attributes
    ----------
    columns : dict of str to list
        The columns chosen, one value a row.
    names : tuple of str
        All columns of the file.
    shapes, unreadable : ndarray, shape (n,)
        Geometry or None; True where there were bytes that are no geometry.
    crs : str or None
        WKT or authority code as the file states it; "GCJ-02" or "BD-09" where it says so.
    rule : str or None
        Rule that stands in for a missing CRS.
    numbers : ndarray of int64, shape (n,), or None
        Number of each row in the file, from 1, where blank rows were left out; None when they
        follow each other.

    """

    names: tuple[str, ...]
    columns: Columns
    shapes: NDArray[np.object_]
    unreadable: NDArray[np.bool_]
    crs: str | None
    encoding: Encoding
    rule: str | None = None
    notes: tuple[Note, ...] = ()
    numbers: NDArray[np.int64] | None = None


def read_vector(source: Source, choose: Chooser) -> Layer:
    """Read one layer by GDAL.

    Parameters
    ----------
    source : Source
        kind is shp, gpkg or geojson.
    choose : callable
        Given all column names, returns those to read; the others stay in the file.

    Raises
    ------
    FileRefused
        ``file.unreadable``, ``layer.unknown``, ``layer.choose``, ``file.too_many_features``, and
        those of `choose_encoding`.

    """
    import pyogrio  # brings pandas: loaded where a file is read, the child process

    layer = _chosen_layer(source)
    transport = _BYTES if source.kind == "shp" else None
    try:
        # Winding order and the like: what is wrong with a shape is told row by row later.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            info = pyogrio.read_info(source.path, layer=layer, encoding=transport)
            if info["features"] > source.features_limit:
                raise FileRefused(
                    "file.too_many_features", found=info["features"], limit=source.features_limit
                )
            stored = [str(name) for name in info["fields"]]
            names, wanted, read = _read(source, layer, transport, (stored, choose))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as broken:
        if isinstance(broken, FileRefused):
            raise
        raise FileRefused("file.unreadable", reason=_reason(source, broken)) from broken
    encoding, columns, notes = _decoded(source, wanted, read[3], stored)
    shapes, unreadable = _shapes(read[2])
    crs, rule = _stated_crs(source, info["crs"])
    return Layer(names, columns, shapes, unreadable, crs, encoding, rule, notes)


def _chosen_layer(source: Source) -> str | None:
    if source.kind != "gpkg":
        return None
    import pyogrio  # as above

    try:
        known = [str(name) for name, kind in pyogrio.list_layers(source.path) if kind is not None]
    except pyogrio.errors.DataSourceError as broken:
        raise FileRefused("file.unreadable", reason=_reason(source, broken)) from broken
    if source.layer is not None and source.layer not in known:
        raise FileRefused("layer.unknown", layer=source.layer, known=", ".join(known))
    if source.layer is None and len(known) != 1:
        raise FileRefused("layer.choose", known=", ".join(known))
    return source.layer or known[0]


def _reason(source: Source, broken: Exception) -> str:
    """GDAL's words without the private folder."""
    return str(broken).replace(f"{source.path.parent}/", "")[-300:]


def _read(
    source: Source, layer: str | None, transport: str | None, fields: tuple[list[str], Chooser]
) -> tuple[tuple[str, ...], dict[str, str], Any]:
    """Names as shown, names shown -> stored of the columns chosen, and what pyogrio returns."""
    import pyogrio  # as above

    stored, choose = fields
    shown = _shown_names(source, stored)
    chosen = set(choose(shown))
    wanted = {name: raw for name, raw in zip(shown, stored, strict=True) if name in chosen}
    read = pyogrio.raw.read(
        source.path, layer=layer, encoding=transport, columns=list(wanted.values())
    )
    by_stored = dict(zip((str(name) for name in read[0]["fields"]), read[3], strict=True))
    ordered = [by_stored[raw] for raw in wanted.values()]
    return tuple(shown), wanted, (*read[:3], ordered)


def _shown_names(source: Source, stored: list[str]) -> list[str]:
    """Field names decoded; a name cut inside a character at 10 bytes loses that character."""
    if source.kind != "shp":
        return stored
    raw = [name.encode(_BYTES) for name in stored]
    name = choose_encoding(raw, option=source.encoding, declared=source.cpg).name
    shown: list[str] = []
    for text in raw:
        plain = decode(text, name)[0]
        shown.append(plain if plain not in shown else f"{plain}_{len(shown)}")
    return shown


def _decoded(
    source: Source,
    wanted: dict[str, str],
    values: Sequence[NDArray[Any]],
    stored: Sequence[str],
) -> tuple[Encoding, Columns, tuple[Note, ...]]:
    if source.kind != "shp":
        columns = {name: _plain(column) for name, column in zip(wanted, values, strict=True)}
        return Encoding("utf-8", "format"), columns, ()
    texts = [_raw_texts(column) for column in values]
    every = {text for column in texts for text in column if text}
    every |= {raw.encode(_BYTES) for raw in stored}
    encoding = choose_encoding(every, option=source.encoding, declared=source.cpg)
    decoded = {text: decode(text, encoding.name) for text in every}
    columns = {}
    for name, column, raw in zip(wanted, values, texts, strict=True):
        if column.dtype == object:
            columns[name] = [None if text is None else decoded[text][0] for text in raw]
        else:
            columns[name] = _plain(column)
    cut = sum(was_cut for _, was_cut in decoded.values())
    notes = (*encoding.notes, *([Note("encoding.cut", detail={"count": cut})] if cut else []))
    return encoding, columns, notes


def _raw_texts(column: NDArray[Any]) -> list[bytes | None]:
    if column.dtype != object:
        return []
    return [value.encode(_BYTES) if isinstance(value, str) and value else None for value in column]


def _plain(column: NDArray[Any]) -> list[Cell]:
    """Values as plain Python ones, None for missing; dates as their text."""
    if column.dtype.kind == "M":
        return [None if np.isnat(value) else str(value) for value in column]
    if column.dtype.kind == "f":
        return [None if np.isnan(value) else float(value) for value in column]
    if column.dtype.kind in "iub":
        return list(column.tolist())
    return [value if isinstance(value, str | int | float) else None for value in column]


def _shapes(wkb: NDArray[np.object_] | None) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    if wkb is None:
        raise FileRefused("file.no_geometry")
    present = np.array([item is not None for item in wkb], dtype=bool)
    shapes = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    return shapes, present & shapely.is_missing(shapes)


def _stated_crs(source: Source, crs: str | None) -> tuple[str | None, str | None]:
    """The CRS the file itself states; GDAL fills it in for GeoJSON, where it may be absent."""
    if source.kind != "geojson":
        return crs, None
    with source.path.open("rb") as stream:
        head = stream.read(_PEEK)
        stream.seek(max(0, source.path.stat().st_size - _PEEK))
        tail = stream.read()
    stated = _GEOJSON_CRS.search(head) or _GEOJSON_CRS.search(tail)
    if stated is None:
        return None, "RFC 7946"
    name = _CRS_NAME.search(stated[1])
    told = name[1].decode("utf-8", errors="replace") if name else "?"
    if told in SHIFTED.values():
        return told, None  # as our own exports write it, no CRS that PROJ knows
    # GDAL takes a name it does not know for WGS 84 without a word.
    return (crs, None) if _is_crs(told) else (told, None)


def _is_crs(name: str) -> bool:
    try:
        CRS.from_user_input(name)
    except CRSError:
        return False
    return True
