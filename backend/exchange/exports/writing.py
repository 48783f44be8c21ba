"""From rows to a file: what is asked, read in batches under the jurisdiction, and written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from gis.outform import Batch, OutField, OutFile, OutForm, OutRefused
from gis.targets import SHIFTED, Target, target_of

from ...divisions.models import Division
from ...errors import Language
from ...localtime import end_of, start_of, today
from ..catalogue import LAYERS
from ..layers import Layer, Name
from .wording import refused

BATCH_ROWS = 5000
#: Told how many rows are written.
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a file is to hold, and how it is written; plain values, as they are stored."""

    kind: Name
    format: str
    datum: str
    encoding: str
    bounds: tuple[int, int]
    division: int = 0
    set_name: str | None = None
    at: date | None = None
    since: date | None = None
    until: date | None = None
    chinese_names: bool = False
    language: Language = "zh"

    @property
    def layer(self) -> Layer:
        return LAYERS[self.kind]


def row_count(session: Session, asked: Asked) -> int:
    """Return how many rows the file will hold."""
    counted = asked.layer.count().where(*_conditions(session, asked))
    return int(session.scalar(counted) or 0)


def write_file(
    session: Session, asked: Asked, folder: Path, *, on: date, tell: Progress | None = None
) -> OutFile:
    """Write the file into `folder`, which is empty, in the caller's transaction.

    Raises
    ------
    Refused
        What the format or encoding cannot hold, with what to choose instead.

    """
    layer = asked.layer
    conditions = _conditions(session, asked)
    form = OutForm(
        layer=layer.name,
        fields=tuple(
            OutField(column.zh if asked.chinese_names else column.name, column.kind)
            for column in layer.columns
        ),
        shape=layer.shape,
        target=_target(session, asked, conditions),
        encoding=asked.encoding,
        words="zh" if asked.chinese_names else "en",
    )
    batches = _batches(session, layer, layer.rows().where(*conditions), tell)
    try:
        out = _writer(asked.format)(form, batches, folder, on=on)
    except OutRefused as cannot:
        raise refused(cannot) from cannot
    if form.target.name in SHIFTED:
        out.notes.append(("datum.shifted", {"datum": SHIFTED[form.target.name]}))
    return out


def _writer(form: str) -> Callable[..., OutFile]:
    if form in ("shp", "gpkg"):
        from gis import outvector  # brings pyarrow

        return outvector.write_shapefile if form == "shp" else outvector.write_geopackage
    from gis import outtext

    return {
        "geojson": outtext.write_geojson,
        "csv": outtext.write_csv,
        "xlsx": outtext.write_workbook,
    }[form]


def _conditions(session: Session, asked: Asked) -> tuple[ColumnElement[bool], ...]:
    layer = asked.layer
    conditions = [*layer.within(*asked.bounds), *_on_the_ground(session, asked)]
    if layer.begins is not None and asked.since is None and asked.until is None:
        conditions += layer.in_force(asked.at or today())
    conditions += layer.during(
        None if asked.since is None else start_of(asked.since),
        None if asked.until is None else end_of(asked.until),
    )
    if asked.set_name is not None and layer.set_name is not None:
        conditions.append(layer.set_name == asked.set_name)
    return tuple(conditions)


def _on_the_ground(session: Session, asked: Asked) -> list[ColumnElement[bool]]:
    """Return what cuts the common map to the division; nothing where it has no outline."""
    if asked.layer.division is not None or not asked.division:
        return []
    current = (Division.code == asked.division, Division.valid_to.is_(None))
    if session.scalar(select(Division.id).where(*current)) is None:
        return []
    ground = select(Division.geom).where(*current).scalar_subquery()
    geom = asked.layer.geom
    return [geom.op("&&")(ground), func.ST_Intersects(geom, ground)]


def _target(session: Session, asked: Asked, conditions: tuple[ColumnElement[bool], ...]) -> Target:
    layer = asked.layer
    if layer.geom is None or not asked.datum.startswith("cgcs2000-"):
        return target_of(asked.datum)
    box = func.ST_Extent(layer.geom)
    west, east = session.execute(
        select(func.ST_XMin(box), func.ST_XMax(box))
        .select_from(layer.source)
        .where(*layer.where, *conditions)
    ).one()
    return target_of(asked.datum) if west is None else target_of(asked.datum, lon=(west + east) / 2)


def _batches(
    session: Session, layer: Layer, asked: Select[Any], tell: Progress | None
) -> Iterator[Batch]:
    """Yield all rows, by a cursor of the server's; one empty batch when there are none."""
    result = session.execute(asked.execution_options(yield_per=BATCH_ROWS))
    done = 0
    for rows in result.partitions(BATCH_ROWS):
        done += len(rows)
        yield _batch(layer, list(rows))
        if tell is not None:
            tell(done)
    if not done:
        yield _batch(layer, [])


def _batch(layer: Layer, rows: list[Any]) -> Batch:
    columns = [[row[number + 2] for row in rows] for number in range(len(layer.columns))]
    if layer.shape is None:
        return Batch(columns, None)
    shapes = shapely.from_wkb([bytes(row[1]) for row in rows])
    return Batch(columns, np.asarray(shapes, dtype=object))
