"""Encodings tried on a file's texts: the true one first, whoever says what."""

import struct
from pathlib import Path

import pytest

from gis.scripts import language_encoding, scripts_of

SIMPLE = ["浦东新区", "人民路与建设街路口", "云溪镇政府", "学校北门"]
TRADITIONAL = ["臺北市中正區", "中壢區衛生所", "環河道路與學校", "縣政府東門"]


@pytest.mark.parametrize(
    ("words", "stored", "found"),
    [(SIMPLE, "utf-8", "utf-8"), (SIMPLE, "gbk", "gb18030"), (TRADITIONAL, "big5", "big5")],
)
@pytest.mark.parametrize("cpg", ["", "UTF-8", "GBK", "Big5", "ISO-8859-1"])
def test_the_texts_tell_whatever_the_cpg_says(
    words: list[str], stored: str, found: str, cpg: str
) -> None:
    texts = [word.encode(stored) for word in words]
    scripts = scripts_of(texts, texts, {"cpg": cpg} if cpg else {})
    assert (scripts[0].name, scripts[0].decodes) == (found, True)
    # The longest text, whole or its beginning, is shown as it reads.
    assert scripts[0].sample == max(words, key=lambda word: len(word.encode(stored)))


def test_who_said_an_encoding_stands_beside_it() -> None:
    texts = [word.encode("gbk") for word in SIMPLE]
    said = {one.name: one.said_by for one in scripts_of(texts, texts, {"cpg": "UTF-8"})}
    assert said["utf-8"] == "cpg" and said["gb18030"] == ""


def test_plain_ascii_leaves_nothing_to_decide() -> None:
    assert [one.name for one in scripts_of([b"A1", b"B2"], [b"A1"], {})] == ["ascii"]


@pytest.mark.parametrize(
    ("driver", "name"), [(0x4D, "gb18030"), (0x78, "big5"), (0x00, None), (0x57, None)]
)
def test_the_language_byte_of_a_dbf(driver: int, name: str | None, tmp_path: Path) -> None:
    head = bytearray(struct.pack("<BBBBIHH", 3, 126, 1, 1, 0, 33, 1) + bytes(20))
    head[29] = driver
    (tmp_path / "a.dbf").write_bytes(bytes(head) + b"\r")
    assert language_encoding(tmp_path / "a.dbf") == (driver, name)
