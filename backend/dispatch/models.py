"""派单: tasks, units on tasks, departments called out, the timeline, photographs from the place."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, LargeBinary
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Table
from ..incidents.models import DailySerial
from ..spatial import geometry_column


def _at(*, is_now: bool = False) -> Any:
    return mapped_column(DateTime(timezone=True), server_default=sql("now()") if is_now else None)


class _Step:
    """One legal step, who may take it, and whether it has to be explained."""

    from_state: Mapped[str] = mapped_column(primary_key=True)
    act: Mapped[str] = mapped_column(primary_key=True)
    to_state: Mapped[str]
    needs_text: Mapped[bool] = mapped_column(server_default=sql("false"))
    roles: Mapped[list[str]] = mapped_column(ARRAY(TEXT))


class _Clocks:
    """By when somebody called has to accept and arrive, and when each thing happened."""

    accept_by: Mapped[datetime] = _at()
    accepted_at: Mapped[datetime | None] = _at()
    arrive_by: Mapped[datetime | None] = _at()
    arrived_at: Mapped[datetime | None] = _at()
    done_at: Mapped[datetime | None] = _at()
    refused_at: Mapped[datetime | None] = _at()
    timed_out_at: Mapped[datetime | None] = _at()
    withdrawn_at: Mapped[datetime | None] = _at()
    late_at: Mapped[datetime | None] = _at()


class TaskSerial(DailySerial):
    """The number of a day's last task, over all jurisdictions."""

    __tablename__ = "task_serials"


class Task(Table):
    """What is to be done where; its state follows from the units and departments on it."""

    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    number: Mapped[str]
    kind: Mapped[str]
    title: Mapped[str]
    text: Mapped[str] = mapped_column(server_default=sql("''"))
    severity: Mapped[str]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incidents.id"))
    alert_id: Mapped[int | None] = mapped_column(BigInteger)
    division_code: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    geom: Mapped[Any] = geometry_column("POINT", nullable=True)
    place_text: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=sql("'open'"))
    deadline_at: Mapped[datetime | None] = _at()
    created_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = _at(is_now=True)
    done_at: Mapped[datetime | None] = _at()
    result: Mapped[str | None]
    version: Mapped[int] = mapped_column(BigInteger, server_default=sql("1"))


class TaskGrid(Table):
    """A grid the task is about, with the name of that time."""

    __tablename__ = "task_grids"

    task_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True
    )
    grid_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    grid_code: Mapped[str]
    grid_name: Mapped[str]


class AssignmentTransition(Table, _Step):
    """One legal step of a unit on a task; what is not listed cannot happen."""

    __tablename__ = "assignment_transitions"


class Assignment(Table, _Clocks):
    """One unit on one task, with its clocks and the proof that it got there."""

    __tablename__ = "assignments"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    unit_code: Mapped[str]
    unit_name: Mapped[str]
    division_code: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    state: Mapped[str] = mapped_column(server_default=sql("'offered'"))
    offered_at: Mapped[datetime] = _at(is_now=True)
    under_way_at: Mapped[datetime | None] = _at()
    travel_s: Mapped[float | None]
    travel_m: Mapped[float | None]
    travel_how: Mapped[str | None]
    arrival_proof: Mapped[str | None]
    arrival_distance_m: Mapped[float | None]
    result: Mapped[str | None]
    version: Mapped[int] = mapped_column(BigInteger, server_default=sql("1"))


class Department(Table):
    """部门: who can be called out beside the units."""

    __tablename__ = "departments"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str]
    division_code: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    skills: Mapped[list[str]] = mapped_column(ARRAY(TEXT), server_default=sql("'{}'"))
    is_active: Mapped[bool] = mapped_column(server_default=sql("true"))
    version: Mapped[int] = mapped_column(BigInteger, server_default=sql("1"))


class CalloutTransition(Table, _Step):
    """One legal step of a call-out."""

    __tablename__ = "callout_transitions"


class Callout(Table, _Clocks):
    """吹哨: one department called to one task. The first to accept stays the first receiver."""

    __tablename__ = "callouts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id"))
    department_name: Mapped[str]
    division_code: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    state: Mapped[str] = mapped_column(server_default=sql("'called'"))
    called_at: Mapped[datetime] = _at(is_now=True)
    is_first_receiver: Mapped[bool] = mapped_column(server_default=sql("false"))
    result: Mapped[str | None]
    version: Mapped[int] = mapped_column(BigInteger, server_default=sql("1"))


class Photograph(Table):
    """现场照片: pixels alone, place and time as columns; `content` goes when its time is over."""

    __tablename__ = "photographs"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    division_code: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("tasks.id"))
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignments.id"))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incidents.id"))
    taken_at: Mapped[datetime | None] = _at()
    geom: Mapped[Any] = geometry_column("POINT", nullable=True)
    place_how: Mapped[str | None]
    media_type: Mapped[str]
    size_bytes: Mapped[int]
    width_px: Mapped[int]
    height_px: Mapped[int]
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    created_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = _at(is_now=True)


class TaskEntry(Table):
    """One line of a task's timeline; never changed, never removed. No actor: a clock ran out."""

    __tablename__ = "task_entries"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    at: Mapped[datetime] = _at(is_now=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    actor_name: Mapped[str]
    act: Mapped[str]
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignments.id"))
    callout_id: Mapped[int | None] = mapped_column(ForeignKey("callouts.id"))
    subject_name: Mapped[str | None]
    from_state: Mapped[str | None]
    to_state: Mapped[str | None]
    text: Mapped[str] = mapped_column(server_default=sql("''"))
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))


class DispatchKey(Table):
    """What a request with an idempotency key made the first time, and what it asked for."""

    __tablename__ = "dispatch_keys"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    asked: Mapped[bytes] = mapped_column(LargeBinary)
    subject_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = _at(is_now=True)
