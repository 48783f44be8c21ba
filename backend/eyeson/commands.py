"""`gridlink eyeson`: who has not been seen for longest, at a terminal."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table as Sheet

from ..db import begin
from ..divisions.codes import parse_jurisdiction
from ..divisions.extent import extent_of
from ..terminal import screen
from .listing import Listing, page
from .schemas import ClockPage


def show_clocks(
    *,
    division: Annotated[
        str | None, typer.Option(help="Division code; without one the whole land.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    tick: Annotated[bool, typer.Option("--tick", help="Bring the clocks to now first.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The API's answer.")] = False,
) -> None:
    """Grids and key places by the time since a live camera or a unit saw them, longest first."""
    if division is not None:
        try:
            parse_jurisdiction(division)
        except ValueError as wrong:
            raise typer.BadParameter(str(wrong), param_hint="--division") from wrong
    if tick:
        from . import ticking

        with begin() as session:
            ticking.tick(session, datetime.now(UTC))
    with begin() as session:
        found = page(session, extent_of(session, None, division), Listing(limit=limit))
    if as_json:
        typer.echo(found.model_dump_json(indent=1))
    else:
        _show(found)


def _show(found: ClockPage) -> None:
    sheet = Sheet("subject", "name", "unseen", "by", "deadline", "colour", "view")
    for row in found.rows:
        hours = f"{'>= ' if row.is_at_least else ''}{row.unseen_s / 3600:.1f} h"
        deadline = "-" if row.deadline_s is None else f"{row.deadline_s / 3600:.1f} h"
        by = row.camera_name if row.seen_by == "camera" else row.unit_name
        subject = f"{row.subject_kind} {row.subject_id}"
        sheet.add_row(subject, row.name, hours, by or "-", deadline, row.colour, row.view)
    screen().print(sheet)
