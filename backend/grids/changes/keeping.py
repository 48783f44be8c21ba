"""Change sets: drafted, changed and thrown away while planned; applied ones are a record."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...access import Principal
from ...audit.register import Act, enter
from ...divisions.codes import parent
from ...errors import NotFound
from ...live import Notice, announce
from ...localtime import today
from ..models import GridChange, State
from .outcome import Outcome, work_out
from .refusals import NotPlanned, PlannedForPast, StaleChange
from .schemas import OPERATIONS, ChangeEdit, ChangeNew, Operation


def listed(
    session: Session,
    by: Principal,
    *,
    state: State | None,
    set_name: str | None,
    before: int | None,
    limit: int,
) -> list[GridChange]:
    """Return change sets of the jurisdiction, the latest first; `before` continues after an id."""
    wanted = select(GridChange).where(GridChange.division_code.between(by.scope.low, by.scope.high))
    if state is not None:
        wanted = wanted.where(GridChange.state == state)
    if set_name is not None:
        wanted = wanted.where(GridChange.set_name == set_name)
    if before is not None:
        wanted = wanted.where(GridChange.id < before)
    return list(session.scalars(wanted.order_by(GridChange.id.desc()).limit(limit)))


def get(session: Session, change_id: int, by: Principal) -> GridChange:
    """Return a change set of the jurisdiction.

    Raises
    ------
    NotFound
        If it is absent or lies outside.

    """
    found = session.get(GridChange, change_id)
    if found is None or not by.covers(found.division_code):
        raise NotFound()
    return found


def create(session: Session, new: ChangeNew, by: Principal) -> GridChange:
    """Keep a change set that can be carried out as things stand; its grids are not changed.

    Raises
    ------
    EditRefused, GridsChanged, CodeTaken, PlannedForPast
        If it cannot. One that leaves gaps or overlaps is kept, and refused when it is applied.

    """
    _refuse_past(new.planned_for)
    outcome = work_out(session, new.set_name, new.operations, (by.scope.low, by.scope.high))
    change = GridChange(
        set_name=new.set_name,
        title=new.title,
        reason=new.reason,
        planned_for=new.planned_for,
        operations=stored(new.operations),
        division_code=common_division(_divisions(outcome)),
        author_id=by.id,
        author_name=by.display_name,
    )
    session.add(change)
    session.flush()
    session.refresh(change)
    note(session, change, "planned", by.id, by.username)
    return change


def edit(session: Session, change: GridChange, new: ChangeEdit, by: Principal) -> GridChange:
    """Change a planned change set as it was seen at `version`.

    Raises
    ------
    StaleChange, NotPlanned
        If it is no longer what was seen.

    """
    hold(session, change, new.version)
    given = new.model_fields_set
    if "planned_for" in given:
        _refuse_past(new.planned_for)
        change.planned_for = new.planned_for
    change.title = new.title or change.title
    change.reason = change.reason if new.reason is None else new.reason
    if new.operations is not None:
        outcome = work_out(session, change.set_name, new.operations, (by.scope.low, by.scope.high))
        change.operations = stored(new.operations)
        change.division_code = common_division(_divisions(outcome))
    change.refusal = None
    touch(change)
    note(session, change, "edited", by.id, by.username)
    return change


def discard(session: Session, change: GridChange, by: Principal) -> None:
    """Throw a planned change set away.

    Raises
    ------
    NotPlanned
        If it was applied.

    """
    hold(session, change, None)
    note(session, change, "discarded", by.id, by.username)
    session.delete(change)


def hold(session: Session, change: GridChange, version: int | None) -> None:
    """Lock a change set that is still planned, as it was seen at `version`.

    Raises
    ------
    StaleChange, NotPlanned
        If it is not.

    """
    session.refresh(change, with_for_update=True)
    if version is not None and change.version != version:
        raise StaleChange(title=change.title, version=change.version)
    if change.state != "planned":
        raise NotPlanned(title=change.title)


def touch(change: GridChange) -> None:
    """Count a new version of a change set."""
    change.version += 1
    change.updated_at = datetime.now(UTC)


def stored(operations: Sequence[Operation]) -> list[dict[str, object]]:
    """Return operations as the database keeps them."""
    return [op.model_dump(mode="json", exclude_none=True) for op in operations]


def operations_of(change: GridChange) -> list[Operation]:
    """Return the operations of a stored change set."""
    return OPERATIONS.validate_python(change.operations)


def common_division(codes: Iterable[int]) -> int:
    """Return the lowest division that holds all of some; 0, the whole land, above provinces."""
    lineages = [_lineage(code) for code in set(codes)] or [[0]]
    shared = set(lineages[0]).intersection(*lineages[1:])
    return next(code for code in lineages[0] if code in shared)


def _lineage(code: int) -> list[int]:
    found = [code] if code else []
    while found and (above := parent(found[-1])) is not None:
        found.append(above)
    return [*found, 0]


def _divisions(outcome: Outcome) -> set[int]:
    return {cell.division_code for cell in (*outcome.ended, *outcome.began)}


def _refuse_past(planned_for: object) -> None:
    if planned_for is not None and planned_for < today():  # type: ignore[operator]
        raise PlannedForPast(field="planned_for", planned_for=str(planned_for))


def note(session: Session, change: GridChange, act: str, actor_id: int | None, actor: str) -> None:
    """Enter an act on a change set into the register, and tell the consoles."""
    session.flush()
    announce(session, Notice("grid", change.id, change.version, change.division_code))
    detail = {
        "id": change.id,
        "set": change.set_name,
        "title": change.title,
        "reason": change.reason,
        "operations": len(change.operations),
        "version": change.version,
    }
    told = Act(f"grids.{act}", actor_id, actor, division_code=change.division_code, detail=detail)
    enter(session, told)
