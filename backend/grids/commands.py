"""`gridlink grids ...`: change sets at a terminal, applied and reverted by the system."""

from typing import Annotated

import typer
from rich.table import Table as Sheet
from sqlalchemy import select

from ..db import begin
from ..errors import NotFound
from ..terminal import screen
from .changes import applying, reverting, sheets
from .changes.applying import Actor
from .changes.schemas import ChangeList
from .changes.tasks import apply_planned
from .models import GridChange

grids = typer.Typer(no_args_is_help=True, help="Change sets of grids.")

_Json = Annotated[bool, typer.Option("--json", help="The API's answer.")]
_CONSOLE = Actor(None, "console", "命令行")


@grids.command("changes")
def list_changes(
    *,
    state: Annotated[str | None, typer.Option(help="planned, applied or reverted.")] = None,
    as_json: _Json = False,
) -> None:
    """Change sets of the whole land, the latest first."""
    wanted = select(GridChange).order_by(GridChange.id.desc()).limit(500)
    with begin() as session:
        found = session.scalars(wanted.where(GridChange.state == state) if state else wanted).all()
        told = ChangeList(changes=[sheets.row_of(session, change) for change in found])
    if as_json:
        typer.echo(told.model_dump_json(indent=1))
        return
    sheet = Sheet("id", "set", "title", "state", "planned for", "in force", "operations", "refused")
    for row in told.changes:
        days = (str(row.planned_for or "-"), str(row.in_force_on or "-"))
        refused = (row.refusal or {}).get("code", "")
        sheet.add_row(
            str(row.id),
            row.set_name,
            row.title,
            row.state,
            *days,
            str(row.operations_count),
            refused,
        )
    screen().print(sheet)


@grids.command("apply")
def apply_change(
    change_id: Annotated[int | None, typer.Argument(help="Without one: all that are due.")] = None,
) -> None:
    """Bring a planned change set into force from the start of today."""
    if change_id is None:
        for number, refusal in apply_planned().items():
            typer.echo(f"{number}: {refusal or 'applied'}")
        return
    with begin() as session:
        change = session.get(GridChange, change_id)
        if change is None:
            raise NotFound()
        applying.apply(session, change, None, _CONSOLE)
        typer.echo(f"{change.id} applied, in force from {change.in_force_on}")


@grids.command("revert")
def revert_change(change_id: int) -> None:
    """Take an applied change set back from the start of today."""
    with begin() as session:
        change = session.get(GridChange, change_id)
        if change is None:
            raise NotFound()
        reverting.revert(session, change, None, _CONSOLE)
        typer.echo(f"{change.id} reverted from {change.reverted_on}")
