"""Which camera each row is: by the device it has already, by code, by name, by the spot.

What a person chose stays. A name or code that several cameras have tells nothing; a spot counts
within `NEAR_M` and once.
"""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import shapely
from sqlalchemy import Row, TextClause, select, text
from sqlalchemy.orm import Session

from ...spatial import to_db
from .identity import is_same
from .models import Enrolment, EnrolmentRow

NEAR_M = 30.0
"""How far from its camera a device may say it stands: about what a map is off by."""

_ORDER = ("identity", "code", "name", "position")
_MATCHED = ("waiting", "answered", "failed")


def match(session: Session, enrolment: Enrolment) -> None:
    """Say of each row that was asked which camera it is, which camera has it, and its twin."""
    rows = session.scalars(
        select(EnrolmentRow)
        .where(EnrolmentRow.enrolment_id == enrolment.id)
        .order_by(EnrolmentRow.row_no, EnrolmentRow.channel)
    ).all()
    _place(rows)
    open_rows = [row for row in rows if row.match != "chosen" and row.state in _MATCHED]
    for row in open_rows:
        row.camera_id = row.match = row.match_m = None
    session.flush()
    wish = enrolment.wish
    scope = {"enrolment_id": enrolment.id, "low": wish["low"], "high": wish["high"]}
    hints: dict[int, list[Row[tuple[object, ...]]]] = {}
    for hint in session.execute(_query(), scope):
        hints.setdefault(hint.row_id, []).append(hint)
    taken = {row.camera_id for row in rows}
    for how in _ORDER:
        _take(open_rows, hints, how, taken)
    _name_twins(rows)
    for row in rows:
        _name_holder(row, hints.get(row.id, []))


def _place(rows: Sequence[EnrolmentRow]) -> None:
    """Put a row where its device says it stands, unless the file said so."""
    for row in rows:
        lon, lat = row.found.get("lon"), row.found.get("lat")
        if row.geom is None and lon is not None and lat is not None:
            row.geom = to_db(shapely.Point(float(lon), float(lat)))


def _take(
    rows: Sequence[EnrolmentRow],
    hints: dict[int, list[Row[tuple[object, ...]]]],
    how: str,
    taken: set[int | None],
) -> None:
    """Give rows their cameras by one kind of hint; a camera is given once."""
    for row in rows:
        found = {h.camera_id: h.distance_m for h in hints.get(row.id, []) if _counts(h, how, row)}
        if row.match is not None or len(found) != 1:
            continue
        ((camera_id, distance_m),) = found.items()
        if camera_id not in taken:
            row.camera_id, row.match, row.match_m = camera_id, how, distance_m
            taken.add(camera_id)


def _counts(hint: Row[tuple[object, ...]], how: str, row: EnrolmentRow) -> bool:
    if how == "identity":
        return hint.how == "address" or (
            hint.how == "identity" and is_same(hint.identities, row.identities)
        )
    if how == "position":
        return bool(hint.how == how and hint.distance_m <= NEAR_M)
    return bool(hint.how == how)


def _name_twins(rows: Sequence[EnrolmentRow]) -> None:
    """Note rows that are one input under two addresses: the later one names the earlier."""
    mentions = Counter(each for row in rows for each in set(row.identities))
    shared = {each for each, count in mentions.items() if count > 1}
    by_identity: dict[tuple[str, int], list[EnrolmentRow]] = {}
    for row in rows:
        twin = None
        for each in shared.intersection(row.identities):
            earlier = by_identity.setdefault((each, row.channel), [])
            same = (one for one in earlier if is_same(one.identities, row.identities))
            twin = twin or next((one for one in same if one.address != row.address), None)
            earlier.append(row)
        row.found = row.found | {"twin_row": twin.row_no if twin else None}


def _name_holder(row: EnrolmentRow, hints: Sequence[Row[tuple[object, ...]]]) -> None:
    """Note another camera that has this very input already."""
    holders = {hint.camera_id for hint in hints if _counts(hint, "identity", row)}
    other = sorted(holders - {row.camera_id})
    row.found = row.found | {"held_by": other[0] if other else None}


@cache
def _query() -> TextClause:
    return text((files("backend") / "queries" / "enrolment_matches.sql").read_text("utf-8"))
