"""Clocks moved on: views since the last tick -> hours, clocks, colours -> alerts.

One transaction: a tick that is killed leaves all as it was, and the next one takes up the time.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.eyeson import last_camera, views

from ..live import Notice, announce
from . import alerting, deadlines, subjects
from .clocks import coloured, store, stored
from .hours import store_hour
from .subjects import Subjects

_TURN = text("SELECT pg_advisory_xact_lock(hashtext('eyeson.turn'))")
_KNOWN_UNTIL = text("SELECT max(known_until) FROM eyeson_hours")
_NUMBER = text("SELECT txid_current()")

_MOST_BEHIND = timedelta(days=7)
"""After a longer standstill older hours stay unknown."""

_HOUR = timedelta(hours=1)
_RUNNING_EVERY = 10
"""The hour under way is written in minutes that are a multiple of this: each is a row a subject."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """How many clocks there are, and how many alerts changed."""

    clocks: int
    raised: int
    cleared: int


def tick(session: Session, now: datetime) -> Ticked:
    """Bring all clocks to `now`, in the caller's transaction; ticks take turns."""
    session.execute(_TURN)
    all_of = subjects.read(session)
    known = stored(session, all_of, now)
    seen_s, camera = _seen_since(session, all_of, now)
    moved = known.with_views(seen_s, camera, _view_now(session, all_of, now))
    moved = moved.with_units(session, all_of)
    due = deadlines.effective(session, all_of)
    moved = coloured(moved, due, now)
    has_turned = store(session, all_of, moved, due, now)
    settled = alerting.settle_overdue(session, all_of, moved, due, now)
    if has_turned:
        announce(session, Notice("eyeson", 0, session.scalar(_NUMBER) or 0))
    return Ticked(len(all_of), settled.raised, settled.cleared)


def _seen_since(
    session: Session, all_of: Subjects, now: datetime
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Write the hours since the last tick; return when each was last in view, and by which camera.

    NaN and -1 where it was not in view in that time.
    """
    last_s = np.full(len(all_of), np.nan)
    camera = np.full(len(all_of), -1, dtype=np.int64)
    if not len(all_of):
        return last_s, camera
    hour = _first_hour(session, now)
    runs = subjects.runs(session, all_of, hour, now)
    while hour < now:
        until = min(hour + _HOUR, now)
        found = views(all_of.sights, all_of.ground, runs, hour.timestamp(), until.timestamp())
        own = found.last_s(len(all_of))
        seen = ~np.isnan(own)
        last_s[seen] = own[seen]
        camera[seen] = last_camera(all_of.sights, runs, own)[seen]
        if until == hour + _HOUR or now.minute % _RUNNING_EVERY == 0:
            store_hour(session, all_of, found, hour, until)
        hour += _HOUR
    ids = np.append(all_of.camera_ids, -1)
    return last_s, ids[camera]


def _first_hour(session: Session, now: datetime) -> datetime:
    known = session.scalar(_KNOWN_UNTIL)
    start = now - _HOUR if known is None else min(max(known, now - _MOST_BEHIND), now)
    return start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _view_now(session: Session, all_of: Subjects, now: datetime) -> NDArray[np.int64]:
    """Return the state at this moment: 1 in view, 0 out of view, -1 unknown, -2 no camera."""
    if not len(all_of):
        return np.empty(0, dtype=np.int64)
    since = now - timedelta(seconds=1)
    runs = subjects.runs(session, all_of, since, now + timedelta(seconds=1))
    found = views(all_of.sights, all_of.ground, runs, since.timestamp(), now.timestamp())
    state = np.zeros(len(all_of), dtype=np.int64)
    state[found.subject] = found.state  # ascending in time: the last piece stays
    reached = np.bincount(all_of.sights.subject, minlength=len(all_of)) > 0
    return np.where(reached, state, -2)
