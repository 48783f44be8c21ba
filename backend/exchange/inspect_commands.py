"""`gridlink inspect FILE`: what a file of unknown origin is. Writes nothing.

Exit codes: 0 sure, 2 it has to be asked or cannot be read, 1 usage.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gis.faults import FileRefused

from ..errors import Language
from ..settings import load
from ..terminal import screen
from .commands import mapping_of
from .inspect_report import inspect_report
from .inspecting import InspectOrder, inspect_file
from .schemas import InspectReport
from .wording import reason_and_todo

_HEADINGS: dict[Language, dict[str, Any]] = {
    "zh": {
        "stated": "文件声明的坐标系",
        "none": "无",
        "candidates": ("读法", "说明", "把握"),
        "evidence": "依据",
        "encodings": ("编码", "能解码", "常用字", "样例", "谁说的"),
        "totals": "合计不符",
        "dropped": "个人信息列",
        "contradicts": "文件自己的声明与鉴定结果不符。",
    },
    "en": {
        "stated": "stated by the file",
        "none": "nothing",
        "candidates": ("reading", "meaning", "confidence"),
        "evidence": "evidence",
        "encodings": ("encoding", "decodes", "everyday", "sample", "said by"),
        "totals": "totals that do not add up",
        "dropped": "columns about persons",
        "contradicts": "What the file states of itself is not what was found.",
    },
}


def inspect(
    file: Annotated[Path, typer.Argument(help="Shapefile, its zip, .gpkg, .geojson, .csv, .xlsx")],
    *,
    encoding: Annotated[str | None, typer.Option(help="Of the texts, such as gb18030.")] = None,
    layer: Annotated[str | None, typer.Option(help="Of several in one file.")] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="lon=COLUMN and lat=COLUMN, or wkt=COLUMN.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Tell datum, zone, axes and encoding of FILE, against what the database holds."""
    if not file.exists():
        raise typer.BadParameter(f"there is no {file}", param_hint="FILE")
    language = load().language
    order = InspectOrder(file, file.name, layer, encoding, mapping_of(mapping or []))
    try:
        report = inspect_report(inspect_file(order), language)
    except FileRefused as refused:
        _refuse(refused, language, as_json=as_json)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(json.dumps(report.model_dump(), ensure_ascii=False))
    else:
        _print(report, screen(), language)
    if report.reading is None:
        raise typer.Exit(2)


def _refuse(refused: FileRefused, language: Language, *, as_json: bool) -> None:
    reason, todo = reason_and_todo(refused.code, refused.detail, language)
    if as_json:
        told = {"code": refused.code, "reason": reason, "todo": todo}
        typer.echo(json.dumps({"refusal": told}, ensure_ascii=False))
    else:
        screen().print(f"{reason} {todo}", style="bold", markup=False)


def _print(report: InspectReport, out: Console, language: Language) -> None:
    words = _HEADINGS[language]
    out.print(f"{words['stated']}: {report.stated or words['none']}", markup=False)
    table = Table(*words["candidates"], box=None, pad_edge=False)
    for one in report.candidates:
        table.add_row(escape(one.reading), escape(one.title), f"{one.confidence:.1%}")
    out.print(table)
    for one in report.candidates[:2]:
        if one.evidence:
            out.print(f"{words['evidence']} {one.reading}", markup=False)
        for found in one.evidence:
            out.print(f"  {found.text}", markup=False)
    scripts = Table(*words["encodings"], box=None, pad_edge=False)
    for script in report.encodings:
        common = "" if script.common is None else f"{script.common:.0%}"
        sure = "✓" if script.decodes else "✗"
        cells = (script.name, sure, common, script.sample, script.said_by or "")
        scripts.add_row(*(escape(cell) for cell in cells))
    out.print(scripts)
    for total in report.totals:
        out.print(f"{words['totals']}: {total.text}", style="yellow", markup=False)
    for note in report.notes:
        out.print(f"! {note.reason}{note.todo}", style="yellow", markup=False)
    for dropped in report.dropped_columns:
        out.print(f"{words['dropped']}: {dropped.column} — {dropped.reason}", markup=False)
    if report.contradicts:
        out.print(words["contradicts"], style="bold yellow")
    out.print(f"{report.reason}{report.todo}", style="bold", markup=False)
