"""方案: named changes of cameras, kept apart from the registry until somebody applies them.

With each change stands what its camera was when the change was saved. A camera that somebody
turned or moved since then is not overwritten: the whole scenario is refused. Versions of cameras
cannot tell this, because they also rise when a picture comes or goes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from ...access import Principal
from ...audit.register import Act, enter
from ...cameras.models import Camera
from ...errors import Conflict, InvalidField, NotFound
from ...live import Notice, announce
from ...spatial import lonlat
from ..models import Scenario
from .schemas import Change, ScenarioEdit, ScenarioNew

Was = dict[str, Any]
_AIMED = (
    *("sensor_no", "azimuth_deg", "azimuth_error_deg", "tilt_deg", "tilt_error_deg"),
    *("fov_deg", "fov_error_deg", "range_m"),
)


class StaleScenario(Conflict):
    code = "scenarios.stale_version"
    zh = "方案已被他人修改（当前版本 {version}），请查看最新内容后重试。"
    en = "Somebody changed the scenario meanwhile (now version {version}): look and try again."


class AlreadyApplied(Conflict):
    code = "scenarios.applied"
    zh = "方案已于 {applied_at} 实施，作为记录保留，不能再改：请另建方案。"
    en = "The scenario was applied on {applied_at} and is kept as a record: make a new one."


class CamerasChanged(Conflict):
    code = "scenarios.cameras_changed"
    zh = "方案保存之后摄像机已被改动或拆除（{cameras}），未作任何更改：请查看后重新保存方案。"
    en = (
        "Cameras {cameras} changed or went since this was saved; nothing was applied: save it anew."
    )


class CameraUnknown(InvalidField):
    code = "scenarios.camera_unknown"
    zh = "辖区内没有编号为 {camera_id} 的摄像机：请从地图上重新选择。"
    en = "Your jurisdiction has no camera {camera_id}: choose one on the map."


class SensorUnknown(InvalidField):
    code = "scenarios.sensor_unknown"
    zh = "摄像机 {camera_id} 没有第 {sensor_no} 号传感器：请重新选择。"
    en = "Camera {camera_id} has no sensor {sensor_no}: choose another one."


class DivisionOutside(InvalidField):
    code = "scenarios.division_outside"
    zh = "行政区划 {division} 不在您的辖区内：请选择辖区内的区划。"
    en = "Division {division} lies outside your jurisdiction: choose one inside it."


@dataclass(frozen=True, slots=True)
class Saved:
    """A change and what its camera was when it was saved; `was` is None for a new camera."""

    change: Change
    was: Was | None


def listed(session: Session, by: Principal, *, offset: int, limit: int) -> Sequence[Scenario]:
    """Return scenarios of the jurisdiction, those touched last first."""
    newest = _own(by).order_by(Scenario.updated_at.desc(), Scenario.id.desc())
    return session.scalars(newest.offset(offset).limit(limit)).all()


def count(session: Session, by: Principal) -> int:
    """Return how many scenarios the jurisdiction has."""
    return session.scalar(select(func.count()).select_from(_own(by).subquery())) or 0


def get(session: Session, scenario_id: int, by: Principal) -> Scenario:
    """Return a scenario of the jurisdiction; outside it there is none."""
    found = session.scalars(_own(by).where(Scenario.id == scenario_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def create(session: Session, new: ScenarioNew, division_code: int, by: Principal) -> Scenario:
    """Save a draft; nothing real changes.

    Raises
    ------
    DivisionOutside, CameraUnknown, SensorUnknown
        If it speaks of what the caller's jurisdiction does not have.

    """
    if not by.covers(division_code):
        raise DivisionOutside(field="division", division=division_code)
    scenario = Scenario(
        name=new.name,
        note=new.note or "",
        division_code=division_code,
        changes=_noted(session, new.changes),
        author_id=by.id,
    )
    session.add(scenario)
    session.flush()
    session.refresh(scenario)
    _tell(session, scenario, "scenario.saved", by)
    return scenario


def edit(session: Session, scenario_id: int, change: ScenarioEdit, by: Principal) -> Scenario:
    """Change a draft as it was seen at `change.version`."""
    scenario = draft(session, scenario_id, change.version, by)
    if change.name is not None:
        scenario.name = change.name
    if change.note is not None:
        scenario.note = change.note
    if change.changes is not None:
        scenario.changes = _noted(session, change.changes)
    _touch(scenario)
    _tell(session, scenario, "scenario.saved", by)
    return scenario


def discard(session: Session, scenario_id: int, by: Principal) -> None:
    """Delete a draft."""
    scenario = draft(session, scenario_id, None, by)
    scenario.version += 1
    _tell(session, scenario, "scenario.discarded", by)
    session.delete(scenario)


def draft(session: Session, scenario_id: int, version: int | None, by: Principal) -> Scenario:
    """Return a draft as it was seen at `version`, locked until the transaction ends.

    Raises
    ------
    NotFound, AlreadyApplied, StaleScenario
        If it is not there, no draft any more, or another version.

    """
    wanted = _own(by).where(Scenario.id == scenario_id).with_for_update()
    scenario = session.scalars(wanted).one_or_none()
    if scenario is None:
        raise NotFound()
    if scenario.state == "applied":
        raise AlreadyApplied(applied_at=f"{scenario.applied_at:%Y-%m-%d %H:%M}")
    if version is not None and scenario.version != version:
        raise StaleScenario(version=scenario.version)
    return scenario


def mark_applied(session: Session, scenario: Scenario, by: Principal) -> None:
    """Close a draft whose changes were just carried out in this transaction."""
    scenario.state = "applied"
    scenario.applied_at = datetime.now(UTC)
    _touch(scenario)
    _tell(session, scenario, "scenario.applied", by)


def saved_changes(scenario: Scenario) -> list[Saved]:
    """Return the changes with what their cameras were."""
    return [
        Saved(Change.model_validate({k: v for k, v in row.items() if k != "was"}), row.get("was"))
        for row in scenario.changes
    ]


def outdated(session: Session, scenario: Scenario) -> list[int]:
    """Return the cameras that changed or went since the scenario was saved."""
    was = {
        s.change.camera_id: s.was for s in saved_changes(scenario) if s.change.camera_id is not None
    }
    now = {camera.id: as_it_is(camera) for camera in _cameras(session, was)}
    return sorted(i for i, then in was.items() if now.get(i) != then)


def as_it_is(camera: Camera) -> Was:
    """Return what a change is judged against: place, height, picture and every sensor's pose."""
    lon, lat = lonlat(camera.geom)
    return {
        "lon": lon,
        "lat": lat,
        "height_m": camera.height_m,
        "width_px": camera.width_px,
        "poses": [{name: getattr(pose, name) for name in _AIMED} for pose in camera.poses],
    }


def _own(by: Principal) -> Select[Scenario]:
    return select(Scenario).where(Scenario.division_code.between(by.scope.low, by.scope.high))


def _noted(session: Session, changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Return the changes as rows, each with what its camera is now."""
    ids = {change.camera_id for change in changes if change.camera_id is not None}
    known = {camera.id: camera for camera in _cameras(session, ids)}
    rows = []
    for number, change in enumerate(changes):
        row = change.model_dump(mode="json", exclude_none=True)
        if change.camera_id is not None:
            camera = known.get(change.camera_id)
            field = f"changes.{number}.camera_id"
            if camera is None:
                raise CameraUnknown(field=field, camera_id=change.camera_id)
            check_sensor(camera, change, f"changes.{number}.sensor_no")
            row["was"] = as_it_is(camera)
        rows.append(row)
    return rows


def check_sensor(camera: Camera, change: Change, field: str) -> None:
    """Refuse a change of a sensor that the camera does not have."""
    numbers = [pose.sensor_no for pose in camera.poses]
    if change.sensor_no is not None and change.sensor_no not in numbers:
        raise SensorUnknown(field=field, camera_id=camera.id, sensor_no=change.sensor_no)


def _cameras(session: Session, ids: Iterable[int]) -> Sequence[Camera]:
    wanted = list(ids)
    if not wanted:
        return []
    return session.scalars(select(Camera).where(Camera.id.in_(wanted))).all()


def _touch(scenario: Scenario) -> None:
    scenario.version += 1
    scenario.updated_at = datetime.now(UTC)


def _tell(session: Session, scenario: Scenario, act: str, by: Principal) -> None:
    session.flush()
    detail = {"scenario_id": scenario.id, "name": scenario.name, "version": scenario.version}
    if act == "scenario.applied":
        detail |= {"changes": scenario.changes}
    enter(
        session,
        Act(act, by.id, by.username, division_code=scenario.division_code, detail=detail),
    )
    announce(session, Notice("scenario", scenario.id, scenario.version, scenario.division_code))
