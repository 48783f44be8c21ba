"""Alarms, their rules and the subscriptions they come by, at the API."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from ..access import CurrentUser, Id, Tx, right
from ..cameras.schemas import SightAnswer
from . import acting, listing, rules
from .listing import Shown
from .schemas import (
    AlarmIncidentIn,
    AlarmIncidentOut,
    AlarmPage,
    AlarmRow,
    Kind,
    RuleEdit,
    RuleNew,
    RulePage,
    RuleRow,
    SeenOut,
    SubscriptionPage,
    TrialOut,
)

router = APIRouter(prefix="/api/alarms", tags=["alarms"])

OneId = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=1000)]


@router.get("", **right("alarms.read"))
def list_alarms(
    *,
    user: CurrentUser,
    tx: Tx,
    shown: Annotated[Shown, Query(description="notes and incidents, those that stand, all")] = (
        "told"
    ),
    kind: Kind | None = None,
    camera: OneId = None,
    unseen: bool = False,
    before: OneId = None,
    limit: Limit = 100,
) -> AlarmPage:
    """Alarms of the jurisdiction, newest first; `before` continues after an id."""
    asking = listing.Asking(shown, kind, camera, unseen, before, limit)
    return listing.page(tx, user.scope, asking)


@router.post("/seen", **right("alarms.act"))
def see_alarms(user: CurrentUser, tx: Tx, up_to: Annotated[int, Query(ge=1)]) -> SeenOut:
    """Say that all alarms up to an id were seen."""
    return SeenOut(seen=acting.see_all(tx, up_to, by=user, now=datetime.now(UTC)))


@router.get("/rules", **right("alarms.read"))
def list_rules(tx: Tx) -> RulePage:
    """The rules of the jurisdiction; those of a wider one hold as well and are not shown."""
    return rules.page(tx)


@router.post("/rules", status_code=201, **right("alarms.edit"))
def add_rule(new: RuleNew, user: CurrentUser, tx: Tx) -> RuleRow:
    """Add a rule; it holds from the next alarm on. Incidents are reported in your name."""
    return rules.row(tx, rules.add(tx, new, by=user))


@router.post("/rules/trial", **right("alarms.read"))
def try_rule(new: RuleNew, user: CurrentUser, tx: Tx) -> TrialOut:
    """Tell what a rule would have done with the alarms of the last seven days; nothing is kept."""
    from .trial import try_out

    return try_out(tx, user.scope, rules.unsaved(tx, new, by=user), datetime.now(UTC))


@router.patch("/rules/{rule_id}", **right("alarms.edit"))
def edit_rule(rule_id: Id, change: RuleEdit, user: CurrentUser, tx: Tx) -> RuleRow:
    """Replace a rule as it was seen at `version`; incidents are reported in your name from now."""
    return rules.row(tx, rules.edit(tx, rule_id, change, by=user))


@router.delete("/rules/{rule_id}", status_code=204, **right("alarms.edit"))
def remove_rule(rule_id: Id, user: CurrentUser, tx: Tx) -> None:
    """Take a rule away; alarms it has told of stay."""
    rules.remove(tx, rule_id, by=user)


@router.get("/subscriptions", **right("alarms.read"))
def list_subscriptions(
    user: CurrentUser, tx: Tx, offset: Annotated[int, Query(ge=0, le=2**31)] = 0, limit: Limit = 100
) -> SubscriptionPage:
    """Which devices tell their events, those that do not first."""
    return listing.subscriptions(tx, user.scope, offset=offset, limit=limit)


@router.get("/{alarm_id}", **right("alarms.read"))
def read_alarm(alarm_id: Id, user: CurrentUser, tx: Tx) -> AlarmRow:
    """One alarm."""
    return listing.one(tx, user.scope, alarm_id)


@router.post("/{alarm_id}/seen", **right("alarms.act"))
def see_alarm(alarm_id: Id, user: CurrentUser, tx: Tx) -> AlarmRow:
    """Say that an alarm was seen; the first who does is named."""
    acting.see(tx, alarm_id, by=user, now=datetime.now(UTC))
    return listing.one(tx, user.scope, alarm_id)


@router.get("/{alarm_id}/cameras", **right("alarms.read"))
def read_alarm_cameras(alarm_id: Id, user: CurrentUser, tx: Tx) -> SightAnswer:
    """Who sees the place that the alarming camera looks at, best first, and why the others not."""
    return acting.cameras_of(tx, alarm_id, by=user)


@router.post("/{alarm_id}/incident", status_code=201, **right("alarms.act"))
def report_alarm(
    alarm_id: Id, told: AlarmIncidentIn, user: CurrentUser, tx: Tx
) -> AlarmIncidentOut:
    """Report an alarm as an incident at the place its camera looks at; asked twice, it is one."""
    from .reporting import Wanted, report_alarm

    wanted = Wanted(told.kind, told.severity, told.description)
    incident = report_alarm(tx, alarm_id, wanted, by=user)
    return AlarmIncidentOut(incident_id=incident.id, number=incident.number)
