"""The report of a check on a terminal: the counts, and each kind of fault as a table."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ...errors import Language

_SHOWN = 20
_WORDS: dict[Language, dict[str, str]] = {
    "zh": {
        "overlaps": "重叠",
        "gaps": "缝隙",
        "slivers": "碎屑",
        "pieces": "不相连的部分",
        "parents": "越出上级",
        "unfilled": "上级未铺满",
        "invalid": "无效图形",
        "duplicates": "重复编码",
        "malformed": "编码不合规",
        "features": "网格 {n} 个",
        "threshold": "{threshold:g} 平方米及以上",
        "all": "全部",
        "more": "另有 {n} 项，见 --json",
        "clean": "未发现问题。",
        "mended": "已写出修补后的副本 {file}：{written} 个网格，{n} 个有改动。",
        "left": "修补后仍有：{shown}",
        "assumed": "文件未写明坐标系，按经纬度读取；位置可能在别的坐标系上，面积不受影响。",
        "plane": "面积在 {plane} 平面上量算；ground_m2 为椭球面积。",
    },
    "en": {
        "overlaps": "overlaps",
        "gaps": "gaps",
        "slivers": "slivers",
        "pieces": "pieces apart",
        "parents": "beyond the parent",
        "unfilled": "parents not filled",
        "invalid": "invalid outlines",
        "duplicates": "codes given twice",
        "malformed": "malformed codes",
        "features": "{n} grids",
        "threshold": "of {threshold:g} m2 and more",
        "all": "in all",
        "more": "{n} more, see --json",
        "clean": "Nothing was found.",
        "mended": "Mended copy {file}: {written} grids, {n} of them changed.",
        "left": "Left after mending: {shown}",
        "assumed": "The file states no datum: its degrees are taken as they are.",
        "plane": "Areas are measured in the plane {plane}; ground_m2 is the area on the ellipsoid.",
    },
}
STAGES = {
    "read": "读取 reading",
    "edges": "比对边界 matching borders",
    "overlaps": "重叠 overlaps",
    "gaps": "缝隙 gaps",
    "pieces": "碎屑 slivers",
    "parents": "上级 parents",
}
_SIZED = ("overlaps", "gaps", "slivers", "pieces", "parents", "unfilled")
_OTHER = ("invalid", "duplicates", "malformed")


def print_check(report: dict[str, Any], console: Console, language: Language) -> None:
    """Print the counts, and of each kind the largest faults."""
    words = _WORDS[language]
    counts = report["counts"]
    above = words["threshold"].format(threshold=counts["threshold_m2"])
    table = Table(words["features"].format(n=report["features"]), above, words["all"], box=None)
    for name in _SIZED:
        table.add_row(words[name], str(counts["above"][name]), str(counts["all"][name]))
    for name in _OTHER:
        table.add_row(words[name], "", str(len(report[name])))
    console.print(table)
    for name in (*_SIZED, *_OTHER):
        _print_kind(report[name], name, console, words)
    if not any(report[name] for name in (*_SIZED, *_OTHER)):
        console.print(words["clean"])
    _print_mended(report.get("mended"), console, words)
    if report.get("datum_assumed"):
        console.print(words["assumed"], style="yellow", markup=False)
    console.print(words["plane"].format(plane=report["plane"]), style="dim", markup=False)


def _print_kind(
    rows: list[dict[str, Any]], name: str, console: Console, words: dict[str, str]
) -> None:
    if not rows:
        return
    columns = list(rows[0])
    table = Table(*columns, title=words[name], title_justify="left", box=None, pad_edge=False)
    for row in rows[:_SHOWN]:
        table.add_row(*(escape(_cell(row[column])) for column in columns))
    console.print(table)
    if len(rows) > _SHOWN:
        console.print(words["more"].format(n=len(rows) - _SHOWN), markup=False)


def _print_mended(mended: dict[str, Any] | None, console: Console, words: dict[str, str]) -> None:
    if mended is None:
        return
    left = mended["left"]["above"]
    told = {name: left[name] for name in ("overlaps", "gaps", "slivers")}
    shown = ", ".join(f"{words[name]} {count}" for name, count in told.items())
    console.print(words["mended"].format(**mended, n=len(mended["changed"])), markup=False)
    console.print(words["left"].format(shown=shown), markup=False)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)
