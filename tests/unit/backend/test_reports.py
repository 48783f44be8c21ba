"""Workbook, paper and page tell the figures they were given, and nothing they should not."""

import io
import re
import zlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import shapely
from openpyxl import load_workbook

from backend.console import DIST
from backend.coverage.reports.content import IEC, CameraPoint, Content, Row
from backend.coverage.reports.palette import NO_DATA, STEPS, colour_of
from backend.coverage.reports.paper import FONT, pdf_bytes
from backend.coverage.reports.workbook import xlsx_bytes

COUNTY, TOWN = 699901000000, 699901101000
NOW = datetime(2026, 3, 1, 4, 5, tzinfo=UTC)
EVIL = "=cmd|' /C calc'!A0"


def row(kind: str, subject: int, name: str, *, certain: float, reading: str = "installed") -> Row:
    """One subject of 1,000 m2, a tenth of it seen perhaps, half of what is sure by one camera."""
    return Row(
        kind,
        subject,
        TOWN,
        reading,
        "area",
        IEC[0].least_px_per_m,
        1000.0,
        certain,
        100.0,
        certain / 2,
        certain / 2,
        "exact",
        NOW,
        str(subject),
        name,
        "某村",
    )


@pytest.fixture
def content() -> Content:
    grid = shapely.box(108.6, 34.0, 108.61, 34.01)
    return Content(
        COUNTY,
        "云溪县",
        NOW,
        NOW,
        (
            row("division", COUNTY, "云溪县", certain=430.0),
            row("division", COUNTY, "云溪县", certain=400.0, reading="now"),
            row("division", TOWN, "城关街道", certain=430.0),
            row("grid", 7, "</script><b>网格", certain=250.0),
            row("place", 3, EVIL, certain=0.0),
        ),
        (
            {
                "grid_code": "7",
                "grid_name": "网格",
                "area_m2": 650.0,
                "weight": 2.5,
                "reasons": {"key_places": ["云溪一中"], "incidents": 3, "road_m": {"county": 20.0}},
                "lon": 108.605,
                "lat": 34.005,
                "shape": grid.buffer(-0.002),
            },
        ),
        (
            {
                "name": "+7号枪机",
                "seen_m2": 500.0,
                "sole_m2": 0.0,
                "sole_road_m": 0.0,
                "sole_weight": 0.0,
                "sole_places": [],
            },
        ),
        (
            {
                "day": date(2026, 3, 1),
                "reading": "now",
                "px_per_m": 20.0,
                "total": 1000.0,
                "certain": 400.0,
                "possible": 100.0,
                "one": 200.0,
            },
        ),
        (
            {
                "code": "covered",
                "value": None,
                "numerator": 0,
                "denominator": 0,
                "target": 1.0,
                "formula_zh": "达标 ÷ 全部",
                "formula_en": "met / all",
                "rows": [
                    {"name": EVIL, "counts": False, "share": 0.0, "why_zh": "盲", "why_en": "blind"}
                ],
            },
        ),
        (CameraPoint(1, "<img src=x onerror=alert(1)>", "alive", 108.605, 34.005),),
        {7: grid},
        (("county", shapely.LineString([(108.6, 34.0), (108.61, 34.01)])),),
    )


def test_the_workbook_has_a_sheet_for_each_question_with_its_figures(content: Content) -> None:
    book = load_workbook(io.BytesIO(xlsx_bytes(content, "zh")))
    assert book.sheetnames == [
        *("总览", "行政区划", "网格", "重点部位", "盲区"),
        *("摄像机得失", "四率", "四率明细", "逐日", "摄像机"),
    ]
    heads, grid = ([cell.value for cell in line] for line in book["网格"].iter_rows())
    told = dict(zip(heads, grid, strict=True))
    assert told["确定可见率"] == 0.25
    assert told["不可见"] == 650.0  # 1000 - 250 - 100
    assert book["网格"].freeze_panes == "A2"


def test_the_summary_states_both_readings(content: Content) -> None:
    summary = load_workbook(io.BytesIO(xlsx_bytes(content, "en")))["Summary"]
    shares = [line[3].value for line in summary.iter_rows() if line[2].value == 20]
    assert shares == [0.43, 0.4]


def test_no_text_of_the_database_becomes_a_formula(content: Content) -> None:
    book = load_workbook(io.BytesIO(xlsx_bytes(content, "zh")))
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    texts = [cell for cell in cells if str(cell.value or "").startswith(("=", "+"))]
    assert len(texts) == 3  # the place twice, the camera
    assert {cell.data_type for cell in texts} == {"s"}
    assert all(cell.quotePrefix for cell in texts)


@pytest.mark.skipif(not FONT.exists(), reason="fonts-noto-cjk is not installed")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_paper_has_five_pages_and_embeds_its_letters(content: Content, language) -> None:
    paper = pdf_bytes(content, language)
    assert paper.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", paper)) == 5
    assert b"/FontFile" in paper


@pytest.mark.skipif(not FONT.exists(), reason="fonts-noto-cjk is not installed")
def test_the_paper_draws_each_grid_in_the_colour_of_its_share(content: Content) -> None:
    paper = pdf_bytes(content, "zh")
    streams = re.findall(rb"stream\r?\n(.*?)endstream", paper, re.DOTALL)
    pages = b"".join(_plain(stream) for stream in streams)
    red, green, blue = (int(colour_of(0.25)[i : i + 2], 16) / 255 for i in (1, 3, 5))
    drawn = {
        tuple(round(float(part), 2) for part in found)
        for found in re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) rg", pages)
    }
    assert (round(red, 2), round(green, 2), round(blue, 2)) in drawn


def _plain(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream.rstrip(b"\r\n"))
    except zlib.error:
        return b""


@pytest.mark.skipif(not (DIST / "report").exists(), reason="the console is not built")
def test_the_page_names_no_address_that_a_browser_would_fetch(content: Content) -> None:
    from backend.coverage.reports.webmap import html_bytes

    page = html_bytes(content, "zh").decode()
    fetched = re.findall(r"""(?:src|href)=["']?(https?:[^"'>]+)|url\((?!data:|#)([^)]+)\)""", page)
    # The one link is Leaflet's name in the corner, followed only when clicked.
    assert {one or two for one, two in fetched} <= {"https://leafletjs.com"}
    assert "<script src" not in page


@pytest.mark.skipif(not (DIST / "report").exists(), reason="the console is not built")
def test_names_are_text_on_the_page_and_never_markup(content: Content) -> None:
    from backend.coverage.reports.webmap import html_bytes

    page = html_bytes(content, "zh").decode()
    assert "<img src=x" not in page
    assert "</script><b>" not in page


def test_a_share_has_one_colour_and_no_data_another() -> None:
    assert colour_of(None) == NO_DATA
    assert [colour_of(low) for low, _, _ in STEPS] == [colour for _, _, colour in STEPS]
    assert colour_of(1.0) == STEPS[-1][2]


def test_the_font_is_the_one_setup_installs() -> None:
    setup = Path(__file__).parents[3] / "scripts" / "setup.sh"
    assert str(FONT) in setup.read_text("utf-8")
