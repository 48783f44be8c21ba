"""What exports say: refusals in the error tree, and what whoever reads a file must know."""

from collections.abc import Sequence
from typing import Any

from gis.outform import OutRefused

from ...errors import Conflict, Language, Refused


class EncodingCannot(Refused):
    code = "exports.encoding"
    zh = "编码 {encoding} 写不出“{sign}”（字段 {column}）：请改用 GB18030、UTF-8 或 GeoPackage。"
    en = "{encoding} has no {sign} (column {column}): choose GB18030, UTF-8 or GeoPackage."


class NoShape(Refused):
    code = "exports.no_shape"
    zh = "这是表格，没有图形：请选择 XLSX 或 CSV。"
    en = "This is a table without shapes: choose XLSX or CSV."


class TooManyRows(Refused):
    code = "exports.too_many_rows"
    zh = "行数超过该格式的上限 {limit}：请选择 GeoPackage、GeoJSON 或 CSV。"
    en = "It has more rows than this format holds ({limit}): choose GeoPackage, GeoJSON or CSV."


class CellTooLong(Refused):
    code = "exports.cell_too_long"
    zh = "有图形的坐标超过单元格上限 {limit} 字：请选择 GeoPackage、GeoJSON 或 Shapefile。"
    en = "A shape is longer than a cell holds ({limit}): choose GeoPackage, GeoJSON or Shapefile."


class EncodingFixed(Refused):
    code = "exports.encoding_fixed"
    zh = "{format} 的文字总是 UTF-8；编码只对 Shapefile 和 CSV 可选。"
    en = "The texts of {format} are always UTF-8; only Shapefile and CSV leave a choice."


class NoChoice(Refused):
    code = "exports.no_choice"
    zh = "这一种类不能按 {field} 挑选（某日与时间段也不能同时给）：请去掉。"
    en = "Rows of this kind are not chosen by {field} (nor by a day and a span at once): leave it."


class NotWritten(Conflict):
    code = "exports.not_written"
    zh = "导出尚未完成（{state}），请等待完成后再下载。"
    en = "The export is not written yet ({state}): wait until it is done."


class Removed(Conflict):
    code = "exports.removed"
    zh = "文件已过保留期并删除，请重新导出。"
    en = "The file was kept long enough and is removed: export anew."


_OF: dict[str, type[Refused]] = {
    "encoding.cannot": EncodingCannot,
    "format.no_shape": NoShape,
    "format.rows": TooManyRows,
    "format.cell": CellTooLong,
}
_NOTES = {
    "text.cut": (
        "{field}：{count} 个文字超过 254 字节，已截短（字符完整）",
        "{field}: {count} texts were longer than 254 bytes and were cut, no character in two",
    ),
    "datum.shifted": (
        "坐标是 {datum}，文件不声明坐标系：读取时须指明",
        "the coordinates are {datum}, which a file cannot state: name it when reading",
    ),
}


def refused(by: OutRefused) -> Refused:
    """Return the refusal of a writer as one of ours."""
    detail = dict(by.detail)
    if "field" in detail:  # in our tree `field` is one of the request
        detail["column"] = detail.pop("field") or "?"
    if not str(detail.get("sign", "x")).isprintable():
        detail["sign"] = f"U+{ord(detail['sign']):04X}"
    return _OF[by.code](**detail)


def told_notes(notes: Sequence[dict[str, Any]], language: Language) -> list[dict[str, str]]:
    """Return stored notes as sentences."""
    at = 0 if language == "zh" else 1
    return [
        {"code": note["code"], "message": _NOTES[note["code"]][at].format_map(note["detail"])}
        for note in notes
    ]
