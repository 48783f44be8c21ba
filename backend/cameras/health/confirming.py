"""A person's word on a view: it is back, or this is its new view; and a new reference on demand."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from ...access import Principal
from ...audit.register import Act, enter
from ...errors import Conflict
from ...jobs import defer
from ..lasting import lasting
from ..models import Camera, Pose, Viewshed
from . import recording
from .models import CameraHealth, CameraReference, CameraTurn

What = Literal["back", "new_view"]
_UNKNOWN_DEG = 180.0


class NothingToConfirm(Conflict):
    code = "health.nothing_to_confirm"
    zh = "“{name}”的视场没有待确认的异常：可能已由他人确认，请刷新。"
    en = "Nothing about the view of {name} awaits a word: somebody may have given it; reload."


class NeverLookedAt(Conflict):
    code = "health.never_looked_at"
    zh = "“{name}”还没有查看过画面，没有可更换的基准：请先接入设备并等待首次查看。"
    en = "{name} was never looked at, so it has no reference: enrol its device and wait."


def confirm(session: Session, camera: Camera, what: What, now: datetime, *, by: Principal) -> None:
    """End a withdrawn view.

    `back`: somebody saw that the view is as it was; the reference stays, and the next looks check
    it. `new_view`: the view stays as it is now; the reference is learnt anew and the pose becomes
    as uncertain as the turn, until somebody calibrates.

    Raises
    ------
    NothingToConfirm
        If no fault of view was found here.

    """
    lasting(session, [camera.id])
    health = session.get(CameraHealth, camera.id, with_for_update=True)
    if health is None or health.state in ("unknown", "in_order"):
        raise NothingToConfirm(name=camera.name)
    before, found = health.state, dict(health.verdicts)
    detail: dict[str, Any] = {"what": what, "state": before}
    if what == "new_view":
        detail["azimuth_error_deg"] = _doubt_pose(session, camera, found)
        _forget_references(session, camera.id)
    session.add(
        CameraTurn(
            camera_id=camera.id,
            at=now,
            what="confirmed",
            before=before,
            after="in_order",
            evidence={"what": what} | found,
            user_id=by.id,
        )
    )
    recording.give_back(session, camera, health)
    health.state, health.since, health.due_at = "in_order", now, now
    health.suspected, health.suspicions, health.still_looks = None, 0, 0
    recording.tell(session, camera)
    _register(session, camera, "camera.health.confirmed", detail, by)


def renew_reference(session: Session, camera: Camera, now: datetime, *, by: Principal) -> None:
    """Take the present view as the one to compare with; the next looks learn it.

    Raises
    ------
    NeverLookedAt
        If there is nothing to renew.

    """
    lasting(session, [camera.id])
    health = session.get(CameraHealth, camera.id, with_for_update=True)
    if health is None or health.sampled_at is None:
        raise NeverLookedAt(name=camera.name)
    _forget_references(session, camera.id)
    health.due_at, health.suspected, health.suspicions = now, None, 0
    session.add(CameraTurn(camera_id=camera.id, at=now, what="reference", user_id=by.id))
    recording.tell(session, camera)
    _register(session, camera, "camera.health.reference", {}, by)


def _doubt_pose(session: Session, camera: Camera, verdicts: dict[str, Any]) -> float:
    """Widen the pose's error by the turn that was measured; unmeasured, it may look anywhere."""
    figures = verdicts.get("moved", {}).get("figures", {})
    right, error = figures.get("right_deg"), figures.get("error_deg")
    turned = _UNKNOWN_DEG if right is None else abs(float(right)) + 2 * float(error or 0.0)
    for pose in camera.poses:
        pose.azimuth_error_deg = min(pose.azimuth_error_deg + turned, _UNKNOWN_DEG)
        pose.tilt_error_deg = min(pose.tilt_error_deg + abs(figures.get("up_deg") or 0.0), 90.0)
    session.execute(update(Pose).where(Pose.camera_id == camera.id).values(source="stated"))
    session.execute(update(Viewshed).where(Viewshed.camera_id == camera.id).values(is_stale=True))
    defer(
        session,
        "cameras.refresh_viewsheds",
        key=f"viewsheds:{camera.id}",
        camera_ids=[camera.id],
    )
    defer(session, "coverage.refresh", key="coverage")
    return max((pose.azimuth_error_deg for pose in camera.poses), default=_UNKNOWN_DEG)


def _forget_references(session: Session, camera_id: int) -> None:
    session.execute(delete(CameraReference).where(CameraReference.camera_id == camera_id))


def _register(
    session: Session, camera: Camera, act: str, detail: dict[str, Any], by: Principal
) -> None:
    enter(
        session,
        Act(
            act,
            by.id,
            by.username,
            camera_id=camera.id,
            camera_name=camera.name,
            division_code=camera.division_code,
            detail=detail,
        ),
    )
