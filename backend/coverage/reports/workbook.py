"""The workbook: every figure of the coverage, a sheet for each kind of question."""

import io
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from ...errors import Language
from .content import IEC, SCALES, Content, Row
from .wording import word

_HEAD = Font(bold=True, color="FFFFFF")
_HEAD_FILL = PatternFill("solid", fgColor="2F4B6E")
_TITLE = Font(bold=True, size=16)
_PERCENT, _WHOLE = "0.0%", "#,##0"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_MOST_WIDE, _LEAST_WIDE = 48, 9
_CHINESE = 0x2E80

Cell = str | float | int | bool | datetime | None
#: A column: key of its heading, number format, value of a row.
Column = tuple[str, str | None, Callable[[Any], Cell]]


def xlsx_bytes(content: Content, language: Language) -> bytes:
    """Return the workbook as a file's bytes."""
    book = Workbook(write_only=True)
    _summary(book, content, language)
    for kind in ("division", "grid", "place"):
        rows = [row for row in content.rows if row.subject_kind == kind]
        _sheet(book, f"{kind}s", _figure_columns(language), rows, language)
    _sheet(book, "gaps", _GAP_COLUMNS, content.gaps, language)
    _sheet(book, "losses", _LOSS_COLUMNS, content.losses, language)
    _sheet(book, "rates", _rate_columns(language), content.rates, language)
    _sheet(book, "rate_rows", _rate_row_columns(language), _rate_rows(content), language)
    _sheet(book, "history", _history_columns(language), content.history, language)
    _sheet(book, "cameras", _camera_columns(language), content.cameras, language)
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def _summary(book: Workbook, content: Content, language: Language) -> None:
    sheet = book.create_sheet(word("summary", language))
    sheet.column_dimensions["A"].width = 30
    for letter in "BCDEFG":
        sheet.column_dimensions[letter].width = 16
    title = _text(sheet, word("title", language, name=content.division_name))
    title.font = _TITLE
    sheet.append([title])
    sheet.append([_text(sheet, word("made_at", language, at=_local(content.made_at)))])
    as_of = word("as_of", language, at=_local(content.as_of)) if content.as_of else None
    sheet.append([_text(sheet, as_of or word("no_figures", language))])
    sheet.append([])
    heads = ["reading", "band", "px_per_m", "certain_share", "possible_share", "none_share"]
    sheet.append([_head(sheet, word(key, language)) for key in heads])
    for reading in ("installed", "now"):
        for band in IEC:
            row = content.whole(reading, band.least_px_per_m)
            shares = [row.share(part) if row else None for part in ("certain", "possible", "none")]
            sheet.append(
                [
                    _text(sheet, word(reading, language)),
                    _text(sheet, word(band.name, language)),
                    band.least_px_per_m,
                    *(_number(sheet, share, _PERCENT) for share in shares),
                ]
            )
    sheet.append([])
    for state, count in content.camera_counts().items():
        label = f"{word('cameras', language)} · {word(state, language)}"
        sheet.append([_text(sheet, label), count])
    sheet.append([])
    sheet.append([_text(sheet, word("method_note", language))])


def _sheet(
    book: Workbook, name: str, columns: Sequence[Column], rows: Iterable[Any], language: Language
) -> None:
    sheet = book.create_sheet(word(name, language))
    values = [[value(row) for _, _, value in columns] for row in rows]
    heads = [word(key, language) for key, _, _ in columns]
    for index, head in enumerate(heads, start=1):
        texts = [head, *(row[index - 1] for row in values[:200])]
        sheet.column_dimensions[get_column_letter(index)].width = _width(texts)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{len(values) + 1}"
    sheet.append([_head(sheet, head) for head in heads])
    for row in values:
        sheet.append([_dressed(sheet, cell, columns[place][1]) for place, cell in enumerate(row)])


def _dressed(sheet: WriteOnlyWorksheet, value: Cell, shape: str | None) -> Any:
    if isinstance(value, str):
        return _text(sheet, value)
    if isinstance(value, datetime):
        return _text(sheet, _local(value))
    return _number(sheet, value, shape) if shape else value


def _text(sheet: WriteOnlyWorksheet, value: str) -> Any:
    """Return a cell that stays text: a name that begins like a formula must not become one."""
    cell = WriteOnlyCell(sheet, value=value)
    cell.data_type = "s"
    if value.startswith(_FORMULA_STARTS):
        cell.quotePrefix = True
    return cell


def _number(sheet: WriteOnlyWorksheet, value: Any, shape: str) -> Any:
    cell = WriteOnlyCell(sheet, value=value)
    cell.number_format = shape
    return cell


def _head(sheet: WriteOnlyWorksheet, value: str) -> Any:
    cell = _text(sheet, value)
    cell.font, cell.fill = _HEAD, _HEAD_FILL
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell


def _width(texts: Sequence[Any]) -> float:
    widest = max(sum(2 if ord(c) >= _CHINESE else 1 for c in str(t)) for t in texts)
    return float(min(max(widest + 2, _LEAST_WIDE), _MOST_WIDE))


def _local(at: datetime | None) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else ""


def _figure_columns(language: Language) -> list[Column]:
    bands = {b.least_px_per_m: b.name for scale in SCALES.values() for b in scale}
    bands |= {band.least_px_per_m: band.name for band in IEC}  # 125 px/m is in both scales

    def of(row: Row, key: str) -> str:
        return word(getattr(row, key), language)

    return [
        ("code", None, lambda r: r.code),
        ("name", None, lambda r: r.name),
        ("division", None, lambda r: r.division_name),
        ("reading", None, lambda r: of(r, "reading")),
        ("measure", None, lambda r: of(r, "measure")),
        ("band", None, lambda r: word(bands.get(r.px_per_m, ""), language)),
        ("px_per_m", "0.0", lambda r: r.px_per_m),
        ("total", _WHOLE, lambda r: r.total),
        *(_part(part) for part in ("certain", "possible", "one", "more", "none")),
        *(_share(part) for part in ("certain", "possible", "one", "more", "none")),
        ("method", None, lambda r: of(r, "method")),
        ("computed_at", None, lambda r: r.computed_at),
    ]


def _part(part: str) -> Column:
    return part, _WHOLE, lambda row: float(getattr(row, part))


def _share(part: str) -> Column:
    return f"{part}_share", _PERCENT, lambda row: row.share(part)


_GAP_COLUMNS: list[Column] = [
    ("grid_code", None, lambda g: g["grid_code"]),
    ("grid_name", None, lambda g: g["grid_name"]),
    ("area_m2", _WHOLE, lambda g: g["area_m2"]),
    ("weight", "0.00", lambda g: g["weight"]),
    ("key_places", None, lambda g: _listed(g["reasons"].get("key_places"))),
    ("incidents", None, lambda g: _listed(g["reasons"].get("incidents"))),
    ("road_m", _WHOLE, lambda g: sum((g["reasons"].get("road_m") or {}).values())),
    ("population", _WHOLE, lambda g: g["reasons"].get("population")),
    ("lon", "0.000000", lambda g: g["lon"]),
    ("lat", "0.000000", lambda g: g["lat"]),
]
_LOSS_COLUMNS: list[Column] = [
    ("camera", None, lambda x: x["name"]),
    ("seen_m2", _WHOLE, lambda x: x["seen_m2"]),
    ("sole_m2", _WHOLE, lambda x: x["sole_m2"]),
    ("sole_road_m", _WHOLE, lambda x: x["sole_road_m"]),
    ("sole_weight", "0.00", lambda x: x["sole_weight"]),
    ("sole_places", None, lambda x: _listed(x["sole_places"])),
]


def _listed(value: Any) -> Cell:
    """Return a list as one text, a number as it is."""
    if isinstance(value, list):
        return "、".join(str(v.get("name", v) if isinstance(v, dict) else v) for v in value)
    return value if value is None or isinstance(value, int | float) else str(value)


def _rate_columns(language: Language) -> list[Column]:
    return [
        ("rate", None, lambda r: word(r["code"], language)),
        ("value", _PERCENT, lambda r: r["value"]),
        ("target", _PERCENT, lambda r: r.get("target")),
        ("numerator", "General", lambda r: r["numerator"]),
        ("denominator", "General", lambda r: r["denominator"]),
        ("formula", None, lambda r: r[f"formula_{language}"]),
    ]


def _rate_rows(content: Content) -> list[dict[str, Any]]:
    return [{**row, "code": r["code"]} for r in content.rates for row in r.get("rows", ())]


def _rate_row_columns(language: Language) -> list[Column]:
    return [
        ("rate", None, lambda r: word(r["code"], language)),
        ("name", None, lambda r: r["name"]),
        ("counts", None, lambda r: word("yes" if r["counts"] else "no", language)),
        ("value", _PERCENT, lambda r: r.get("share")),
        ("why", None, lambda r: r[f"why_{language}"]),
    ]


def _history_columns(language: Language) -> list[Column]:
    return [
        ("day", None, lambda d: d["day"].isoformat()),
        ("reading", None, lambda d: word(d["reading"], language)),
        ("px_per_m", "0.0", lambda d: d["px_per_m"]),
        ("total", _WHOLE, lambda d: d["total"]),
        ("certain", _WHOLE, lambda d: d["certain"]),
        ("possible", _WHOLE, lambda d: d["possible"]),
        ("one", _WHOLE, lambda d: d["one"]),
    ]


def _camera_columns(language: Language) -> list[Column]:
    return [
        ("camera", None, lambda c: c.name),
        ("state", None, lambda c: word(c.state, language)),
        ("lon", "0.000000", lambda c: c.lon),
        ("lat", "0.000000", lambda c: c.lat),
    ]
