"""Encodings: what decodes, what lies, and what is refused."""

import pytest

from gis.encodings import choose_encoding, decode
from gis.faults import FileRefused

NAMES = ["浦东新区", "宝山区", "人民路与建设街路口", "联通大厦"]


def _in(encoding: str) -> list[bytes]:
    return [name.encode(encoding) for name in NAMES]


@pytest.mark.parametrize(("stored", "found"), [("utf-8", "utf-8"), ("gbk", "gb18030")])
def test_the_texts_decide_where_nobody_says(stored: str, found: str) -> None:
    encoding = choose_encoding(_in(stored))
    assert (encoding.name, encoding.how) == (found, "decodes")


@pytest.mark.parametrize(
    ("cpg", "stored", "found"),
    [("UTF-8", "gbk", "gb18030"), ("GBK", "utf-8", "utf-8"), ("ISO-8859-1", "gbk", "gb18030")],
)
def test_a_lying_cpg_is_overruled_with_a_note(cpg: str, stored: str, found: str) -> None:
    encoding = choose_encoding(_in(stored), declared=cpg)
    assert encoding.name == found
    assert [note.code for note in encoding.notes] == ["encoding.cpg_lies"]


@pytest.mark.parametrize("cpg", ["936", "GB2312", "cp936", "gb18030"])
def test_a_true_cpg_is_believed(cpg: str) -> None:
    encoding = choose_encoding(_in("gbk"), declared=cpg)
    assert (encoding.name, encoding.how, encoding.notes) == ("gb18030", "declared", ())


def test_an_option_that_does_not_decode_is_refused_not_replaced() -> None:
    with pytest.raises(FileRefused) as refused:
        choose_encoding(_in("gbk"), option="utf-8")
    assert refused.value.code == "encoding.wrong"


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(FileRefused) as refused:
        choose_encoding([b"\xff\xfe\x00\xff", b"\x80\xff"])
    assert refused.value.code == "encoding.none"


def test_a_name_cut_inside_a_character_loses_only_that_character() -> None:
    # A .dbf field name ends at 10 bytes: 行政区划代码 is 12 in GBK (5 characters stay) and 18 in
    # UTF-8 (3 stay, and one byte of the fourth is left over).
    assert decode("行政区划代码".encode("gbk")[:10], "gb18030") == ("行政区划代", False)
    assert decode("行政区划代码".encode()[:10], "utf-8") == ("行政区", True)


def test_a_cut_value_does_not_change_the_verdict() -> None:
    texts = [*_in("utf-8"), "一二三四".encode()[:10]]
    assert choose_encoding(texts).name == "utf-8"
