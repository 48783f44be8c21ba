"""A new key for all sealed logins: all of them or none, and taken up where it was broken off.

The new key is put before the old one; one transaction seals every secret anew; then the old key
goes. Broken off before the commit, nothing is sealed anew and both keys open everything; after
it, only the old key is left to be removed.
"""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from ...audit.register import Act, enter
from ...db import begin
from ...errors import Misconfigured
from .. import vault
from ..models import Device
from .models import DeviceLogin, EnrolmentRow, RefusedLogin

#: Every column that holds a sealed login.
SEALED: tuple[InstrumentedAttribute[bytes | None] | InstrumentedAttribute[bytes], ...] = (
    Device.secret,
    EnrolmentRow.secret,
    DeviceLogin.secret,
    RefusedLogin.secret,
)


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did; `lost` secrets open under no key and are left as they are."""

    resealed: int
    lost: int
    is_retired: bool


def rotate() -> Rotation:
    """Seal every login under a new key and retire the old one.

    Raises
    ------
    Misconfigured
        If the key comes from the settings and no new one stands before it.

    """
    vault.add_key()
    with begin() as session:
        vault.hold_alone(session)
        resealed, lost = _reseal(session)
        enter(
            session,
            Act("devices.rotated", None, "gridlink", detail={"resealed": resealed, "lost": lost}),
        )
    return Rotation(resealed, lost, vault.retire_keys())


def _reseal(session: Session) -> tuple[int, int]:
    resealed = lost = 0
    for column in SEALED:
        kept = session.scalars(select(column).where(column.is_not(None)).distinct()).all()
        for secret in kept:
            if secret is None or vault.is_current(secret):
                continue
            try:
                fresh = vault.seal(*vault.unseal(secret))
            except Misconfigured:
                lost += 1
                continue
            session.execute(
                update(column.class_).where(column == secret).values({column.key: fresh})
            )
            resealed += 1
    return resealed, lost
