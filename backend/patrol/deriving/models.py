"""What is derived from fixes: visits, ground by the hour, its figures, and the plan of the bits."""

from datetime import date, datetime

from sqlalchemy import BigInteger, DateTime, Double, ForeignKey, Identity, LargeBinary
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.orm import Mapped, mapped_column

from ...db import Table
from ...grids.models import Grid
from ..models import Unit

_BITS = BIT(varying=True)


class PatrolPlan(Table):
    """What a grid's bits stand for: cells of `cell_m2`, pieces of road of `piece_m` (float32).

    Cells lie in rows from a corner, metres in the frame around a centre; `runs` (int32) are row,
    first column, column after the last.
    """

    __tablename__ = "patrol_plans"

    grid_id: Mapped[int] = mapped_column(ForeignKey(Grid.id, ondelete="CASCADE"), primary_key=True)
    division_code: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[int] = mapped_column(BigInteger)
    frame_lon: Mapped[float] = mapped_column(Double)
    frame_lat: Mapped[float] = mapped_column(Double)
    corner_x: Mapped[float] = mapped_column(Double)
    corner_y: Mapped[float] = mapped_column(Double)
    runs: Mapped[bytes] = mapped_column(LargeBinary)
    cells: Mapped[int]
    cell_m2: Mapped[float] = mapped_column(Double)
    road_pieces: Mapped[int]
    road_m: Mapped[float] = mapped_column(Double)
    piece_m: Mapped[bytes] = mapped_column(LargeBinary)


class Visit(Table):
    """到访: a unit in a grid, cut at UTC midnight; `is_sure` False where it may have been there."""

    __tablename__ = "visits"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id, ondelete="CASCADE"))
    grid_id: Mapped[int] = mapped_column(ForeignKey(Grid.id, ondelete="CASCADE"))
    division_code: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[date]
    entered_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    left_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    dwell_s: Mapped[float] = mapped_column(Double)
    is_sure: Mapped[bool]
    basis: Mapped[str]
    is_continued: Mapped[bool]


class _Ground:
    """Bits over a plan: gone over for sure, likely, may be; disjoint."""

    division_code: Mapped[int] = mapped_column(BigInteger)
    plan: Mapped[int] = mapped_column(BigInteger)
    visited: Mapped[str] = mapped_column(_BITS)
    likely: Mapped[str] = mapped_column(_BITS)
    unknown: Mapped[str] = mapped_column(_BITS)
    road_visited: Mapped[str] = mapped_column(_BITS)
    road_likely: Mapped[str] = mapped_column(_BITS)
    road_unknown: Mapped[str] = mapped_column(_BITS)


class PatrolTrace(_Ground, Table):
    """One unit's ground of one hour in one grid: late fixes replace it, so no bit grows stale."""

    __tablename__ = "patrol_traces"

    grid_id: Mapped[int] = mapped_column(ForeignKey(Grid.id, ondelete="CASCADE"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id, ondelete="CASCADE"), primary_key=True)


class PatrolGround(_Ground, Table):
    """The ground of an hour, all units together."""

    __tablename__ = "patrol_grounds"

    grid_id: Mapped[int] = mapped_column(ForeignKey(Grid.id, ondelete="CASCADE"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)


class PatrolFigure(Table):
    """Numbers of a grid's hour; an hour without a row was gone over by nobody."""

    __tablename__ = "patrol_figures"

    grid_id: Mapped[int] = mapped_column(ForeignKey(Grid.id, ondelete="CASCADE"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    division_code: Mapped[int] = mapped_column(BigInteger)
    visited_m2: Mapped[float] = mapped_column(Double)
    likely_m2: Mapped[float] = mapped_column(Double)
    unknown_m2: Mapped[float] = mapped_column(Double)
    road_visited_m: Mapped[float] = mapped_column(Double)
    road_likely_m: Mapped[float] = mapped_column(Double)
    road_unknown_m: Mapped[float] = mapped_column(Double)
    units: Mapped[int]
    visits: Mapped[int]
    dwell_s: Mapped[float] = mapped_column(Double)
    last_visit_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class PatrolDerived(Table):
    """From what a unit's day was derived: fixes, duty, rules and plan in one digest."""

    __tablename__ = "patrol_derived"

    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id, ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    before: Mapped[bytes] = mapped_column(LargeBinary)
    after: Mapped[bytes] = mapped_column(LargeBinary)
    duty_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
