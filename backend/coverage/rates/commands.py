"""`gridlink coverage rates`: the board of the four rates at a terminal, and the rows behind one."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table as Sheet

from ...db import begin
from ...divisions.codes import parse_jurisdiction, text_of
from ...divisions.extent import Extent, extent_of
from ...settings import load
from ...terminal import screen
from . import board
from .rows import Period, rows_of
from .schemas import Figure, Rate, RateBoard, RateRowPage


class RateName(StrEnum):
    """One of the four rates."""

    COVERED = "covered"
    NETWORKED = "networked"
    WORKING = "working"
    SECURED = "secured"


def show_rates(
    rate: Annotated[RateName | None, typer.Argument(help="Show the rows behind this one.")] = None,
    *,
    division: Annotated[
        str | None, typer.Option(help="Division code; without one the whole land.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Period until now.")] = 30,
    missing: Annotated[
        bool, typer.Option("--missing", help="Only rows that are not as wanted.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The API's answer.")] = False,
) -> None:
    """The four rates of document 996 over a period, or the rows behind one."""
    if division is not None:
        try:
            parse_jurisdiction(division)
        except ValueError as wrong:
            raise typer.BadParameter(str(wrong), param_hint="--division") from wrong
    now = datetime.now(UTC)
    period = Period(now - timedelta(days=days), now)
    with begin() as session:
        extent = extent_of(session, None, division)
        span = (extent.low, extent.high)
        if rate is None:
            shown = _board(extent, period, board.board(session, span, period))
        else:
            found = rows_of(session, rate.value, span, period)
    if rate is None:
        _show_board(shown, as_json=as_json)
        return
    rows = board.in_order(found, is_missing=missing)
    _show_rows(RateRowPage(rows=rows, total=len(rows)), as_json=as_json)


def _board(extent: Extent, period: Period, found: list[Rate]) -> RateBoard:
    return RateBoard(
        division_code=text_of(extent.code),
        name=extent.name,
        since=period.since,
        until=period.until,
        rates=found,
    )


def _show_board(board: RateBoard, *, as_json: bool) -> None:
    if as_json:
        typer.echo(board.model_dump_json(indent=1))
        return
    is_zh = load().language == "zh"
    sheet = Sheet("rate", "value", "target", "numerator", "denominator", "unknown", "")
    for rate in board.rates:
        name, why = (
            (rate.name_zh, rate.reason_zh or rate.formula_zh)
            if is_zh
            else (rate.name_en, rate.reason_en or rate.formula_en)
        )
        sheet.add_row(name, *_cells(rate), why)
        for part in rate.parts:
            sheet.add_row(f"  {part.name_zh if is_zh else part.name_en}", *_cells(part), "")
    screen().print(sheet)


def _cells(figure: Figure) -> tuple[str, ...]:
    shares = (figure.value, figure.target)
    amounts = (figure.numerator, figure.denominator, figure.unknown)
    return (
        *("-" if share is None else f"{share:.1%}" for share in shares),
        *(f"{amount:,.0f}" for amount in amounts),
    )


def _show_rows(page: RateRowPage, *, as_json: bool) -> None:
    if as_json:
        typer.echo(page.model_dump_json(indent=1))
        return
    is_zh = load().language == "zh"
    sheet = Sheet("id", "name", "share", "ok", "why")
    for row in page.rows:
        share = "-" if row.share is None else f"{row.share:.1%}"
        is_ok = "yes" if row.counts else "no"
        sheet.add_row(str(row.id), row.name, share, is_ok, row.why_zh if is_zh else row.why_en)
    screen().print(sheet)
