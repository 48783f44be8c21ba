"""到场证明: whether a unit was where it says it is.

By a position, sent with the act or heard of its tracker, that lies at the target accuracy and all;
or by a photograph with its place; else the arrival is on record as stated. Distances in metres.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import RowMapping, select
from sqlalchemy.orm import Session

from ...settings import Dispatch, load
from ...spatial import lonlat
from ..models import Assignment, Photograph, Task
from ..questions import question
from ..refusals import WrongPhotograph

_UNKNOWN_ACCURACY_M = 30.0
"""Taken for a position that states none: what a phone in a street of houses may be off."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What came with the act: a position, and the photograph taken there."""

    lonlat: tuple[float, float] | None = None
    accuracy_m: float | None = None
    photograph_id: int | None = None


NOWHERE = Whereabouts()


@dataclass(frozen=True, slots=True)
class Proof:
    """How an arrival is proven, how far from the target, and what the timeline keeps of it."""

    how: Literal["position", "photograph", "stated"]
    distance_m: float | None
    found: Mapping[str, Any]

    def detail(self) -> dict[str, Any]:
        """Return plain values for the timeline and the register."""
        short = {k: round(v, 1) if isinstance(v, float) else v for k, v in self.found.items()}
        return {"proof": self.how, **short}


def prove(
    session: Session, task: Task, assignment: Assignment, told: Whereabouts, moment: datetime
) -> Proof:
    """Return what proves that a unit was at its task's target at a moment.

    Raises
    ------
    WrongPhotograph
        If the photograph named is not one of this assignment.

    """
    rules = load().dispatch
    shown = _photographs(session, assignment, told.photograph_id)
    positions = [_sent(session, task, told), _heard(session, task, assignment, moment, rules)]
    known = [each for each in positions if each is not None]
    best = min(known, key=lambda each: each["distance_m"] + each["accuracy_m"], default=None)
    if best is not None and best["distance_m"] + best["accuracy_m"] <= rules.arrival_radius_m:
        return Proof("position", round(best["distance_m"], 1), best)
    for photograph in shown:
        away_m = _photograph_distance_m(session, task, photograph, moment, rules)
        if away_m is not None and away_m <= rules.arrival_radius_m:
            return Proof("photograph", round(away_m, 1), {"photograph_id": photograph.id})
    return Proof("stated", round(best["distance_m"], 1) if best else None, best or {})


def _sent(session: Session, task: Task, told: Whereabouts) -> dict[str, Any] | None:
    if told.lonlat is None:
        return None
    away_m = _distance_m(session, task, *told.lonlat)
    accuracy_m = _UNKNOWN_ACCURACY_M if told.accuracy_m is None else told.accuracy_m
    return None if away_m is None else {"distance_m": away_m, "accuracy_m": float(accuracy_m)}


def _heard(
    session: Session, task: Task, assignment: Assignment, moment: datetime, rules: Dispatch
) -> dict[str, Any] | None:
    window = timedelta(seconds=rules.arrival_window_s)
    asked = {
        "task": task.id,
        "unit": assignment.unit_id,
        "since": moment - window,
        "until": moment + window,
        "unknown_m": _UNKNOWN_ACCURACY_M,
    }
    row: RowMapping | None = session.execute(question("heard"), asked).mappings().one_or_none()
    if row is None:
        return None
    return {
        "distance_m": float(row["distance_m"]),
        "accuracy_m": float(row["accuracy_m"]),
        "fix_at": row["at"].isoformat(),
    }


def _distance_m(session: Session, task: Task, lon: float, lat: float) -> float | None:
    away_m: float | None = session.scalar(
        question("distance"), {"task": task.id, "lon": lon, "lat": lat}
    )
    return away_m


def _photographs(
    session: Session, assignment: Assignment, wanted: int | None
) -> Sequence[Photograph]:
    of_it = select(Photograph).where(Photograph.assignment_id == assignment.id)
    found = session.scalars(of_it.order_by(Photograph.id)).all()
    if wanted is not None and wanted not in {each.id for each in found}:
        raise WrongPhotograph(field="photograph_id", photograph_id=wanted)
    return found


def _photograph_distance_m(
    session: Session, task: Task, shown: Photograph, moment: datetime, rules: Dispatch
) -> float | None:
    """Return how far from the target a photograph of these minutes was taken, if that is known."""
    if shown.geom is None or shown.taken_at is None:
        return None
    if abs((shown.taken_at - moment).total_seconds()) > rules.arrival_window_s:
        return None
    return _distance_m(session, task, *lonlat(shown.geom))
