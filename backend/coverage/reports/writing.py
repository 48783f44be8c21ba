"""A report's life: asked for, written step by step by a job, kept, or called off.

The job's edge opens a short transaction for each step, so that progress is seen while it works and
a cancelled report stops at the next one.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...access import Principal
from ...audit.register import Act, enter
from ...db import Scope, begin
from ...divisions.codes import span, text_of
from ...divisions.extent import extent_of
from ...errors import Conflict, Language, NotFound
from ...jobs import defer
from ..undertaking import call_off, carry_out, held, tell
from .content import Content, gather
from .models import Report
from .schemas import ReportOrder
from .wording import word


class NotWritten(Conflict):
    code = "reports.not_written"
    zh = "报告尚未生成（{state}），请等待完成后再下载。"
    en = "The report is not written yet ({state}): wait until it is done."


def order(session: Session, wish: ReportOrder, by: Principal) -> Report:
    """Ask for a report; the job that writes it commits with the row.

    Raises
    ------
    NotFound
        If there is no such division in the caller's jurisdiction.

    """
    code = extent_of(session, by, wish.division).code
    report = Report(
        kind=wish.kind,
        language=wish.language or by.language,
        division_code=code,
        created_by=by.id,
        state="waiting",
        progress=0.0,
    )
    session.add(report)
    session.flush()
    defer(session, "coverage.write_report", report_id=report.id)
    detail = {"report": report.id, "kind": report.kind, "division": text_of(code)}
    enter(session, Act("report.ordered", by.id, by.username, division_code=code, detail=detail))
    return report


def listed(session: Session, by: Principal, limit: int) -> tuple[list[Report], int]:
    """Return the latest reports of the jurisdiction, and how many there are."""
    inside = Report.division_code.between(by.scope.low, by.scope.high)
    rows = session.scalars(select(Report).where(inside).order_by(Report.id.desc()).limit(limit))
    total = session.scalar(select(func.count()).select_from(Report).where(inside)) or 0
    return list(rows), total


def one(session: Session, report_id: int) -> Report:
    """Return a report of the jurisdiction.

    Raises
    ------
    NotFound
        If there is none, or it lies outside.

    """
    report = session.get(Report, report_id)
    if report is None:
        raise NotFound()
    return report


def file_of(session: Session, report_id: int, by: Principal) -> tuple[Report, bytes]:
    """Return a written report with its bytes, and enter into the register who took it.

    Raises
    ------
    NotFound, NotWritten
        If there is none, or it is not done.

    """
    report = one(session, report_id)
    if report.content is None:
        raise NotWritten(state=report.state)
    detail = {"report": report.id, "kind": report.kind}
    enter(
        session,
        Act("report.taken", by.id, by.username, division_code=report.division_code, detail=detail),
    )
    return report, report.content


def cancel(session: Session, report_id: int) -> Report:
    """Call a report off; one that has ended stays as it is."""
    report = one(session, report_id)
    call_off(session, report)
    return report


def write(report_id: int) -> None:
    """Write an ordered report; the job's whole work. A fault is kept with the report."""
    carry_out(Report, report_id, _written)


def _written(report_id: int) -> None:
    report = _step(report_id, "read", 0.1)
    language: Language = "en" if report.language == "en" else "zh"
    content = read_content(report.division_code)
    _step(report_id, "write", 0.4)
    body = FORMS[report.kind](content, language)
    _step(report_id, "store", 0.9)
    with begin() as session:
        done = held(session, Report, report_id)
        done.state, done.progress, done.step = "done", 1.0, ""
        done.content, done.size_bytes = body, len(body)
        done.file_name = file_name(content, done.kind, language)
        done.finished_at = datetime.now(UTC)
        tell(session, done)


def read_content(division_code: int) -> Content:
    """Read what a report on a division tells, with the eyes of that division alone."""
    from ..rates.board import board_with_rows

    low, high = span(division_code)
    now = datetime.now(UTC)
    with begin(Scope(user_id=0, low=low, high=high)) as session:
        rates = board_with_rows(session, (low, high), until=now)
        return gather(session, division_code, now=now, rates=rates)


def file_name(content: Content, kind: str, language: Language) -> str:
    """Return the name under which the file is saved: division, date."""
    title = word("title", language, name=content.division_name or text_of(content.division_code))
    day = content.made_at.astimezone().strftime("%Y%m%d")
    return f"{title.replace('/', '-')}-{day}.{kind}"


def _xlsx(content: Content, language: Language) -> bytes:
    from .workbook import xlsx_bytes

    return xlsx_bytes(content, language)


def _pdf(content: Content, language: Language) -> bytes:
    from .paper import pdf_bytes

    return pdf_bytes(content, language)


def _html(content: Content, language: Language) -> bytes:
    from .webmap import html_bytes  # brings folium and pandas

    return html_bytes(content, language)


#: Kind -> what writes it; each brings its library only when asked.
FORMS: dict[str, Callable[[Content, Language], bytes]] = {
    "xlsx": _xlsx,
    "pdf": _pdf,
    "html": _html,
}


def _step(report_id: int, step: str, progress: float) -> Report:
    with begin() as session:
        report = held(session, Report, report_id)
        report.state, report.progress = "running", progress
        report.step = word(step, "en" if report.language == "en" else "zh")
        tell(session, report)
        return report
