"""Units and tracks from files: all of a file or nothing, with every refused row in the report."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from gis.faults import FileRefused

from ..audit.register import Act, enter
from ..db import begin
from ..errors import Language
from ..patrol.importing import tracks, units
from ..patrol.importing.reading import Report, table
from .wording import reason_and_todo

NAMES = ("units", "tracks")


@dataclass(frozen=True, slots=True)
class PatrolOrder:
    """What to import and how to read it."""

    kind: str
    path: Path
    set_name: str = "default"
    encoding: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    unit: str | None = None
    datum: str | None = None
    makes_duty: bool = False
    is_dry_run: bool = False
    accepts_partial: bool = False
    language: Language = "zh"


class _NotKept(Exception):
    """Takes the transaction back: the report alone is kept."""


def import_patrol_file(order: PatrolOrder) -> dict[str, Any]:
    """Import a file of units or tracks and return its report; nothing is raised for its content."""
    report = Report(order.kind, order.path.name)
    refusal = None
    try:
        with begin() as session:
            _run(session, order, report)
            if order.is_dry_run or (report.rejected and not order.accepts_partial):
                raise _NotKept
            report.written = True
            told = {"kind": order.kind, "file": order.path.name[:300], "counts": report.counts}
            enter(session, Act("import.written", None, "gridlink", detail=told))
    except _NotKept:
        report.written = False
    except FileRefused as refused:
        sentence, todo = reason_and_todo(refused.code, refused.detail, order.language)
        refusal = {"code": refused.code, "message": f"{sentence} {todo}"}
    return report.told() | {"refusal": refusal}


def _run(session: Session, order: PatrolOrder, report: Report) -> None:
    if order.kind == "units":
        found = table(order.path, units.FIELDS, encoding=order.encoding, overrides=order.columns)
        report.columns = {m.field: m.column for m in found.matching.matched}
        report.left_out = [column for column, _ in found.matching.personal]
        rows = units.read(session, found, report)
        if rows:
            report.counts |= units.write(session, rows, order.set_name)
        return
    wish = tracks.Wish(
        unit=order.unit,
        datum=order.datum,
        encoding=order.encoding,
        columns=tuple(order.columns.items()),
        makes_duty=order.makes_duty,
    )
    fixes = tracks.read(session, order.path, wish, report)
    if len(fixes):
        tracks.write(session, fixes, wish, report, datetime.now(UTC))
