"""`gridlink patrol ...`: derive what is marked, figures of grids, what is overdue."""

import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table as Sheet
from sqlalchemy import text

from ..db import begin
from ..divisions.codes import parse_jurisdiction
from ..divisions.extent import extent_of
from ..terminal import screen
from . import alerts
from .figures import listing

patrol = typer.Typer(no_args_is_help=True, help="Where somebody has been, and where nobody has.")

_Division = Annotated[str | None, typer.Option(help="Division code; without one the whole land.")]
_Json = Annotated[bool, typer.Option("--json", help="The API's answer.")]
_Limit = Annotated[int, typer.Option(min=1, max=100_000)]
_MARK_ALL = text(
    "INSERT INTO patrol_dirty (unit_id, day) SELECT unit_id, day FROM patrol_derived"
    " ON CONFLICT (unit_id, day) DO UPDATE SET at = clock_timestamp()"
)
_FORGET = text("UPDATE patrol_derived SET digest = ''")


@patrol.command()
def derive(
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Every day whose fixes are kept, changed or not.")
    ] = False,
) -> None:
    """Derive visits and ground of what is marked, here and now, and judge requirements."""
    from .deriving.derive import derive as derive_batch  # brings numba
    from .requirements.overdue import settle_all

    if everything:
        with begin() as session:
            session.execute(_FORGET)
            session.execute(_MARK_ALL)
    began, days, fixes = time.perf_counter(), 0, 0
    while True:
        with begin() as session:
            done = derive_batch(session, datetime.now(UTC))
        days, fixes = days + done.days, fixes + done.fixes
        if not done.marks:
            break
    took_s = time.perf_counter() - began
    typer.echo(f"{days} days of units derived from {fixes} fixes in {took_s:.1f} s")
    with begin() as session:
        typer.echo(str(settle_all(session, datetime.now(UTC))))


@patrol.command("figures")
def show_figures(
    *,
    division: _Division = None,
    hours: Annotated[int, typer.Option(min=1, max=2400, help="How far back.")] = 24,
    sort: Annotated[str, typer.Option(help=", ".join(listing.SORTS))] = "code",
    descending: Annotated[bool, typer.Option("--descending")] = False,
    limit: _Limit = 100,
    as_json: _Json = False,
) -> None:
    """Grids: what was gone over for sure, what may have been, visits, how requirements stand."""
    if sort not in listing.SORTS:
        raise typer.BadParameter(", ".join(listing.SORTS), param_hint="--sort")
    now = datetime.now(UTC)
    period = listing.period_of(now - timedelta(hours=hours), now, now)
    wanted = listing.Listing(sort, descending, 0, limit)
    with begin() as session:
        page = listing.page(session, extent_of(session, None, _code(division)), period, wanted)
    if as_json:
        typer.echo(page.model_dump_json(indent=1))
        return
    sheet = Sheet("code", "name", "visited", "unknown", "road", "visits", "last visit", "state")
    for row in page.rows:
        shares = (row.visited_share, row.unknown_share, row.road_visited_share)
        last = "-" if row.last_visit_at is None else f"{row.last_visit_at:%m-%d %H:%M}"
        told = (*map(_percent, shares), str(row.visits), last, row.state or "-")
        sheet.add_row(row.code, row.name, *told)
    screen().print(sheet)
    screen().print(f"{len(page.rows)} / {page.total}")


@patrol.command("overdue")
def show_overdue(
    *, division: _Division = None, limit: _Limit = 100, as_json: _Json = False
) -> None:
    """Alerts that stand: what is about to be broken, broken, or not come by."""
    now = datetime.now(UTC)
    asking = alerts.Asking(kind=None, is_open=True, since=now, limit=limit)
    with begin() as session:
        page = alerts.page(session, extent_of(session, None, _code(division)), asking)
    if as_json:
        typer.echo(page.model_dump_json(indent=1))
        return
    sheet = Sheet("severity", "subject", "rule", "requirement", "raised", "seen by")
    for row in page.rows:
        name = str(row.detail.get("name", "-"))
        raised = f"{row.raised_at:%m-%d %H:%M}"
        sheet.add_row(row.severity, row.subject_name, row.rule, name, raised, row.seen_by or "-")
    screen().print(sheet)
    screen().print(f"{len(page.rows)} / {page.total}")


def _code(division: str | None) -> str | None:
    if division is None:
        return None
    try:
        parse_jurisdiction(division)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--division") from wrong
    return division


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
