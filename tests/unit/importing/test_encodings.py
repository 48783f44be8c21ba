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


TRADITIONAL = ["臺北市中正區", "中壢區衛生所", "環河道路與學校"]


@pytest.mark.parametrize("cpg", [None, "UTF-8", "GBK", "936", "BIG5", "1252", "ISO-8859-1"])
@pytest.mark.parametrize(
    ("words", "stored", "found"),
    [
        (NAMES, "gbk", "gb18030"),
        (NAMES, "utf-8", "utf-8"),
        (TRADITIONAL, "big5", "big5"),
        (["卞庄村村民委员会"], "utf-8", "utf-8"),
        (["卞庄村村民委员会"], "gbk", "gb18030"),
        (["仁村村委會"], "big5", "big5"),
        # Their bytes in GBK are Cyrillic letters in UTF-8.
        (["学校", "学区"], "gbk", "gb18030"),
    ],
)
def test_whatever_the_cpg_says_no_text_becomes_mojibake(
    words: list[str], stored: str, found: str, cpg: str | None
) -> None:
    encoding = choose_encoding([word.encode(stored) for word in words], declared=cpg)
    assert encoding.name == found


def test_a_degree_sign_alone_is_no_chinese() -> None:
    assert choose_encoding(["110°12'".encode(), "5 m²".encode()]).name == "utf-8"


def test_what_could_be_either_is_doubted_and_never_in_silence() -> None:
    # 臺 and 稱 are none of GB 2312; 名 in Big5 is everyday in both.
    encoding = choose_encoding(["名稱".encode("big5")])
    assert "encoding.doubtful" in [note.code for note in encoding.notes]


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
