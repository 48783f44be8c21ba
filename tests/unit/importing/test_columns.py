"""Which column is which, and which must never be read."""

import pytest

from gis.cells import number_of, text_of, yes_of
from gis.columns import Field, match_columns, personal_reason
from gis.faults import FileRefused

FIELDS = (
    Field("name", ("名称", "title")),
    Field("height_m", ("高度", "height")),
    Field("azimuth_deg", ("camera:direction", "direction"), gathers=True),
)


def _taken(columns: list[str], **overrides: str) -> dict[str, list[str]]:
    matching = match_columns(columns, FIELDS, overrides)
    taken: dict[str, list[str]] = {}
    for match in matching.matched:
        taken.setdefault(match.field, []).append(match.column)
    return taken


def test_names_match_without_case_space_or_punctuation() -> None:
    assert _taken(["NAME", " Height ", "Ｔｉｔｌｅ"]) == {
        "name": ["NAME"],
        "height_m": [" Height "],
    }


def test_names_cut_by_a_dbf_are_known_where_they_fit_one_field_alone() -> None:
    fields = (
        Field("azimuth_deg", ("azimuth",)),
        Field("azimuth_error_deg", ()),
        Field("code", ("行政区划代码",)),
        Field("title", ("行政区划名称",)),
    )
    # 10 bytes: azimuth_de|g, azimuth_er|ror_deg, and 5 characters of GBK; 3 of UTF-8 fit two.
    columns = ["azimuth_de", "azimuth_er", "行政区划代", "行政区"]
    matching = match_columns(columns, fields, {})
    assert [(m.field, m.column, m.how) for m in matching.matched] == [
        ("azimuth_deg", "azimuth_de", "cut"),
        ("azimuth_error_deg", "azimuth_er", "cut"),
        ("code", "行政区划代", "cut"),
    ]
    assert matching.ignored == ("行政区",)


def test_a_whole_name_wins_over_a_cut_one() -> None:
    matching = match_columns(["azimuth_de", "azimuth"], (Field("azimuth_deg", ("azimuth",)),), {})
    assert [m.column for m in matching.matched] == ["azimuth"]


def test_a_field_that_gathers_takes_all_its_columns_in_order_of_preference() -> None:
    assert _taken(["direction", "camera:direction"])["azimuth_deg"] == [
        "camera:direction",
        "direction",
    ]


def test_the_users_choice_wins_over_every_alias() -> None:
    assert _taken(["名称", "别名"], name="别名") == {"name": ["别名"]}


def test_what_is_not_known_is_reported_as_ignored() -> None:
    assert match_columns(["名称", "颜色"], FIELDS, {}).ignored == ("颜色",)


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        *[("姓名", "person_name"), ("负责人", "person_name"), ("责任人姓名", "person_name")],
        *[("联系电话", "phone"), ("MOBILE", "phone"), ("owner_phone", "phone")],
        *[("身份证号", "identity"), ("ID_Card", "identity"), ("车牌号", "plate")],
        *[("owner_name", "person_name"), ("E-Mail", "contact"), ("出生日期", "person")],
    ],
)
def test_columns_about_persons_are_told_by_their_name(column: str, reason: str) -> None:
    assert personal_reason(column) == reason


@pytest.mark.parametrize(
    "column",
    [
        *["name", "NAME", "名称", "设备名称", "telephone_pole", "电话亭", "street_name"],
        *[
            "车牌识别",
            "手机信号塔",
            "manufacturer",
            "department",
            "管理单位",
            "plate_count",
            "village",
        ],
    ],
)
def test_places_and_things_are_not_taken_for_persons(column: str) -> None:
    assert personal_reason(column) is None


def test_a_personal_column_cannot_be_opened_by_mapping() -> None:
    with pytest.raises(FileRefused) as refused:
        match_columns(["户主"], FIELDS, {"name": "户主"})
    assert refused.value.code == "columns.personal"


@pytest.mark.parametrize(
    ("mapping", "code"),
    [({"nose": "名称"}, "columns.unknown_field"), ({"name": "missing"}, "columns.no_such_column")],
)
def test_a_mapping_that_fits_nothing_is_refused(mapping: dict[str, str], code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        match_columns(["名称"], FIELDS, mapping)
    assert refused.value.code == code


def test_cells_say_what_they_hold_and_no_more() -> None:
    assert [number_of(c) for c in ("12.5 m", "1,200", "９", 3)] == [12.5, 1200.0, 9.0, 3.0]
    assert [number_of(c) for c in ("", "high", None, float("nan"), "1;2")] == [None] * 5
    assert [text_of(c) for c in (7.0, " a ", "", None)] == ["7", "a", None, None]
    assert [yes_of(c) for c in ("是", "0", True, "maybe")] == [True, False, True, None]
