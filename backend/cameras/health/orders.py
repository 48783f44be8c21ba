"""What the examiner is told of a camera besides its picture."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from video.healthexaminer import Order
from video.packager import KeyPicture

from ..aiming.homing import is_home
from ..models import Camera
from .field import field_of
from .models import CameraHealth, CameraReference


def order_of(session: Session, camera_id: int, picture: KeyPicture) -> Order | None:
    """Return the order for a picture; None when the camera has gone meanwhile."""
    camera = session.get(Camera, camera_id)
    health = session.get(CameraHealth, camera_id)
    if camera is None or health is None:
        return None
    field_deg, error_deg = field_of(session, camera_id)
    held = session.scalars(select(CameraReference).where(CameraReference.camera_id == camera_id))
    return Order(
        picture=picture,
        fov_deg=field_deg,
        fov_error_deg=error_deg,
        turns=camera.has_ptz and not is_home(session, camera_id, _received_at(picture)),
        references={row.light: (row.features, row.looks) for row in held},
        print=health.print or b"",
        still_looks=health.still_looks,
    )


def _received_at(picture: KeyPicture) -> datetime:
    return datetime.fromtimestamp(picture.received_ms / 1000, UTC)
