"""The form in which OsmAnd and the Traccar clients report: one fix in the address or in the body.

Protocol: `?id=…&lat=…&lon=…&timestamp=…&speed=<knots>&accuracy=<m>`, as query or as form; newer
Traccar clients post JSON with `device_id` and `location.coords`.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from ...errors import NotSignedIn
from .decoding import Fix, read_row

KNOT_MPS = 1852 / 3600
_MILLISECONDS_FROM = 1e11
"""As seconds that would be the year 5138; trackers that send milliseconds are common."""


@dataclass(frozen=True, slots=True)
class Report:
    """One fix, or the code of what is wrong with it, and the token it came with."""

    token: str
    is_in_url: bool
    fix: Fix | str


def read(query: bytes, body: bytes, content_type: str) -> Report:
    """Return what a tracker reports.

    Raises
    ------
    NotSignedIn
        If it names no tracker.

    """
    asked = dict(parse_qsl(query.decode("latin-1"), max_num_fields=50))
    posted = _posted(body, content_type)
    token, is_in_url = posted.get("id"), False
    if token is None:
        token, is_in_url = asked.get("id"), True
    if not isinstance(token, str):
        raise NotSignedIn()
    return Report(token, is_in_url, _fix(asked | posted))


def _posted(body: bytes, content_type: str) -> dict[str, Any]:
    """Return the fields of a form, or those of Traccar's JSON under the names of the form."""
    if not body:
        return {}
    if "json" not in content_type:
        try:
            return dict(parse_qsl(body.decode("latin-1"), max_num_fields=50))
        except ValueError:
            return {}
    try:
        told = json.loads(body)
        location = told["location"]
        coords = location["coords"]
        return {
            "id": told["device_id"],
            "lat": coords["latitude"],
            "lon": coords["longitude"],
            "timestamp": location["timestamp"],
            "accuracy": coords.get("accuracy"),
            "speed_mps": coords.get("speed"),
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _fix(told: dict[str, Any]) -> Fix | str:
    knots = _number(told.get("speed"))
    speed = _number(told.get("speed_mps")) if knots is None else knots * KNOT_MPS
    at = _time(told.get("timestamp"))
    if at is None:
        return "fixes.bad_time" if "timestamp" in told else "fixes.shape"
    row: dict[str, Any] = {"at": at, "accuracy": _number(told.get("accuracy")), "speed": speed}
    for name in ("lon", "lat"):
        if name in told:
            row[name] = _number(told[name])
    return read_row(row)


def _number(told: Any) -> float | None:
    try:
        return None if told is None or told == "" else float(told)
    except (TypeError, ValueError):
        return float("nan")  # is refused as no number


def _time(told: Any) -> str | None:
    """Return an instant as text: seconds or milliseconds since 1970, or ISO 8601 as it stands."""
    try:
        since = float(told)
    except (TypeError, ValueError):
        return told if isinstance(told, str) else None
    if abs(since) >= _MILLISECONDS_FROM:
        since /= 1000
    try:
        return datetime.fromtimestamp(since, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None
