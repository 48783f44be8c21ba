"""`gridlink check grids FILE|--set NAME`: faults of a tiling, and a mended copy of a file.

A file needs no database. Exit codes: 0 no fault at or above the threshold, 2 faults found or the
file refused, 1 usage.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer

from gis.datum import DATUMS

from ...db import WHOLE_LAND, begin
from ...grids.tiling.report import faults_found, told
from ...settings import load
from ...terminal import screen
from .printing import STAGES, print_check
from .reading import Wish
from .running import CheckOrder, run_check

check = typer.Typer(no_args_is_help=True, help="Faults of grids, in a file or in the database.")

_COPIES = (".geojson", ".json")


@check.callback()
def _group() -> None:
    """Faults of grids, in a file or in the database."""


@check.command("grids")
def check_grids(
    file: Annotated[
        Path | None, typer.Argument(help="Shapefile, its zip, .gpkg, .geojson; or give --set.")
    ] = None,
    *,
    set_name: Annotated[
        str | None, typer.Option("--set", help="A set of the database, as in force today.")
    ] = None,
    code: Annotated[
        str | None, typer.Option(help="Column of the codes. Default: found by its name.")
    ] = None,
    parents: Annotated[
        Path | None, typer.Option(help="File of the larger areas. Of --set: the divisions.")
    ] = None,
    parent_field: Annotated[
        str | None, typer.Option("--parent-field", help="Column of FILE with the parent's code.")
    ] = None,
    parent_code: Annotated[
        str | None, typer.Option("--parent-code", help="Column of the codes of --parents.")
    ] = None,
    threshold: Annotated[float, typer.Option(min=0.0, help="Smallest fault that counts, m2.")] = 1,
    layout: Annotated[
        str | None, typer.Option(help="Regular expression that each code must match.")
    ] = None,
    datum: Annotated[str | None, typer.Option(help=", ".join(DATUMS))] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the texts, such as gb18030.")] = None,
    layer: Annotated[str | None, typer.Option(help="Of several in one file.")] = None,
    mend: Annotated[
        Path | None, typer.Option(help="Write a mended copy of FILE here, .geojson.")
    ] = None,
    mend_below: Annotated[
        float | None, typer.Option("--mend-below", min=0.0, help="Mend smaller faults only, m2.")
    ] = None,
    along: Annotated[
        Path | None, typer.Option(help="File of roads or rivers along which faults are parted.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Find overlaps, gaps, slivers, invalid outlines, bad codes, and grids beyond their parents."""
    _refuse_misuse(file, set_name, mend)
    if datum is not None and datum not in DATUMS:
        raise typer.BadParameter(f"one of {', '.join(DATUMS)}", param_hint="--datum")
    _refuse_unsound(threshold, layout)
    with _progress(quiet=as_json) as tell:
        if file is None:
            report = _check_set(str(set_name), threshold, layout, tell)
        else:
            columns = {"code": code} if code else {}
            parent_columns = {"code": parent_code} if parent_code else {}
            order = CheckOrder(
                file=file,
                wish=Wish(layer, encoding, datum, columns, parent_field, mend is not None),
                parents=parents,
                parents_wish=Wish(datum=datum, columns=parent_columns),
                threshold_m2=threshold,
                layout=layout,
                mended_copy=mend,
                mend_below_m2=mend_below,
                along=along,
                language=load().language,
            )
            report = run_check(order, tell)
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
    else:
        print_check(report, screen(), load().language)
    if faults_found(report):
        raise typer.Exit(2)


def _check_set(name: str, threshold: float, layout: str | None, tell: Any) -> dict[str, Any]:
    from ...grids.tiling.checking import check as check_tiling
    from ...grids.tiling.sets import read_set

    with begin() as session:
        tiling = read_set(session, name, WHOLE_LAND)
    report = told(check_tiling(tiling, layout=layout, on_progress=tell), threshold)
    report["set_name"] = name
    return report


def _refuse_misuse(file: Path | None, set_name: str | None, mend: Path | None) -> None:
    if (file is None) == (set_name is None):
        raise typer.BadParameter("give a FILE, or --set NAME", param_hint="FILE")
    if file is not None and not file.exists():
        raise typer.BadParameter(f"there is no {file}", param_hint="FILE")
    if mend is None:
        return
    if file is None:
        raise typer.BadParameter("a set is mended in the console", param_hint="--mend")
    if mend.suffix.lower() not in _COPIES:
        raise typer.BadParameter("the copy is GeoJSON: name it .geojson", param_hint="--mend")
    if mend.resolve() == file.resolve():
        raise typer.BadParameter("the copy must not replace FILE", param_hint="--mend")


def _refuse_unsound(threshold: float, layout: str | None) -> None:
    if not isfinite(threshold):
        raise typer.BadParameter("give square metres", param_hint="--threshold")
    if layout is not None:
        try:
            re.compile(layout)
        except re.error as broken:
            raise typer.BadParameter(str(broken), param_hint="--layout") from broken


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Any]:
    """Name the stage on a terminal's standard error; elsewhere say nothing."""
    console = screen(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    with console.status(STAGES["read"]) as status:
        yield lambda stage: status.update(STAGES.get(stage, stage))
