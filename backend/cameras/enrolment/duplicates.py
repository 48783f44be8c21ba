"""Cameras that are one input of one device: shown with what tells so, made one by choice."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ...access import Principal
from ...audit.register import Act, enter
from ...errors import Conflict
from ...live import Notice, announce
from .. import registry
from ..models import Camera, Device
from .identity import is_same
from .schemas import Duplicate, Twin

_Found = tuple[Device, str]


class NotTheSame(Conflict):
    code = "devices.not_the_same"
    zh = "这些摄像机不是同一设备的同一通道，不能合并。"
    en = "These cameras are not one input of one device and cannot be made one."


def duplicates(session: Session) -> list[Duplicate]:
    """Return groups of cameras of the caller's jurisdiction that share an input."""
    rows = [
        (device, name)
        for device, name in session.execute(
            select(Device, Camera.name)
            .join(Camera, Camera.id == Device.camera_id)
            .order_by(Device.camera_id)
        )
    ]
    groups: list[Duplicate] = []
    shown: set[int] = set()
    for group in _by_key(rows):
        first = group[0][0]
        same = [one for one in group if one[0] is first or _told_by(first, one[0])]
        ids = {device.camera_id for device, _ in same}
        if len(same) > 1 and not ids <= shown:
            shown |= ids
            groups.append(_shape(same))
    return groups


def _by_key(rows: Iterable[_Found]) -> list[list[_Found]]:
    keyed: dict[tuple[str, int], list[_Found]] = {}
    for device, name in rows:
        for key in (*device.identities, f"address:{device.address}"):
            keyed.setdefault((key, device.channel), []).append((device, name))
    return [group for group in keyed.values() if len(group) > 1]


def _told_by(one: Device, other: Device) -> str | None:
    """Return what tells that two devices are one input, None where they are not."""
    if one.channel != other.channel:
        return None
    if is_same(one.identities, other.identities):
        shared = sorted(set(one.identities) & set(other.identities))
        return "mac" if shared and shared[0].startswith("mac:") else "serial"
    return "address" if one.address == other.address else None


def _shape(group: Sequence[_Found]) -> Duplicate:
    told_by = _told_by(group[0][0], group[1][0]) or "address"
    return Duplicate.model_validate(
        {
            "told_by": told_by,
            "cameras": [
                Twin(
                    camera_id=device.camera_id,
                    camera_name=name,
                    address=device.address,
                    channel=device.channel,
                    enrolled_at=device.enrolled_at,
                )
                for device, name in group
            ],
        }
    )


def merge(session: Session, keep_id: int, drop_ids: Sequence[int], by: Principal) -> None:
    """Leave a device at one camera and take it from the others, which stay without a device.

    Raises
    ------
    NotFound, NotTheSame
        If one is not the caller's, or they are not the same input.

    """
    kept = registry.get(session, keep_id)
    for drop_id in dict.fromkeys(drop_ids):
        dropped = registry.get(session, drop_id)
        if kept.device is None or dropped.device is None or drop_id == keep_id:
            raise NotTheSame()
        if _told_by(kept.device, dropped.device) is None:
            raise NotTheSame()
        session.execute(delete(Device).where(Device.camera_id == drop_id))
        announce(session, Notice("media.forget", drop_id, dropped.version, dropped.division_code))
        announce(session, Notice("camera", drop_id, dropped.version, dropped.division_code))
        enter(
            session,
            Act(
                "devices.merged",
                by.id,
                by.username,
                camera_id=drop_id,
                camera_name=dropped.name,
                division_code=dropped.division_code,
                detail={"kept_at": keep_id},
            ),
        )
