"""From what somebody types to places on the map: names, initials, codes, or plain coordinates."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from ..access import Principal

Kind = Literal["place", "grid", "camera", "division", "incident", "coordinate"]

_NUMBER = r"(-?\d{1,3}(?:\.\d+)?)"
_COORDINATE = re.compile(rf"\s*{_NUMBER}\s*[,，\s]\s*{_NUMBER}\s*")


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer; `id` is a row's id, or a division's code."""

    kind: Kind
    id: str
    title: str
    subtitle: str
    lon: float
    lat: float


def find(session: Session, q: str, *, by: Principal, limit: int) -> list[Hit]:
    """Return what matches in the caller's jurisdiction, best first."""
    wanted = q.strip()
    point = coordinate(wanted)
    if point is not None:
        return [point]
    if not wanted:
        return []
    escaped = re.sub(r"([\\%_])", r"\\\1", wanted)
    values = {
        "q": wanted,
        "pattern": f"%{escaped}%",
        "prefix": f"{escaped.lower() if wanted.isascii() else escaped}%",
        "low": by.scope.low,
        "high": by.scope.high,
        "limit": limit,
        "with_cameras": by.may("cameras.read"),
        "with_incidents": by.may("incidents.read"),
    }
    rows = session.execute(_question(), values)
    return [Hit(r.kind, r.id, r.title, r.subtitle, r.lon, r.lat) for r in rows]


def coordinate(typed: str) -> Hit | None:
    """Return the point that "lon,lat" names; None if it is no such pair."""
    pair = _COORDINATE.fullmatch(typed)
    if pair is None:
        return None
    lon, lat = float(pair[1]), float(pair[2])
    if abs(lon) > 180 or abs(lat) > 90:
        return None
    shown = f"{lon:.6f}, {lat:.6f}"
    return Hit("coordinate", shown, shown, "WGS 84 / CGCS2000", lon, lat)


@cache
def _question() -> TextClause:
    return text((files("backend") / "queries" / "search.sql").read_text())
