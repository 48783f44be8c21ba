"""Which encoding the texts of a file are in: told, or shown by decoding; never mojibake in silence.

Works on the raw bytes of every text. An encoding is taken only if all of them decode; a text that
was cut inside its last character, as fixed-width tables do, loses that character and is noted.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass

from gis.faults import FileRefused, Note

#: Code page numbers and names that .cpg files use for what Python calls otherwise.
_PAGES = {
    **{"65001": "utf-8", "utf8": "utf-8", "936": "gb18030", "54936": "gb18030"},
    **{"cp936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "950": "big5"},
    **{"1252": "cp1252", "ansi 936": "gb18030", "ansi1252": "cp1252", "88591": "iso-8859-1"},
    **{"8859-1": "iso-8859-1", "iso 8859-1": "iso-8859-1", "oem 936": "gb18030"},
}
_FALLBACKS = ("utf-8", "gb18030")
#: Longest character in the encodings in question.
_CHARACTER_BYTES = 4
_SAMPLE_CHARACTERS = 24


@dataclass(frozen=True, slots=True)
class Encoding:
    """The encoding of a file's texts, who said so, and a decoded text to look at.

    Attributes
    ----------
    how : str
        option, declared (.cpg), decodes (shown by decoding), ascii (nothing to decide) or format.

    """

    name: str
    how: str
    sample: str = ""
    notes: tuple[Note, ...] = ()


def choose_encoding(
    texts: Iterable[bytes], *, option: str | None = None, declared: str | None = None
) -> Encoding:
    """Encoding in which all `texts` decode.

    Parameters
    ----------
    texts : iterable of bytes
        Field names and values, as stored.
    option : str or None
        What the user names; taken or refused, never replaced.
    declared : str or None
        What the .cpg says; overruled, with a note, when the texts do not bear it out.

    Raises
    ------
    FileRefused
        ``encoding.unknown`` for a name nobody knows, ``encoding.wrong`` when the option does not
        decode, ``encoding.none`` when nothing does.

    """
    telling = sorted({text for text in texts if not text.isascii()})
    if option is not None:
        name = _codec(option)
        if name is None:
            raise FileRefused("encoding.unknown", encoding=option)
        if not _decodes(telling, name):
            raise FileRefused("encoding.wrong", encoding=option)
        return Encoding(name, "option", _sample(telling, name))
    name = _codec(declared) if declared else None
    notes: tuple[Note, ...] = ()
    if declared and name is None:
        notes = (Note("encoding.cpg_unknown", detail={"cpg": declared[:40]}),)
    if not telling:
        return Encoding(name or "utf-8", "declared" if name else "ascii", notes=notes)
    if name is not None and _decodes(telling, name) and not _betrayed(telling, name):
        return Encoding(name, "declared", _sample(telling, name))
    for fallback in _FALLBACKS:
        if _decodes(telling, fallback):
            if name is not None:
                detail = {"cpg": str(declared)[:40], "encoding": fallback}
                notes = (Note("encoding.cpg_lies", detail=detail),)
            return Encoding(fallback, "decodes", _sample(telling, fallback), notes)
    raise FileRefused("encoding.none", tried=", ".join(_FALLBACKS))


def decode(text: bytes, encoding: str) -> tuple[str, bool]:
    """The text, and whether its last character had been cut in two and was dropped."""
    try:
        return text.decode(encoding), False
    except UnicodeDecodeError as broken:
        if not _is_cut(broken):
            raise
        return text[: broken.start].decode(encoding), True


def _is_cut(broken: UnicodeDecodeError) -> bool:
    told = "unexpected end" in broken.reason or "incomplete" in broken.reason
    return told and len(broken.object) - broken.start < _CHARACTER_BYTES


def _decodes(texts: list[bytes], encoding: str) -> bool:
    cut = 0
    for text in texts:
        try:
            cut += decode(text, encoding)[1]
        except UnicodeDecodeError:
            return False
    # Cut texts are the odd ones out: where they are the rule, the encoding is another.
    return cut * 2 <= len(texts)


def _betrayed(texts: list[bytes], declared: str) -> bool:
    """True when the texts decode as declared, and yet are plainly something else."""
    if declared == "utf-8":
        return False
    if len(texts) > 1 and _decodes(texts, "utf-8"):
        return True  # text that is no UTF-8 hardly ever passes as it
    single_byte = declared in ("iso-8859-1", "cp1252", "cp437", "latin-1", "iso8859-1")
    return single_byte and all(_is_plain_chinese(text) for text in texts)


def _is_plain_chinese(text: bytes) -> bool:
    try:
        read = text.decode("gb2312")
    except UnicodeDecodeError:
        return False
    return any("\u4e00" <= sign <= "\u9fff" for sign in read)


def _codec(name: str) -> str | None:
    folded = name.strip().strip("\ufeff").lower()
    folded = _PAGES.get(folded, folded)
    try:
        found = codecs.lookup(folded)
        # Codecs such as "hex" or "idna" are no text encodings.
        b"".decode(found.name)
    except (LookupError, ValueError):
        return None
    return _PAGES.get(found.name, found.name)


def _sample(texts: list[bytes], encoding: str) -> str:
    if not texts:
        return ""
    return decode(max(texts, key=len), encoding)[0].strip()[:_SAMPLE_CHARACTERS]
