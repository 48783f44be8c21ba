"""A report on a terminal: how the file was read, every refused row, and the count at the end."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..errors import Language

_HEADINGS = {
    "zh": {
        "columns": ("字段", "列", "依据"),
        "rejected": ("行", "经度", "纬度", "字段", "原因", "怎么办"),
        "ignored": "未使用的列",
        "dropped": "个人信息列",
        "mended": "已修复的多边形",
        "encoding": "编码",
        "crs": "坐标系",
        "dry": "仅检查，未写入。",
        "nothing": "未写入任何数据。",
    },
    "en": {
        "columns": ("field", "column", "by"),
        "rejected": ("row", "lon", "lat", "field", "reason", "what to do"),
        "ignored": "columns not used",
        "dropped": "columns about persons",
        "mended": "polygons mended",
        "encoding": "encoding",
        "crs": "coordinates",
        "dry": "Checked only, nothing written.",
        "nothing": "Nothing was written.",
    },
}
_MENDED_SHOWN = 10


def print_report(report: dict[str, Any], console: Console, language: Language) -> None:
    """Print the whole report; every rejected row is listed."""
    words: dict[str, Any] = _HEADINGS[language]
    if report["crs"]:
        _print_reading(report, console, words)
    for note in report["notes"]:
        row = f"[{note['row']}] " if note["row"] else ""
        console.print(f"! {row}{note['reason']}{note['todo']}", style="yellow", markup=False)
    _print_mended(report, console, words)
    if report["rejected"]:
        table = Table(*words["rejected"], box=None, pad_edge=False)
        for fault in report["rejected"]:
            cells = (fault[name] for name in ("row", "lon", "lat", "field", "reason", "todo"))
            table.add_row(*("" if cell is None else escape(str(cell)) for cell in cells))
        console.print(table)
    console.print(report["summary"], style="bold", markup=False)
    if not report["written"]:
        console.print(words["dry"] if report["dry_run"] else words["nothing"])


def _print_reading(report: dict[str, Any], console: Console, words: dict[str, Any]) -> None:
    sample = f" “{report['sample']}”" if report["sample"] else ""
    encoding = f"{report['encoding']} ({report['encoding_how']}){sample}"
    console.print(f"{words['encoding']}: {encoding}", markup=False)
    console.print(f"{words['crs']}: {report['crs']} ({report['datum_how']})", markup=False)
    if report["columns"]:
        table = Table(*words["columns"], box=None, pad_edge=False)
        for match in report["columns"]:
            table.add_row(match["field"], escape(match["column"]), match["how"])
        console.print(table)
    for dropped in report["dropped_columns"]:
        text = f"{words['dropped']}: {dropped['column']} — {dropped['reason']}"
        console.print(text, style="yellow", markup=False)
    if report["ignored_columns"]:
        console.print(f"{words['ignored']}: {', '.join(report['ignored_columns'])}", markup=False)


def _print_mended(report: dict[str, Any], console: Console, words: dict[str, Any]) -> None:
    if not report["mended"]:
        return
    console.print(f"{words['mended']}: {report['counts']['mended']}", markup=False)
    for row in report["mended"][:_MENDED_SHOWN]:
        place = f"{row['row']}: {row['lon']}, {row['lat']}"
        change = f"{row['area_change_percent']} %"
        console.print(f"  {place} {row['reason']} {change}", style="dim", markup=False)


def print_patrol_report(report: dict[str, Any], out: Console, language: Language) -> None:
    """Print what an import of units or tracks came to."""
    if report["refusal"]:
        out.print(report["refusal"]["message"])
        return
    counts = ", ".join(f"{name} {number}" for name, number in report["counts"].items())
    out.print(f"{report['kind']}: {counts}")
    for fault in report["rejected"][:200]:
        out.print(escape(f"  {fault['row']}: {fault[language]} ({fault['code']})"))
    if not report["written"]:
        out.print("未写入任何数据。" if language == "zh" else "Nothing was written.")
