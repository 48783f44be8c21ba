"""Which encoding the texts of a file are in: told, or shown by decoding; never mojibake in silence.

Works on the raw bytes of every text. An encoding is taken only if all of them decode; a text that
was cut inside its last character, as fixed-width tables do, loses that character and is noted.
"""

from __future__ import annotations

import codecs
import contextlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gis.faults import FileRefused, Note
from gis.signs import everyday_share, has_strange_runs

#: Code page numbers and names that .cpg files use for what Python calls otherwise.
_PAGES = {
    **{"65001": "utf-8", "utf8": "utf-8", "936": "gb18030", "54936": "gb18030"},
    **{"cp936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "950": "big5"},
    **{"1252": "cp1252", "ansi 936": "gb18030", "ansi1252": "cp1252", "88591": "iso-8859-1"},
    **{"8859-1": "iso-8859-1", "iso 8859-1": "iso-8859-1", "oem 936": "gb18030"},
}
FALLBACKS = ("utf-8", "gb18030", "big5")
#: Longest character in the encodings in question.
_CHARACTER_BYTES = 4
#: Below this share of everyday characters among the Chinese ones, a reading is doubted.
_COMMON_SHARE = 0.6
#: What an everyday character more tells, as a logarithm: ln(0.97/0.5) - ln(0.03/0.5).
_TELLS = 3.48
#: Before looking: mainland files are twenty times oftener GB18030 than Big5; a statement as often
#: right.
_USUAL = _DECLARED = 3.0
#: Nearer than this, one in twelve, two encodings cannot be told apart.
_MARGIN = 2.5
#: More characters than these say no more: their kinds repeat.
_ENOUGH = 400
_COUNTED = 4000
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
    found = trials(telling, (name,) if name else (), declared=name)
    best = found[0]
    if not best.decodes:
        raise FileRefused("encoding.none", tried=", ".join(FALLBACKS))
    said = next((one for one in found if one.name == name), None)
    if rival(found) is not None or best.everyday < _COMMON_SHARE:
        notes = (*notes, Note("encoding.doubtful", detail={"encoding": best.name}))
    # Letters and signs alone decide nothing: whoever declares knows better.
    if said is not None and (said is best or (said.decodes and math.isinf(best.weight))):
        return Encoding(said.name, "declared", notes=notes)
    if said is not None:
        detail = {"cpg": str(declared)[:40], "encoding": best.name}
        notes = (*notes, Note("encoding.cpg_lies", detail=detail))
    return Encoding(best.name, "decodes", notes=notes)


@dataclass(frozen=True, slots=True)
class Trial:
    """One encoding tried.

    Attributes
    ----------
    decodes : bool
        True when all texts decode.
    everyday : float
        Share of everyday characters among the Chinese ones, nan when there are none.
    weight : float
        Logarithm of how well this explains the texts; -inf without a Chinese character.

    """

    name: str
    decodes: bool
    everyday: float
    weight: float


def trials(
    texts: Iterable[bytes], more: Iterable[str] = (), *, declared: str | None = None
) -> tuple[Trial, ...]:
    """Encodings tried on texts, the likeliest first.

    Parameters
    ----------
    texts : iterable of bytes
        Those that are not plain ASCII.
    more : iterable of str
        Encodings to try beside UTF-8, GB18030 and Big5, by Python's names.
    declared : str or None
        The one of them that the file itself states.

    Returns
    -------
    tuple of Trial
        UTF-8 that decodes is UTF-8, unless it shows strange letters where another shows everyday
        Chinese; of the others the one full of everyday characters comes first. Read in the
        wrong one of GB18030 and Big5, half of the characters are everyday ones; in the right one
        97 of 100: each is evidence.

    """
    telling = list(texts)
    found, strange = [], False
    for name in dict.fromkeys((*FALLBACKS, *more)):
        read = _readable(telling, name)
        decodes = _decodes(telling, name)
        share, count = everyday_share(read, name)
        prior = _USUAL * (name == "gb18030") + _DECLARED * (name == declared)
        weight = prior + _TELLS * share * min(count, _ENOUGH) if count else -math.inf
        found.append(Trial(name, decodes, share, weight))
        strange |= name == "utf-8" and decodes and has_strange_runs(read)
    strange &= any(one.decodes and one.everyday >= _COMMON_SHARE for one in found[1:])
    return tuple(sorted(found, key=lambda one: _order(one, strange=strange)))


def rival(found: Sequence[Trial]) -> Trial | None:
    """An encoding that the texts bear out nearly as well as the first; None when there is none."""
    first = found[0]
    if first.name == "utf-8" or math.isinf(first.weight):
        return None
    others = (one for one in found[1:] if one.decodes and one.weight > first.weight - _MARGIN)
    return next(others, None)


def _order(trial: Trial, *, strange: bool) -> tuple[bool, bool, float]:
    return not trial.decodes, trial.name != "utf-8" or strange, -trial.weight


def _readable(texts: Sequence[bytes], encoding: str) -> str:
    """What of the texts decodes; a few thousand are enough to count."""
    step = len(texts) // _COUNTED + 1
    read = []
    for text in texts[::step]:
        with contextlib.suppress(UnicodeDecodeError):
            read.append(decode(text, encoding)[0])
    return "\n".join(read)


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


def _doubts(texts: list[bytes], encoding: str) -> tuple[Note, ...]:
    """A note when texts that decode as told hold what hardly anyone writes."""
    share, _ = everyday_share(_readable(texts, encoding), encoding)
    is_odd = encoding == "gb18030" and share < _COMMON_SHARE
    return (Note("encoding.doubtful", detail={"encoding": encoding}),) if is_odd else ()


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
