"""The writing of an export: at once in the request, or as a job whose progress is seen."""

import logging
import shutil
from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gis.outform import OutFile

from ...db import Scope, begin
from ...divisions.codes import span
from ...errors import GridlinkError
from ...live import Notice, announce
from ...localtime import today
from .models import Export
from .storing import folder_of
from .writing import Asked, row_count, write_file

OPEN = ("waiting", "running")

log = logging.getLogger(__name__)


class _CalledOff(Exception):
    """The export was called off while it was being written."""


def write(export_id: int) -> None:
    """Write an export that was ordered; the job's whole work. A fault is kept with it."""
    try:
        with begin() as session:
            export = _held(session, export_id)
            export.state = "running"
            scope = Scope(export.created_by, *span(export.division_code))
            announce_state(session, export)
        with begin(scope) as session:
            out = written(session, export)
        with begin() as session:
            done = _held(session, export_id)
            fill(done, out)
            announce_state(session, done)
    except _CalledOff:
        log.info("export %d called off", export_id, extra={"action": "export.cancelled"})
    except GridlinkError as fault:
        _fail(export_id, fault)
    except Exception:
        _fail(export_id, GridlinkError())
        raise


def written(session: Session, export: Export) -> OutFile:
    """Write the file of an order, telling of progress where a job writes it."""
    asked = asked_by(export)
    folder = folder_of(export)
    shutil.rmtree(folder, ignore_errors=True)  # what a killed worker left of it
    folder.mkdir(mode=0o700)
    total = row_count(session, asked) if export.state == "running" else 0

    def tell(done: int) -> None:
        if total:
            _progress(export.id, min(0.99, done / total))

    try:
        return write_file(session, asked, folder, on=today(), tell=tell)
    except Exception:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def fill(export: Export, out: OutFile) -> None:
    """Note on an export what was written."""
    export.state, export.progress, export.finished_at = "done", 1.0, datetime.now(UTC)
    export.row_count, export.size_bytes = out.rows, out.path.stat().st_size
    export.notes = [{"code": code, "detail": detail} for code, detail in out.notes]
    export.file_name = file_name(asked_by(export), out.path.suffix, today())


def file_name(asked: Asked, suffix: str, day: date) -> str:
    """Return the name under which the file is saved: what, on which datum, when."""
    layer = asked.layer
    what = layer.zh if asked.language == "zh" else layer.en.replace(" ", "-").lower()
    datum = "" if layer.shape is None else f"-{asked.datum}"
    return f"{what}{datum}-{day:%Y%m%d}{suffix}"


def _held(session: Session, export_id: int) -> Export:
    row = session.scalar(select(Export).where(Export.id == export_id).with_for_update())
    if row is None or row.state not in OPEN:
        raise _CalledOff
    return row


def _progress(export_id: int, share: float) -> None:
    with begin() as session:
        export = _held(session, export_id)
        export.progress = share
        announce_state(session, export)


def _fail(export_id: int, fault: GridlinkError) -> None:
    with begin() as session:
        try:
            export = _held(session, export_id)
        except _CalledOff:
            return
        export.state, export.finished_at = "failed", datetime.now(UTC)
        export.fault = fault.sentence("en" if export.language == "en" else "zh")
        announce_state(session, export)


def announce_state(session: Session, export: Export) -> None:
    """Write an export, and tell consoles how far it is."""
    session.flush()
    version = round(export.progress * 1000)
    announce(session, Notice("export", export.id, version, export.division_code))


def asked_by(export: Export) -> Asked:
    """Return what an order says, as the writer takes it."""
    options = dict(export.options)
    for name in ("at", "since", "until"):
        if name in options:
            options[name] = date.fromisoformat(options[name])
    return Asked(
        kind=export.kind,  # type: ignore[arg-type]
        format=export.format,
        datum=export.datum,
        encoding=export.encoding,
        bounds=span(export.division_code),
        division=export.division_code,
        language="en" if export.language == "en" else "zh",
        **options,
    )
