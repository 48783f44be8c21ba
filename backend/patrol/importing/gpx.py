"""Track points of a GPX file. A document type is refused: it could name other files or explode."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from gis.faults import FileRefused

_KNOWN = ("http://www.topografix.com/GPX/1/1", "http://www.topografix.com/GPX/1/0", "")


def points(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the points of all tracks in the file's order, as rows of `decoding.read_row`.

    Raises
    ------
    FileRefused
        If the file is no GPX, or holds a document type.

    """
    try:
        root = None
        for event, element in iterparse(str(path), events=("start", "end"), forbid_dtd=True):
            space, _, name = element.tag.rpartition("}")
            if root is None:
                root = element
                if name != "gpx" or space.lstrip("{") not in _KNOWN:
                    raise FileRefused("file.unreadable", reason="not GPX")
            if event == "end" and name == "trkpt":
                yield _row(element)
            if event == "end" and name in ("trkpt", "trkseg", "trk", "wpt", "rte"):
                element.clear()  # a track of a year must not lie in memory as a tree
    except (ParseError, DefusedXmlException) as fault:
        raise FileRefused("file.unreadable", reason=type(fault).__name__) from fault


def _row(point: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"lon": _number(point.get("lon")), "lat": _number(point.get("lat"))}
    for child in point.iter():
        name = child.tag.rpartition("}")[2]
        if name == "time":
            row["at"] = (child.text or "").strip()
        elif name == "speed":  # metres a second, in GPX 1.0 and in common extensions of 1.1
            row["speed"] = _number(child.text)
    return row


def _number(told: str | None) -> float | None:
    try:
        return None if told is None else float(told)
    except ValueError:
        return float("nan")  # is refused as no number
