"""What can be given to others, as files and over OGC API: its columns, shape, right and dates.

No row of a device, no free text of an incident, no account and no place of a force ever leaves this
way: what is not a column here is not given.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    LargeBinary,
    Select,
    Text,
    cast,
    func,
    inspect,
    label,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.elements import SQLCoreOperations

from gis.outform import Kind, Shape

from ..access import Right
from ..divisions.codes import DIGITS
from ..errors import Language

Term = SQLCoreOperations[Any]
Name = Literal[
    "divisions",
    "grids",
    "places",
    "outlines",
    "buildings",
    "roads",
    "restricted",
    "cameras",
    "viewsheds",
    "coverage",
    "gaps",
    "incidents",
    "visits",
    "checkpoints",
    "units",
]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, which imports know again, its Chinese name, and what it holds."""

    name: str
    zh: str
    kind: Kind
    of: Term


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer or table.

    `division` is the code that the jurisdiction is judged by; None for the common map, which is cut
    by place. `begins` and `ends` are days of validity, the end excluded; `moment` is when a row
    happened; both None for what is always as it is now. `tiles` names its layer of vector tiles.
    `is_served` is False for what leaves as a file only: no index answers for a box of it.
    """

    name: Name
    zh: str
    en: str
    right: Right
    shape: Shape | None
    columns: tuple[Column, ...]
    source: FromClause
    key: Term
    geom: Any = None
    division: Any = None
    set_name: Any = None
    begins: Any = None
    ends: Any = None
    moment: Any = None
    where: tuple[ColumnElement[bool], ...] = ()
    tiles: str | None = None
    is_served: bool = True

    @property
    def is_dated(self) -> bool:
        return self.begins is not None or self.moment is not None

    def title(self, language: Language) -> str:
        """Return what the layer is called."""
        return self.zh if language == "zh" else self.en

    def column(self, name: str) -> Column | None:
        """Return the column of that name."""
        return next((column for column in self.columns if column.name == name), None)

    def rows(self) -> Select[Any]:
        """Return the question for all rows: key, shape as WKB (NULL without one), columns."""
        shape: Term = literal(None) if self.geom is None else wkb(self.geom)
        columns = [label(column.name, column.of) for column in self.columns]
        asked = select(label("fid", self.key), label("wkb", shape), *columns)
        return asked.select_from(self.source).where(*self.where).order_by(self.key)

    def count(self) -> Select[Any]:
        """Return the question for the number of rows."""
        return select(func.count()).select_from(self.source).where(*self.where)

    def within(self, low: int, high: int) -> tuple[ColumnElement[bool], ...]:
        """Return the condition that keeps rows inside a range of division codes."""
        return () if self.division is None else (self.division.between(low, high),)

    def in_force(self, day: date) -> tuple[ColumnElement[bool], ...]:
        """Return the condition for rows in force on a day; none for what has no validity."""
        if self.begins is None:
            return ()
        on = literal(day, Date)
        return (self.begins <= on, or_(self.ends.is_(None), self.ends > on))

    def during(
        self, since: datetime | None, until: datetime | None
    ) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions for what happened, or was in force, in a span; ends included."""
        conditions: list[ColumnElement[bool]] = []
        if self.moment is not None:
            conditions += [] if since is None else [self.moment >= literal(since, _INSTANT)]
            conditions += [] if until is None else [self.moment <= literal(until, _INSTANT)]
        elif self.begins is not None:
            if until is not None:
                conditions.append(self.begins <= literal(until.date(), Date))
            if since is not None:
                lasting = self.ends > literal(since.date(), Date)
                conditions.append(or_(self.ends.is_(None), lasting))
        return tuple(conditions)


_INSTANT = DateTime(timezone=True)


def layer_of(
    model: Any,
    names: tuple[Name, str, str],
    right: Right,
    shape: Shape | None,
    columns: tuple[Column, ...],
    **other: Any,
) -> Layer:
    """Return the layer that is one table.

    Its key, geometry, division and set are the columns so called; `other` says what differs.
    """
    same = {
        "source": inspect(model).selectable,
        "key": getattr(model, "id", None),
        "geom": getattr(model, "geom", None),
        "division": getattr(model, "division_code", None),
        "set_name": getattr(model, "set_name", None),
    }
    return Layer(*names, right, shape, columns, **(same | other))


def wkb(geom: Any) -> Term:
    """Return a geometry column as plain WKB."""
    shape: Term = func.ST_AsBinary(geom, type_=LargeBinary)
    return shape


def code_text(code: Any) -> Term:
    """Return a division code as its 12 digits."""
    text: Term = func.lpad(cast(code, Text), DIGITS, "0")
    return text


def division_column(code: Any) -> Column:
    """Return the column of the division a row belongs to."""
    return Column("division_code", "区划代码", "text", code_text(code))


def set_column(model: Any) -> Column:
    """Return the column that names the set a row belongs to."""
    return Column("set_name", "数据集", "text", model.set_name)


def validity_columns(model: Any) -> tuple[Column, ...]:
    """Return the days between which a row is in force."""
    return (
        Column("valid_from", "生效日期", "day", model.valid_from),
        Column("valid_to", "失效日期", "day", model.valid_to),
    )


def grid_columns(grid: Any) -> tuple[Column, ...]:
    """Return what names the grid that a row tells of."""
    return (
        Column("code", "网格编码", "text", grid.code),
        Column("name", "网格名称", "text", grid.name),
    )


def joined(word: Any, order: Any, where: ColumnElement[bool], *, of: Any) -> Term:
    """Return the words of several rows that belong to one of `of`, with ; between."""
    words = func.string_agg(cast(word, Text), aggregate_order_by(literal(";"), order))
    found: Term = select(words).where(where).correlate(of).scalar_subquery()
    return found
