"""What planners state of a head: masked sectors, the ends of its zoom, its home view."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ...access import Principal
from ...errors import NotFound, Refused
from ..health.models import CameraReference
from ..models import Camera
from .keeping import entered, preset_of
from .keeping_schemas import HeadEdit, MaskNew
from .models import Head, Mask
from .refusals import NoHead


class LensReversed(Refused):
    code = "ptz.lens_reversed"
    zh = "最窄视场角不能大于最宽视场角。"
    en = "The narrowest field cannot be wider than the widest."


def keep_mask(session: Session, camera: Camera, new: MaskNew, user: Principal) -> Mask:
    """Keep a sector into which this camera never looks."""
    mask = Mask(camera_id=camera.id, division_code=camera.division_code, **new.model_dump())
    session.add(mask)
    session.flush()
    entered(session, camera, user, "ptz.mask.kept", new.model_dump())
    return mask


def edit_mask(
    session: Session, camera: Camera, mask_id: int, wanted: MaskNew, user: Principal
) -> Mask:
    """Change a masked sector, whole."""
    mask = _mask_of(session, camera, mask_id)
    for field, value in wanted.model_dump().items():
        setattr(mask, field, value)
    session.flush()
    entered(session, camera, user, "ptz.mask.changed", wanted.model_dump())
    return mask


def drop_mask(session: Session, camera: Camera, mask_id: int, user: Principal) -> None:
    """Remove a masked sector."""
    mask = _mask_of(session, camera, mask_id)
    session.delete(mask)
    entered(session, camera, user, "ptz.mask.removed", {"name": mask.name})


def edit_head(session: Session, camera: Camera, change: HeadEdit, user: Principal) -> None:
    """Keep what a planner states of a head: its fields, its home view.

    Raises
    ------
    NoHead, LensReversed, NotFound
        Its device was never asked, the fields contradict, or the preset is not of this camera.

    """
    head = session.get(Head, camera.id)
    if head is None:
        raise NoHead(name=camera.name)
    given = change.model_dump(exclude_unset=True)
    if given.get("home_preset_id") is not None:
        preset_of(session, camera.id, given["home_preset_id"])
    if given.get("home_preset_id", head.home_preset_id) != head.home_preset_id:
        # Pictures of the former home view are no reference for the new one.
        learned = CameraReference.camera_id == camera.id
        session.execute(delete(CameraReference).where(learned))
    for field, value in given.items():
        setattr(head, field, value)
    if head.widest_deg and head.narrowest_deg and head.narrowest_deg > head.widest_deg:
        raise LensReversed(field="narrowest_deg")
    session.flush()
    entered(session, camera, user, "ptz.head.changed", given)


def _mask_of(session: Session, camera: Camera, mask_id: int) -> Mask:
    mask = session.get(Mask, mask_id)
    if mask is None or mask.camera_id != camera.id:
        raise NotFound()
    return mask
