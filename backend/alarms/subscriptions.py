"""What the database knows of subscriptions: whom to ask, how each stands, what was dropped."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from video.credentials import Credentials

from ..cameras.vault import unseal
from ..settings import load

State = Literal["subscribed", "lost", "unsupported", "refused", "ended"]
_MOST_TOPICS = 20
_FIRST_WAIT_S, _LONGEST_WAIT_S = 5.0, 600.0
_UNSUPPORTED_AGAIN = timedelta(days=1)

# Devices of this worker whose turn it is; a recorder by the lowest of its cameras. One that
# refused the login is asked no more until it is enrolled again: another attempt could lock the
# account.
_MARK = "md5(d.address || coalesce(encode(d.secret, 'hex'), ''))"
_WANTED = text(f"""
SELECT d.camera_id, d.address, d.secret, {_MARK} AS mark
FROM devices d LEFT JOIN event_subscriptions s ON s.camera_id = d.camera_id
WHERE d.camera_id % :workers = :worker AND d.auth_state = 'accepted'
  AND d.camera_id <> ALL(:kept)
  AND NOT EXISTS (SELECT FROM devices o WHERE o.address = d.address
                  AND o.camera_id < d.camera_id AND o.auth_state = 'accepted')
  AND (s.camera_id IS NULL OR s.mark <> {_MARK}
       OR (s.state <> 'refused' AND (s.next_try_at IS NULL OR s.next_try_at <= :now)))
ORDER BY d.camera_id
""")  # noqa: S608
_CHANNELS = text("""
SELECT address, camera_id, source_token FROM devices
WHERE address = ANY(:addresses) ORDER BY camera_id
""")
_MARKS = text(f"""
SELECT d.camera_id, {_MARK} FROM devices d
WHERE d.camera_id = ANY(:ids) AND d.auth_state = 'accepted'
""")  # noqa: S608
_NOTE = text("""
INSERT INTO event_subscriptions AS s
  (camera_id, division_code, mark, state, reason, since, heard_at, expires_at, failures,
   next_try_at)
SELECT c.id, c.division_code, :mark, :state, :reason, :now,
       CASE WHEN :state = 'subscribed' THEN cast(:now AS timestamptz) END,
       :expires_at, :failures, :next_try_at
FROM cameras c WHERE c.id = :camera_id FOR KEY SHARE
ON CONFLICT (camera_id) DO UPDATE SET
  division_code = excluded.division_code, mark = excluded.mark,
  state = excluded.state, reason = excluded.reason,
  since = CASE WHEN s.state = excluded.state THEN s.since ELSE excluded.since END,
  heard_at = coalesce(excluded.heard_at, s.heard_at), expires_at = excluded.expires_at,
  failures = excluded.failures, next_try_at = excluded.next_try_at
""")
_HEARD = text("""
UPDATE event_subscriptions SET heard_at = :now, received = received + :received,
  dropped = dropped + :dropped, unknown = unknown + :unknown,
  unknown_topics = (SELECT coalesce(array_agg(t ORDER BY t), '{}') FROM (
    SELECT DISTINCT t FROM unnest(unknown_topics || cast(:topics AS text[])) AS t
    ORDER BY t LIMIT :most) AS kept)
WHERE camera_id = :camera_id
""")
_END = text("""
UPDATE event_subscriptions s SET state = 'ended', since = :now, next_try_at = NULL
FROM (SELECT camera_id FROM event_subscriptions WHERE camera_id = ANY(:ids)
      ORDER BY camera_id FOR NO KEY UPDATE) AS ended
WHERE s.camera_id = ended.camera_id AND s.state = 'subscribed'
""")


@dataclass(frozen=True, slots=True)
class Asked:
    """A device to be asked for its events, with its channels: camera and video source of each."""

    camera_id: int
    address: str
    mark: str
    credentials: Credentials = field(repr=False)
    channels: tuple[tuple[int, str | None], ...] = ()

    def camera_of(self, source: str) -> int:
        """Return the camera that an event's source names, `Name=value` with commas between."""
        values = {part.partition("=")[2] for part in source.split(",")}
        named = (camera_id for camera_id, token in self.channels if token and token in values)
        return next(named, self.camera_id)


@dataclass(slots=True)
class Tally:
    """What came from a device since it was last written down."""

    received: int = 0
    dropped: int = 0
    unknown: int = 0
    topics: set[str] = field(default_factory=set)

    def add(self, other: Tally) -> None:
        """Count what came later as well."""
        self.received += other.received
        self.dropped += other.dropped
        self.unknown += other.unknown
        self.topics |= other.topics


def wanted(session: Session, worker: int, kept: Collection[int], now: datetime) -> list[Asked]:
    """Return the devices of a worker that may be asked now, without those it listens to."""
    share = {"workers": load().media.workers, "worker": worker, "kept": list(kept), "now": now}
    rows = session.execute(_WANTED, share).all()
    channels: dict[str, list[tuple[int, str | None]]] = {}
    for address, camera_id, token in session.execute(
        _CHANNELS, {"addresses": [row.address for row in rows]}
    ):
        channels.setdefault(address, []).append((camera_id, token))
    return [
        Asked(
            row.camera_id,
            row.address,
            row.mark,
            Credentials(*unseal(row.secret)) if row.secret else Credentials(),
            tuple(channels[row.address]),
        )
        for row in rows
    ]


def marks(session: Session, camera_ids: Collection[int]) -> dict[int, str]:
    """Return what stands for address and login of these cameras' devices, those that still are."""
    rows = session.execute(_MARKS, {"ids": list(camera_ids)})
    return {row[0]: row[1] for row in rows}


def note(
    session: Session,
    asked: Asked,
    state: State,
    now: datetime,
    *,
    reason: str | None = None,
    failures: int = 0,
    next_try_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Write how a subscription stands; nothing for a camera that was taken down."""
    session.execute(
        _NOTE,
        {
            "camera_id": asked.camera_id,
            "mark": asked.mark,
            "state": state,
            "now": now,
            "reason": reason,
            "failures": failures,
            "next_try_at": next_try_at,
            "expires_at": expires_at,
        },
    )


def heard(session: Session, tallies: Mapping[int, Tally], now: datetime) -> None:
    """Write what came from devices since last time."""
    rows = [
        {
            "camera_id": camera_id,
            "now": now,
            "received": tally.received,
            "dropped": tally.dropped,
            "unknown": tally.unknown,
            "topics": sorted(tally.topics)[:_MOST_TOPICS],
            "most": _MOST_TOPICS,
        }
        for camera_id, tally in sorted(tallies.items())
    ]
    if rows:
        session.execute(_HEARD, rows)


def end(session: Session, camera_ids: Collection[int], now: datetime) -> None:
    """Write that subscriptions were ended by us."""
    session.execute(_END, {"ids": list(camera_ids), "now": now})


def again_after(state: State, failures: int, spread: float) -> timedelta:
    """Return the wait before the next attempt: doubling, spread by a number from 0 to 1.

    A device without events is asked again after a day: firmware changes.
    """
    if state == "unsupported":
        return _UNSUPPORTED_AGAIN * (0.9 + 0.2 * spread)
    wait_s = min(_FIRST_WAIT_S * 2.0 ** min(max(failures - 1, 0), 20), _LONGEST_WAIT_S)
    return timedelta(seconds=wait_s * (0.5 + spread))
