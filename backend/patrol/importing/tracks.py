"""Tracks from a file: GPX, a table, or `lat lon occupied unix_time` as taxis record them.

What is taken is what a tracker could have sent: the same checks, in the transaction that stores.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from gis.cells import number_of, text_of
from gis.columns import Field
from gis.datum import to_wgs84
from gis.faults import FileRefused

from ..fixes import decoding, storing
from ..fixes.batch import Batch, Fixes
from ..fixes.decoding import Fix
from ..fixes.refusals import REASONS, Refusal
from ..models import Shift, Unit
from .gpx import points
from .reading import Fault, Report, table

FIELDS = (
    Field("lon", ("lng", "long", "longitude", "经度"), is_required=True),
    Field("lat", ("latitude", "纬度"), is_required=True),
    Field("at", ("time", "timestamp", "datetime", "时间", "定位时间", "unix"), is_required=True),
    Field("accuracy", ("精度", "accuracy_m", "hdop_m")),
    Field("speed", ("速度", "speed_mps")),
    Field("unit", ("编号", "呼号", "力量编号", "unit_code", "code", "call_sign")),
)
_TOGETHER = 50_000
_DUTY_GAP = timedelta(hours=2)
_MILLISECONDS_FROM = 1e11


@dataclass(frozen=True, slots=True)
class Wish:
    """How a file of tracks is to be read: whose they are, on which datum, duty made of them."""

    unit: str | None = None
    datum: str | None = None
    encoding: str | None = None
    columns: tuple[tuple[str, str], ...] = ()
    makes_duty: bool = False


def read(session: Session, path: Path, wish: Wish, report: Report) -> Fixes:
    """Return a file's fixes; rows that cannot be taken go into the report.

    Raises
    ------
    FileRefused
        If the file as a whole cannot be taken.

    """
    fixes, places = [], []
    refused = []
    for place, row in enumerate(_rows(path, wish), start=1):
        found = decoding.read_row(row)
        if isinstance(found, Fix):
            fixes.append(found)
            places.append(place)
        else:
            refused.append(Refusal(place, found))
    units = _unit_ids(session, {fix.unit or wish.unit or "" for fix in fixes})
    named = [units.get(fix.unit or wish.unit or "") for fix in fixes]
    refused += [
        Refusal(place, "fixes.unknown_unit")
        for place, number in zip(places, named, strict=True)
        if number is None
    ]
    kept = [k for k, number in enumerate(named) if number is not None]
    columns, off = decoding.columns(
        [_on_wgs84(fixes[k], wish.datum) for k in kept],
        [places[k] for k in kept],
        np.array([named[k] for k in kept], np.int64),
    )
    _reject(report, [*refused, *off])
    report.counts["read"] = len(fixes) + len(refused) - (len(named) - len(kept))
    return columns


def write(session: Session, fixes: Fixes, wish: Wish, report: Report, now: datetime) -> None:
    """Store fixes as if trackers had sent them."""
    if wish.makes_duty:
        _make_duty(session, fixes)
    accepted = duplicates = 0
    ordered = fixes.take(np.lexsort((fixes.at_us, fixes.unit)))
    for first in range(0, len(ordered), _TOGETHER):
        part = ordered.take(np.arange(first, min(first + _TOGETHER, len(ordered))))
        stored = storing.store(session, [Batch(part)], now=now, known_days=frozenset())
        accepted += stored.outcomes[0].accepted
        duplicates += stored.outcomes[0].duplicates
        _reject(report, stored.outcomes[0].refused)
    report.counts |= {"accepted": accepted, "duplicates": duplicates}


def _rows(path: Path, wish: Wish) -> Iterator[dict[str, Any]]:
    if path.suffix.lower() == ".gpx":
        yield from points(path)
    elif path.suffix.lower() == ".txt":
        yield from _taxi_rows(path)
    else:
        found = table(path, FIELDS, encoding=wish.encoding, overrides=dict(wish.columns))
        columns = {field.name: found.column(field.name) for field in FIELDS}
        for k in range(len(found.number)):
            yield _table_row({name: column[k] for name, column in columns.items()})


def _taxi_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield rows of `lat lon occupied unix_time`, separated by blanks."""
    with path.open("rb") as lines:
        for line in lines:
            parts = line.split()
            if len(parts) != 4:
                raise FileRefused("file.unreadable", reason="not lat lon occupied unix_time")
            lat, lon, _, at = (part.decode("latin-1") for part in parts)
            yield {"lon": _number(lon), "lat": _number(lat), "at": _time(at)}


def _table_row(cells: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"at": _time(text_of(cells["at"]) or ""), "unit": text_of(cells["unit"])}
    row |= {name: _number(cells[name]) for name in ("lon", "lat")}
    for name in ("accuracy", "speed"):
        row[name] = None if text_of(cells[name]) is None else _number(cells[name])
    return row


def _number(cell: Any) -> float:
    number = number_of(cell)
    return float("nan") if number is None else number  # is refused as no number


def _time(told: str) -> str:
    """Return an instant as ISO 8601: seconds or milliseconds since 1970, or text as it stands."""
    since = number_of(told)
    if since is None:
        return told
    try:
        seconds = since / 1000 if abs(since) >= _MILLISECONDS_FROM else since
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return told


def _on_wgs84(fix: Fix, datum: str | None) -> Fix:
    if datum is None or datum == "wgs84":
        return fix
    lon, lat = to_wgs84(np.array([fix.lon]), np.array([fix.lat]), datum)
    return Fix(float(lon[0]), float(lat[0]), fix.at, fix.accuracy, fix.speed, fix.unit)


def _unit_ids(session: Session, codes: set[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for code, number in session.execute(select(Unit.code, Unit.id).where(Unit.code.in_(codes))):
        found[code] = number if code not in found else -1
    return {code: number for code, number in found.items() if number > 0}


def _make_duty(session: Session, fixes: Fixes) -> None:
    """Count the time of the tracks as duty: what lies two hours apart is another shift."""
    for unit_id in np.unique(fixes.unit).tolist():
        unit = session.get_one(Unit, unit_id)
        at_us = np.sort(fixes.at_us[fixes.unit == unit_id])
        breaks = np.flatnonzero(np.diff(at_us) > _DUTY_GAP.total_seconds() * 1e6)
        firsts = at_us[np.append(0, breaks + 1)]
        lasts = at_us[np.append(breaks, len(at_us) - 1)]
        session.add_all(
            Shift(
                unit_id=unit_id,
                division_code=unit.division_code,
                starts_at=datetime.fromtimestamp(first / 1e6, UTC),
                ends_at=datetime.fromtimestamp(last / 1e6 + 1, UTC),
                source="dispatcher",
            )
            for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)
        )
    session.flush()


def _reject(report: Report, refused: Any) -> None:
    for refusal in refused:
        zh, en = REASONS[refusal.code]
        report.rejected.append(Fault(refusal.row, refusal.code, zh, en))
