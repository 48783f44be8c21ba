"""An export's life: asked for, written at once or by a job, taken, called off.

Who took what, and for what purpose, stands in the register; the file is removed after a while.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gis.errors import ArgumentError
from gis.targets import target_of

from ...access import Principal
from ...audit.register import Act, enter
from ...divisions.extent import extent_of
from ...errors import InvalidField, NotAllowed, NotFound
from ...jobs import defer
from ...settings import load
from ..catalogue import LAYERS
from .making import OPEN, announce_state, asked_by, fill, written
from .models import Export
from .schemas import Encoding, ExportWish
from .storing import stored_file
from .wording import EncodingFixed, NoChoice, NoShape, NotWritten, Removed
from .writing import row_count

_OPTIONS = ("set_name", "at", "since", "until", "chinese_names")


def default_encoding(form: str) -> str:
    """Return the encoding where none is chosen: what county offices open a .dbf in is GBK."""
    return "gbk" if form == "shp" else "utf-8"


def order(session: Session, wish: ExportWish, by: Principal) -> Export:
    """Ask for a file; a small one is written in this transaction, a large one by a job.

    Raises
    ------
    NotAllowed
        If the caller may not read that kind.
    InvalidField, NoShape, EncodingFixed, NoChoice
        If the kind, format, datum, encoding and choice of rows do not go together.
    NotFound
        If there is no such division in the caller's jurisdiction.

    """
    check(wish.kind, wish.format, wish.datum, wish.encoding)
    check_choice(wish.kind, set(wish.model_dump(include=set(_OPTIONS), exclude_none=True)))
    if not by.may(LAYERS[wish.kind].right):
        raise NotAllowed(right=LAYERS[wish.kind].right)
    code = extent_of(session, by, wish.division).code
    export = Export(
        kind=wish.kind,
        format=wish.format,
        datum=wish.datum,
        encoding=wish.encoding or default_encoding(wish.format),
        options=wish.model_dump(mode="json", include=set(_OPTIONS), exclude_none=True),
        purpose=wish.purpose.strip(),
        language=by.language,
        division_code=code,
        created_by=by.id,
        state="waiting",
        progress=0.0,
        notes=[],
    )
    session.add(export)
    session.flush()
    session.refresh(export, ["created_at"])
    rows = row_count(session, asked_by(export))
    if rows <= load().exports.at_once_rows:
        fill(export, written(session, export))
    else:
        defer(session, "exchange.write_export", export_id=export.id)
    _register(session, "export.ordered", export, by, rows=rows)
    announce_state(session, export)
    return export


def check(kind: str, form: str, datum: str, encoding: str | None) -> None:
    """Refuse what cannot be written, before anything is read."""
    try:
        target_of(datum)
    except ArgumentError as unknown:
        raise InvalidField(field="datum", reason=unknown.allowed) from unknown
    if encoding not in (None, *get_args(Encoding)):
        raise InvalidField(field="encoding", reason=", ".join(get_args(Encoding)))
    if LAYERS[kind].shape is None and form not in ("csv", "xlsx"):  # type: ignore[index]
        raise NoShape(field="format")
    if encoding not in (None, "utf-8") and form not in ("shp", "csv"):
        raise EncodingFixed(field="encoding", format=form)


def check_choice(kind: str, chosen: Collection[str]) -> None:
    """Refuse a choice of rows that the kind cannot make: left aside, the file would mislead."""
    layer = LAYERS[kind]  # type: ignore[index]
    able = {
        "at": layer.begins is not None and not {"since", "until"} & set(chosen),
        "since": layer.is_dated,
        "until": layer.is_dated,
        "set_name": layer.set_name is not None,
    }
    for option, is_able in able.items():
        if option in chosen and not is_able:
            raise NoChoice(field=option)


def listed(session: Session, by: Principal, limit: int) -> tuple[list[Export], int]:
    """Return the latest exports of the jurisdiction, and how many there are."""
    inside = Export.division_code.between(by.scope.low, by.scope.high)
    rows = session.scalars(select(Export).where(inside).order_by(Export.id.desc()).limit(limit))
    total = session.scalar(select(func.count()).select_from(Export).where(inside)) or 0
    return list(rows), total


def one(session: Session, export_id: int) -> Export:
    """Return an export of the jurisdiction.

    Raises
    ------
    NotFound
        If there is none, or it lies outside.

    """
    export = session.get(Export, export_id)
    if export is None:
        raise NotFound()
    return export


def taken(session: Session, export_id: int, by: Principal) -> tuple[Export, Path]:
    """Return a written export with its file, and enter into the register who took it.

    Raises
    ------
    NotFound, NotAllowed, NotWritten, Removed
        If there is none, its kind is not the caller's to read, it is not done, or is gone.

    """
    export = one(session, export_id)
    wanted = LAYERS[export.kind].right  # type: ignore[index]
    if not by.may(wanted):
        raise NotAllowed(right=wanted)
    if export.state != "done":
        raise NotWritten(state=export.state)
    path = stored_file(export)
    if export.removed_at is not None or path is None:
        raise Removed()
    _register(session, "export.taken", export, by)
    return export, path


def cancel(session: Session, export_id: int) -> Export:
    """Call an export off; one that has ended stays as it is."""
    export = one(session, export_id)
    session.refresh(export, with_for_update=True)
    if export.state in OPEN:
        export.state, export.finished_at = "cancelled", datetime.now(UTC)
        announce_state(session, export)
    return export


def _register(session: Session, act: str, export: Export, by: Principal, **more: Any) -> None:
    session.flush()
    detail = {
        "export": export.id,
        "kind": export.kind,
        "format": export.format,
        "datum": export.datum,
        "encoding": export.encoding,
        **export.options,
        **more,
    }
    enter(
        session,
        Act(
            act,
            by.id,
            by.username,
            purpose=export.purpose,
            division_code=export.division_code,
            detail=detail,
        ),
    )
