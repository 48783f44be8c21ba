"""Whether a head stands at its home view: only there its picture can be compared with others."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from .models import Head, HeadPosition, Preset

#: After a head has arrived its picture still settles: focus, iris, a group of pictures.
_SETTLES = timedelta(seconds=10)
_SAME_DEG = 0.5


def is_home(session: Session, camera_id: int, seen_at: datetime) -> bool:
    """Return whether a head stood at its home view when a picture was received.

    By what this product knows: where it was last sent, and that nobody has sent it on since. A
    head without a home view is never at home.
    """
    head = session.get(Head, camera_id)
    last = session.get(HeadPosition, camera_id)
    if head is None or head.home_preset_id is None or last is None:
        return False
    if last.method in ("drive", "relative", "tour") or last.moved_at + _SETTLES > seen_at:
        return False
    if last.method == "home":
        return True
    home = session.get(Preset, head.home_preset_id)
    return home is not None and _is_same(home, last)


def home_field_deg(session: Session, camera_id: int) -> float | None:
    """Return the field of a head's home view; None where it has none, or nobody knows it."""
    head = session.get(Head, camera_id)
    if head is None or head.home_preset_id is None:
        return None
    home = session.get(Preset, head.home_preset_id)
    return home.fov_deg if home is not None else None


def _is_same(home: Preset, last: HeadPosition) -> bool:
    pairs = (
        (home.azimuth_deg, last.azimuth_deg),
        (home.tilt_deg, last.tilt_deg),
        (home.fov_deg, last.fov_deg),
    )
    if any(a is None or b is None for a, b in pairs):
        return False
    return all(abs(((a or 0.0) - (b or 0.0) + 180.0) % 360.0 - 180.0) < _SAME_DEG for a, b in pairs)
