"""What no device says itself: cameras gone silent and back, alarms whose device is gone."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from ..settings import load
from .admitting import Admitted, Signal, admit

_MOST = 2000
_LOST_AFTER = timedelta(minutes=10)

# `camera_checks` holds runs: the last one began when the camera went silent.
# Index: camera_checks_pkey, alarms_active_key, one step each for a camera that is down.
_SILENT = text("""
SELECT c.id, k.at FROM cameras c JOIN devices d ON d.camera_id = c.id
CROSS JOIN LATERAL (
  SELECT r.at, r.has_frames FROM camera_checks r
  WHERE r.camera_id = c.id ORDER BY r.at DESC LIMIT 1) k
WHERE c.is_alive IS FALSE AND NOT k.has_frames AND k.at <= :before
  AND NOT EXISTS (SELECT FROM alarms a WHERE a.camera_id = c.id AND a.kind = 'offline'
                  AND a.source = '' AND a.state = 'active')
ORDER BY c.id LIMIT :most
""")
_BACK = text("""
SELECT a.camera_id FROM alarms a JOIN cameras c ON c.id = a.camera_id
WHERE a.kind = 'offline' AND a.state = 'active' AND c.is_alive IS NOT FALSE
ORDER BY a.camera_id LIMIT :most
""")
_FORSAKEN = text("""
SELECT a.camera_id, a.kind, a.source, a.topic FROM alarms a
LEFT JOIN event_subscriptions s ON s.camera_id = a.camera_id
WHERE a.state = 'active' AND a.kind <> 'offline' AND a.last_at < :before
  AND (s.camera_id IS NULL
       OR s.state <> 'subscribed' AND greatest(s.since, s.heard_at) < :before)
ORDER BY a.camera_id LIMIT :most
""")
_FORGET = text("""
DELETE FROM alarms WHERE received_at < now() - make_interval(days => :days)
  AND state = 'cleared' AND incident_id IS NULL
""")


def sweep(session: Session, now: datetime) -> Admitted:
    """Raise an alarm for each camera silent for `alarms.offline_after_s`, end those of the others.

    What a device began and can no longer end is ended ten minutes after it was last heard of.
    """
    after = timedelta(seconds=load().alarms.offline_after_s)
    silent = session.execute(_SILENT, {"before": now - after, "most": _MOST}).all()
    back = session.scalars(_BACK, {"most": _MOST}).all()
    forsaken = session.execute(_FORSAKEN, {"before": now - _LOST_AFTER, "most": _MOST}).all()
    signals = [Signal(row.id, "offline", "", "", True, row.at) for row in silent]
    signals += [Signal(i, "offline", "", "", False, None, 0, reason="back") for i in back]
    signals += [
        Signal(row.camera_id, row.kind, row.source, row.topic, False, None, 0, reason="lost")
        for row in forsaken
    ]
    return admit(session, signals, now)


def forget_old(session: Session) -> None:
    """Remove alarms older than `alarms.kept_days`; those that became incidents stay."""
    session.execute(_FORGET, {"days": load().alarms.kept_days})
