"""`gridlink import KIND FILE`: the report goes to standard output, progress to standard error.

Exit codes: 0 all imported, 2 something refused, 1 usage.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from gis.datum import DATUMS
from gis.faults import FileRefused
from gis.intake import Progress as Tell
from gis.readings import parse_reading

from ..settings import load
from ..terminal import screen
from .inspecting import AUTO
from .kinds import NAMES
from .patrol_files import NAMES as PATROL
from .patrol_files import PatrolOrder, import_patrol_file
from .pipeline import ImportOrder, run_import
from .printing import print_patrol_report, print_report

_STAGES = {"read": "读取 reading", "judge": "检查 checking", "mend": "修复 mending"}


def import_file(
    kind: Annotated[str, typer.Argument(help=", ".join((*NAMES, *PATROL)))],
    file: Annotated[Path, typer.Argument(help="Shapefile, its zip, .gpkg, .geojson, .csv, .xlsx")],
    *,
    datum: Annotated[
        str | None,
        typer.Option(
            help=", ".join((*DATUMS, "auto (inspect, and take only what is sure)", "epsg:n, ..."))
        ),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the texts, such as gb18030.")] = None,
    layer: Annotated[str | None, typer.Option(help="Of several in one file.")] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="field=column, may be repeated.")
    ] = None,
    set_name: Annotated[
        str | None,
        typer.Option(
            "--set", help="Name of the set; it is replaced as a whole. Default: the file."
        ),
    ] = None,
    default_height: Annotated[
        float | None, typer.Option(min=0.1, max=1000, help="Of buildings without one, metres.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only.")] = False,
    accept_partial: Annotated[
        bool, typer.Option("--accept-partial", help="Write the good rows beside refused ones.")
    ] = False,
    unit: Annotated[
        str | None, typer.Option("--unit", help="Of tracks: the code of the unit they are of.")
    ] = None,
    unit_column: Annotated[
        str | None, typer.Option("--unit-column", help="Of tracks: the column of the unit's code.")
    ] = None,
    as_duty: Annotated[
        bool, typer.Option("--as-duty", help="Of tracks: count their time as duty.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Import a file of KIND; nothing is written unless all of it can be."""
    _one_of("KIND", kind, (*NAMES, *PATROL))
    if not file.exists():
        raise typer.BadParameter(f"there is no {file}", param_hint="FILE")
    if datum is not None:
        _check_datum(datum, kind)
    if default_height is not None and not isfinite(default_height):
        raise typer.BadParameter("give metres", param_hint="--default-height")
    if kind in PATROL:
        columns = mapping_of(mapping or []) | ({"unit": unit_column} if unit_column else {})
        patrol_order = PatrolOrder(
            kind=kind,
            path=file,
            set_name=set_name or "default",
            encoding=encoding,
            columns=columns,
            unit=unit,
            datum=datum,
            makes_duty=as_duty,
            is_dry_run=dry_run,
            accepts_partial=accept_partial,
            language=load().language,
        )
        _answer_patrol(import_patrol_file(patrol_order), as_json=as_json)
        return
    order = ImportOrder(
        kind=kind,
        path=file,
        file_name=file.name,
        set_name=set_name,
        layer=layer,
        encoding=encoding,
        datum=datum,
        mapping=mapping_of(mapping or []),
        default_height_m=default_height,
        is_dry_run=dry_run,
        accepts_partial=accept_partial,
        language=load().language,
    )
    with _progress(quiet=as_json) as tell:
        report = run_import(order, tell)
    _answer(report, as_json=as_json)


def _answer(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
    else:
        print_report(report, screen(), load().language)
    if report["refusal"] or report["rejected"]:
        raise typer.Exit(2)


def _answer_patrol(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
    else:
        print_patrol_report(report, screen(), load().language)
    if report["refusal"] or report["rejected"]:
        raise typer.Exit(2)


def _check_datum(datum: str, kind: str) -> None:
    if kind in PATROL:
        _one_of("--datum", datum, DATUMS)
    elif datum != AUTO:
        try:
            parse_reading(datum)
        except FileRefused:
            _one_of("--datum", datum, (*DATUMS, AUTO, "epsg:n"))


def _one_of(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise typer.BadParameter(f"{value!r} is not one of {', '.join(known)}", param_hint=what)


def mapping_of(pairs: list[str]) -> dict[str, str]:
    """Return field -> column of `field=column` texts."""
    mapping = {}
    for pair in pairs:
        field, separator, column = pair.partition("=")
        if not separator or not field or not column:
            raise typer.BadParameter(f"{pair!r} is not field=column", param_hint="--map")
        mapping[field.strip()] = column.strip()
    return mapping


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Tell | None]:
    """Show a bar on a terminal's standard error; elsewhere say nothing."""
    console = screen(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    parts = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*parts, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task(_STAGES["read"], total=None)

        def tell(stage: str, done: int, total: int) -> None:
            text = _STAGES.get(stage, stage)
            bar.update(task, description=text, completed=done, total=total or None)

        yield tell
