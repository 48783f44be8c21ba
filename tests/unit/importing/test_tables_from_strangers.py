"""Tables as they are found: titles above the header, blank lines, degrees in every spelling."""

import shutil
import zipfile
from pathlib import Path

import openpyxl
import pytest
import shapely

from gis.cells import text_of
from gis.columns import Field, personal_reason
from gis.degrees import degrees_of
from gis.faults import FileRefused
from gis.intake import Intake, Order, take_in
from gis.reading import Source
from gis.staging import StagingLimits, stage

FIELDS = (Field("name", ("名称",)),)
HEAD = "name,lon,lat\n"


def _take(path: Path, layer: str | None = None, wanted: str = "point") -> Intake:
    folder = path.parent / "private"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    staged = stage(path, folder, Source(folder, "", layer), StagingLimits())
    return take_in(Order(staged.source, wanted, FIELDS))  # type: ignore[arg-type]


def _refused(path: Path, layer: str | None = None) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        _take(path, layer)
    return refused.value


def _csv(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    return tmp_path / "a.csv"


def _book(path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


# 110 + 12/60 + 30.5/3600 = 110.2084722; 34 + 30/60 = 34.5.
@pytest.mark.parametrize(
    ("written", "axis", "degrees"),
    [
        *[("110.5", "lon", 110.5), ("110,5", "lon", 110.5), (110, "lon", 110.0)],
        *[("110°12'30.5\"E", "lon", 110.2084722), ("110°12′30.5″", "lon", 110.2084722)],
        *[("东经110度12分30.5秒", "lon", 110.2084722), ("110 12 30.5", "lon", 110.2084722)],
        *[("34:30", "lat", 34.5), ("N34°30'", "lat", 34.5), ("34.5S", "lat", -34.5)],
        *[("-34°30'", "lat", -34.5), ("110.5°W", "lon", -110.5), ("１１０．５", "lon", 110.5)],
        *[("110-12-30.5", "lon", 110.2084722), ("110.12.30.5", "lon", 110.2084722)],
        *[("110d12m30.5sE", "lon", 110.2084722), ("34d30m0sS", "lat", -34.5)],
        *[("110º12＇30.5＂", "lon", 110.2084722), ("北纬：34°30′", "lat", 34.5)],
        *[("110°12′30.5″东", "lon", 110.2084722), ("34°30′ 00″北", "lat", 34.5)],
    ],
)
def test_degrees_are_read_in_every_spelling(written: object, axis: str, degrees: float) -> None:
    assert degrees_of(written, axis) == pytest.approx(degrees, abs=1e-7)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "written",
    [
        "34.5N",
        "110°61'",
        "110 12 75",
        "E110.5W",
        "x",
        "",
        "1 2 3 4",
        "2024-01-02",
        pytest.param("1" + " " * 10**6 + "x", id="long"),
    ],
)
def test_what_is_no_longitude_is_not_made_one(written: str) -> None:
    assert degrees_of(written, "lon") is None


def test_semicolons_with_decimal_commas_are_read(tmp_path: Path) -> None:
    intake = _take(_csv(tmp_path, "名称;经度;纬度\n甲;110,5;34,25\n"))
    assert shapely.equals(intake.shapes[0], shapely.Point(110.5, 34.25))


def test_blank_lines_count_so_that_row_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    # Below the header: 1 blank, 2 good, 3 separators only, 4 spaces only, 5 bad.
    intake = _take(_csv(tmp_path, HEAD + "\na,110,34.5\n,,\n  , ,\nc,110.2,x\n"))
    assert [intake.number(index) for index in range(len(intake))] == [2, 5]
    assert [fault.row for fault in intake.faults] == [5]


def test_a_title_above_the_header_is_skipped_and_told(tmp_path: Path) -> None:
    intake = _take(_csv(tmp_path, "摄像机台账,,\n" + HEAD + "a,110,34.5\n"))
    assert "table.title_skipped" in [note.code for note in intake.notes]
    assert intake.columns == {"name": ["a"]}
    rows = [["台账"], ["name", "lon", "lat"], ["b", 110, 34.5]]
    assert _take(_book(tmp_path / "a.xlsx", s=rows)).columns == {"name": ["b"]}


def test_zero_zero_is_no_position_and_control_signs_no_text(tmp_path: Path) -> None:
    intake = _take(_csv(tmp_path, HEAD + "a,0,0\nb,0,34.5\n"))
    assert [(fault.row, fault.code) for fault in intake.faults] == [(1, "coordinate.zero")]
    assert text_of("a\x1b[31m\x00b\x07") == "a[31mb"


def test_the_separator_line_of_excel_is_obeyed(tmp_path: Path) -> None:
    intake = _take(_csv(tmp_path, "sep=;\nname;lon;lat\na;110;34.5\n"))
    assert intake.columns == {"name": ["a"]}


def test_a_table_without_header_is_refused_without_showing_its_first_line(tmp_path: Path) -> None:
    refused = _refused(_csv(tmp_path, "张三,13900001111,110.1,34.5\n李四,13900001112,110.2,34.6\n"))
    assert refused.code == "table.no_header"
    assert "张三" not in str(refused) and "13900001111" not in str(refused)


def test_text_in_big5_is_read_as_such_though_nobody_says_so(tmp_path: Path) -> None:
    path = _csv(tmp_path, HEAD + "臺北,110,34.5\n中壢區,110,34.6\n", "big5")
    intake = _take(path)
    assert (intake.columns["name"], intake.encoding.name) == (["臺北", "中壢區"], "big5")
    plain = _csv(tmp_path, HEAD + "人民路,110,34.5\n喆园,110,34.6\n", "gbk")
    assert "encoding.doubtful" not in [note.code for note in _take(plain).notes]


def test_of_several_sheets_the_one_with_a_position_is_read(tmp_path: Path) -> None:
    table = [["name", "lon", "lat"], ["a", 110, 34.5]]
    path = _book(tmp_path / "a.xlsx", 说明=[["用途", "时间"]], 点位=table, 空=[])
    assert _take(path).columns == {"name": ["a"]}
    assert _refused(_book(tmp_path / "b.xlsx", 甲=table, 乙=table)).code == "layer.choose"
    assert _take(tmp_path / "b.xlsx", layer="乙").columns == {"name": ["a"]}


def test_a_formula_without_a_stored_value_is_a_row_without_position(tmp_path: Path) -> None:
    rows = [["name", "lon", "lat"], ["a", "=110+0.1", 34.5], ["#N/A", 110, 34.5]]
    intake = _take(_book(tmp_path / "a.xlsx", s=rows))
    assert [fault.row for fault in intake.faults] == [1]
    assert intake.columns["name"] == ["a", None]


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("sheet1.xml", b"<v>110</v>", "<v>张三丰</v>".encode()),
        ("sheet1.xml", b"</sheetData>", b""),
        ("workbook.xml", b"<sheets>", b"<sheet>"),
    ],
)
def test_a_broken_workbook_is_refused_without_quoting_it(
    part: str, old: bytes, new: bytes, tmp_path: Path
) -> None:
    good = _book(tmp_path / "good.xlsx", s=[["name", "lon", "lat"], ["a", 110, 34.5]])
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as sink:
        for name in source.namelist():
            content = source.read(name)
            sink.writestr(name, content.replace(old, new) if name.endswith(part) else content)
    refused = _refused(tmp_path / "a.xlsx")
    assert refused.code == "file.unreadable"
    assert "张三丰" not in str(refused) and str(tmp_path) not in str(refused)


@pytest.mark.parametrize(
    ("column", "reason"),
    # A .dbf keeps 10 bytes of a name: 3 characters in UTF-8, 5 in GBK.
    [("联系电", "phone"), ("公民身份号", "identity"), ("contact_na", "person_name")],
)
def test_personal_columns_are_told_by_names_cut_at_ten_bytes(column: str, reason: str) -> None:
    assert personal_reason(column) == reason


@pytest.mark.parametrize(
    "column", ["行政区", "建筑名称", "household", "direction", "camera_dir", "行政区划代"]
)
def test_other_names_of_that_length_stay_open(column: str) -> None:
    assert personal_reason(column) is None
