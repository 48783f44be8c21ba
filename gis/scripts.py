"""Encodings a file's texts could be in, each with a text decoded, the likeliest first.

Beside `gis.encodings`, which decides for an import, this shows what there is to decide.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gis.encodings import known_codec, rival, trials

#: Language drivers of a .dbf (byte 29) that say anything of texts met here.
_DRIVERS = {
    **{0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5", 0x78: "big5", 0x13: "cp932"},
    **{0x7B: "cp932", 0x4E: "cp949", 0x79: "cp949", 0x03: "cp1252", 0x57: "cp1252"},
}
#: Drivers that writers leave in without a thought: they say nothing against other encodings.
_IDLE_DRIVERS = (0x00, 0x03, 0x57)
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
    is_doubted : bool
        True for the first two where the texts bear out both alike.

    """

    name: str
    decodes: bool
    common: float
    sample: str
    said_by: str = ""
    is_doubted: bool = False


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
    cpg = next((codec for codec, who in stated.items() if who == "cpg"), None)
    found = trials(telling, stated, declared=cpg)
    near = rival(found)
    return tuple(
        Script(
            one.name,
            one.decodes,
            one.everyday,
            sample.decode(one.name, errors="replace")[:_SAMPLE],
            stated.get(one.name, ""),
            is_doubted=near is not None and one in (found[0], near),
        )
        for one in found
    )


def language_encoding(dbf: Path) -> tuple[int, str | None]:
    """Language byte of a .dbf and the encoding it means; None when it means none, or little."""
    with dbf.open("rb") as stream:
        head = stream.read(32)
    if len(head) < 32:
        return 0, None
    (driver,) = struct.unpack_from("B", head, 29)
    return driver, None if driver in _IDLE_DRIVERS else _DRIVERS.get(driver)
