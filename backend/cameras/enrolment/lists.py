"""Lists of devices: made from a file or for discovery, asked, called off, told of.

The asking itself is a job (`probing`, `discovering`); each of its steps is a short transaction,
so progress is seen while it goes on and what was called off stops at the next step.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from ...access import Principal
from ...audit.register import Act, enter
from ...errors import Conflict, GridlinkError, NotFound
from ...jobs import defer
from ...live import Notice, announce
from ...spatial import to_hex_ewkb
from .. import vault
from .models import Enrolment, EnrolmentRow
from .reading import FAULTS, RowRead

OPEN = ("waiting", "running")
_ASKABLE = ("waiting", "failed", "answered", "left")
_PER_MILLE = 1000
_BATCH = 1000


class StillRunning(Conflict):
    code = "devices.still_running"
    zh = "该清单正在查询设备，请等待完成或先取消。"
    en = "Devices of this list are being asked: wait until it is done, or cancel first."


class CalledOff(Exception):
    """The list was cancelled while its devices were being asked."""


def make(
    session: Session, source: str, name: str, wish: dict[str, Any], by: Principal
) -> Enrolment:
    """Add an empty list of the caller's; the register says who began it."""
    made = Enrolment(
        source=source,
        name=name,
        division_code=by.division_code,
        wish=wish | {"low": by.scope.low, "high": by.scope.high, "language": by.language},
        created_by=by.id,
    )
    session.add(made)
    session.flush()
    session.refresh(made)
    return made


def add_rows(session: Session, enrolment: Enrolment, rows: Iterable[RowRead]) -> int:
    """Write what a file says into its list, logins sealed; return how many rows."""
    vault.hold(session)
    values = [_values(enrolment, row) for row in rows]
    for start in range(0, len(values), _BATCH):
        session.execute(insert(EnrolmentRow), values[start : start + _BATCH])
    return len(values)


def _values(enrolment: Enrolment, row: RowRead) -> dict[str, Any]:
    import shapely  # not needed by most requests

    login = row.credentials
    place = None if row.place is None else to_hex_ewkb([shapely.Point(row.place)])[0]
    return {
        "enrolment_id": enrolment.id,
        "row_no": row.row_no,
        "address": row.address,
        "channel": row.channel,
        "secret": vault.seal(login.username, login.password) if login.given else None,
        "code": row.code,
        "name": row.name,
        "geom": place,
        "state": "faulty" if row.fault else "waiting",
        "reason": row.fault,
        "explanation": _explained(row, enrolment.wish.get("language")),
    }


def _explained(row: RowRead, language: object) -> str | None:
    if row.fault is None:
        return None
    zh, en = FAULTS[row.fault]
    return (en if language == "en" else zh).format(row=row.fault_row)


def get(session: Session, enrolment_id: int, *, for_update: bool = False) -> Enrolment:
    """Return a list.

    Raises
    ------
    NotFound
        If there is none such in the caller's jurisdiction.

    """
    query = select(Enrolment).where(Enrolment.id == enrolment_id)
    found = session.scalar(query.with_for_update() if for_update else query)
    if found is None:
        raise NotFound()
    return found


def settled(session: Session, enrolment_id: int) -> Enrolment:
    """Return a list that no job works on, locked.

    Raises
    ------
    NotFound, StillRunning
        As their names say.

    """
    found = get(session, enrolment_id, for_update=True)
    if found.state == "running" or (found.state == "waiting" and found.step is not None):
        raise StillRunning()
    return found


def await_rows(
    session: Session, enrolment: Enrolment, ids: Sequence[int] | None, secret: bytes | None
) -> None:
    """Have rows asked (again): those named, or all that have not answered; with a login, if given.

    A row's own login stays, unless the row is named: then what is given replaces it.
    """
    mine = (EnrolmentRow.enrolment_id == enrolment.id, EnrolmentRow.state.in_(_ASKABLE))
    chosen = (
        (EnrolmentRow.state.in_(("waiting", "failed")),)
        if ids is None
        else (EnrolmentRow.id.in_(ids),)
    )
    if secret is not None:
        without = (EnrolmentRow.secret.is_(None),) if ids is None else ()
        session.execute(update(EnrolmentRow).where(*mine, *chosen, *without).values(secret=secret))
    waiting = {"state": "waiting", "reason": None, "explanation": None}
    session.execute(update(EnrolmentRow).where(*mine, *chosen).values(**waiting))


def begin_job(session: Session, enrolment: Enrolment, task: str, by: Principal) -> None:
    """Have a job work on the list; both commit together."""
    enrolment.state, enrolment.step = "waiting", "queued"
    enrolment.progress, enrolment.fault, enrolment.finished_at = 0.0, None, None
    tell(session, enrolment)
    defer(session, task, key=f"{task}:{enrolment.id}", enrolment_id=enrolment.id)
    enter(
        session,
        Act(
            task,
            by.id,
            by.username,
            division_code=enrolment.division_code,
            detail={"enrolment_id": enrolment.id, "name": enrolment.name},
        ),
    )


def cancel(session: Session, enrolment_id: int, by: Principal) -> Enrolment:
    """Call a list off; what was learnt so far stays, and it can be taken up again."""
    found = get(session, enrolment_id, for_update=True)
    if found.state in OPEN:
        end(session, found, "cancelled")
        enter(
            session,
            Act(
                "devices.enrolment.cancelled",
                by.id,
                by.username,
                division_code=found.division_code,
                detail={"enrolment_id": found.id},
            ),
        )
    return found


def held(session: Session, enrolment_id: int) -> Enrolment:
    """Return a list its job still works on, locked until the transaction ends.

    Raises
    ------
    CalledOff
        If it was cancelled, or is gone.

    """
    query = select(Enrolment).where(Enrolment.id == enrolment_id).with_for_update()
    found = session.scalar(query)
    if found is None or found.state not in OPEN:
        raise CalledOff
    return found


def end(session: Session, enrolment: Enrolment, state: str, fault: str | None = None) -> None:
    """Write how a list's job ended, and tell."""
    enrolment.state, enrolment.fault, enrolment.step = state, fault, None
    enrolment.finished_at = datetime.now(UTC)
    tell(session, enrolment)


def fail(session: Session, enrolment_id: int, fault: GridlinkError) -> None:
    """Keep the fault that ended a list's job; one that was called off stays so."""
    try:
        found = held(session, enrolment_id)
    except CalledOff:
        return
    end(session, found, "failed", fault.sentence("en" if _is_en(found) else "zh"))


def tell(session: Session, enrolment: Enrolment) -> None:
    """Write a list, and tell consoles how far it is."""
    session.flush()
    version = round(enrolment.progress * _PER_MILLE)
    announce(session, Notice("enrolment", enrolment.id, version, enrolment.division_code))


def counts(session: Session, ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Return for each list how many of its rows are in which state."""
    found: dict[int, dict[str, int]] = {each: {} for each in ids}
    query = (
        select(EnrolmentRow.enrolment_id, EnrolmentRow.state, func.count())
        .where(EnrolmentRow.enrolment_id.in_(ids))
        .group_by(EnrolmentRow.enrolment_id, EnrolmentRow.state)
    )
    for enrolment_id, state, count in session.execute(query):
        found[enrolment_id][state] = count
    return found


def latest(session: Session, limit: int = 50) -> Sequence[Enrolment]:
    """Return the newest lists of the caller's jurisdiction."""
    return session.scalars(select(Enrolment).order_by(Enrolment.id.desc()).limit(limit)).all()


def forget_secrets(session: Session, days: int) -> int:
    """Forget the logins of rows nobody came back to for so long; return how many."""
    old = Enrolment.created_at < func.now() - func.make_interval(0, 0, 0, days)
    stale = (
        update(EnrolmentRow)
        .where(EnrolmentRow.secret.is_not(None))
        .where(EnrolmentRow.enrolment_id.in_(select(Enrolment.id).where(old)))
        .values(secret=None)
        .returning(EnrolmentRow.id)
    )
    return len(session.execute(stale).all())


def _is_en(enrolment: Enrolment) -> bool:
    return enrolment.wish.get("language") == "en"
