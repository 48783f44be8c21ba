"""Encodings a file's texts could be in, each with a text decoded, the likeliest first.

Beside `gis.encodings`, which decides for an import, this shows what there is to decide.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gis.encodings import decode, known_codec

#: Language drivers of a .dbf (byte 29) that say anything of texts met here.
_DRIVERS = {
    **{0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5", 0x78: "big5", 0x13: "cp932"},
    **{0x7B: "cp932", 0x4E: "cp949", 0x79: "cp949", 0x03: "cp1252", 0x57: "cp1252"},
}
#: Drivers that writers leave in without a thought: they say nothing against other encodings.
_IDLE_DRIVERS = (0x00, 0x03, 0x57)
_TRIED = ("utf-8", "gb18030", "big5")
_SAMPLE = 24


@dataclass(frozen=True, slots=True)
class Script:
    """One encoding tried.

    Attributes
    ----------
    name : str
        Python's name.
    decodes : bool
        True when every text decodes in it.
    common : float
        Share of usual characters among the Chinese ones; nan when there are none.
    sample : str
        A text decoded so, of a column that is kept.
    said_by : str
        cpg, language byte or "" when only tried.

    """

    name: str
    decodes: bool
    common: float
    sample: str
    said_by: str = ""


def scripts_of(
    texts: Iterable[bytes], shown: Iterable[bytes], said: dict[str, str]
) -> tuple[Script, ...]:
    """Encodings tried on the texts of a file.

    Parameters
    ----------
    texts : iterable of bytes
        All texts, names of columns among them.
    shown : iterable of bytes
        Those of which one may be shown.
    said : dict of str to str
        Who says what: cpg and language byte to an encoding's name.

    Returns
    -------
    tuple of Script
        The likeliest first; the first is "ascii" where there is nothing to decide.

    """
    telling = sorted({text for text in texts if not text.isascii()})
    sample = max((text for text in shown if not text.isascii()), key=len, default=b"")
    if not telling:
        return (Script("ascii", True, float("nan"), ""),)
    stated = {codec: who for who, name in said.items() if (codec := known_codec(name))}
    names = dict.fromkeys((*_TRIED, *stated))
    found = [_tried(name, telling, sample, stated.get(name, "")) for name in names]
    return tuple(sorted(found, key=_order))


def language_encoding(dbf: Path) -> tuple[int, str | None]:
    """Language byte of a .dbf and the encoding it means; None when it means none, or little."""
    with dbf.open("rb") as stream:
        head = stream.read(32)
    if len(head) < 32:
        return 0, None
    (driver,) = struct.unpack_from("B", head, 29)
    return driver, None if driver in _IDLE_DRIVERS else _DRIVERS.get(driver)


def _tried(name: str, telling: list[bytes], sample: bytes, said_by: str) -> Script:
    read, whole = [], True
    for text in telling:
        try:
            read.append(decode(text, name)[0])
        except UnicodeDecodeError:
            whole = False
    shown = sample.decode(name, errors="replace")[:_SAMPLE]
    return Script(name, whole, _common_share("".join(read), name), shown, said_by)


def _common_share(read: str, name: str) -> float:
    """Share of everyday characters: of GB 2312's first level, or of Big5's.

    Text read in the wrong one of the two is full of the rare characters of the other's halves.
    """
    han = [sign for sign in read if "\u3400" <= sign <= "\u9fff" or "\ue000" <= sign <= "\uf8ff"]
    if not han:
        return float("nan")
    usual = sum(_is_everyday(sign, "big5" if name == "big5" else "gb2312") for sign in han)
    if name not in ("big5", "gb18030"):
        usual = sum(_is_everyday(s, "gb2312") or _is_everyday(s, "big5") for s in han)
    return usual / len(han)


def _is_everyday(sign: str, name: str) -> bool:
    try:
        lead = sign.encode(name)[0]
    except UnicodeEncodeError:
        return False
    return 0xB0 <= lead <= 0xD7 if name == "gb2312" else 0xA4 <= lead <= 0xC6


def _order(script: Script) -> tuple[bool, bool, float]:
    """UTF-8 that decodes is UTF-8; of the others the one full of everyday characters."""
    is_han = script.common == script.common
    return not script.decodes, script.name != "utf-8", -(script.common if is_han else -1.0)
