"""All requirements and checkpoints judged at one moment, and the alerts that follow."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from .alerting import alert, alert_checkpoints
from .sweeping import judge_all

_TURN = text("SELECT pg_advisory_xact_lock(hashtext('patrol.judging'))")


@dataclass(frozen=True, slots=True)
class Told:
    """How many windows were judged, how many alerts raised, made worse and cleared."""

    windows: int
    raised: int
    worsened: int
    cleared: int

    def __str__(self) -> str:
        changes = f"{self.raised} raised, {self.worsened} worse, {self.cleared} cleared"
        return f"{self.windows} windows judged; alerts: {changes}"


def settle_all(session: Session, now: datetime) -> Told:
    """Judge what is current and settle the alerts, in the caller's transaction."""
    session.execute(_TURN)
    judged = judge_all(session, now)
    # A grid that has ended has an heir, of whom the same is asked: only that one is alerted of.
    standing = [each for each in judged if each.grid.valid_to is None]
    settled = [*alert(session, standing, now), alert_checkpoints(session, now)]
    return Told(
        windows=len(judged),
        raised=sum(each.raised for each in settled),
        worsened=sum(each.worsened for each in settled),
        cleared=sum(each.cleared for each in settled),
    )


def judge_since(session: Session, since: datetime, now: datetime) -> int:
    """Judge all windows since a moment, without alerts; return how many there were."""
    session.execute(_TURN)
    return len(judge_all(session, now, since=since))
