"""GeoJSON, CSV and XLSX: row by row, however many there are."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import shapely

from gis.cells import FORMULA_STARTS, quoted
from gis.outform import Batch, OutFile, OutForm, OutRefused, Value, counted, placed, text_of
from gis.targets import DATUM_COLUMN, Target

#: Signs that XML has no way to write.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SHEET_ROWS, _SHEET_CELL = 1_048_575, 32_767
_POSITION = {
    "en": {"lon": "lon", "lat": "lat", "x": "x", "y": "y", "wkt": "wkt"},
    "zh": {"lon": "经度", "lat": "纬度", "x": "x", "y": "y", "wkt": "几何"},
}


def write_geojson(form: OutForm, batches: Iterable[Batch], folder: Path, *, on: dt.date) -> OutFile:
    """A FeatureCollection; other than WGS 84, it states what its coordinates are.

    Notes
    -----
    RFC 7946 knows WGS 84 alone. Other systems stand in the `crs` member of the format of 2008,
    which GDAL, QGIS and our import read. A shifted datum has no name there that anybody knows;
    ours, such as "GCJ-02", only our import reads.

    """
    del on
    if form.shape is None:
        raise OutRefused("format.no_shape", format="geojson")
    out = OutFile(folder / f"{form.layer}.geojson")
    head = {"type": "FeatureCollection", "name": form.layer, **_stated_crs(form.target)}
    with out.path.open("w", encoding="utf-8") as stream:
        stream.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [\n')
        between = ""
        for batch in counted(batches, out):
            for feature in _features(form, batch):
                stream.write(between + feature)
                between = ",\n"
        stream.write("\n]}\n")
    return out


def _stated_crs(target: Target) -> dict[str, Any]:
    if target.name == "wgs84":
        return {}
    name = target.statement.replace("EPSG:", "urn:ogc:def:crs:EPSG::")
    return {"crs": {"type": "name", "properties": {"name": name}}}


def _features(form: OutForm, batch: Batch) -> Iterator[str]:
    drawn = shapely.to_geojson(placed(batch, form.target))
    names = [field.name for field in form.fields]
    for shape, row in zip(drawn, zip(*batch.columns, strict=True), strict=True):
        cells = {name: _plain(value) for name, value in zip(names, row, strict=True)}
        properties = json.dumps(cells, ensure_ascii=False)
        yield f'{{"type": "Feature", "properties": {properties}, "geometry": {shape}}}'


def _plain(value: Value) -> Value:
    return text_of(value) if isinstance(value, dt.date) else value


def write_csv(form: OutForm, batches: Iterable[Batch], folder: Path, *, on: dt.date) -> OutFile:
    """A table with the position in columns of its own, or as WKT; the last column is the datum.

    Raises
    ------
    OutRefused
        ``encoding.cannot`` when a text holds a character that the encoding lacks.

    """
    del on
    out = OutFile(folder / f"{form.layer}.csv")
    # Spreadsheet programs take a UTF-8 file without this mark for the code page of the machine.
    encoding = "utf-8-sig" if form.encoding == "utf-8" else form.encoding
    with out.path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(_header(form))
        try:
            for batch in counted(batches, out):
                writer.writerows([_harmless(cell) for cell in row] for row in _rows(form, batch))
        except UnicodeEncodeError as lacking:
            sign = lacking.object[lacking.start]
            column = _column_with(sign, form, batch)
            raise OutRefused(
                "encoding.cannot", encoding=form.encoding, field=column, sign=sign
            ) from lacking
    return out


def _column_with(sign: str, form: OutForm, batch: Batch) -> str:
    """Name of the first column that holds a sign; "" when none does."""
    cells = zip(form.fields, batch.columns, strict=True)
    return next((f.name for f, values in cells if any(sign in text_of(v) for v in values)), "")


def write_workbook(
    form: OutForm, batches: Iterable[Batch], folder: Path, *, on: dt.date
) -> OutFile:
    """A workbook of one sheet; texts stay texts, whatever they begin with.

    Raises
    ------
    OutRefused
        ``format.rows`` beyond 1,048,575 rows, ``format.cell`` where a shape is longer than a cell.

    """
    import openpyxl  # 0.2 s, and most exports are no workbooks

    del on
    out = OutFile(folder / f"{form.layer}.xlsx")
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(form.layer)
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, name) for name in _header(form)])
    for batch in counted(batches, out):
        if out.rows > _SHEET_ROWS:
            raise OutRefused("format.rows", limit=_SHEET_ROWS, format="xlsx")
        for row in _rows(form, batch):
            sheet.append([_cell(sheet, value) for value in row])
    book.save(out.path)
    return out


def _cell(sheet: Any, value: Value) -> Any:
    from openpyxl.cell import WriteOnlyCell

    if isinstance(value, dt.datetime) or value is None:
        return None if value is None else text_of(value)
    if not isinstance(value, str):
        return value
    if len(value) > _SHEET_CELL:
        raise OutRefused("format.cell", limit=_SHEET_CELL, format="xlsx")
    cell = WriteOnlyCell(sheet, value=_UNWRITABLE.sub("", value))
    cell.data_type = "s"
    if value.startswith(FORMULA_STARTS):
        cell.quotePrefix = True
    return cell


def _header(form: OutForm) -> list[str]:
    names = [field.name for field in form.fields]
    if form.shape is None:
        return names
    words = _POSITION[form.words]
    pair = ("x", "y") if form.target.is_metric else ("lon", "lat")
    position = pair if form.shape == "Point" else ("wkt",)
    return [*names, *(words[each] for each in position), DATUM_COLUMN[form.words]]


def _rows(form: OutForm, batch: Batch) -> Iterator[tuple[Value, ...]]:
    rows = zip(*batch.columns, strict=True)
    if form.shape is None:
        yield from rows
        return
    shapes = placed(batch, form.target)
    if form.shape == "Point":
        xs, ys = shapely.get_x(shapes).tolist(), shapely.get_y(shapes).tolist()
        position: Iterable[tuple[Value, ...]] = zip(xs, ys, strict=True)
    else:
        position = ((text,) for text in shapely.to_wkt(shapes, rounding_precision=-1))
    for row, place in zip(rows, position, strict=True):
        yield (*row, *place, form.target.name)


def _harmless(value: Value) -> Value:
    """A cell that no spreadsheet takes for a formula; `gis.cells.unquoted` undoes it."""
    if isinstance(value, str):
        return quoted(value)
    return (
        value if isinstance(value, int | float) and not isinstance(value, bool) else text_of(value)
    )
