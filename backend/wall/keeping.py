"""Layouts and tours: saved, changed and thrown away by whoever made them, or by an administrator.

A private one is nobody else's; a shared one is seen by all whose jurisdiction has its division.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from ..access import Principal
from ..audit.register import Act, enter
from ..cameras.models import Camera
from ..errors import Conflict, NotAllowed, NotFound, Refused
from ..grids.models import Grid
from ..places.models import Place
from .models import WallLayout, WallTour
from .schemas import LayoutNew, WallTourNew

MOST_OF_ONE = 100

Kept = TypeVar("Kept", WallLayout, WallTour)


class StaleVersion(Conflict):
    code = "wall.stale_version"
    zh = "“{name}”已在别处被修改（当前版本 {version}），请重新读取后再改。"
    en = "{name} was changed elsewhere (now version {version}): read it again before changing it."


class TooManyKept(Refused):
    code = "wall.too_many"
    zh = "您保存的已达 {limit} 个，请先删除不用的。"
    en = "You keep {limit} already, the most allowed: delete some first."


class NotYours(NotAllowed):
    code = "wall.not_yours"
    zh = "“{name}”由他人保存：只有其本人或管理员可以修改，您可以另存一份。"
    en = "{name} was saved by somebody else, who alone may change it: save a copy of your own."


class Unknown(Refused):
    code = "wall.unknown"
    zh = "辖区内没有编号为 {ids} 的{what_zh}：请重新选择。"
    en = "Your jurisdiction has no {what} {ids}: choose again."


def listed(kind: type[Kept], session: Session, by: Principal) -> list[Kept]:
    """Return what the caller may open, by name."""
    return list(session.scalars(_seen(kind, by).order_by(kind.name, kind.id).limit(500)))


def get(kind: type[Kept], session: Session, key: int, by: Principal) -> Kept:
    """Return one that the caller may open; another is not there."""
    found = session.scalars(_seen(kind, by).where(kind.id == key)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def save_layout(session: Session, new: LayoutNew, by: Principal) -> WallLayout:
    """Keep a layout under the caller's name and division.

    Raises
    ------
    TooManyKept, Unknown
        If the caller keeps too many, or a camera is not of the jurisdiction.

    """
    require_known(session, (camera for camera in new.cameras if camera is not None), by)
    return _add(session, WallLayout(**new.model_dump(), **_of(by)), by)


def save_tour(session: Session, new: WallTourNew, by: Principal) -> WallTour:
    """Keep a tour under the caller's name and division; refused like a layout."""
    require_known(session, new.cameras, by)
    for model, key, what, zh in (
        (Grid, new.grid_id, "grid", "网格"),
        (Place, new.place_id, "place", "地点"),
    ):
        wanted = select(model.id).where(model.id == key, _within(model, by))
        if key is not None and session.scalar(wanted) is None:
            raise Unknown(ids=str(key), what=what, what_zh=zh, field=f"{what}_id")
    return _add(session, WallTour(**new.model_dump(), **_of(by)), by)


def edit(session: Session, kept: Kept, version: int, by: Principal) -> Kept:
    """Return one locked and ready to be changed, as it was seen at `version`.

    Raises
    ------
    NotYours, StaleVersion
        If somebody else keeps it, or changed it meanwhile.

    """
    session.refresh(kept, with_for_update=True)
    if not may_edit(kept, by):
        raise NotYours(name=kept.name, right="wall")
    if kept.version != version:
        raise StaleVersion(name=kept.name, version=kept.version)
    return kept


def change(session: Session, kept: Kept, changes: dict[str, Any], by: Principal) -> Kept:
    """Set the fields given."""
    if (cameras := changes.get("cameras")) is not None:
        require_known(session, (camera for camera in cameras if camera is not None), by)
    for name, value in changes.items():
        setattr(kept, name, value)
    kept.version += 1
    kept.updated_at = datetime.now(UTC)
    _note(session, kept, "saved", by)
    return kept


def discard(session: Session, kept: WallLayout | WallTour, by: Principal) -> None:
    """Delete one."""
    if not may_edit(kept, by):
        raise NotYours(name=kept.name, right="wall")
    _note(session, kept, "discarded", by)
    session.delete(kept)


def may_edit(kept: WallLayout | WallTour, by: Principal) -> bool:
    """Whoever saved it, and administrators, whose rights include that over users."""
    return kept.author_id == by.id or by.may("users.manage")


def require_known(session: Session, cameras: Iterable[int], by: Principal) -> None:
    """Refuse cameras that are not of the jurisdiction.

    Raises
    ------
    Unknown
        Naming the first five.

    """
    wanted = list(cameras)
    known = set(
        session.scalars(select(Camera.id).where(Camera.id.in_(wanted), _within(Camera, by)))
    )
    unknown = [camera for camera in wanted if camera not in known]
    if unknown:
        told = ", ".join(map(str, unknown[:5]))
        raise Unknown(ids=told, what="camera", what_zh="摄像机", field="cameras")


def _within(model: type[Camera | Grid | Place], by: Principal) -> Any:
    return model.division_code.between(by.scope.low, by.scope.high)


def _seen(kind: type[Kept], by: Principal) -> Select[Kept]:
    return select(kind).where(
        kind.division_code.between(by.scope.low, by.scope.high),
        or_(kind.is_shared, kind.author_id == by.id),
    )


def _of(by: Principal) -> dict[str, int]:
    return {"author_id": by.id, "division_code": by.division_code}


def _add(session: Session, kept: Kept, by: Principal) -> Kept:
    kind = type(kept)
    own = select(func.count()).select_from(kind).where(kind.author_id == by.id)
    if (session.scalar(own) or 0) >= MOST_OF_ONE:
        raise TooManyKept(limit=MOST_OF_ONE)
    session.add(kept)
    session.flush()
    session.refresh(kept)
    _note(session, kept, "saved", by)
    return kept


def _note(session: Session, kept: WallLayout | WallTour, act: str, by: Principal) -> None:
    session.flush()
    cameras: Sequence[int] = [camera for camera in kept.cameras if camera is not None]
    noun = "layout" if isinstance(kept, WallLayout) else "tour"
    detail = {"id": kept.id, "name": kept.name, "is_shared": kept.is_shared}
    enter(
        session,
        Act(
            f"wall.{noun}.{act}",
            by.id,
            by.username,
            division_code=kept.division_code,
            detail=detail | {"version": kept.version, "cameras": list(cameras)},
        ),
    )
