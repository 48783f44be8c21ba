"""The paper for the meeting: a few A4 pages with key figures, a map, charts and short lists.

Drawn with fpdf2 in the system's Noto Sans CJK, of which only the letters used are embedded.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from ...errors import Language, Misconfigured
from .content import IEC, Content, Row
from .palette import STEPS
from .paper_map import draw_map
from .wording import word

FONT: Final = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
_SIMPLIFIED: Final = 2  # the collection's font for simplified Chinese
_LEFT, _WIDE, _BOTTOM = 15.0, 267.0, 195.0
_INK, _FAINT, _LINE = (28, 39, 51), (96, 108, 120), (206, 212, 218)
_ACCENT = (43, 140, 190)
_LISTED = 14


def pdf_bytes(content: Content, language: Language) -> bytes:
    """Return the paper as a file's bytes.

    Raises
    ------
    Misconfigured
        If the font is not installed.

    """
    if not FONT.exists():
        raise Misconfigured(reason=f"{FONT.name} is missing: install fonts-noto-cjk")
    paper = _Paper(content, language)
    _front(paper)
    _map_page(paper)
    _township_page(paper)
    _places_page(paper)
    _gaps_page(paper)
    return bytes(paper.output())


class _Paper(FPDF):
    """A4 across, with the report's heading and page numbers."""

    def __init__(self, content: Content, language: Language) -> None:
        super().__init__(orientation="L", format="A4")
        self.content, self.language = content, language
        self.add_font("noto", fname=str(FONT), collection_font_number=_SIMPLIFIED)
        self.set_title(self.word("title", name=content.division_name))
        self.set_creation_date(content.made_at)
        self.set_margins(_LEFT, 14, _LEFT)
        self.set_auto_page_break(auto=False)
        self.set_font("noto", size=10)

    def word(self, key: str, **blanks: object) -> str:
        return word(key, self.language, **blanks)

    def footer(self) -> None:
        self.set_y(-12)
        self.ink(8, _FAINT)
        at = self.content.as_of
        told = self.word("as_of", at=_local(at)) if at else self.word("no_figures")
        self.cell(_WIDE / 2, 5, told)
        self.cell(_WIDE / 2, 5, self.word("page", page=self.page_no()), align="R")

    def ink(self, size: float, colour: tuple[int, int, int] = _INK) -> None:
        self.set_font("noto", size=size)
        self.set_text_color(*colour)

    def heading(self, text: str) -> None:
        self.ink(16)
        self.cell(_WIDE, 9, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_draw_color(*_ACCENT)
        self.set_line_width(0.6)
        self.line(_LEFT, self.get_y() + 0.5, _LEFT + 24, self.get_y() + 0.5)
        self.ln(5)


def _front(paper: _Paper) -> None:
    paper.add_page()
    paper.ink(26)
    title = paper.word("title", name=paper.content.division_name)
    paper.cell(_WIDE, 16, title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.ink(10, _FAINT)
    made = paper.word("made_at", at=_local(paper.content.made_at))
    paper.cell(_WIDE, 6, made, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.ln(6)
    for reading in ("installed", "now"):
        _cards(paper, reading)
    _counts(paper)
    _rate_cards(paper)
    paper.set_y(_BOTTOM - 28)
    paper.ink(8.5, _FAINT)
    paper.multi_cell(_WIDE, 4.6, paper.word("method_note"), align="L")


def _cards(paper: _Paper, reading: str) -> None:
    """One card a band: the share seen for sure, with what is seen perhaps beneath."""
    paper.ink(11)
    label = f"{paper.word(reading)} · {paper.word('certain_share')}"
    paper.cell(_WIDE, 7, label, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    top, wide = paper.get_y(), _WIDE / len(IEC)
    for place, band in enumerate(IEC):
        row = paper.content.whole(reading, band.least_px_per_m)
        left = _LEFT + place * wide
        paper.set_fill_color(244, 247, 250)
        paper.rect(left, top, wide - 4, 24, style="F")
        paper.set_xy(left + 4, top + 2)
        paper.ink(9, _FAINT)
        paper.cell(wide - 8, 5, f"{paper.word(band.name)} · {band.least_px_per_m:g} px/m")
        paper.set_xy(left + 4, top + 7)
        paper.ink(20)
        paper.cell(wide - 8, 10, _percent(row, "certain"))
        paper.set_xy(left + 4, top + 17)
        paper.ink(8.5, _FAINT)
        paper.cell(wide - 8, 5, f"{paper.word('possible_share')} {_percent(row, 'possible')}")
    paper.set_y(top + 28)


def _counts(paper: _Paper) -> None:
    counts = paper.content.camera_counts()
    told = "    ".join(f"{paper.word(state)} {count}" for state, count in counts.items())
    paper.ink(10)
    paper.cell(_WIDE, 8, f"{paper.word('cameras')}：{told}", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _rate_cards(paper: _Paper) -> None:
    if not paper.content.rates:
        return
    paper.ln(1)
    paper.ink(11)
    paper.cell(_WIDE, 7, paper.word("rates"), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    top, wide = paper.get_y(), _WIDE / len(paper.content.rates)
    for place, rate in enumerate(paper.content.rates):
        left, value = _LEFT + place * wide, rate["value"]
        paper.set_fill_color(244, 247, 250)
        paper.rect(left, top, wide - 4, 22, style="F")
        paper.set_xy(left + 4, top + 2)
        paper.ink(9, _FAINT)
        paper.cell(wide - 8, 5, paper.word(rate["code"]))
        paper.set_xy(left + 4, top + 7)
        paper.ink(16)
        paper.cell(wide - 8, 8, "—" if value is None else f"{value:.1%}")
        paper.set_xy(left + 4, top + 15)
        paper.ink(8, _FAINT)
        target = f" · {paper.word('target')} {rate['target']:.0%}" if rate.get("target") else ""
        paper.cell(wide - 8, 5, f"{rate['numerator']:g} / {rate['denominator']:g}{target}")
    paper.set_y(top + 26)


def _map_page(paper: _Paper) -> None:
    paper.add_page()
    paper.heading(paper.word("map"))
    band = IEC[0]
    shares = {
        row.subject_id: row.share("certain")
        for row in paper.content.of("grid")
        if row.px_per_m == band.least_px_per_m
    }
    draw_map(paper, paper.content, shares, (_LEFT, paper.get_y(), 200.0, _BOTTOM - paper.get_y()))
    left, top = _LEFT + 208.0, 40.0
    paper.ink(9)
    paper.set_xy(left, top)
    paper.multi_cell(
        59, 5, paper.word("legend", band=paper.word(band.name), px=band.least_px_per_m)
    )
    top = paper.get_y() + 2
    for low, high, colour in STEPS:
        paper.set_fill_color(colour)
        paper.set_draw_color(*_LINE)
        paper.rect(left, top, 6, 4.5, style="FD")
        paper.set_xy(left + 8, top)
        paper.cell(40, 4.5, f"{low:.0%} – {high:.0%}")
        top += 6.5
    paper.set_fill_color(60, 66, 72)
    paper.rect(left, top, 6, 4.5, style="F")
    paper.set_xy(left + 8, top)
    paper.cell(40, 4.5, paper.word("gaps"))


def _township_page(paper: _Paper) -> None:
    paper.add_page()
    paper.heading(paper.word("by_township"))
    band = IEC[0]
    rows = paper.content.townships("installed", band.least_px_per_m)[:24]
    now = {r.subject_id: r for r in paper.content.townships("now", band.least_px_per_m)}
    each = min((_BOTTOM - paper.get_y() - 8) / max(len(rows), 1), 16.0)
    for row in rows:
        top = paper.get_y()
        paper.ink(10)
        paper.cell(52, each * 0.8, _short(row.name, 12))
        for place, shown in enumerate((row, now.get(row.subject_id))):
            _bar(paper, shown, top + place * each * 0.4, each * 0.34, is_now=bool(place))
        paper.set_xy(_LEFT, top + each)
    paper.ink(8.5, _ACCENT)
    paper.cell(_WIDE, 5, f"■ {paper.word('installed')}    □ {paper.word('now')}")


def _bar(paper: _Paper, row: Row | None, top: float, high: float, *, is_now: bool) -> None:
    left, full = _LEFT + 54, 180.0
    share = row.share("certain") if row else None
    paper.set_fill_color(238, 241, 244)
    paper.rect(left, top, full, high, style="F")
    paper.set_draw_color(*_ACCENT)
    paper.set_fill_color(*_ACCENT)
    paper.set_line_width(0.3)
    if share:
        paper.rect(left, top, full * share, high, style="D" if is_now else "F")
    paper.ink(8, _FAINT)
    paper.set_xy(left + full + 3, top)
    paper.cell(26, high, "—" if share is None else f"{share:.1%}")


def _places_page(paper: _Paper) -> None:
    rows = [r for r in paper.content.of("place") if r.px_per_m == IEC[0].least_px_per_m]
    rows.sort(key=lambda row: (row.share("certain") or 0.0, row.name))
    paper.add_page()
    paper.heading(paper.word("worst_places"))
    heads = ["name", "division", "certain_share", "possible_share", "one_share", "none_share"]
    body = [
        [
            _short(row.name, 22),
            _short(row.division_name, 14),
            *(_percent(row, part) for part in ("certain", "possible", "one", "none")),
        ]
        for row in rows[: _LISTED + 8]
    ]
    _table(paper, [paper.word(head) for head in heads], body, (90, 53, 31, 31, 31, 31))


def _gaps_page(paper: _Paper) -> None:
    paper.add_page()
    paper.heading(paper.word("worst_gaps"))
    body = [
        [
            gap["grid_code"],
            _short(gap["grid_name"], 18),
            f"{gap['area_m2']:,.0f}",
            f"{gap['weight']:.2f}",
        ]
        for gap in paper.content.gaps[: _LISTED - 4]
    ]
    heads = [paper.word(key) for key in ("grid_code", "grid_name", "area_m2", "weight")]
    _table(paper, heads, body, (70, 97, 50, 50))
    paper.ln(6)
    idle = sum(1 for loss in paper.content.losses if not loss["sole_m2"])
    paper.heading(paper.word("dearest"))
    dearest = [
        [_short(x["name"], 30), f"{x['seen_m2']:,.0f}", f"{x['sole_m2']:,.0f}"]
        for x in paper.content.losses[: _LISTED - 6]
    ]
    heads = [paper.word(key) for key in ("camera", "seen_m2", "sole_m2")]
    _table(paper, heads, dearest, (147, 60, 60))
    paper.ink(9, _FAINT)
    paper.cell(_WIDE, 7, paper.word("idle", count=idle))


def _table(
    paper: _Paper, heads: Sequence[str], body: list[list[str]], widths: tuple[float, ...]
) -> None:
    paper.ink(9, _FAINT)
    for head, wide in zip(heads, widths, strict=True):
        paper.cell(wide, 7, head)
    paper.ln(7)
    paper.set_draw_color(*_LINE)
    paper.set_line_width(0.2)
    paper.ink(9.5)
    for row in body:
        paper.line(_LEFT, paper.get_y(), _LEFT + _WIDE, paper.get_y())
        for cell, wide in zip(row, widths, strict=True):
            paper.cell(wide, 6.4, cell)
        paper.ln(6.4)
    if not body:
        paper.cell(_WIDE, 6.4, paper.word("unknown"), new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _percent(row: Row | None, part: str) -> str:
    share = row.share(part) if row else None
    return "—" if share is None else f"{share:.1%}"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _local(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M")
