"""`gridlink siting ...`: proposals at a terminal, worked out here and now."""

from typing import Annotated

import typer
from rich.table import Table as Sheet

from ...db import begin
from ...divisions.codes import parse_jurisdiction
from ...terminal import screen
from ..commands import BandName
from . import asked
from .models import Siting
from .schemas import Budget, SitingOrder, Source

siting = typer.Typer(no_args_is_help=True, help="Where the next cameras should stand.")

_SOURCES: tuple[Source, ...] = ("poles", "corners", "roads", "area")


@siting.callback()
def _group() -> None:
    """Keep `propose` a command of its own while it is the only one."""


@siting.command()
def propose(
    *,
    division: Annotated[str, typer.Option(help="Division code.")],
    budget: Annotated[int, typer.Option(min=1, max=1000, help="How many cameras.")],
    source: Annotated[
        list[str] | None, typer.Option(help="poles, corners, roads, area; may be repeated.")
    ] = None,
    lens: Annotated[
        list[float] | None, typer.Option(help="Field of view, degrees; may be repeated.")
    ] = None,
    height_m: Annotated[float, typer.Option(min=2, max=100)] = 6.0,
    band: Annotated[BandName, typer.Option()] = BandName.OVERVIEW,
    seconds: Annotated[float, typer.Option(min=1, max=600)] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="The API's answer.")] = False,
) -> None:
    """Propose cameras for a division, with a bound that no choice can pass."""
    try:
        parse_jurisdiction(division)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--division") from wrong
    chosen = source or list(_SOURCES[:3])
    if unknown := set(chosen) - set(_SOURCES):
        raise typer.BadParameter(", ".join(sorted(unknown)), param_hint="--source")
    wish = SitingOrder(
        name=f"{division} x {budget}",
        division=division,
        sources=[name for name in _SOURCES if name in chosen],
        lenses=lens or [88.0, 48.0],
        height_m=height_m,
        budget=Budget(count=budget),
        band=band.value,
        seconds=seconds,
    )
    with begin() as session:
        siting_id = asked.order(session, wish, None, is_deferred=False).id
    from .proposing import propose as work_out  # brings numba, scipy and the solver

    work_out(siting_id)
    _show(siting_id, as_json=as_json)


def _show(siting_id: int, *, as_json: bool) -> None:
    from .routes import sheet_of

    with begin() as session:
        done = session.get_one(Siting, siting_id)
        told = sheet_of(session, done)
    if as_json:
        typer.echo(told.model_dump_json(indent=1))
    if told.state != "done":
        typer.echo(told.fault or told.state, err=True)
        raise typer.Exit(1)
    if as_json:
        return
    rows = Sheet("#", "lon", "lat", "on", "azimuth", "fov", "gain", "m2", "overlap", "key places")
    for each in told.proposals:
        spot = (f"{each.lon:.6f}", f"{each.lat:.6f}", each.source)
        look = (f"{each.azimuth_deg:.0f}", f"{each.fov_deg:.0f}")
        worth = (f"{each.gain:.1f}", f"{each.gain_m2:,.0f}", f"{each.overlap_share:.0%}")
        rows.add_row(str(each.rank), *spot, *look, *worth, "、".join(each.reasons["key_places"]))
    screen().print(rows)
    screen().print(f"value {told.value:,.1f}  bound {told.bound:,.1f}  gap {told.gap:.2%}")
