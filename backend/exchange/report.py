"""What an import tells its user: counts, columns, every refused row, and what to do about it."""

from dataclasses import asdict, dataclass, field
from typing import Any

from gis.faults import FileRefused, Note, RowFault
from gis.intake import Intake

from ..errors import Language, Refused
from .wording import about_personal, reason_and_todo

#: Mended rows listed one by one; the count says how many there were.
_MENDED_LISTED = 1000
#: Refused rows kept in the history; the user was told all of them.
_STORED_ROWS = 1000


class ImportRefused(Refused):
    """Nothing was written; `detail` is the report."""

    code = "imports.refused"
    zh = "导入被拒绝，未写入任何数据：{summary}"
    en = "The import was refused and nothing was written: {summary}"


class InspectionRefused(Refused):
    """The file cannot be read at all; put it right and hand it over again."""

    code = "imports.unreadable"
    zh = "文件 {file} 无法鉴定：{reason}{todo}"
    en = "The file {file} cannot be inspected: {reason} {todo}"


@dataclass(slots=True)
class Outcome:
    """What happened, in codes; `told` turns it into sentences of one language."""

    kind: str
    file: str
    set_name: str
    is_dry_run: bool
    intake: Intake | None = None
    refusal: FileRefused | None = None
    faults: list[RowFault] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    is_written: bool = False

    @property
    def is_refused(self) -> bool:
        """True when something could not be taken, whether or not the rest was."""
        return self.refusal is not None or bool(self.faults)


def told(outcome: Outcome, language: Language) -> dict[str, Any]:
    """Return the report in the API's shape."""
    intake = outcome.intake
    report: dict[str, Any] = {
        "kind": outcome.kind,
        "file": outcome.file,
        "set_name": outcome.set_name,
        "dry_run": outcome.is_dry_run,
        "written": outcome.is_written,
        "counts": _counts(outcome),
        **_reading(intake),
        "columns": [asdict(match) for match in intake.matching.matched] if intake else [],
        "dropped_columns": _dropped(intake, language),
        "ignored_columns": list(intake.matching.ignored) if intake else [],
        "notes": [_note(note, language) for note in outcome.notes],
        "mended": _mended(intake),
        "rejected": [_rejected(fault, language) for fault in _in_order(outcome.faults)],
        "refusal": _refusal(outcome.refusal, language),
    }
    report["summary"] = _summary(report, language)
    return report


def stored(report: dict[str, Any]) -> dict[str, Any]:
    """Return the report as the history keeps it: the long lists cut, the counts whole."""
    cut = {name: report[name][:_STORED_ROWS] for name in ("rejected", "mended")}
    return {**report, **cut}


def _counts(outcome: Outcome) -> dict[str, int]:
    zero = dict.fromkeys(("read", "written", "refused", "mended", "assumed_height"), 0)
    return {**zero, **outcome.counts}


def _reading(intake: Intake | None) -> dict[str, Any]:
    if intake is None:
        empty = ("encoding", "encoding_how", "sample", "crs", "datum", "datum_how")
        return dict.fromkeys(empty)
    return {
        "encoding": intake.encoding.name,
        "encoding_how": intake.encoding.how,
        "sample": intake.encoding.sample,
        "crs": intake.crs,
        "datum": intake.datum or None,
        "datum_how": intake.datum_how,
    }


def _dropped(intake: Intake | None, language: Language) -> list[dict[str, str]]:
    if intake is None:
        return []
    return [
        {"column": column, "reason": about_personal(kind, language)}
        for column, kind in intake.matching.personal
    ]


def _note(note: Note, language: Language) -> dict[str, Any]:
    reason, todo = reason_and_todo(note.code, note.detail, language)
    return {"row": note.row or None, "code": note.code, "reason": reason, "todo": todo}


def _mended(intake: Intake | None) -> list[dict[str, Any]]:
    if intake is None:
        return []
    return [
        {
            "row": row.row,
            "lon": round(row.lon, 7),
            "lat": round(row.lat, 7),
            "reason": row.reason,
            "area_change_percent": round(min(row.area_change, 10.0) * 100, 3),
        }
        for row in intake.mended[:_MENDED_LISTED]
    ]


def _in_order(faults: list[RowFault]) -> list[RowFault]:
    return sorted(faults, key=lambda fault: fault.row)


def _rejected(fault: RowFault, language: Language) -> dict[str, Any]:
    reason, todo = reason_and_todo(fault.code, {**fault.detail, "field": fault.field}, language)
    return {
        "row": fault.row,
        "lon": fault.lon,
        "lat": fault.lat,
        "field": fault.field,
        "reason": reason,
        "code": fault.code,
        "todo": todo,
    }


def _refusal(refused: FileRefused | None, language: Language) -> dict[str, Any] | None:
    if refused is None:
        return None
    reason, todo = reason_and_todo(refused.code, refused.detail, language)
    return {"code": refused.code, "reason": reason, "todo": todo, "detail": refused.detail}


def _summary(report: dict[str, Any], language: Language) -> str:
    if report["refusal"]:
        return f"{report['refusal']['reason']}{report['refusal']['todo']}"
    counts = report["counts"]
    if language == "zh":
        return (
            f"读取 {counts['read']} 行，写入 {counts['written']} 行，"
            f"拒绝 {counts['refused']} 行，修复 {counts['mended']} 行。"
        )
    return (
        f"{counts['read']} rows read, {counts['written']} written,"
        f" {counts['refused']} refused, {counts['mended']} mended."
    )
