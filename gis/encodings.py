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
#: Below this share of GB 2312 among Chinese characters, text read as GB18030 is doubted.
_COMMON_SHARE = 0.7
#: What Python calls text and no file is written in.
_NOT_OF_FILES = ("idna", "punycode", "unicode_escape", "raw_unicode_escape")


@dataclass(frozen=True, slots=True)
class Encoding:
    """The encoding of a file's texts, who said so, and a decoded text to look at.

    The text comes from the columns that are kept (`gis.intake`), never from the file at large.

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
        name = known_codec(option)
        if name is None:
            raise FileRefused("encoding.unknown", encoding=option)
        if not _decodes(telling, name):
            raise FileRefused("encoding.wrong", encoding=option)
        return Encoding(name, "option", notes=_doubts(telling, name))
    name = known_codec(declared) if declared else None
    notes: tuple[Note, ...] = ()
    if declared and name is None:
        notes = (Note("encoding.cpg_unknown", detail={"cpg": declared[:40]}),)
    if not telling:
        return Encoding(name or "utf-8", "declared" if name else "ascii", notes=notes)
    if name is not None and _decodes(telling, name) and not _betrayed(telling, name):
        return Encoding(name, "declared")
    for fallback in _FALLBACKS:
        if _decodes(telling, fallback):
            if name is not None:
                detail = {"cpg": str(declared)[:40], "encoding": fallback}
                notes = (Note("encoding.cpg_lies", detail=detail),)
            notes += _doubts(telling, fallback)
            return Encoding(fallback, "decodes", notes=notes)
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
    bare = 0
    for text in texts:
        try:
            plain, is_cut = decode(text, encoding)
        except UnicodeDecodeError:
            return False
        bare += is_cut and plain.isascii()
    # A text of which nothing telling is left once its cut end is dropped vouches for no encoding:
    # where such texts are the rule, the encoding is another.
    return bare * 2 <= len(texts)


def _betrayed(texts: list[bytes], declared: str) -> bool:
    """True when the texts decode as declared, and yet are plainly something else."""
    if declared == "utf-8":
        return False
    if len(texts) > 1 and _decodes(texts, "utf-8"):
        return True  # text that is no UTF-8 hardly ever passes as it
    if declared == "gb18030" or not _decodes(texts, "gb18030"):
        return False
    read = "".join(decode(text, "gb18030")[0] for text in texts)
    return not _is_odd(read) and any(_is_han(sign) for sign in read)


def _doubts(texts: list[bytes], encoding: str) -> tuple[Note, ...]:
    """A note when texts that decode as GB18030 hold what hardly anyone writes in it."""
    if encoding != "gb18030":
        return ()
    is_odd = _is_odd("".join(decode(text, encoding)[0] for text in texts))
    return (Note("encoding.doubtful", detail={"encoding": encoding}),) if is_odd else ()


def _is_odd(read: str) -> bool:
    """True for text full of rare characters: Big5, or UTF-8, taken for GB18030 looks so.

    GB 2312 holds the 6,763 characters of nearly all simplified text; names now and then need more.
    """
    if any("\ue000" <= sign <= "\uf8ff" for sign in read):
        return True
    han = [sign for sign in read if _is_han(sign)]
    return bool(han) and sum(_is_common(sign) for sign in han) < _COMMON_SHARE * len(han)


def _is_han(sign: str) -> bool:
    return "\u4e00" <= sign <= "\u9fff"


def _is_common(sign: str) -> bool:
    try:
        sign.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def known_codec(name: str) -> str | None:
    """Python's name of an encoding as .cpg files and users write it; None for no encoding."""
    folded = name.strip().strip("\ufeff").lower()
    folded = _PAGES.get(folded, folded)
    try:
        found = codecs.lookup(folded)
        # Codecs such as "hex" or "idna" are no text encodings; an empty text would not tell.
        b"a".decode(found.name)
    except (LookupError, ValueError):
        return None
    return None if found.name in _NOT_OF_FILES else _PAGES.get(found.name, found.name)
