"""Reports over HTTP: asked for, watched, fetched, called off."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Response, status

from ...access import CurrentUser, Id, Tx, right
from . import writing
from .schemas import ReportOrder, ReportPage, ReportShape

router = APIRouter(prefix="/api/reports", tags=["coverage"])

_MEDIA_TYPE = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
}


@router.post("", status_code=status.HTTP_202_ACCEPTED, **right("coverage.plan"))
def order_report(wish: ReportOrder, user: CurrentUser, session: Tx) -> ReportShape:
    """Ask for a report on a division; a job writes it."""
    return ReportShape.of(writing.order(session, wish, user))


@router.get("", **right("coverage.plan"))
def list_reports(
    user: CurrentUser, session: Tx, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> ReportPage:
    """List the latest reports of the jurisdiction."""
    rows, total = writing.listed(session, user, limit)
    return ReportPage(rows=[ReportShape.of(row) for row in rows], total=total)


@router.get("/{report_id}", **right("coverage.plan"))
def read_report(report_id: Id, session: Tx) -> ReportShape:
    """Return a report's state and progress."""
    return ReportShape.of(writing.one(session, report_id))


@router.get(
    "/{report_id}/file",
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in _MEDIA_TYPE.values()}}},
    **right("coverage.plan"),
)
def fetch_report(report_id: Id, user: CurrentUser, session: Tx) -> Response:
    """Return a written report's file; who took it stands in the register."""
    report, body = writing.file_of(session, report_id, user)
    # Always saved, never opened inside the console: the page holds scripts of its own.
    named = f"attachment; filename*=UTF-8''{quote(report.file_name or 'report')}"
    return Response(
        body, media_type=_MEDIA_TYPE[report.kind], headers={"Content-Disposition": named}
    )


@router.post("/{report_id}/cancel", **right("coverage.plan"))
def cancel_report(report_id: Id, session: Tx) -> ReportShape:
    """Call a report off."""
    return ReportShape.of(writing.cancel(session, report_id))
