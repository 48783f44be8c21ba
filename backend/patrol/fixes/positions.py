"""Where units are now: ten thousand of them in one answer, or what changed since the last one."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from ...access import Principal
from ...db import raw_connection

_HORIZON = text(
    "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) AS first_open,"
    " CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint) AS next"
)

_ENCODER = msgspec.json.Encoder()
_BOX = "  -- Left out where"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which positions are wanted: in a box (west, south, east, north), changed since a version."""

    box: tuple[float, float, float, float] | None = None
    since: int = 0


def changed(session: Session, asked: Asked, *, by: Principal, now: datetime) -> bytes:
    """Return the answer as JSON. Its `version` asks next time for what this one lacks.

    The version is the oldest transaction still open: what it will write is not in this answer.
    Rows of later ones may come twice, and none is left out. A version from before the database
    was restored elsewhere may lie ahead; then all is told.
    """
    horizon = session.execute(_HORIZON).one()
    since = asked.since if asked.since <= horizon.next else 0
    values = {"low": by.scope.low, "high": by.scope.high, "since": since, "now": now}
    if asked.box is not None:
        values |= dict(zip(("west", "south", "east", "north"), asked.box, strict=True))
    cursor = raw_connection(session).cursor(binary=True)
    found = cursor.execute(query(has_box=asked.box is not None), values).fetchall()
    rows = [_row(each) for each in found]
    return _ENCODER.encode({"version": horizon.first_open, "as_of": now, "rows": rows})


def _row(found: tuple[Any, ...]) -> dict[str, Any]:
    unit_id, at, lon_e7, lat_e7, accuracy_dm, speed_cms, version, on_duty = found
    return {
        "unit_id": unit_id,
        "lon": lon_e7 / 1e7,
        "lat": lat_e7 / 1e7,
        "at": at,
        "accuracy_m": None if accuracy_dm < 0 else accuracy_dm / 10,
        "speed_mps": None if speed_cms < 0 else speed_cms / 100,
        "on_duty": bool(on_duty),
        "version": version,
    }


@cache
def query(*, has_box: bool) -> str:
    """Return the question; without a box, without the condition, so that each has its plan."""
    whole = (files("backend") / "queries" / "unit_positions.sql").read_text("utf-8")
    return whole if has_box else whole.partition(_BOX)[0]
