"""Writing alarm rules: added, changed, removed; each act is on record."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..access import Principal
from ..accounts.models import User
from ..audit.register import Act, enter
from ..cameras.models import Camera
from ..divisions.codes import parse_jurisdiction, text_of
from ..errors import Conflict, InvalidField, NotFound
from ..grids.models import Grid
from ..incidents.models import IncidentKind
from ..incidents.reporting import UnknownKind
from ..live import Notice, announce
from .models import AlarmRule
from .schemas import RuleEdit, RuleIn, RuleNew, RulePage, RuleRow


class StaleRule(Conflict):
    code = "alarms.stale_rule"
    zh = "该联动规则已被他人修改，请刷新后再试。"
    en = "This rule has been changed by somebody else: reload and try again."


class RuleOutside(InvalidField):
    code = "alarms.rule_outside"
    zh = "{wanted} 不在您的辖区内，请重新选择。"
    en = "{wanted} lies outside your jurisdiction: choose another."


def page(session: Session) -> RulePage:
    """Return the rules of the jurisdiction, by name."""
    found = session.scalars(select(AlarmRule).order_by(AlarmRule.name, AlarmRule.id)).all()
    return RulePage(rows=[row(session, each) for each in found])


def row(session: Session, rule: AlarmRule) -> RuleRow:
    """Return a rule as the API tells it."""
    grid = None if rule.grid_id is None else session.get(Grid, rule.grid_id)
    author = None if rule.changed_by is None else session.get(User, rule.changed_by)
    told = {n: getattr(rule, n) for n in RuleRow.model_fields if hasattr(rule, n)}
    return RuleRow(
        **told
        | {
            "division_code": text_of(rule.division_code),
            "grid_name": grid.name if grid else None,
            "changed_by": author.display_name if author else None,
        }
    )


def add(session: Session, new: RuleNew, *, by: Principal) -> AlarmRule:
    """Add a rule inside the caller's jurisdiction.

    Raises
    ------
    RuleOutside, UnknownKind
        If its division, cameras, grid or kind of incident are not there.

    """
    rule = AlarmRule(**_fields(session, new, by))
    session.add(rule)
    session.flush()
    _record(session, "alarm_rule.added", rule, by, new.model_dump(mode="json"))
    return rule


def edit(session: Session, rule_id: int, change: RuleEdit, *, by: Principal) -> AlarmRule:
    """Replace a rule as it was seen at `version`.

    Raises
    ------
    StaleRule
        If it has changed since.
    NotFound, RuleOutside, UnknownKind
        As `add`.

    """
    rule = get(session, rule_id)
    session.refresh(rule, with_for_update=True)
    if rule.version != change.version:
        raise StaleRule()
    for name, value in _fields(session, change, by).items():
        setattr(rule, name, value)
    rule.version += 1
    session.flush()
    _record(session, "alarm_rule.changed", rule, by, change.model_dump(mode="json"))
    return rule


def remove(session: Session, rule_id: int, *, by: Principal) -> None:
    """Take a rule away; what it has told of stays."""
    rule = get(session, rule_id)
    _record(session, "alarm_rule.removed", rule, by, {})
    session.delete(rule)


def get(session: Session, rule_id: int) -> AlarmRule:
    """Return a rule of the jurisdiction.

    Raises
    ------
    NotFound
        If it is absent or lies outside.

    """
    found = session.get(AlarmRule, rule_id)
    if found is None:
        raise NotFound()
    return found


def unsaved(session: Session, told: RuleIn, *, by: Principal) -> AlarmRule:
    """Return a rule that is written nowhere, to be tried out; refused as `add` refuses."""
    return AlarmRule(**_fields(session, told, by))


def _fields(session: Session, told: RuleIn, by: Principal) -> dict[str, Any]:
    code = parse_jurisdiction(told.division_code) if told.division_code else by.division_code
    if not by.covers(code):
        raise RuleOutside(field="division_code", wanted=told.division_code)
    if told.grid_id is not None and session.get(Grid, told.grid_id) is None:
        raise RuleOutside(field="grid_id", wanted=str(told.grid_id))
    if told.incident_kind is not None and session.get(IncidentKind, told.incident_kind) is None:
        raise UnknownKind(field="incident_kind", kind=told.incident_kind)
    _check_cameras(session, told.camera_ids)
    kept = told.model_dump(exclude={"division_code", "version", "windows", "quiet"})
    as_json = told.model_dump(mode="json", include={"windows", "quiet"})
    return (
        kept
        | as_json
        | {
            "division_code": code,
            "changed_by": by.id,
            "updated_at": datetime.now(UTC),
        }
    )


def _check_cameras(session: Session, ids: list[int] | None) -> None:
    if ids is None:
        return
    known = set(session.scalars(select(Camera.id).where(Camera.id.in_(ids))))
    unknown = sorted(set(ids) - known)
    if unknown:
        raise RuleOutside(field="camera_ids", wanted=", ".join(map(str, unknown[:5])))


def _record(
    session: Session, act: str, rule: AlarmRule, by: Principal, detail: dict[str, Any]
) -> None:
    announce(session, Notice("alarm.rule", rule.id, rule.version or 1, rule.division_code))
    told = {"rule_id": rule.id, "name": rule.name, **detail}
    enter(session, Act(act, by.id, by.username, division_code=rule.division_code, detail=told))
