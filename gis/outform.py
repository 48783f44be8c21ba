"""What an export is made of: typed fields, batches of rows, and what a format cannot hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.errors import GisError
from gis.targets import Target

Kind = Literal["text", "whole", "number", "yes", "day", "instant"]
Shape = Literal["Point", "MultiLineString", "MultiPolygon"]
Value = str | int | float | bool | dt.date | dt.datetime | None


class OutRefused(GisError):
    """The format or encoding cannot hold what is to be written. Choose another one.

    Attributes
    ----------
    code : str
        ``encoding.cannot``, ``format.no_shape``, ``format.rows`` or ``format.cell``.
    detail : dict
        What the sentence of that code needs.

    """

    def __init__(self, code: str, **detail: Any) -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code} {detail}")


@dataclass(frozen=True, slots=True)
class OutField:
    """A column of the file: its name as shown, and what it holds."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows to write: one list of values for each field, and their shapes on EPSG:4326."""

    columns: list[list[Value]]
    shapes: NDArray[np.object_] | None

    def __len__(self) -> int:
        return len(self.columns[0])


@dataclass(frozen=True, slots=True)
class OutForm:
    """How a file is to be.

    Attributes
    ----------
    layer : str
        Name of the layer, ASCII; file names are made of it.
    shape : {"Point", "MultiLineString", "MultiPolygon"} or None
        Of every row; None for a table without geometry.
    target : Target
        What the coordinates are written in.
    encoding : str
        Of texts where the format leaves a choice, as Python calls it: utf-8, gbk, gb18030.
    words : {"zh", "en"}
        Language of the columns that the format adds, such as those of a position.

    """

    layer: str
    fields: tuple[OutField, ...]
    shape: Shape | None
    target: Target
    encoding: str = "utf-8"
    words: Literal["zh", "en"] = "en"


@dataclass(slots=True)
class OutFile:
    """What was written: the file, its number of rows, and what whoever reads it must know."""

    path: Path
    rows: int = 0
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def placed(batch: Batch, target: Target) -> NDArray[np.object_]:
    """Shapes of a batch in the target's coordinates, shape (n,)."""
    shapes = np.asarray([] if batch.shapes is None else batch.shapes, dtype=object)
    return np.asarray(shapely.transform(shapes, target.place), dtype=object)


def counted(batches: Iterable[Batch], out: OutFile) -> Iterator[Batch]:
    """Pass batches on, counting their rows into `out`."""
    for batch in batches:
        out.rows += len(batch)
        yield batch


def text_of(value: Value) -> str:
    """A value as text formats write it: days and instants in ISO 8601, yes and no as 1 and 0."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, dt.date) else str(value)
