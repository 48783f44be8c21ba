"""`gridlink export KIND -o FILE`: as the system, of the whole land or one division."""

import shutil
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from ...audit.register import Act, enter
from ...db import WHOLE_LAND, begin
from ...divisions.codes import parse, span
from ...localtime import today
from ...settings import load
from ..catalogue import LAYERS
from .ordering import check, check_choice, default_encoding
from .wording import told_notes
from .writing import Asked, write_file

_FORMAT_OF = {".zip": "shp", ".gpkg": "gpkg", ".geojson": "geojson", ".csv": "csv", ".xlsx": "xlsx"}
_DAY = ["%Y-%m-%d"]


def export_file(
    kind: Annotated[str, typer.Argument(help=", ".join(LAYERS))],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write; must not exist.")],
    form: Annotated[
        str | None, typer.Option("--format", help="shp, gpkg, geojson, csv, xlsx; else by FILE.")
    ] = None,
    datum: Annotated[
        str, typer.Option(help="wgs84, cgcs2000, gcj02, bd09, cgcs2000-zone37, cgcs2000-cm111.")
    ] = "cgcs2000",
    encoding: Annotated[str | None, typer.Option(help="gbk, gb18030 or utf-8.")] = None,
    set_name: Annotated[str | None, typer.Option("--set", help="Of several, this set.")] = None,
    division: Annotated[str | None, typer.Option(help="Code; default the whole land.")] = None,
    at: Annotated[datetime | None, typer.Option(help="In force that day.", formats=_DAY)] = None,
    since: Annotated[datetime | None, typer.Option(help="From this day on.", formats=_DAY)] = None,
    until: Annotated[
        datetime | None, typer.Option(help="To the end of this day.", formats=_DAY)
    ] = None,
    chinese_names: Annotated[bool, typer.Option("--chinese-names", help="Of the columns.")] = False,
    purpose: Annotated[str, typer.Option(help="Stands in the register.")] = "command line",
) -> None:
    """Write a layer or table to a file; it stands in the register with its purpose."""
    if kind not in LAYERS:
        raise typer.BadParameter(f"{kind!r} is not one of {', '.join(LAYERS)}", param_hint="KIND")
    form = form or _FORMAT_OF.get(output.suffix.lower(), "")
    if form not in _FORMAT_OF.values():
        raise typer.BadParameter("shp, gpkg, geojson, csv or xlsx", param_hint="--format")
    if output.exists():
        raise typer.BadParameter(f"{output} is there already", param_hint="--output")
    check(kind, form, datum, encoding)
    chosen = {"at": at, "since": since, "until": until, "set_name": set_name}
    check_choice(kind, {name for name, value in chosen.items() if value is not None})
    asked = Asked(
        kind=kind,
        format=form,
        datum=datum,
        encoding=encoding or default_encoding(form),
        bounds=_bounds(division),
        division=_code(division),
        set_name=set_name,
        at=_day(at),
        since=_day(since),
        until=_day(until),
        chinese_names=chinese_names,
        language=load().language,
    )
    _write(asked, output, purpose)


def _code(division: str | None) -> int:
    try:
        return 0 if division is None else parse(division)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--division") from wrong


def _bounds(division: str | None) -> tuple[int, int]:
    return WHOLE_LAND if division is None else span(_code(division))


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _write(asked: Asked, output: Path, purpose: str) -> None:
    with tempfile.TemporaryDirectory(prefix="gridlink-export-") as private, begin() as session:
        out = write_file(session, asked, Path(private), on=today())
        detail = {
            "kind": asked.kind,
            "format": asked.format,
            "datum": asked.datum,
            "rows": out.rows,
        }
        detail |= {"encoding": asked.encoding, "set_name": asked.set_name}
        enter(
            session,
            Act(
                "export.taken",
                None,
                "gridlink",
                purpose=purpose,
                division_code=asked.division,
                detail=detail,
            ),
        )
        shutil.move(out.path, output)
    notes = [{"code": code, "detail": detail} for code, detail in out.notes]
    typer.echo(f"{output}: {out.rows}")
    for note in told_notes(notes, asked.language):
        typer.echo(note["message"], err=True)
