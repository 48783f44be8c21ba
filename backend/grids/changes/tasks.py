"""Jobs of grids: what is planned for a day comes into force when the day has come."""

import logging

from sqlalchemy import select

from ...db import begin
from ...errors import GridlinkError
from ...jobs import registry
from ...localtime import today
from ..models import GridChange
from . import keeping
from .applying import Actor, apply

ALMANAC = Actor(None, "calendar", "日程")
"""Who acts when nobody does: the day itself."""

log = logging.getLogger(__name__)


@registry.periodic(cron="4 * * * *")
@registry.task(name="grids.apply_due", queueing_lock="grids.due", pass_context=False)
def apply_due(timestamp: int) -> None:
    """Apply what is planned for today or was for an earlier day; hourly, for midnight anywhere."""
    apply_planned()


def apply_planned() -> dict[int, str | None]:
    """Apply all change sets that are due, each for itself; return why one could not be.

    A change set that is refused stays planned and says so; its planner has to look at it.
    """
    with begin() as session:
        due = select(GridChange.id).where(
            GridChange.state == "planned", GridChange.planned_for <= today()
        )
        numbers = session.scalars(due.order_by(GridChange.planned_for, GridChange.id)).all()
    return {number: _apply(number) for number in numbers}


def _apply(change_id: int) -> str | None:
    try:
        with begin() as session:
            change = session.get(GridChange, change_id)
            if change is not None and change.state == "planned":
                apply(session, change, None, ALMANAC)
    except GridlinkError as refused:
        log.warning("not applied", extra={"action": "grids.refused", "change": change_id})
        _note_refusal(change_id, refused)
        return refused.code
    return None


def _note_refusal(change_id: int, refused: GridlinkError) -> None:
    told = {
        "code": refused.code,
        "zh": refused.sentence("zh"),
        "en": refused.sentence("en"),
        "on": today().isoformat(),
    }
    with begin() as session:
        change = session.get(GridChange, change_id, with_for_update=True)
        if change is None or change.state != "planned" or (change.refusal or {}) == told:
            return
        change.refusal = told
        keeping.touch(change)
        keeping.note(session, change, "not_applied", ALMANAC.id, ALMANAC.login)
