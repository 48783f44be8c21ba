"""A file from outside -> what there is to judge it by: points, words, encodings, stated sums.

Nothing is placed and nothing refused for its place. Runs inside `gis.sandbox`; columns about
persons stay in the file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.cells import Cell, is_blank, text_of
from gis.columns import personal_reason
from gis.faults import FileRefused, Note
from gis.positions import located, position_of
from gis.reading import Source, read_vector
from gis.scripts import Script, language_encoding, scripts_of
from gis.shapefile import table_texts
from gis.tables import read_table
from gis.totals import Total, faulty_totals
from gis.verdicts import Look

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]

_TABLES = ("csv", "xlsx")
_POINTS, _ROWS, _DRAWN, _CORNERS = 800, 4000, 240, 24
_WORDS, _WORD_COLUMNS = 60, 16
_INNER = 8
#: Of a shape of more corners these many stand for it.
_LONG = 20_000


@dataclass(frozen=True, slots=True)
class FileLook:
    """What a file shows.

    Attributes
    ----------
    look : Look
        For `gis.weighing.weigh`.
    drawn : tuple of ndarray of float64, shape (n, 2)
        Points, lines and outlines to draw, thinned, as the file has them.
    shape : str
        point, line, polygon or mixed.
    crs, rule : str or None
        As the file states it, and the rule its format puts in the place of a statement.
    position : dict of str to str
        Columns of a table that hold lon and lat, or x and y, or wkt.
    sexagesimal : bool
        True when a table writes degrees, minutes and seconds as text.
    scripts, encoding : Scripts tried; the one its texts were read in.
    totals : tuple of Total
        Stated sums that do not add up.

    """

    look: Look
    drawn: tuple[Floats, ...]
    shape: str
    count: int
    names: tuple[str, ...]
    personal: tuple[tuple[str, str], ...]
    crs: str | None
    rule: str | None
    position: Mapping[str, str]
    sexagesimal: bool
    scripts: tuple[Script, ...]
    encoding: str
    totals: tuple[Total, ...]
    notes: tuple[Note, ...]


def look_at(source: Source, overrides: Mapping[str, str]) -> FileLook:
    """Read a file for inspection.

    Parameters
    ----------
    source : Source
        Laid out by `gis.staging.stage`.
    overrides : mapping of str to str
        Columns of a table that hold lon, lat or wkt, where the user names them.

    Raises
    ------
    FileRefused
        What the readers raise; ``table.no_position`` when a table's columns show no coordinates.

    """
    scripts, lies = _scripts(source)
    if source.encoding is None and source.kind in ("shp", "csv") and scripts[0].decodes:
        name = scripts[0].name
        source = source if name == "ascii" else dataclasses.replace(source, encoding=name)
    is_table = source.kind in _TABLES
    layer = (read_table if is_table else read_vector)(source, _kept)
    totals = faulty_totals(layer.columns)
    position: dict[str, str] = {}
    sexagesimal = False
    if is_table:
        position = position_of(layer, overrides)
        layer, sexagesimal = located(layer, position)
    shapes = _sound(layer.shapes)
    if not (~shapely.is_missing(shapes)).any():
        raise FileRefused("file.empty")
    words = {name: cells for name, cells in layer.columns.items() if name not in position.values()}
    return FileLook(
        look=look_of(shapes, words),
        drawn=_drawn(shapes),
        shape=_shape_of(layer.shapes),
        count=len(shapes),
        names=tuple(name for name in layer.names if personal_reason(name) is None),
        personal=tuple((n, why) for n in layer.names if (why := personal_reason(n))),
        crs=layer.crs,
        rule=layer.rule,
        position=position,
        sexagesimal=sexagesimal,
        scripts=scripts,
        encoding=layer.encoding.name,
        totals=totals,
        notes=(*lies, *(n for n in layer.notes if not n.code.startswith("encoding.cpg"))),
    )


def _kept(names: Sequence[str]) -> list[str]:
    return [name for name in names if personal_reason(name) is None]


def _scripts(source: Source) -> tuple[tuple[Script, ...], list[Note]]:
    said: dict[str, str] = {}
    if source.kind == "shp" and source.path.with_suffix(".dbf").exists():
        dbf = source.path.with_suffix(".dbf")
        texts, shown = table_texts(dbf, _is_personal)
        driver = language_encoding(dbf)[1]
        said |= {"language byte": driver} if driver else {}
    elif source.kind == "csv":
        raw = source.path.read_bytes()
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            return (Script("utf-16", True, float("nan"), ""),), []
        lines = raw.splitlines()
        texts, shown = set(lines), set(lines[:1])
    else:
        return (Script("utf-8", True, float("nan"), ""),), []
    said |= {"cpg": source.cpg} if source.cpg else {}
    scripts = scripts_of(texts, shown, {who: name for who, name in said.items() if name})
    best = scripts[0]
    lies = [
        Note(
            "encoding.cpg_lies" if script.said_by == "cpg" else "encoding.byte_lies",
            detail={"cpg": script.name, "encoding": best.name},
        )
        for script in scripts[1:]
        if script.said_by and best.decodes
    ]
    return scripts, lies


def _is_personal(name: bytes) -> bool:
    """True when the name of a column gives a person away in any encoding it may be in."""
    read = (name.decode(codec, errors="ignore") for codec in ("utf-8", "gb18030", "big5"))
    return any(personal_reason(text) is not None for text in read)


def _sound(shapes: Geometries) -> Geometries:
    """Shapes in two dimensions, None for those without a finite place, long ones thinned.

    GEOS walks a whole line for each point set on it: a ring of a million corners took 14 s.
    """
    with np.errstate(invalid="ignore"):
        flat = np.asarray(shapely.force_2d(shapes), dtype=object)
    flat[shapely.is_empty(flat)] = None
    xy, row = shapely.get_coordinates(flat, return_index=True)
    flat[np.unique(row[~np.isfinite(xy).all(axis=1)])] = None
    for at in np.flatnonzero(shapely.get_num_coordinates(flat) > _LONG):
        flat[at] = shapely.MultiPoint(_thinned(shapely.get_coordinates(flat[at]), _LONG))
    return flat


def _thinned(xy: Floats, count: int) -> Floats:
    return xy if len(xy) <= count else xy[np.linspace(0, len(xy) - 1, count).astype(int)]


def _shape_of(shapes: Geometries) -> str:
    kinds = {0: "point", 4: "point", 1: "line", 5: "line", 3: "polygon", 6: "polygon"}
    present = shapes[~shapely.is_missing(shapes)]
    found = {kinds.get(int(code), "mixed") for code in shapely.get_type_id(present)}
    return found.pop() if len(found) == 1 else "mixed"


def look_of(shapes: Geometries, columns: Mapping[str, Sequence[Cell]]) -> Look:
    """What a layer shows of itself, thinned.

    Parameters
    ----------
    shapes : ndarray of geometry, shape (n,)
        As the file has them, None where a row has none.
    columns : mapping of name to cells
        Texts and numbers of the rows, columns about persons and of coordinates left out.

    """
    rows = np.linspace(0, len(shapes) - 1, min(_ROWS, len(shapes))).astype(int)
    chosen = shapes[rows]
    centres = _coordinates(shapely.centroid(chosen))
    inner, of_row = _inner(chosen, centres)
    words = {}
    for name, cells in columns.items():
        texts = [_word(cells[row]) for row in rows]
        if len(set(texts)) > 1 or len(rows) == 1:
            words[name] = texts
        if len(words) >= _WORD_COLUMNS:
            break
    return Look(_along(shapes), centres, inner, of_row, words)


def _word(cell: Cell) -> str | None:
    text = None if is_blank(cell) else text_of(cell)
    return text[:_WORDS] if text else None


def _coordinates(points: Geometries) -> Floats:
    """Position of each point, nan where there is none."""
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


def _along(shapes: Geometries) -> Floats:
    """Points of the file: its own, or evenly along its lines and outlines."""
    present = shapes[~shapely.is_missing(shapes)]
    parts = shapely.get_parts(present)
    solid = shapely.get_type_id(parts) == 3
    lines = shapely.get_parts(np.where(solid, shapely.boundary(parts), parts))
    lines = lines[~shapely.is_empty(lines)]
    is_point = shapely.get_type_id(lines) == 0
    points = _coordinates(lines[is_point])
    lines = lines[~is_point]
    if len(lines) > 20 * _POINTS:
        lines = lines[np.linspace(0, len(lines) - 1, 20 * _POINTS).astype(int)]
    if len(lines):
        length = shapely.length(lines)
        good = np.isfinite(length)
        lines, ends = lines[good], np.cumsum(length[good])
        at = (np.arange(_POINTS) + 0.5) / _POINTS * (ends[-1] if len(ends) else 0.0)
        which = np.clip(np.searchsorted(ends, at), 0, max(len(lines) - 1, 0))
        rest = at - (ends[which] - shapely.length(lines[which]))
        on_line = shapely.line_interpolate_point(lines[which], rest)
        points = np.concatenate([points, _coordinates(on_line)])
    if len(points) > _POINTS:
        points = points[np.linspace(0, len(points) - 1, _POINTS).astype(int)]
    return np.asarray(points, dtype=np.float64)


def _inner(shapes: Geometries, centres: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Points well inside each shape: a tenth of the way from its corners to its middle."""
    found, owners = [], []
    for row, (shape, centre) in enumerate(zip(shapes, centres, strict=True)):
        if shape is None or not np.isfinite(centre).all():
            continue
        corners = shapely.get_coordinates(shape)
        if _is_solid(shape):
            corners = corners[np.linspace(0, len(corners) - 1, _INNER).astype(int)]
            spots = centre + 0.9 * (corners - centre)
        else:
            spots = corners[len(corners) // 2 :][:1]
        found.append(spots)
        owners += [row] * len(spots)
    if not found:
        return np.empty((0, 2)), np.empty(0, dtype=np.int64)
    return np.concatenate(found), np.array(owners, dtype=np.int64)


def _drawn(shapes: Geometries) -> tuple[Floats, ...]:
    present = shapes[~shapely.is_missing(shapes)]
    chosen = present[np.linspace(0, len(present) - 1, min(_DRAWN, len(present))).astype(int)]
    paths = []
    for shape in chosen:
        for part in shapely.get_parts(shapely.boundary(shape) if _is_solid(shape) else shape)[:4]:
            xy = shapely.get_coordinates(part)
            if len(xy) > _CORNERS:
                xy = xy[np.linspace(0, len(xy) - 1, _CORNERS).astype(int)]
            paths.append(xy)
    return tuple(paths)


def _is_solid(shape: shapely.Geometry) -> bool:
    return bool(shapely.get_type_id(shape) in (3, 6))
