"""What is kept of a head by name: names are taken once a camera, each change is entered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...access import Principal
from ...audit.register import Act, enter
from ...errors import Conflict, NotFound
from ..models import Camera
from .locking import tell
from .models import Preset, PresetTour


class NameTaken(Conflict):
    code = "ptz.name_taken"
    zh = "该摄像机已有名为“{name}”的项目：请换一个名称。"
    en = "This camera already has one called {name}: choose another name."


def preset_of(session: Session, camera_id: int, preset_id: int) -> Preset:
    """Return a preset of a camera; another camera's is none."""
    preset = session.get(Preset, preset_id)
    if preset is None or preset.camera_id != camera_id:
        raise NotFound()
    return preset


def require_name(
    session: Session, kind: type[Preset | PresetTour], camera_id: int, name: str
) -> None:
    """Raise `NameTaken` where the camera has one called so."""
    taken = select(kind.id).where(kind.camera_id == camera_id, kind.name == name)
    if session.scalar(taken) is not None:
        raise NameTaken(field="name", name=name)


def entered(
    session: Session, camera: Camera, user: Principal, act: str, detail: dict[str, Any]
) -> None:
    """Enter a change in the register and tell consoles of it."""
    tell(session, camera)
    enter(
        session,
        Act(
            act,
            user.id,
            user.display_name,
            camera_id=camera.id,
            camera_name=camera.name,
            division_code=camera.division_code,
            detail=detail,
        ),
    )


def act_of_clock(act: str, camera: Camera, detail: dict[str, Any]) -> Act:
    """Return the register's entry of what the clock did to a head."""
    return Act(
        act,
        None,
        "gridlink",
        camera_id=camera.id,
        camera_name=camera.name,
        division_code=camera.division_code,
        detail=detail,
    )
