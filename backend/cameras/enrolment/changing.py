"""A device's login is changed: tried once, then kept for all cameras of the device."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from video.credentials import Credentials

from ...access import Principal
from ...audit.register import Act, enter
from ...db import begin
from ...live import Notice, announce
from .. import devices, registry, streams, vault
from ..models import Camera, Device
from . import logins
from .schemas import SecretShape


@dataclass(frozen=True, slots=True)
class _Held:
    address: str
    name: str


def change(user: Principal, camera_id: int, credentials: Credentials) -> SecretShape:
    """Try a login at the camera's device and keep it; the database gives it to its neighbours.

    Raises
    ------
    NotFound, NotEnrolled
        If there is no such camera in the caller's jurisdiction, or no device behind it.
    DeviceFailed
        If the device does not answer or refuses the login; nothing is changed then.

    """
    with begin(user.scope) as session:
        camera = registry.get(session, camera_id)
        if camera.device is None:
            raise streams.NotEnrolled(name=camera.name)
        address = camera.device.address
    # Outside the transaction: a device may take seconds to answer.
    devices.ask(address, credentials)
    with begin() as session:
        logins.forget_refused(session, [address])
    with begin(user.scope) as session:
        return _keep(session, camera_id, credentials, user)


def _keep(session: Session, camera_id: int, credentials: Credentials, by: Principal) -> SecretShape:
    camera = registry.get(session, camera_id)
    device = camera.device
    if device is None:
        raise streams.NotEnrolled(name=camera.name)
    vault.hold(session)
    login = credentials
    device.secret = vault.seal(login.username, login.password) if login.given else None
    device.auth_state = "accepted"
    session.flush()
    for neighbour in _neighbours(session, device.address):
        told = (neighbour.id, neighbour.version, neighbour.division_code)
        announce(session, Notice("media.forget", *told))
        announce(session, Notice("camera", *told))
    count = session.scalar(
        select(func.count()).select_from(Device).where(Device.address == device.address)
    )
    enter(
        session,
        Act(
            "devices.secret.changed",
            by.id,
            by.username,
            camera_id=camera.id,
            camera_name=camera.name,
            division_code=camera.division_code,
            detail={"cameras": count or 0},
        ),
    )
    return SecretShape(auth_state="accepted", cameras=count or 0)


def _neighbours(session: Session, address: str) -> list[Camera]:
    query = select(Camera).join(Device, Device.camera_id == Camera.id)
    return list(session.scalars(query.where(Device.address == address)))
