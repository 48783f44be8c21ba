"""The field of view by which a shift of the picture becomes degrees."""

from sqlalchemy.orm import Session

from ...settings import load
from ..aiming.homing import home_field_deg
from ..models import Camera

_HOME_ERROR_DEG = 3.0


def field_of(session: Session, camera_id: int) -> tuple[float, float]:
    """Return field of view and its error, degrees; assumed where the first sensor states none."""
    home_deg = home_field_deg(session, camera_id)
    if home_deg is not None:  # a head's picture is judged at its home view alone
        return home_deg, _HOME_ERROR_DEG
    guess = load().sight
    camera = session.get(Camera, camera_id)
    pose = camera.poses[0] if camera and camera.poses else None
    if pose is None or pose.fov_deg is None:
        return guess.fov_deg, guess.fov_error_deg
    return min(pose.fov_deg, 160.0), pose.fov_error_deg
