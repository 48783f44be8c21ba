"""`gridlink coverage ...`: figures, gaps and losses at a terminal, and the refresh."""

from enum import StrEnum
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.table import Table as Sheet

from ..db import begin
from ..divisions.codes import parse_jurisdiction
from ..divisions.extent import extent_of
from ..terminal import screen
from . import figures, gaps, losses
from .bands import BANDS, PX_PER_M
from .rates.commands import show_rates
from .spread.commands import export, spread_out
from .waiting import ask, ask_for_all

coverage = typer.Typer(no_args_is_help=True, help="What cameras see, and what none sees.")


class Subject(StrEnum):
    """What figures are shown for."""

    GRIDS = "grids"
    DIVISIONS = "divisions"
    PLACES = "places"


class Reading(StrEnum):
    """All cameras, or those that work right now."""

    INSTALLED = "installed"
    NOW = "now"


class Measure(StrEnum):
    """What is measured."""

    AREA = "area"
    ROAD = "road"
    OUTLINE = "outline"


class Scale(StrEnum):
    """Whose density bands."""

    IEC = "iec"
    DORI = "dori"


class BandName(StrEnum):
    """A density band of either scale."""

    OVERVIEW = "overview"
    OUTLINE = "outline"
    DISCERN = "discern"
    PERCEIVE = "perceive"
    DETECT = "detect"
    OBSERVE = "observe"
    RECOGNISE = "recognise"
    IDENTIFY = "identify"


_KINDS = {Subject.GRIDS: "grid", Subject.DIVISIONS: "division", Subject.PLACES: "place"}

_Division = Annotated[str | None, typer.Option(help="Division code; without one the whole land.")]
_Reading = Annotated[Reading, typer.Option(help="All cameras, or those that work now.")]
_Json = Annotated[bool, typer.Option("--json", help="The API's answer.")]
_Limit = Annotated[int, typer.Option(min=1, max=100_000)]


@coverage.command()
def refresh(
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Count here and now, not by a job.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Also what did not change.")] = False,
) -> None:
    """Have counted what changed; by the job worker, or here with --wait."""
    with begin() as session:
        if everything:
            ask_for_all(session)
        else:
            ask(session)
    if not wait:
        typer.echo("deferred")
        return
    from .refresh import refresh as count  # brings numba

    with begin() as session:
        done = count(session)
    typer.echo(f"{done.both} subjects counted, {done.now} for the reading of now alone")


@coverage.command()
def show(
    subject: Annotated[Subject, typer.Argument(help="Whose figures.")],
    *,
    division: _Division = None,
    reading: _Reading = Reading.INSTALLED,
    measure: Annotated[Measure, typer.Option()] = Measure.AREA,
    scale: Annotated[Scale, typer.Option()] = Scale.IEC,
    sort: Annotated[str, typer.Option(help="name, code, none, one or a band.")] = "code",
    descending: Annotated[bool, typer.Option("--descending")] = False,
    limit: _Limit = 100,
    as_json: _Json = False,
) -> None:
    """Figures of grids, divisions or key places."""
    if sort not in {"name", "code", "none", "one", *PX_PER_M}:
        raise typer.BadParameter("name, code, none, one or a band", param_hint="--sort")
    listing = figures.Listing(
        kind=_KINDS[subject],
        reading=reading,
        measure=measure,
        scale=scale,
        sort=sort,
        descending=descending,
        limit=limit,
    )
    with begin() as session:
        page = figures.page(session, extent_of(session, None, _code(division)), listing)
    if as_json:
        _tell(page)
        return
    bands = [code for code, of, _ in BANDS if of == scale]
    sheet = Sheet("code", "name", "total", *bands, "possible", "one", "none")
    for row in page.rows:
        first = row.bands[0]
        shares = [_percent(band.certain_share) for band in row.bands]
        others = (first.possible_share, first.one_share, first.none_share)
        cells = (f"{row.total:,.0f}", *shares, *(_percent(share) for share in others))
        sheet.add_row(row.code or "-", row.name, *cells)
    screen().print(sheet)
    screen().print(f"{len(page.rows)} / {page.total}")


@coverage.command("gaps")
def show_gaps(
    *,
    division: _Division = None,
    reading: _Reading = Reading.INSTALLED,
    band: Annotated[BandName, typer.Option()] = BandName.OVERVIEW,
    limit: _Limit = 20,
    as_json: _Json = False,
) -> None:
    """Ground that no camera sees, heaviest pieces first."""
    choice = gaps.Choice(reading, PX_PER_M[band], limit)
    with begin() as session:
        page = gaps.page(session, extent_of(session, None, _code(division)), choice)
    if as_json:
        _tell(page)
        return
    sheet = Sheet("grid", "m2", "weight", "lon", "lat", "key places", "incidents")
    for row in page.rows:
        spot = (f"{row.lon:.6f}", f"{row.lat:.6f}")
        why = ("、".join(row.reasons.key_places[:3]) or "-", str(row.reasons.incidents))
        sheet.add_row(row.grid_name, f"{row.area_m2:,.0f}", f"{row.weight:.1f}", *spot, *why)
    screen().print(sheet)
    screen().print(f"{len(page.rows)} / {page.total}")


@coverage.command("losses")
def show_losses(
    *,
    division: _Division = None,
    reading: _Reading = Reading.INSTALLED,
    band: Annotated[BandName, typer.Option()] = BandName.OVERVIEW,
    least: Annotated[bool, typer.Option("--least", help="The cheapest first.")] = False,
    limit: _Limit = 20,
    as_json: _Json = False,
) -> None:
    """Cameras by what their failure would cost."""
    choice = losses.Choice(reading, PX_PER_M[band], "least" if least else "most", limit)
    with begin() as session:
        page = losses.page(session, extent_of(session, None, _code(division)), choice)
    if as_json:
        _tell(page)
        return
    sheet = Sheet("id", "camera", "grid", "sees m2", "alone m2", "road m", "weight", "key places")
    for row in page.rows:
        amounts = (row.seen_m2, row.sole_m2, row.sole_road_m, row.sole_weight)
        told = [f"{amount:,.0f}" for amount in amounts]
        places = "、".join(row.sole_places[:3]) or "-"
        sheet.add_row(str(row.camera_id), row.name, row.grid_name or "-", *told, places)
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


def _tell(page: BaseModel) -> None:
    typer.echo(page.model_dump_json(indent=1))


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


coverage.command("rates")(show_rates)
coverage.command()(export)
coverage.command("spread")(spread_out)
