"""Rows on their way from a file into a table: checked values first, then one COPY and one step.

A domain's `importing.py` turns an intake into a `Landing`; what cannot land is a fault, never an
exception. A named set is replaced as a whole: rows of the same key keep their id.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.cells import is_blank, number_of, text_of
from gis.faults import Note, RowFault
from gis.intake import Intake

from .db import WHOLE_LAND, raw_connection
from .localtime import today
from .spatial import to_hex_ewkb

_LONGEST_TEXT = 500


@dataclass(slots=True)
class Landing:
    """Rows of one kind, ready to be written; `keys` name a row within its set.

    `extras` are what else a row brings, such as a camera's poses.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    row_no: list[int] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    shapes: list[Any] = field(default_factory=list)
    extras: list[Any] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    assumed_heights: int = 0

    def keep(self, kept: Sequence[bool]) -> None:
        """Drop the rows that are not to be kept, with all that belongs to them."""
        for name in ("rows", "row_no", "keys", "shapes", "extras"):
            values = getattr(self, name)
            if values:
                setattr(self, name, [v for v, stays in zip(values, kept, strict=True) if stays])


@dataclass(frozen=True, slots=True)
class Berth:
    """Where rows land: the table, the set that is replaced, and the divisions one may change.

    `actor_id` and `actor_name` are whose import it is, for what keeps its own history.
    """

    table: str
    set_name: str
    bounds: tuple[int, int] = WHOLE_LAND
    actor_id: int | None = None
    actor_name: str = ""


class RowRefused(Exception):
    """A value refuses its row; carries what `RowFault` needs. Caught by `each_row` alone."""

    def __init__(self, code: str, field_name: str, **detail: Any) -> None:
        self.code = code
        self.field_name = field_name
        self.detail = detail
        super().__init__(code)


class Row:
    """One row of an intake, read by field name."""

    __slots__ = ("_columns", "_index", "number", "shape")

    def __init__(self, intake: Intake, index: int) -> None:
        self._columns = intake.columns
        self._index = index
        self.number = intake.number(index)
        self.shape = intake.shapes[index]

    def cell(self, name: str) -> Any:
        column = self._columns.get(name)
        return None if column is None else column[self._index]

    def text(self, name: str) -> str | None:
        found = text_of(self.cell(name))
        # An index entry of PostgreSQL holds 2,700 bytes, and no name needs them.
        if found is not None and len(found) > _LONGEST_TEXT:
            raise RowRefused("value.too_long", name, found=len(found), limit=_LONGEST_TEXT)
        return found

    def required(self, name: str) -> str:
        found = self.text(name)
        if found is None:
            raise RowRefused("value.missing", name)
        return found

    def number_in(self, name: str, low: float, high: float) -> float | None:
        """Return the number of a field within [low, high], None when blank."""
        cell = self.cell(name)
        if is_blank(cell):
            return None
        number = number_of(cell)
        if number is None:
            raise RowRefused("value.not_a_number", name, found=str(cell)[:40])
        if not low <= number <= high:
            raise RowRefused("value.out_of_range", name, found=number, low=low, high=high)
        return number

    def whole_in(self, name: str, low: int, high: int) -> int | None:
        """Return the whole number of a field within [low, high], None when blank."""
        number = self.number_in(name, low, high)
        return None if number is None else round(number)


def each_row(intake: Intake, landing: Landing, take: Callable[[Row], None]) -> None:
    """Call `take` for every row with a shape; a `RowRefused` becomes a fault of that row."""
    for index, shape in enumerate(intake.shapes):
        if shape is None:
            continue
        row = Row(intake, index)
        try:
            take(row)
        except RowRefused as refused:
            lon, lat = shapely.get_coordinates(shape)[0].round(7).tolist()
            landing.faults.append(
                RowFault(row.number, refused.code, refused.field_name, lon, lat, refused.detail)
            )


def refuse_duplicates(seen: dict[str, int], key: str, row: Row, field_name: str) -> None:
    """Refuse a row whose key an earlier row of the file has."""
    first = seen.setdefault(key, row.number)
    if first != row.number:
        raise RowRefused("value.duplicate", field_name, found=key[:40], first=first)


def spots(shapes: Sequence[Any]) -> NDArray[np.object_]:
    """Return a point inside each shape: itself, or one on the surface."""
    return np.asarray(shapely.point_on_surface(np.asarray(shapes, dtype=object)), dtype=object)


def multi(shapes: Sequence[Any], kind: Callable[..., Any]) -> list[str]:
    """Return shapes as the multi-form of `kind` (shapely.multipolygons, ...), for COPY."""
    single = shapely.get_num_geometries(np.asarray(shapes, dtype=object)) == 1
    return to_hex_ewkb(
        kind([shapely.get_geometry(shape, 0)]) if alone else shape
        for shape, alone in zip(shapes, single, strict=True)
    )


def copy_rows(
    session: Session, target: str, columns: Sequence[str], rows: Iterator[tuple[Any, ...]]
) -> None:
    """COPY rows into a table, in the caller's transaction."""
    statement = f"COPY {target} ({', '.join(columns)}) FROM STDIN"
    with raw_connection(session).cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def replace_all(session: Session, berth: Berth, landing: Landing, geometry: list[str]) -> None:
    """Replace a set whose rows have no names of their own: all out, all in."""
    session.execute(
        text(f"DELETE FROM {berth.table} WHERE set_name = :name"),  # noqa: S608  table from code
        {"name": berth.set_name},
    )
    rows = (
        (berth.set_name, *row, shape) for row, shape in zip(landing.rows, geometry, strict=True)
    )
    copy_rows(session, berth.table, ("set_name", *landing.columns, "geom"), rows)


def merge(session: Session, berth: Berth, landing: Landing, geometry: list[str]) -> list[int]:
    """Bring a set to what the file says, row by key; returns the ids in the landing's order.

    Needs a table whose current rows the caller has matched: `known` maps key to id.
    """
    known = known_ids(session, berth)
    fresh = iter(_new_ids(session, berth.table, sum(key not in known for key in landing.keys)))
    ids = [known[key] if key in known else next(fresh) for key in landing.keys]
    columns = ("id", "set_name", *landing.columns, "geom")
    session.execute(
        text(
            f"CREATE TEMP TABLE landed ON COMMIT DROP AS SELECT {', '.join(columns)}"  # noqa: S608
            f" FROM {berth.table} WITH NO DATA"
        )
    )
    rows = (
        (number, berth.set_name, *row, shape)
        for number, row, shape in zip(ids, landing.rows, geometry, strict=True)
    )
    copy_rows(session, "landed", columns, rows)
    _write_merged(session, berth.table, (*landing.columns, "geom"))
    session.execute(text("DROP TABLE landed"))
    return ids


def _write_merged(session: Session, table: str, columns: tuple[str, ...]) -> None:
    new, old = (", ".join(f"{side}.{name}" for name in columns) for side in ("l", "t"))
    sets = ", ".join(f"{name} = l.{name}" for name in columns)
    session.execute(
        text(
            f"UPDATE {table} t SET {sets} FROM landed l"  # noqa: S608  names from code
            f" WHERE t.id = l.id AND ({old}) IS DISTINCT FROM ({new})"
        )
    )
    every = ", ".join(("id", "set_name", *columns))
    session.execute(
        text(
            f"INSERT INTO {table} ({every}) OVERRIDING SYSTEM VALUE SELECT {every} FROM landed l"  # noqa: S608
            f" WHERE NOT EXISTS (SELECT FROM {table} t WHERE t.id = l.id) ORDER BY l.id"
        )
    )


def known_ids(session: Session, berth: Berth) -> dict[str, int]:
    """Return key -> id of the set's current rows; see `key_sql` of each table."""
    rows = session.execute(
        text(f"SELECT id, {_KEYS[berth.table]} FROM {berth.table} t{_CURRENT[berth.table]}"),  # noqa: S608
        {"name": berth.set_name, "low": berth.bounds[0], "high": berth.bounds[1]},
    )
    known: dict[str, int] = {}
    for number, key in rows:
        known[numbered(known, key)] = number
    return known


def numbered(taken: dict[str, int] | set[str], key: str) -> str:
    """Return `key`, or with the next free count when it is taken: stacked cameras without codes."""
    if key not in taken:
        return key
    count = 2
    while f"{key}#{count}" in taken:
        count += 1
    return f"{key}#{count}"


def spot_key(name: str, lon: float, lat: float) -> str:
    """Return the key of a named point without a code; matches `_SPOT_KEY`."""
    return f"{name}@{lon:.6f},{lat:.6f}"


_SPOT_KEY = (
    "coalesce('c:' || code, name || '@' || to_char(ST_X(geom), 'FM990.000000')"
    " || ',' || to_char(ST_Y(geom), 'FM990.000000'))"
)
_KEYS = {
    "divisions": "code::text",
    "grids": "code",
    "places": _SPOT_KEY,
    "cameras": _SPOT_KEY,
    "restricted_areas": "kind || ':' || name",
}
_IN_SET = " WHERE set_name = :name"
_WITHIN = " AND division_code BETWEEN :low AND :high"
_CURRENT = {
    "divisions": f"{_IN_SET} AND valid_to IS NULL AND code BETWEEN :low AND :high ORDER BY id",
    "grids": f"{_IN_SET} AND valid_to IS NULL{_WITHIN} ORDER BY id",
    "places": f"{_IN_SET}{_WITHIN} ORDER BY id",
    "cameras": f"{_IN_SET}{_WITHIN} ORDER BY id",
    "restricted_areas": f"{_IN_SET}{_WITHIN} ORDER BY id",
}


def _new_ids(session: Session, table: str, count: int) -> list[int]:
    statement = text(
        "SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)"
    )
    return list(session.scalars(statement, {"table": table, "count": count}))


def end_missing(session: Session, berth: Berth, ids: Sequence[int], *, how: str) -> int:
    """Close ("close": valid until today) or delete the set's rows that the file no longer has."""
    verb = {
        "close": f"UPDATE {berth.table} t SET valid_to = :today",  # noqa: S608
        "delete": f"DELETE FROM {berth.table} t",  # noqa: S608
    }[how]
    current = _CURRENT[berth.table].removesuffix(" ORDER BY id")
    done = session.execute(
        text(f"{verb}{current} AND id <> ALL(:ids) RETURNING id"),
        {
            "name": berth.set_name,
            "low": berth.bounds[0],
            "high": berth.bounds[1],
            "ids": list(ids),
            **({"today": today()} if how == "close" else {}),
        },
    )
    return len(done.all())
