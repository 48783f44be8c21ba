"""Reads what devices send as XML: which encoding, and the faults that can be mended.

Nothing here expands an entity or follows a reference: a text with a DOCTYPE is given up.
"""

from __future__ import annotations

import codecs
import re
import zlib
from xml.etree.ElementTree import Element

from onveef import parsers

from video.errors import ProtocolViolation

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,80}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ENCODING = re.compile(r"""(<\?xml[^>]{0,80}?)\s+encoding\s*=\s*["'][^"']{0,40}["']""")
_MOST_JUNK = 64
#: Beyond these an answer costs minutes to read or to mend, and no device needs them: a recorder of
#: 128 channels says 46,000 tags at a depth of 12.
_MOST_TAGS = 120_000
_MOST_DEPTH = 48
_MOST_MENDS = 5000
_MOST_PREFIXES = 24
_LONGEST_PROLOGUE = 300
_BEGINNING = re.compile(r"<\?xml|<[\w-]{1,40}:Envelope|<Envelope")
_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_PREFIX = re.compile(r"</?([A-Za-z_][\w.-]{0,30}):|[\s]([A-Za-z_][\w.-]{0,30}):[\w.-]+\s*=")
_ROOT = re.compile(r"<(?![?!])[^\s/>]+")
_NAMESPACES = {
    "wsa": "http://www.w3.org/2005/08/addressing",
    "wsa5": "http://www.w3.org/2005/08/addressing",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "tt": "http://www.onvif.org/ver10/schema",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "ptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "ter": "http://www.onvif.org/ver10/error",
}


def text_of(raw: bytes) -> tuple[str, bool]:
    """Return an answer's text, and whether it is in another encoding than it says.

    A byte order mark decides, then UTF-8 where it decodes, then what the XML declares, then
    GB 18030, which old devices of China write under any name. What decodes as none is read as
    UTF-8 with replacement: it will not be XML.
    """
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return _undeclared(raw.decode(name, "replace")), False
    found = _DECLARED.match(raw)
    declared = found[1].decode().lower() if found else "utf-8"
    for name in ("utf-8", declared, "gb18030"):
        try:
            text = raw.decode(name)
        except (UnicodeError, LookupError):
            continue
        return _undeclared(text), codecs.lookup(name).name != _known(declared)
    return raw.decode("utf-8", "replace"), True


def _known(name: str) -> str:
    try:
        known = codecs.lookup(name).name
    except LookupError:
        return name
    return "gb18030" if known in {"gbk", "gb2312"} else known


def _undeclared(text: str) -> str:
    """Return the text without its statement of an encoding, which decoding has made untrue."""
    head = _ENCODING.sub(r"\1", text[:_LONGEST_PROLOGUE], count=1)
    return head + text[_LONGEST_PROLOGUE:]


def element_of(text: str) -> tuple[Element | None, str, tuple[str, ...]]:
    """Return the document, the text it was read from, and the names of the quirks mended.

    Parameters
    ----------
    text : str
        What the device sent.

    Returns
    -------
    Element or None
        None when it is not XML even so.
    str
        The mended text, for other readers.
    tuple of str
        Names in `quirks.QUIRKS`.

    Raises
    ------
    ProtocolViolation
        More tags, or deeper ones, than any device needs.

    """
    if text.count("<") > _MOST_TAGS:
        raise ProtocolViolation(f"the answer has more than {_MOST_TAGS} tags")
    mended: list[str] = []
    root = _read(text)
    for name, mend in (
        ("leading_junk", _without_junk),
        ("bare_ampersand", _with_references),
        ("undeclared_prefix", _with_prefixes),
    ):
        if root is not None or "<!DOCTYPE" in text[:4096]:
            break
        better = mend(text)
        if better != text:
            text, root = better, _read(better)
            mended.append(name)
    return root, text, tuple(mended) if root is not None else ()


def _read(text: str) -> Element | None:
    try:
        root = parsers.parse_xml(text)
    except (RecursionError, MemoryError):
        return None
    if root is not None and _is_deep(root):
        raise ProtocolViolation(f"the answer is nested deeper than {_MOST_DEPTH} levels")
    return root


def _is_deep(root: Element) -> bool:
    """Return whether a document nests so that each look-up in it would cost its square."""
    level = [root]
    for _ in range(_MOST_DEPTH):
        level = [child for element in level for child in element]
    return bool(level)


def _without_junk(text: str) -> str:
    found = _BEGINNING.search(text, 0, _MOST_JUNK + 80)
    return text[found.start() :] if found and found.start() <= _MOST_JUNK else text


def _with_references(text: str) -> str:
    return text if text.count("&") > _MOST_MENDS else _AMPERSAND.sub("&amp;", text)


def _with_prefixes(text: str) -> str:
    used = {one or two for one, two in _PREFIX.findall(text)} - {"xml", "xmlns"}
    if len(used) > 2 * _MOST_PREFIXES:
        return text
    missing = sorted(prefix for prefix in used if f"xmlns:{prefix}" not in text)
    root = _ROOT.search(text)
    if not missing or root is None or len(missing) > _MOST_PREFIXES:
        return text
    said = "".join(
        f' xmlns:{one}="{_NAMESPACES.get(one, f"urn:unknown:{one}")}"' for one in missing
    )
    return text[: root.end()] + said + text[root.end() :]


class Inflater:
    """Unpacks a compressed answer piece by piece and stops at a limit, before memory is spent.

    Parameters
    ----------
    coding : str
        Value of Content-Encoding; gzip and deflate are known.
    limit : int
        Bytes at most after unpacking.

    Raises
    ------
    ProtocolViolation
        The coding is unknown, the data broken, or the result larger than the limit.

    """

    def __init__(self, coding: str, limit: int) -> None:
        if coding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
            raise ProtocolViolation(f"content coding {coding[:20]!r} was not asked for")
        self._inflate = None if coding in {"", "identity"} else zlib.decompressobj(wbits=47)
        self._limit = limit
        self._so_far = 0

    def take(self, piece: bytes) -> bytes:
        """Return what a piece unpacks to."""
        if self._inflate is not None:
            room = self._limit - self._so_far + 1
            try:
                piece = self._inflate.decompress(piece, room)
            except zlib.error:
                raise ProtocolViolation("the answer is compressed and broken") from None
        self._so_far += len(piece)
        if self._so_far > self._limit:
            raise ProtocolViolation(f"the answer is larger than {self._limit} bytes")
        return piece
