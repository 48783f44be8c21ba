"""Shapefiles and GeoPackages: shapes by GDAL, the shapefile's table by `gis.dbf`."""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import shapely

from gis.dbf import Table
from gis.outform import Batch, OutFile, OutForm, OutRefused, counted, placed

_ARROW = {
    "text": pa.string(),
    "whole": pa.int64(),
    "number": pa.float64(),
    "yes": pa.bool_(),
    "day": pa.date32(),
    "instant": pa.timestamp("ms", tz="UTC"),
}
_GEOMETRY = "geom"
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def write_shapefile(
    form: OutForm, batches: Iterable[Batch], folder: Path, *, on: dt.date
) -> OutFile:
    """A zip of .shp, .shx, .dbf and .cpg, with a .prj where the target has a CRS.

    Parameters
    ----------
    form : OutForm
        `encoding` is that of the .dbf, which the .cpg and the language byte state.
    batches : iterable of Batch
        At least one, which may be empty.
    folder : Path
        Empty, writable.
    on : date
        Stated in the table's header.

    Raises
    ------
    OutRefused
        ``format.no_shape``, ``encoding.cannot``.

    """
    out = OutFile(folder / f"{form.layer}.zip")
    shp = folder / f"{form.layer}.shp"
    table = Table(form.fields, form.encoding)

    def told() -> Iterator[Batch]:
        for batch in counted(batches, out):
            table.add(batch.columns)
            yield Batch([], batch.shapes)

    _write("ESRI Shapefile", form, told(), shp)
    table.write(shp.with_suffix(".dbf"), on=on)
    out.notes = [("text.cut", {"field": name, "count": n}) for name, n in table.cuts.items()]
    with zipfile.ZipFile(out.path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in (shp.with_suffix(suffix) for suffix in _PARTS):
            if part.exists():
                archive.write(part, part.name)
                part.unlink()
    return out


def write_geopackage(
    form: OutForm, batches: Iterable[Batch], folder: Path, *, on: dt.date
) -> OutFile:
    """A GeoPackage of one layer; see `write_shapefile`."""
    del on
    out = OutFile(folder / f"{form.layer}.gpkg")
    _write("GPKG", form, counted(batches, out), out.path)
    return out


def _write(driver: str, form: OutForm, batches: Iterable[Batch], path: Path) -> None:
    import pyogrio  # brings pandas: loaded where a file is written

    if form.shape is None:
        raise OutRefused("format.no_shape", format=path.suffix[1:])
    crs = None if form.target.epsg is None else f"EPSG:{form.target.epsg}"
    for number, batch in enumerate(batches):
        with warnings.catch_warnings():
            # A shifted datum has no CRS that a file could state: a false one would be believed.
            warnings.filterwarnings("ignore", message="'crs' was not provided")
            pyogrio.write_arrow(
                _arrow(form, batch),
                path,
                layer=form.layer,
                driver=driver,
                geometry_name=_GEOMETRY,
                geometry_type=form.shape,
                crs=crs,
                append=number > 0,
            )


def _arrow(form: OutForm, batch: Batch) -> Any:
    wkb = [shapely.to_wkb(shape) for shape in placed(batch, form.target)]
    columns: dict[str, Any] = {_GEOMETRY: pa.array(wkb, pa.binary())}
    # The table of a shapefile is written apart: its batches come without columns.
    for field, values in zip(form.fields, batch.columns, strict=False):
        columns[field.name] = pa.array(values, _ARROW[field.kind])
    return pa.table(columns)
